#include "benchmark.h"

#include <cpeak.h>
#include <kernels.h>
#include <platform.h>
#include <stdio.h>

/* A convolution of bytes with as much padding as keeps the size at stride 1, called as the runtime
 * does. `size` is the input's. */
typedef struct {
  const char *name;
  int input_channels, output_channels, size, kernel, stride;
} shape;

static const shape shapes[] = {
    {"u8 3x3 64->64 28x28", 64, 64, 28, 3, 1},
    {"u8 3x3 32->32 28x28", 32, 32, 28, 3, 1},
    {"u8 3x3 64->128 14x14", 64, 128, 14, 3, 1},
    {"u8 3x3 128->128 14x14", 128, 128, 14, 3, 1},
    {"u8 3x3 128->128 7x7", 128, 128, 7, 3, 1},
    {"u8 3x3 256->256 4x4", 256, 256, 4, 3, 1},
    {"u8 3x3 1->64 28x28", 1, 64, 28, 3, 1},
    {"u8 3x3 3->64 28x28", 3, 64, 28, 3, 1},
    {"u8 5x5 3->64 28x28", 3, 64, 28, 5, 1},
    {"u8 3x3 1->32 28x28", 1, 32, 28, 3, 1},
    {"u8 5x5 1->6 28x28", 1, 6, 28, 5, 1},
    {"u8 1x1 64->64 28x28", 64, 64, 28, 1, 1},
    {"u8 1x1 128->64 14x14", 128, 64, 14, 1, 1},
    {"u8 3x3/2 64->64 28x28", 64, 64, 28, 3, 2},
};

typedef struct {
  const fmk_table *kernels;
  fmk_u8_conv conv;
  fmk_segment segments[8];
  int kernel, size, stride, input_size;
  const uint8_t *input;
  uint8_t *output;
} work;

/* The first kernel row that lies in the image for output row y, and the number of those rows. */
static int kernel_rows(const work *w, int y, int *first) {
  const int top = y * w->stride - w->kernel / 2;
  const int end = w->input_size - top < w->kernel ? w->input_size - top : w->kernel;
  *first = top < 0 ? -top : 0;
  return end - *first;
}

/* Rows that see the same kernel rows are one call. */
static void convolve(void *context) {
  const work *w = context;
  fmk_u8_conv conv = w->conv;
  for (int y = 0; y < w->size; y += (int)conv.rows) {
    int first, next;
    conv.segment_count = kernel_rows(w, y, &first);
    conv.rows = 1;
    while (y + conv.rows < w->size && kernel_rows(w, y + (int)conv.rows, &next) ==
           conv.segment_count && next == first)
      conv.rows++;
    conv.segments = w->segments + first;
    w->kernels->u8_conv(&conv, w->input + y * conv.input_row_step,
                        w->output + y * conv.output_row_step);
  }
}

static void measure(uint32_t isa, const shape *s, double peak) {
  static work w;
  w = (work){.kernels = fmk_table_of(isa), .kernel = s->kernel, .stride = s->stride,
             .size = s->size / s->stride, .input_size = s->size};
  const int row = (s->size + s->kernel - 1) * s->input_channels;
  /* As the planner chooses it. */
  const int depth = s->kernel * s->input_channels <= 12 ? 4 : (int)w.kernels->u8_depth;
  const int groups = (s->kernel * s->input_channels + depth - 1) / depth * (depth / 4);
  const int blocks = (s->output_channels + 15) / 16;
  for (int i = 0; i < s->kernel; i++)
    w.segments[i] = (fmk_segment){
        .input = (i - s->kernel / 2) * row, .weight = i * groups, .count = groups};
  const size_t outputs = (size_t)blocks * 16;
  uint8_t *input = fmp_allocate((size_t)(row * s->size) + 64);
  int8_t *weights = fmp_allocate((size_t)(s->kernel * groups * 64 * blocks));
  int32_t *bias = fmp_allocate(outputs * sizeof *bias);
  for (int i = 0; i < row * s->size; i++) input[i] = (uint8_t)(i * 37);
  for (int i = 0; i < s->kernel * groups * 64 * blocks; i++) weights[i] = (int8_t)(i * 11 % 127);
  float *multiplier = floats(outputs);
  w.input = input, w.output = fmp_allocate((size_t)(w.size * w.size) * outputs);
  w.conv = (fmk_u8_conv){.weights = weights,
                         .weight_step = s->kernel * groups * 64,
                         .epilogue = {.bias = bias,
                                      .multiplier = multiplier,
                                      .low = 0,
                                      .high = __builtin_inff(),
                                      .factor = 0.01f,
                                      .zero_point = 0,
                                      .is_bounded = 1},
                         .channels = s->output_channels,
                         .pixels = w.size,
                         .input_row_step = row * s->stride,
                         .pixel_step = s->input_channels * s->stride,
                         .output_row_step = w.size * s->output_channels,
                         .output_step = s->output_channels};
  double products = 0;
  for (int y = 0, first; y < w.size; y++)
    products += (double)kernel_rows(&w, y, &first) * s->kernel * s->input_channels * w.size;
  const double time = shortest(convolve, &w);
  const double speed = 2 * products * s->output_channels / time;
  printf("  conv %-22s %9.1f us %7.1f GOP/s", s->name, time * 1e6, speed * 1e-9);
  if (peak > 0) printf(" %5.1f %% of peak", 100 * speed / peak);
  printf("\n");
  fmp_release(input), fmp_release(weights), fmp_release(bias), fmp_release(multiplier);
  fmp_release(w.output);
}

static void dense(void *context) {
  const work *w = context;
  w->kernels->u8_dense(&w->conv, w->input, w->output);
}

static void measure_dense(uint32_t isa, const char *name, int inputs, int outputs) {
  if (!is_wanted(name)) return;
  static work w;
  const int blocks = (outputs + 15) / 16;
  const size_t count = (size_t)inputs * 16 * (size_t)blocks;
  w = (work){.kernels = fmk_table_of(isa), .segments = {{.count = inputs / 4}}};
  float *weights = floats(count / 4), *multiplier = floats((size_t)blocks * 16);
  int32_t *bias = fmp_allocate((size_t)blocks * 64);
  uint8_t *input = fmp_allocate((size_t)inputs);
  w.input = input, w.output = fmp_allocate((size_t)blocks * 16);
  w.conv = (fmk_u8_conv){.segments = w.segments,
                         .segment_count = 1,
                         .weights = (const int8_t *)weights,
                         .weight_step = inputs * 16,
                         .epilogue = {.bias = bias, .multiplier = multiplier, .factor = 1},
                         .channels = outputs,
                         .rows = 1,
                         .pixels = 1};
  const double time = shortest(dense, &w);
  printf("  %-27s %9.1f us %7.1f GB/s of weights, plain reading %.1f GB/s\n", name, time * 1e6,
         (double)count * 1e-9 / time, cpeak_read(isa, weights, count, 0.1) * 1e-9);
  fmp_release(weights), fmp_release(multiplier), fmp_release(bias), fmp_release(input);
  fmp_release(w.output);
}

static void depthwise(void *context) {
  const work *w = context;
  w->kernels->u8_depthwise(&w->conv, w->input, w->output);
}

static void max_pool(void *context) {
  const work *w = context;
  const int32_t taps[4] = {0, 64, 28 * 64, 29 * 64};
  const fmk_u8_pool pool = {.taps = taps,
                            .count = 4,
                            .channels = 64,
                            .pixels = 14,
                            .pixel_step = 128,
                            .output_step = 64};
  for (int y = 0; y < 14; y++)
    w->kernels->u8_max_pool(&pool, w->input + y * 2 * 28 * 64, w->output + y * 14 * 64);
}

static void measure_others(uint32_t isa) {
  enum { SIDE = 28, CHANNELS = 64, ROW = (SIDE + 2) * CHANNELS };
  static work w;
  w = (work){.kernels = fmk_table_of(isa)};
  fmk_segment taps[9];
  for (int i = 0; i < 9; i++)
    taps[i] = (fmk_segment){.input = i / 3 * ROW + i % 3 * CHANNELS, .weight = i};
  float *values = floats(CHANNELS * 9);
  uint8_t *input = fmp_allocate(ROW * (SIDE + 2) + 64);
  w.input = input, w.output = fmp_allocate(SIDE * SIDE * CHANNELS);
  w.conv = (fmk_u8_conv){.segments = taps,
                         .segment_count = 9,
                         .weights = (const int8_t *)values,
                         .weight_step = CHANNELS,
                         .epilogue = {.bias = (const int32_t *)values,
                                      .multiplier = values,
                                      .high = __builtin_inff(),
                                      .factor = 1},
                         .channels = CHANNELS,
                         .rows = SIDE,
                         .pixels = SIDE,
                         .input_row_step = ROW,
                         .pixel_step = CHANNELS,
                         .output_row_step = SIDE * CHANNELS,
                         .output_step = CHANNELS};
  if (is_wanted("u8 depthwise 3x3 64 28x28"))
    printf("  u8 depthwise 3x3 64 28x28   %9.2f us\n", shortest(depthwise, &w) * 1e6);
  if (is_wanted("u8 max pool 64 14x14"))
    printf("  u8 max pool 2x2 to 64 14x14 %9.2f us\n", shortest(max_pool, &w) * 1e6);
  fmp_release(values), fmp_release(input), fmp_release(w.output);
}

void benchmark_bytes(uint32_t isa) {
  /* AVX2 kernels do without vpdpbusd, which CPUs have that have AVX-VNNI too. */
  const double peak = isa == 3 ? cpeak_int8(isa, 0.3) : cpeak_matrix_int8(isa, 0.3);
  if (peak > 0) printf("  peak of byte multiply-adds %.1f GOP/s", peak * 1e-9);
  if (isa == 3) printf(", tile by hand %.1f", tile_byte_operations() * 1e-9);
  if (peak > 0) printf("\n");
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (is_wanted(shapes[i].name)) measure(isa, &shapes[i], peak);
  measure_dense(isa, "u8 dense 6272->512", 6272, 512);
  measure_dense(isa, "u8 dense 784->512", 784, 512);
  measure_dense(isa, "u8 dense 400->120", 400, 120);
  measure_others(isa);
}

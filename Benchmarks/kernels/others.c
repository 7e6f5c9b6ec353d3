#include "benchmark.h"

#include <cpeak.h>
#include <kernels.h>
#include <platform.h>
#include <stdio.h>

typedef struct {
  const fmk_table *kernels;
  fmk_conv conv;
  fmk_pool pool;
  const float *input, *weights;
  const uint16_t *halves;
  float *output;
  int rows, row, output_row;
  intptr_t count;
} work;

static void dense(void *context) {
  const work *w = context;
  w->kernels->f32_dense(&w->conv, w->input, w->output);
}

static void half_dense(void *context) {
  const work *w = context;
  w->kernels->f16_dense(&w->conv, w->halves, w->input, w->output);
}

static void dense_rows(void *context) {
  const work *w = context;
  w->kernels->f32_dense_rows(&w->conv, w->input, w->output);
}

static void measure_dense_rows(uint32_t isa, const char *name, int inputs, int outputs) {
  if (!is_wanted(name)) return;
  const int pitch = (inputs + 15) & ~15;
  const fmk_segment segment = {.count = inputs};
  float *input = floats((size_t)inputs + 16), *weights = floats((size_t)(pitch * outputs) + 16);
  float *bias = floats(16), *output = floats(16);
  work w = {.kernels = fmk_table_of(isa), .input = input, .output = output};
  w.conv = (fmk_conv){.segments = &segment,
                      .segment_count = 1,
                      .weights = weights,
                      .weight_step = pitch,
                      .epilogue = {.bias = bias, .low = 0, .high = __builtin_inff()},
                      .blocks = 1,
                      .pixels = 1,
                      .output_step = 16,
                      .lanes = outputs};
  const double time = shortest(dense_rows, &w);
  printf("  %-25s %9.3f us %7.1f multiply-adds/ns\n", name, time * 1e6,
         (double)inputs * outputs * 1e-9 / time);
  fmp_release(input), fmp_release(weights), fmp_release(bias), fmp_release(output);
}

static void measure_dense(uint32_t isa, const char *name, int inputs, int outputs) {
  if (!is_wanted(name)) return;
  const int blocks = (outputs + 15) / 16;
  const size_t count = (size_t)inputs * 16 * (size_t)blocks;
  const fmk_segment segment = {.count = inputs};
  float *input = floats((size_t)inputs), *weights = floats(count);
  float *bias = floats((size_t)blocks * 16), *output = floats((size_t)blocks * 16);
  work w = {.kernels = fmk_table_of(isa), .input = input, .output = output};
  w.conv = (fmk_conv){.segments = &segment,
                      .segment_count = 1,
                      .weights = weights,
                      .weight_step = inputs * 16,
                      .epilogue = {.bias = bias, .low = 0, .high = __builtin_inff()},
                      .blocks = blocks,
                      .pixels = 1,
                      .output_plane = 16,
                      .output_step = 16,
                      .lanes = 16};
  const double time = shortest(dense, &w);
  printf("  %-25s %9.1f us %7.1f GB/s of weights, plain reading %.1f GB/s\n", name, time * 1e6,
         (double)count * 4e-9 / time,
         cpeak_read(isa, weights, count * sizeof *weights, 0.1) * 1e-9);
  /* 1.0 everywhere. */
  uint16_t *halves = fmp_allocate(count * sizeof *halves);
  for (size_t i = 0; i < count; i++) halves[i] = 0x3c00;
  w.halves = halves;
  const double half_time = shortest(half_dense, &w);
  printf("  %-25s %9.1f us %7.1f GB/s of 16-bit weights\n", name, half_time * 1e6,
         (double)count * 2e-9 / half_time);
  fmp_release(input), fmp_release(weights), fmp_release(halves), fmp_release(bias);
  fmp_release(output);
}

void benchmark_dense(uint32_t isa) {
  measure_dense(isa, "dense 6272->512", 6272, 512);
  measure_dense(isa, "dense 784->512", 784, 512);
  measure_dense(isa, "dense 400->120", 400, 120);
  measure_dense(isa, "dense 184->4640", 184, 4640);
  measure_dense(isa, "dense 784->10 by blocks", 784, 10);
  measure_dense_rows(isa, "dense 784->10 by rows", 784, 10);
}

static void depthwise(void *context) {
  const work *w = context;
  for (int y = 0; y < w->rows; y++)
    w->kernels->f32_depthwise(&w->conv, w->input + y * w->row, w->output + y * w->output_row);
}

static void max_pool(void *context) {
  const work *w = context;
  for (int y = 0; y < w->rows; y++)
    w->kernels->f32_max_pool(&w->pool, w->input + y * w->row, w->output + y * w->output_row);
}

static void sum_pool(void *context) {
  const work *w = context;
  for (int y = 0; y < w->rows; y++)
    w->kernels->f32_sum_pool(&w->pool, w->input + y * w->row, w->output + y * w->output_row);
}

static void map(void *context) {
  const work *w = context;
  w->kernels->f32_map(w->input, w->output, w->count, w->weights, w->weights, 0,
                      __builtin_inff());
}

static void multiply(void *context) {
  const work *w = context;
  w->kernels->f32_binary(2, w->input, w->weights, 16, w->output, w->count);
}

static void exponentials(void *context) {
  const work *w = context;
  w->kernels->f32_exp(w->input, w->output, w->count);
}

static void bytes(void *context) {
  const work *w = context;
  w->kernels->f32_from_bytes((const uint8_t *)w->input, w->output, w->count, 1.0f / 255, 0);
}

static void report(const char *name, void (*body)(void *), work *w) {
  if (!is_wanted(name)) return;
  const double time = shortest(body, w);
  printf("  %-25s %9.3f us %7.2f floats/ns\n", name, time * 1e6, (double)w->count * 1e-9 / time);
}

void benchmark_others(uint32_t isa) {
  enum { SIDE = 28, ROW = (SIDE + 2) * 16, COUNT = SIDE * SIDE * 16 };
  float *input = floats(ROW * (SIDE + 2) + 16), *output = floats(COUNT), *weights = floats(COUNT);
  fmk_segment segments[9];
  for (int i = 0; i < 9; i++)
    segments[i] = (fmk_segment){.input = i / 3 * ROW + i % 3 * 16, .weight = i, .count = 1};
  const int32_t taps[4] = {0, 16, ROW, ROW + 16};
  work w = {.kernels = fmk_table_of(isa),
            .input = input,
            .weights = weights,
            .output = output,
            .rows = SIDE,
            .row = ROW,
            .output_row = SIDE * 16,
            .count = COUNT};
  w.conv = (fmk_conv){.segments = segments,
                      .segment_count = 9,
                      .weights = weights,
                      .epilogue = {.bias = weights, .low = 0, .high = 6},
                      .blocks = 1,
                      .pixels = SIDE,
                      .pixel_step = 16,
                      .output_step = 16,
                      .lanes = 16};
  report("depthwise 3x3 16 28x28", depthwise, &w);
  report("map 16 28x28", map, &w);
  report("multiply 16 28x28", multiply, &w);
  w.count = 4640;
  report("exp of 4640", exponentials, &w);
  w.count = COUNT;
  w.rows = SIDE / 2, w.row = 2 * ROW, w.output_row = SIDE / 2 * 16, w.count = COUNT / 4;
  w.pool = (fmk_pool){.taps = taps,
                      .count = 4,
                      .pixels = SIDE / 2,
                      .pixel_step = 32,
                      .output_step = 16,
                      .lanes = 16,
                      .factor = 0.25f};
  report("max pool 2x2 to 16 14x14", max_pool, &w);
  report("sum pool 2x2 to 16 14x14", sum_pool, &w);
  w.count = SIDE * SIDE;
  report("784 bytes", bytes, &w);
  fmp_release(input), fmp_release(output), fmp_release(weights);
}

#include "benchmark.h"

#include <cpeak.h>
#include <kernels.h>
#include <platform.h>
#include <stdio.h>

/* A convolution of square images by matrix units, called as the runtime does. `stride` is 1 here:
 * others differ in the splitting alone. */
typedef struct {
  const char *name;
  int input_channels, output_channels, size, kernel;
} shape;

static const shape shapes[] = {
    {"matrix 3x3 64->64 28x28", 64, 64, 28, 3},
    {"matrix 3x3 16->16 28x28", 16, 16, 28, 3},
    {"matrix 3x3 32->32 28x28", 32, 32, 28, 3},
    {"matrix 3x3 32->64 14x14", 32, 64, 14, 3},
    {"matrix 3x3 64->128 14x14", 64, 128, 14, 3},
    {"matrix 3x3 128->128 14x14", 128, 128, 14, 3},
    {"matrix 3x3 256->256 14x14", 256, 256, 14, 3},
    {"matrix 3x3 64->64 7x7", 64, 64, 7, 3},
    {"matrix 3x3 128->128 7x7", 128, 128, 7, 3},
    {"matrix 3x3 512->512 4x4", 512, 512, 4, 3},
    {"matrix 1x1 64->64 28x28", 64, 64, 28, 1},
    {"matrix 1x1 128->64 14x14", 128, 64, 14, 1},
};

enum { MAX_DEPTH = 160 };

typedef struct {
  const fmk_table *kernels;
  fmk_split split;
  fmk_matrix_conv conv;
  int size, pad, rows, groups; /* rows: of the split image; groups of up to 32 channels */
  int32_t offsets[MAX_DEPTH];
  const float *input;
  uint16_t *halves;
  float *output;
  double stages[2]; /* seconds, the shortest of each */
} work;

static void run(void *context) {
  work *w = context;
  const int depth = (int)w->split.depth, pitch = (int)w->conv.pitch;
  const double start = seconds();
  for (int g = 0; g < w->groups; g++)
    for (int y = 0; y < w->size; y++)
      w->kernels->f32_split(&w->split,
                            w->input + (size_t)(g * (depth / 16) * w->split.plane + y * w->size * 16),
                            w->halves + ((g * w->rows + y + w->pad) * pitch + w->pad) * depth);
  const double multiply = seconds();
  w->kernels->f32_matrix_conv(&w->conv, w->halves, w->output);
  const double spent[2] = {multiply - start, seconds() - multiply};
  for (int i = 0; i < 2; i++)
    if (w->stages[i] == 0 || spent[i] < w->stages[i]) w->stages[i] = spent[i];
}

static void measure(uint32_t isa, const shape *s, double peak) {
  static work w;
  const int depth = s->input_channels <= 16 ? 16 : 32, pad = s->kernel / 2;
  const int groups = (s->input_channels + depth - 1) / depth;
  const int pitch = s->size + pad, rows = s->size + 2 * pad;
  const int plane = rows * pitch * depth;
  w = (work){.kernels = fmk_table_of(isa), .size = s->size, .pad = pad, .rows = rows,
             .groups = groups};
  int count = 0;
  for (int ky = 0; ky < s->kernel; ky++)
    for (int kx = 0; kx < s->kernel * depth; kx += 32)
      for (int g = 0; g < groups; g++)
        w.offsets[count++] = g * plane + ky * pitch * depth + kx / depth * depth;
  const int blocks = (s->output_channels + 15) / 16, image = s->size * s->size * 16;
  const int lo = groups * plane + 64 * depth;
  float *input = floats((size_t)(groups * (depth / 16) * image + 16));
  float *weights = floats((size_t)((blocks + 1) / 2 * count * 1024));
  float *bias = floats((size_t)(blocks * 16));
  w.halves = fmp_allocate((size_t)lo * 4);
  w.output = floats((size_t)(blocks * image));
  w.input = input;
  w.split = (fmk_split){.pixels = s->size, .pixel_step = 16, .plane = image,
                        .channels = depth, .depth = depth, .lo = lo};
  w.conv = (fmk_matrix_conv){.offsets = w.offsets, .depth = count,
                             .weights = (const uint16_t *)weights,
                             .epilogue = {.bias = bias, .low = 0, .high = __builtin_inff()},
                             .blocks = blocks, .rows = s->size, .columns = s->size,
                             .pitch = pitch, .pixel_step = depth, .lo = lo,
                             .output_plane = image, .output_pitch = s->size * 16};
  const double time = shortest(run, &w);
  const double products = 2.0 * s->size * s->size * s->input_channels * s->output_channels *
                          s->kernel * s->kernel;
  printf("  %-27s %9.1f us, split %.1f, products %.1f: %.1f GFLOP/s", s->name, time * 1e6,
         w.stages[0] * 1e6, w.stages[1] * 1e6, products * 1e-9 / time);
  printf(", products %.1f %% of peak\n", 100 * products / w.stages[1] / peak);
  fmp_release(input), fmp_release(weights), fmp_release(bias), fmp_release(w.halves);
  fmp_release(w.output);
}

void benchmark_matrix(uint32_t isa) {
  /* Three products for each of single precision. */
  const double peak = cpeak_matrix_bfloat16(isa, 0.3) / 3;
  if (peak == 0) return;
  printf("  peak of matrix units %.1f GFLOP/s, by three products\n", peak * 1e-9);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (is_wanted(shapes[i].name)) measure(isa, &shapes[i], peak);
}

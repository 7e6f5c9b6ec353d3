#include "benchmark.h"

#include <kernels.h>
#include <platform.h>
#include <stdio.h>

/* A convolution with as much zero padding as keeps the size at stride 1, called as the runtime
 * does. `size` is the input's. */
typedef struct {
  const char *name;
  int input_channels, output_channels, size, kernel, stride;
} shape;

static const shape shapes[] = {
    {"3x3 64->64 28x28", 64, 64, 28, 3, 1},
    {"3x3 32->32 28x28", 32, 32, 28, 3, 1},
    {"3x3 32->64 14x14", 32, 64, 14, 3, 1},
    {"3x3 64->128 14x14", 64, 128, 14, 3, 1},
    {"3x3 128->128 14x14", 128, 128, 14, 3, 1},
    {"3x3 128->128 7x7", 128, 128, 7, 3, 1},
    {"3x3 1->64 28x28", 1, 64, 28, 3, 1},
    {"3x3 1->32 28x28", 1, 32, 28, 3, 1},
    {"5x5 1->6 28x28", 1, 6, 28, 5, 1},
    {"1x1 64->64 28x28", 64, 64, 28, 1, 1},
    {"1x1 128->64 14x14", 128, 64, 14, 1, 1},
    {"3x3/2 64->64 28x28", 64, 64, 28, 3, 2},
};

enum { MAX_SEGMENTS = 256 };

typedef struct {
  const fmk_table *kernels;
  fmk_conv conv;
  int size, kernel, stride;      /* size: of the output */
  int row;                       /* floats of an input row */
  int blocks;                    /* output blocks */
  int used[32];                  /* segments of each output row */
  fmk_segment segments[32][MAX_SEGMENTS];
  const float *input, *weights, *bias;
  float *output;
} work;

static void run(void *context) {
  work *w = context;
  const int group = 2;
  for (int block = 0; block < w->blocks; block += group) {
    fmk_conv conv = w->conv;
    conv.blocks = w->blocks - block < group ? w->blocks - block : group;
    conv.weights = w->weights + block * conv.weight_step;
    conv.epilogue.bias = w->bias + block * 16;
    for (int y = 0; y < w->size; y++) {
      conv.segments = w->segments[y];
      conv.segment_count = w->used[y];
      w->kernels->f32_conv(&conv, w->input + y * w->stride * w->row,
                           w->output + block * conv.output_plane +
                               y * w->size * conv.output_step);
    }
  }
}

/* One segment for each kernel position and input block; positions above or below the image have
 * none. Returns the multiply-adds of all rows and one output channel. */
static double make_segments(work *w, int channels, int block, int plane) {
  const int pad = w->kernel / 2, input_blocks = (channels + block - 1) / block;
  double products = 0;
  for (int y = 0; y < w->size; y++) {
    int count = 0;
    for (int ky = 0; ky < w->kernel; ky++) {
      const int from = y * w->stride + ky - pad;
      if (from < 0 || from >= w->size * w->stride) continue;
      for (int kx = 0; kx < w->kernel; kx++) {
        for (int b = 0; b < input_blocks; b++) {
          const int position = ky * w->kernel + kx;
          w->segments[y][count++] = (fmk_segment){
              .input = b * plane + (ky - pad) * w->row + kx * block,
              .weight = (position * input_blocks + b) * block,
              .count = block};
          products += (double)block * w->size;
        }
      }
    }
    w->used[y] = count;
  }
  return products;
}

static void measure(uint32_t isa, const shape *s, double peak) {
  static work w;
  const int block = s->input_channels <= 8 ? s->input_channels : 16;
  const int input_blocks = (s->input_channels + block - 1) / block;
  const int lanes = s->output_channels <= 8 ? s->output_channels : 16;
  w = (work){.kernels = fmk_table_of(isa), .size = s->size / s->stride,
             .kernel = s->kernel,
             .stride = s->stride};
  w.row = (s->size + s->kernel - 1) * block;
  w.blocks = (s->output_channels + 15) / 16;
  const int plane = w.row * s->size;
  const double products = make_segments(&w, s->input_channels, block, plane);
  const int inputs = s->kernel * s->kernel * input_blocks * block;
  float *input = floats((size_t)(plane * input_blocks + 16));
  float *weights = floats((size_t)(inputs * 16 * w.blocks));
  float *bias = floats((size_t)(w.blocks * 16));
  w.input = input, w.weights = weights, w.bias = bias;
  w.output = floats((size_t)(w.size * w.size * 16 * w.blocks));
  w.conv = (fmk_conv){.weight_step = inputs * 16,
                      .epilogue = {.low = 0, .high = __builtin_inff()},
                      .pixels = w.size,
                      .pixel_step = block * s->stride,
                      .output_plane = w.size * w.size * 16,
                      .output_step = lanes,
                      .lanes = lanes};
  const double time = shortest(run, &w);
  const double speed = 2 * products * s->output_channels / time;
  printf("  conv %-20s %9.1f us %7.1f GFLOP/s %5.1f %% of peak\n", s->name, time * 1e6, speed * 1e-9,
         100 * speed / peak);
  fmp_release(input), fmp_release(weights), fmp_release(bias), fmp_release(w.output);
}

void benchmark_convolutions(uint32_t isa, double peak) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (is_wanted(shapes[i].name)) measure(isa, &shapes[i], peak);
}

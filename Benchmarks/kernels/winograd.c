#include "benchmark.h"

#include <kernels.h>
#include <platform.h>
#include <stdio.h>

/* A 3x3 convolution of square images by Winograd's algorithm, called as the runtime does. */
typedef struct {
  const char *name;
  int input_channels, output_channels, size;
} shape;

static const shape shapes[] = {
    {"winograd 64->64 28x28", 64, 64, 28},     {"winograd 32->32 28x28", 32, 32, 28},
    {"winograd 64->128 14x14", 64, 128, 14},   {"winograd 128->128 14x14", 128, 128, 14},
    {"winograd 64->64 7x7", 64, 64, 7},        {"winograd 256->256 14x14", 256, 256, 14},
};

enum { MOST_TILES = 28, MAX_BLOCKS = 16 };

typedef struct {
  const fmk_table *kernels;
  fmk_segment segments[MAX_BLOCKS];
  fmk_conv products;
  fmk_winograd_input input;
  fmk_winograd_output output;
  int size, blocks, tile_rows, together, input_step, output_step;
  const float *image, *weights;
  float *transformed, *summed, *result;
  double stages[3]; /* seconds, the shortest of each */
} work;

static void run(void *context) {
  work *w = context;
  const int columns = (int)w->input.tiles, row = (int)w->input.row_pitch;
  double spent[3] = {0};
  for (int first = 0; first < w->tile_rows; first += w->together) {
    const int rows = w->tile_rows - first < w->together ? w->tile_rows - first : w->together;
    const double start = seconds();
    for (int b = 0; b < w->blocks; b++)
      for (int y = 0; y < rows; y++) {
        const int top = (first + y) * 4 - 1;
        w->input.first_row = top < 0;
        w->input.end_row = w->size - top < 6 ? w->size - top : 6;
        w->kernels->f32_winograd_input(
            &w->input, w->image + b * row * w->size + top * row,
            w->transformed + (b * w->together + y) * columns * 16);
      }
    const double multiply = seconds();
    fmk_conv products = w->products;
    products.pixels = rows * columns;
    for (int i = 0; i < 36; i++) {
      products.weights = w->weights + i * products.blocks * products.weight_step;
      w->kernels->f32_conv(&products, w->transformed + i * w->input_step,
                           w->summed + i * w->output_step);
    }
    const double finish = seconds();
    for (int b = 0; b < products.blocks; b++)
      for (int y = 0; y < rows; y++) {
        const int top = (first + y) * 4;
        w->output.rows = w->size - top < 4 ? w->size - top : 4;
        w->kernels->f32_winograd_output(&w->output,
                                        w->summed + (b * w->together + y) * columns * 16,
                                        w->result + b * row * w->size + top * row);
      }
    spent[0] += multiply - start, spent[1] += finish - multiply, spent[2] += seconds() - finish;
  }
  for (int i = 0; i < 3; i++)
    if (w->stages[i] == 0 || spent[i] < w->stages[i]) w->stages[i] = spent[i];
}

static void measure(uint32_t isa, const shape *s, double peak) {
  static work w;
  const int columns = (s->size + 3) / 4, row = (columns * 4 + 2) * 16;
  const int outputs = s->output_channels / 16;
  w = (work){.kernels = fmk_table_of(isa), .size = s->size, .blocks = s->input_channels / 16,
             .tile_rows = columns};
  const int most = MOST_TILES / columns, strips = (columns + most - 1) / most;
  w.together = (columns + strips - 1) / strips;
  const int plane = w.together * columns * 16;
  w.input_step = w.blocks * plane + 16, w.output_step = outputs * plane + 16;
  float *image = floats((size_t)(row * s->size * w.blocks));
  float *weights = floats((size_t)(36 * s->input_channels * s->output_channels));
  float *zeros = fmp_allocate(sizeof(float) * (size_t)s->output_channels);
  w.image = image, w.weights = weights;
  w.transformed = floats((size_t)(36 * w.input_step));
  w.summed = floats((size_t)(36 * w.output_step));
  w.result = floats((size_t)(row * s->size * outputs));
  for (int b = 0; b < w.blocks; b++)
    w.segments[b] = (fmk_segment){.input = b * plane, .weight = b * 16, .count = 16};
  const float infinity = __builtin_inff();
  w.products = (fmk_conv){.segments = w.segments, .segment_count = w.blocks,
                          .weight_step = s->input_channels * 16,
                          .epilogue = {.bias = zeros, .low = -infinity, .high = infinity},
                          .blocks = outputs, .pixel_step = 16, .output_plane = plane,
                          .output_step = 16, .lanes = 16};
  w.input = (fmk_winograd_input){.tiles = columns, .position_step = w.input_step,
                                 .row_pitch = row};
  w.output = (fmk_winograd_output){.tiles = columns, .position_step = w.output_step,
                                   .row_pitch = row, .columns = s->size, .pool = 1,
                                   .epilogue = {.bias = zeros, .low = 0, .high = infinity}};
  const double time = shortest(run, &w);
  const double products = 72.0 * columns * columns * s->input_channels * s->output_channels;
  printf("  %-25s %9.1f us, input %.1f, products %.1f (%.1f GFLOP/s", s->name, time * 1e6,
         w.stages[0] * 1e6, w.stages[1] * 1e6, products * 1e-9 / w.stages[1]);
  if (peak > 0) printf(", %.1f %% of peak", 100 * products / w.stages[1] / peak);
  printf("), output %.1f\n", w.stages[2] * 1e6);
  fmp_release(image), fmp_release(weights), fmp_release(zeros);
  fmp_release(w.transformed), fmp_release(w.summed), fmp_release(w.result);
}

void benchmark_winograd(uint32_t isa, double peak) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (is_wanted(shapes[i].name)) measure(isa, &shapes[i], peak);
}

#include "benchmark.h"

#include <immintrin.h>
#include <kernels.h>
#include <platform.h>
#include <stdio.h>

enum { SIZE = 784, PITCH = 832, CHAINS = 12, ROUNDS = 20000 };

/* The most sums of absolute differences that one core does, as CPeak does for multiply-adds:
 * bytes compared in a second. Each result is also added up, as a distance needs. */
#define PEAK(name, isa, type, zero, sad, add)                               \
  __attribute__((target(isa))) static double name(void) {                   \
    type sum[CHAINS];                                                       \
    const type x = zero();                                                  \
    double best = 1e9;                                                      \
    for (int i = 0; i < CHAINS; i++) sum[i] = zero();                       \
    for (int repeat = 0; repeat < 300; repeat++) {                          \
      const double start = seconds();                                       \
      for (int r = 0; r < ROUNDS; r++) {                                    \
        for (int i = 0; i < CHAINS; i++) {                                  \
          type y = x;                                                       \
          __asm__ volatile("" : "+v"(y));                                   \
          sum[i] = add(sum[i], sad(x, y));                                  \
          __asm__ volatile("" : "+v"(sum[i]));                              \
        }                                                                   \
      }                                                                     \
      const double time = seconds() - start;                                \
      if (time < best) best = time;                                         \
    }                                                                       \
    return (double)sizeof(type) * CHAINS * ROUNDS / best;                   \
  }

PEAK(peak_v3, "avx2", __m256i, _mm256_setzero_si256, _mm256_sad_epu8, _mm256_add_epi64)
PEAK(peak_v4, "avx512bw", __m512i, _mm512_setzero_si512, _mm512_sad_epu8, _mm512_add_epi64)

typedef struct {
  void (*kernel)(const fmk_distances *);
  fmk_distances arguments;
  intptr_t row_count;
} work;

/* All rows, in tiles as a search takes them. */
static void search(void *context) {
  const work *w = context;
  fmk_distances arguments = w->arguments;
  for (intptr_t row = 0; row < w->row_count; row += arguments.row_count) {
    arguments.rows = w->arguments.rows + row * SIZE;
    w->kernel(&arguments);
  }
}

static void measure(uint32_t isa, const char *name, int is_l1, intptr_t queries, intptr_t rows,
                    double peak) {
  if (!is_wanted(name)) return;
  enum { TILE = 128 };
  uint8_t *data = (uint8_t *)floats((size_t)(queries * PITCH + rows * SIZE) / 4);
  int32_t *distances = (int32_t *)floats((size_t)queries * TILE);
  const fmk_table *kernels = fmk_table_of(isa);
  work w = {.kernel = is_l1 ? kernels->u8_l1_distances : kernels->u8_l2_distances,
            .row_count = rows};
  w.arguments = (fmk_distances){.rows = data + queries * PITCH,
                                .row_count = TILE,
                                .queries = data,
                                .query_count = queries,
                                .query_pitch = PITCH,
                                .size = SIZE,
                                .distances = distances,
                                .distance_pitch = TILE};
  const double time = shortest(search, &w);
  const double pairs = (double)queries * (double)rows;
  printf("  %-25s %9.1f us %7.2f ns a distance, %.1f GB/s compared", name, time * 1e6,
         time * 1e9 / pairs, pairs * SIZE * 1e-9 / time);
  if (peak > 0 && is_l1) printf(", %.0f %% of the peak", pairs * SIZE / time / peak * 100);
  printf("\n");
  fmp_release(data), fmp_release(distances);
}

void benchmark_distances(uint32_t isa) {
  const double peak = isa == 2 ? peak_v3() : isa >= 3 ? peak_v4() : 0;
  if (peak > 0) printf("  peak of absolute differences %.1f GB/s\n", peak * 1e-9);
  measure(isa, "L1 64 x 1280 of 784", 1, 64, 1280, peak);
  measure(isa, "L1 64 x 60032 of 784", 1, 64, 60032, peak);
  measure(isa, "L1 1 x 60032 of 784", 1, 1, 60032, peak);
  measure(isa, "L2 64 x 1280 of 784", 0, 64, 1280, peak);
  measure(isa, "L2 1 x 60032 of 784", 0, 1, 60032, peak);
}

#include "benchmark.h"

#include <immintrin.h>

/* The most that one core does: independent multiply-adds on registers, enough of them to cover
 * the latency of each. The assembly statement keeps the compiler from folding the loop. */
#define CHAINS 12
#define PEAK(name, isa, type, set1, fma, lanes)                       \
  __attribute__((target(isa))) static double name(void) {             \
    const long rounds = 200000;                                       \
    type sum[CHAINS];                                                 \
    const type x = set1(1.0f);                                        \
    double best = 1e9;                                                \
    for (int i = 0; i < CHAINS; i++) sum[i] = set1(0.0f);             \
    for (int repeat = 0; repeat < 100; repeat++) {                    \
      const double start = seconds();                                 \
      for (long r = 0; r < rounds; r++) {                             \
        for (int i = 0; i < CHAINS; i++) {                            \
          sum[i] = fma(x, x, sum[i]);                                 \
          __asm__ volatile("" : "+v"(sum[i]));                        \
        }                                                             \
      }                                                               \
      const double time = seconds() - start;                          \
      if (time < best) best = time;                                   \
    }                                                                 \
    return 2.0 * lanes * CHAINS * (double)rounds / best;              \
  }

PEAK(peak_v3, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, 8)
PEAK(peak_v4, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, 16)

double peak_flops(uint32_t isa) {
  switch (isa) {
    case 2: return peak_v3();
    case 3: return peak_v4();
    default: return 0;
  }
}

/* Bytes a second when `count` floats are only read. */
__attribute__((target("avx2"))) double read_bandwidth(const float *data, size_t count) {
  double best = 1e9;
  __m256 sum[8];
  for (int i = 0; i < 8; i++) sum[i] = _mm256_setzero_ps();
  for (int repeat = 0; repeat < 50; repeat++) {
    const double start = seconds();
    for (size_t at = 0; at + 64 <= count; at += 64)
      for (int i = 0; i < 8; i++) sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(data + at + 8 * i));
    for (int i = 0; i < 8; i++) __asm__ volatile("" : "+v"(sum[i]));
    const double time = seconds() - start;
    if (time < best) best = time;
  }
  return (double)count * sizeof(float) / best;
}

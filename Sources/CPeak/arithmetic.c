#include "clock.h"
#include "cpeak.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Independent operations on registers, enough of them to cover the latency of each. The assembly
 * statement keeps the compiler from folding the loop. */
#define PEAK(name, isa, type, chains, start, step, operations) \
  __attribute__((target(isa))) static double name(double seconds) { \
    const long rounds = 50000;                                  \
    const double begin = cpeak_now();                           \
    double best = 1e9;                                          \
    type x = start, sum[chains];                                \
    __asm__ volatile("" : "+v"(x));                             \
    for (int i = 0; i < chains; i++) sum[i] = start;            \
    do {                                                        \
      const double from = cpeak_now();                          \
      for (long r = 0; r < rounds; r++) {                       \
        _Pragma("unroll") for (int i = 0; i < chains; i++) {    \
          step;                                                 \
          __asm__ volatile("" : "+v"(sum[i]));                  \
        }                                                       \
      }                                                         \
      const double time = cpeak_now() - from;                   \
      if (time < best) best = time;                             \
    } while (cpeak_now() - begin < seconds);                    \
    return (double)(operations) * chains * (double)rounds / best; \
  }

/* Without multiply-add instructions, half of the chains multiply and half add. */
PEAK(float_baseline, "sse2", __m128, 12, _mm_set1_ps(1),
     sum[i] = i % 2 ? _mm_add_ps(sum[i], x) : _mm_mul_ps(sum[i], x), 4)
PEAK(float_v3, "avx2,fma", __m256, 12, _mm256_set1_ps(1), sum[i] = _mm256_fmadd_ps(x, x, sum[i]),
     2 * 8)
PEAK(float_v4, "avx512f", __m512, 12, _mm512_set1_ps(1), sum[i] = _mm512_fmadd_ps(x, x, sum[i]),
     2 * 16)
PEAK(int8_v3, "avx2,avxvnni", __m256i, 12, _mm256_set1_epi8(1),
     sum[i] = _mm256_dpbusd_avx_epi32(sum[i], x, x), 2 * 32)
PEAK(int8_v4, "avx512f,avx512vnni", __m512i, 12, _mm512_set1_epi8(1),
     sum[i] = _mm512_dpbusd_epi32(sum[i], x, x), 2 * 64)

double cpeak_float(uint32_t isa, double seconds) {
  return isa >= 3 ? float_v4(seconds) : isa == 2 ? float_v3(seconds) : float_baseline(seconds);
}

double cpeak_int8(uint32_t isa, double seconds) {
  if (isa >= 3) return int8_v4(seconds);
  if (isa == 2 && __builtin_cpu_supports("avxvnni")) return int8_v3(seconds);
  return 0;
}
#else
double cpeak_float(uint32_t isa, double seconds) { return 0; }
double cpeak_int8(uint32_t isa, double seconds) { return 0; }
#endif

#include "platform.h"

#if defined(__x86_64__)
#include <cpuid.h>

/* Bits of the extended control register 0: the state that the operating system saves. */
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

uint32_t fmp_best_isa(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
  const uint32_t v3_1 = bit_FMA | bit_MOVBE | bit_F16C | bit_OSXSAVE | bit_AVX;
  if ((c & v3_1) != v3_1) return 1;
  const uint64_t state = saved_state();
  if ((state & 0x6) != 0x6) return 1; /* SSE and AVX registers */
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
  const uint32_t v3_7 = bit_AVX2 | bit_BMI | bit_BMI2;
  if ((b & v3_7) != v3_7) return 1;
  const uint32_t v4_7 = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  if ((b & v4_7) != v4_7 || !(c & bit_AVX512VNNI)) return 2;
  /* The mask registers and both halves of the 512-bit registers. */
  return (state & 0xe6) == 0xe6 ? 3 : 2;
}
#else
uint32_t fmp_best_isa(void) { return 1; }
#endif

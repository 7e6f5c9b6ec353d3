#define _GNU_SOURCE
#include "platform.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bits of the extended control register 0: the state that the operating system saves. */
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

/* Linux hands out the eight kilobytes of tiles on request only, since signal frames grow by them
 * (Documentation/arch/x86/xstate.rst). It refuses, for instance, when the alternate signal stack of
 * a thread is too small. */
static int may_use_tiles(void) {
#if defined(__linux__)
  enum { request_permission = 0x1023, tile_data = 18 };
  const int before = errno;
  const int granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  errno = before;
  return granted;
#else
  return 0;
#endif
}

static uint32_t best_of_cpu(void) {
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
  if ((state & 0xe6) != 0xe6) return 2;
  const uint32_t amx_7 = bit_AMXTILE | bit_AMXBF16 | bit_AMXINT8;
  /* Also the configuration and the data of tiles. */
  if ((d & amx_7) != amx_7 || (state & 0x60000) != 0x60000) return 3;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || (a & bit_AVX512BF16) == 0) return 3;
  return 4;
}

uint32_t fmp_best_isa(uint32_t most) {
  const uint32_t best = best_of_cpu();
  if (best > most) return most;
  return best == 4 && !may_use_tiles() ? 3 : best;
}
#else
uint32_t fmp_best_isa(uint32_t most) { return 1; }
#endif

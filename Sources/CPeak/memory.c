#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "clock.h"
#include "cpeak.h"

typedef uint64_t line __attribute__((vector_size(64)));

/* Reads a stretch again and again, and gives the best speed; the compiler makes of a line as many
 * loads as the instruction set needs. */
#define READ(name, attributes)                                                             \
  attributes static double name(const line *memory, size_t count, double seconds) {        \
    /* Small memory is read many times between two looks at the clock. */                  \
    const size_t rounds = 1 + 16384 / count;                                               \
    const double begin = cpeak_now();                                                      \
    double best = 1e9;                                                                     \
    line a = {0}, b = {0}, c = {0}, d = {0};                                               \
    do {                                                                                   \
      const double from = cpeak_now();                                                     \
      for (size_t r = 0; r < rounds; r++) {                                                \
        for (size_t i = 0; i + 4 <= count; i += 4) {                                       \
          a ^= memory[i];                                                                  \
          b ^= memory[i + 1];                                                              \
          c ^= memory[i + 2];                                                              \
          d ^= memory[i + 3];                                                              \
        }                                                                                  \
        /* Or the compiler would see that two rounds cancel out. */                        \
        __asm__ volatile("" ::: "memory");                                                 \
      }                                                                                    \
      const double time = cpeak_now() - from;                                              \
      if (time < best) best = time;                                                        \
    } while (cpeak_now() - begin < seconds);                                               \
    const line sum = a ^ b ^ c ^ d;                                                        \
    __asm__ volatile("" : : "m"(sum));                                                     \
    return (double)(count / 4 * 4 * sizeof(line)) * (double)rounds / best;                 \
  }

READ(read_baseline, )
#if defined(__x86_64__)
READ(read_v3, __attribute__((target("avx2"))))
READ(read_v4, __attribute__((target("avx512f"))))
#endif

double cpeak_read(uint32_t isa, const void *memory, size_t size, double seconds) {
  const size_t count = size / sizeof(line);
  if (count < 4) return 0;
#if defined(__x86_64__)
  if (isa >= 3) return read_v4(memory, count, seconds);
  if (isa == 2) return read_v3(memory, count, seconds);
#endif
  return read_baseline(memory, count, seconds);
}

size_t cpeak_cache_size(int level) {
  const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  const long size = level >= 1 && level <= 3 ? sysconf(names[level - 1]) : 0;
  return size > 0 ? (size_t)size : 0;
}

int cpeak_cores(void) {
  cpu_set_t cores;
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

void cpeak_sweep(void *memory, size_t size) {
  volatile uint8_t *bytes = memory;
  for (size_t i = 0; i < size; i += 64) bytes[i]++;
}

#include "benchmark.h"

#include <platform.h>

/* The loop of the AVX-512 convolution tile, by hand and with all operands in the first-level cache:
 * 14 pixels of 2 blocks, 64 inputs. Loads cost power, for which a CPU may lower its clock, so this
 * and not the peak of registers alone is what a convolution can reach. */
#define PIXEL(broadcast, multiply_add, at, a, b)      \
  broadcast " " #at "(%0), %%zmm30\n"                 \
  multiply_add " %%zmm28, %%zmm30, %%zmm" #a "\n"     \
  multiply_add " %%zmm29, %%zmm30, %%zmm" #b "\n"

#define TILE(name, l, m)                                                                          \
  static double name(const float *data) {                                                         \
    const int rounds = 2000, inputs = 64;                                                         \
    double best = 1e9;                                                                            \
    for (int repeat = 0; repeat < 100; repeat++) {                                                \
      const double start = seconds();                                                             \
      for (int r = 0; r < rounds; r++) {                                                          \
        const float *x = data, *weights = data + 1024;                                            \
        long left = inputs;                                                                       \
        __asm__ volatile(                                                                         \
            "1:\n"                                                                                \
            "vmovups (%1), %%zmm28\n"                                                             \
            "vmovups 4096(%1), %%zmm29\n"                                                         \
            PIXEL(l, m, 0, 0, 1) PIXEL(l, m, 64, 2, 3) PIXEL(l, m, 128, 4, 5)                     \
            PIXEL(l, m, 192, 6, 7) PIXEL(l, m, 256, 8, 9) PIXEL(l, m, 320, 10, 11)                \
            PIXEL(l, m, 384, 12, 13) PIXEL(l, m, 448, 14, 15) PIXEL(l, m, 512, 16, 17)            \
            PIXEL(l, m, 576, 18, 19) PIXEL(l, m, 640, 20, 21) PIXEL(l, m, 704, 22, 23)            \
            PIXEL(l, m, 768, 24, 25) PIXEL(l, m, 832, 26, 27)                                     \
            "add $4, %0\n"                                                                        \
            "add $64, %1\n"                                                                       \
            "dec %2\n"                                                                            \
            "jg 1b\n"                                                                             \
            : "+r"(x), "+r"(weights), "+r"(left)                                                  \
            :                                                                                     \
            : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",     \
              "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");              \
      }                                                                                           \
      const double time = seconds() - start;                                                      \
      if (time < best) best = time;                                                               \
    }                                                                                             \
    return 28.0 * inputs * (double)rounds / best;                                                 \
  }

TILE(float_tile, "vbroadcastss", "vfmadd231ps")
TILE(byte_tile, "vpbroadcastd", "vpdpbusd")

double tile_flops(void) {
  float *data = floats(4096);
  const double speed = float_tile(data);
  fmp_release(data);
  return speed * 2 * 16;
}

double tile_byte_operations(void) {
  float *data = floats(4096);
  const double speed = byte_tile(data);
  fmp_release(data);
  return speed * 2 * 64;
}

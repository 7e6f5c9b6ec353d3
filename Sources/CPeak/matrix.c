#include "clock.h"
#include "cpeak.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} configuration;

/* Products of tiles, four sums at a time to cover the latency. The tiles hold noise, since
 * the clock may depend on the data. */
#define PEAK(name, isa, product, operations)                                             \
  __attribute__((target(isa))) static double name(double seconds) {                      \
    configuration tiles = {.palette = 1};                                                \
    for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = 16;                 \
    uint16_t noise[4][512];                                                              \
    uint32_t state = 1;                                                                  \
    for (int i = 0; i < 4 * 512; i++) {                                                  \
      state = state * 1664525 + 1013904223;                                              \
      noise[0][i] = 0x3c00 | (state >> 16 & 0x83ff); /* bfloat16 below 1 */              \
    }                                                                                    \
    const long rounds = 2000;                                                            \
    const double begin = cpeak_now();                                                    \
    double best = 1e9;                                                                   \
    _tile_loadconfig(&tiles);                                                            \
    _tile_loadd(4, noise[0], 64);                                                        \
    _tile_loadd(5, noise[1], 64);                                                        \
    _tile_loadd(6, noise[2], 64);                                                        \
    _tile_loadd(7, noise[3], 64);                                                        \
    do {                                                                                 \
      const double from = cpeak_now();                                                   \
      for (long r = 0; r < rounds; r++) {                                                \
        product(0, 4, 6);                                                                \
        product(1, 4, 7);                                                                \
        product(2, 5, 6);                                                                \
        product(3, 5, 7);                                                                \
      }                                                                                  \
      const double time = cpeak_now() - from;                                            \
      if (time < best) best = time;                                                      \
    } while (cpeak_now() - begin < seconds);                                             \
    _tile_release();                                                                     \
    return (double)(operations) * 4 * (double)rounds / best;                             \
  }

PEAK(bfloat16, "amx-tile,amx-bf16", _tile_dpbf16ps, 2 * 16 * 16 * 32)
PEAK(int8, "amx-tile,amx-int8", _tile_dpbusd, 2 * 16 * 16 * 64)

double cpeak_matrix_bfloat16(uint32_t isa, double seconds) {
  return isa == 4 ? bfloat16(seconds) : 0;
}

double cpeak_matrix_int8(uint32_t isa, double seconds) { return isa == 4 ? int8(seconds) : 0; }
#else
double cpeak_matrix_bfloat16(uint32_t isa, double seconds) { return 0; }
double cpeak_matrix_int8(uint32_t isa, double seconds) { return 0; }
#endif

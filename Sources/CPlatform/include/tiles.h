/*
 * Matrix units (AMX), for the kernel module that is compiled for them.
 *
 * In C because the numbers of tiles are part of an instruction. Tiles 0 to 3 hold the sums of two
 * groups of pixels, the rows, for two blocks of 16 channels, the columns: 0 and 1 the blocks of the
 * first group, 2 and 3 of the second. Tiles 4 and 5 hold inputs of the groups, 6 and 7 weights of
 * the blocks.
 */
#ifndef FMNISTRT_TILES_H
#define FMNISTRT_TILES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AMX_BF16__)

typedef float fmk_floats __attribute__((ext_vector_type(16)));

/* Stores the first `count` of hi and lo of 32 numbers; see fmk_split. */
static inline __attribute__((always_inline)) void fmk_split_store(
    fmk_floats a, fmk_floats b, uint16_t *hi, uint16_t *lo, intptr_t count) {
  typedef uint16_t halves __attribute__((ext_vector_type(32)));
  typedef uint32_t words __attribute__((ext_vector_type(16)));
  const halves nearest = (halves)__builtin_ia32_cvtne2ps2bf16_512(b, a);
  const words first = __builtin_convertvector(nearest.lo, words) << 16;
  const words second = __builtin_convertvector(nearest.hi, words) << 16;
  const halves rest = (halves)__builtin_ia32_cvtne2ps2bf16_512(b - (fmk_floats)second,
                                                               a - (fmk_floats)first);
  __builtin_memcpy(hi, &nearest, (size_t)count * 2);
  __builtin_memcpy(lo, &rest, (size_t)count * 2);
}

/* All tiles are 64 bytes wide; those of pixels have `pixels` rows, 1 to 16. */
static inline void fmk_tiles_configure(intptr_t pixels) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } configuration = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    configuration.bytes[i] = 64;
    configuration.rows[i] = i < 6 ? (uint8_t)pixels : 16;
  }
  __builtin_ia32_tile_loadconfig(&configuration);
}

/* Without tiles in use, switches of threads and signals have less to save. */
static inline void fmk_tiles_release(void) { __builtin_ia32_tilerelease(); }

static inline __attribute__((always_inline)) void fmk_tiles_zero(void) {
  __builtin_ia32_tilezero(0);
  __builtin_ia32_tilezero(1);
  __builtin_ia32_tilezero(2);
  __builtin_ia32_tilezero(3);
}

/* The sums of the first block, 16 for each of `pixels` pixels of the first group, then of the second;
 * those of the second block are 512 numbers behind them. */
static inline __attribute__((always_inline)) void fmk_tiles_store(void *memory, intptr_t pixels) {
  float *sums = memory;
  __builtin_ia32_tilestored64(0, sums, 64);
  __builtin_ia32_tilestored64(1, sums + 512, 64);
  sums += pixels * 16;
  __builtin_ia32_tilestored64(2, sums, 64);
  __builtin_ia32_tilestored64(3, sums + 512, 64);
}

/* Keeps the units awake that compute with vectors: without work for 0.75 us they sleep, and the
 * next store of a tile waits 0.25 us for them. */
static inline __attribute__((always_inline)) void fmk_stay_awake(void) {
  float zero = 0;
  __asm__ volatile("vaddss %0, %0, %0" : "+v"(zero));
}

/* One step of f32_matrix_conv for two blocks: `first` and `second` are the inputs of the groups of
 * pixels, `step` elements apart. The loads lie between the products, which take longer, as far as
 * eight tiles allow. */
static inline __attribute__((always_inline)) void fmk_tiles_multiply(
    const uint16_t *first, const uint16_t *second, intptr_t step, intptr_t lo,
    const uint16_t *weights) {
  fmk_stay_awake();
  __builtin_ia32_tileloadd64(6, weights, 64);
  __builtin_ia32_tileloadd64(7, weights + 512, 64);
  __builtin_ia32_tileloadd64(4, first + lo, step * 2);
  __builtin_ia32_tileloadd64(5, second + lo, step * 2);
  __builtin_ia32_tdpbf16ps(0, 4, 6);
  __builtin_ia32_tdpbf16ps(1, 4, 7);
  __builtin_ia32_tdpbf16ps(2, 5, 6);
  __builtin_ia32_tdpbf16ps(3, 5, 7);
  __builtin_ia32_tileloadd64(4, first, step * 2);
  __builtin_ia32_tileloadd64(5, second, step * 2);
  __builtin_ia32_tdpbf16ps(0, 4, 6);
  __builtin_ia32_tdpbf16ps(1, 4, 7);
  __builtin_ia32_tdpbf16ps(2, 5, 6);
  __builtin_ia32_tdpbf16ps(3, 5, 7);
  __builtin_ia32_tileloadd64(6, weights + 1024, 64);
  __builtin_ia32_tileloadd64(7, weights + 1536, 64);
  __builtin_ia32_tdpbf16ps(0, 4, 6);
  __builtin_ia32_tdpbf16ps(1, 4, 7);
  __builtin_ia32_tdpbf16ps(2, 5, 6);
  __builtin_ia32_tdpbf16ps(3, 5, 7);
}

/* The same for one block. Tiles 1 and 3 take a part of its sums: with half as many sums, products
 * would wait for each other. */
static inline __attribute__((always_inline)) void fmk_tiles_multiply_block(
    const uint16_t *first, const uint16_t *second, intptr_t step, intptr_t lo,
    const uint16_t *weights) {
  fmk_stay_awake();
  __builtin_ia32_tileloadd64(6, weights, 64);
  __builtin_ia32_tileloadd64(7, weights + 1024, 64);
  __builtin_ia32_tileloadd64(4, first + lo, step * 2);
  __builtin_ia32_tileloadd64(5, second + lo, step * 2);
  __builtin_ia32_tdpbf16ps(0, 4, 6);
  __builtin_ia32_tdpbf16ps(2, 5, 6);
  __builtin_ia32_tileloadd64(4, first, step * 2);
  __builtin_ia32_tileloadd64(5, second, step * 2);
  __builtin_ia32_tdpbf16ps(1, 4, 6);
  __builtin_ia32_tdpbf16ps(3, 5, 6);
  __builtin_ia32_tdpbf16ps(0, 4, 7);
  __builtin_ia32_tdpbf16ps(2, 5, 7);
}

/* Sums of u8_conv begin with the biases of their block; `second` is that of tiles 1 and 3. */
static inline __attribute__((always_inline)) void fmk_tiles_start(const int32_t *first,
                                                                  const int32_t *second) {
  __builtin_ia32_tileloadd64(0, first, 0);
  __builtin_ia32_tileloadd64(1, second, 0);
  __builtin_ia32_tileloadd64(2, first, 0);
  __builtin_ia32_tileloadd64(3, second, 0);
}

/* 64 bytes of each pixel, `step` bytes apart, and of each of 32 outputs, whose blocks are
 * `weight_step` apart. */
static inline __attribute__((always_inline)) void fmk_tiles_dot(
    const uint8_t *first, const uint8_t *second, intptr_t step, const int8_t *weights,
    intptr_t weight_step) {
  fmk_stay_awake();
  __builtin_ia32_tileloadd64(6, weights, 64);
  __builtin_ia32_tileloadd64(7, weights + weight_step, 64);
  __builtin_ia32_tileloadd64(4, first, step);
  __builtin_ia32_tileloadd64(5, second, step);
  __builtin_ia32_tdpbusd(0, 4, 6);
  __builtin_ia32_tdpbusd(1, 4, 7);
  __builtin_ia32_tdpbusd(2, 5, 6);
  __builtin_ia32_tdpbusd(3, 5, 7);
}

/* The same of 16 outputs. */
static inline __attribute__((always_inline)) void fmk_tiles_dot_block(
    const uint8_t *first, const uint8_t *second, intptr_t step, const int8_t *weights) {
  fmk_stay_awake();
  __builtin_ia32_tileloadd64(6, weights, 64);
  __builtin_ia32_tileloadd64(4, first, step);
  __builtin_ia32_tileloadd64(5, second, step);
  __builtin_ia32_tdpbusd(0, 4, 6);
  __builtin_ia32_tdpbusd(2, 5, 6);
}

#endif
#endif

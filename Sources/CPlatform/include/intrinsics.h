/*
 * Instructions that Swift's SIMD types cannot spell, for the kernel modules.
 *
 * What is here depends on the instruction set that the including module is compiled for, so only
 * kernel modules may use it. A vector is one register: 64 bytes with AVX-512, 32 with AVX2.
 */
#ifndef FMNISTRT_INTRINSICS_H
#define FMNISTRT_INTRINSICS_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)
#define FMK_VECTOR 64
#define FMK_BUILTIN(name) __builtin_ia32_##name##512
#elif defined(__AVX2__)
#define FMK_VECTOR 32
#define FMK_BUILTIN(name) __builtin_ia32_##name##256
#endif

#ifdef FMK_VECTOR
typedef uint8_t fmk_bytes __attribute__((vector_size(FMK_VECTOR)));
typedef uint8_t fmk_half_bytes __attribute__((vector_size(FMK_VECTOR / 2)));
typedef int16_t fmk_shorts __attribute__((vector_size(FMK_VECTOR)));
typedef int32_t fmk_ints __attribute__((vector_size(FMK_VECTOR)));

/* vpsadbw: sums += |a - b| summed over each 8 bytes, in every other lane. */
static inline fmk_ints fmk_add_absolute_differences(fmk_ints sums, fmk_bytes a, fmk_bytes b) {
  typedef char bytes __attribute__((vector_size(FMK_VECTOR)));
  return sums + (fmk_ints)FMK_BUILTIN(psadbw)((bytes)a, (bytes)b);
}

/* vpmaddwd: sums += a * a summed over each two elements. */
static inline fmk_ints fmk_add_squares(fmk_ints sums, fmk_shorts a) {
  return sums + (fmk_ints)FMK_BUILTIN(pmaddwd)(a, a);
}

/* vpmovzxbw */
static inline fmk_shorts fmk_widen(fmk_half_bytes bytes) {
  return __builtin_convertvector(bytes, fmk_shorts);
}

/* A vector of bytes whose last `count` are 255 and whose others are 0. */
static inline const uint8_t *fmk_mask_of_last(intptr_t count) {
  static const uint8_t bytes[2 * FMK_VECTOR] = {[FMK_VECTOR... 2 * FMK_VECTOR - 1] = 255};
  return bytes + count;
}

/* Asks for the cache line at `address`, which may lie outside of any memory. */
static inline void fmk_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/* Memory for the sums of the largest tile of a convolution. As an array of Swift it kept the tiles
 * themselves out of registers. */
typedef struct fmk_whole_tile {
  float sums[28 * 16];
} fmk_whole_tile;

/* In each quarter of a vector four lanes of two vectors, as in the first. */
#define FMK_UNPACK(a, b, i, j, k, l)                                                              \
  __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8,      \
                          l + 8, i + 12, j + 12, k + 12, l + 12)
/* Four quarters of two vectors, told by their first lanes. */
#define FMK_QUARTERS(a, b, i, j, k, l)                                                            \
  __builtin_shufflevector(a, b, i, i + 1, i + 2, i + 3, j, j + 1, j + 2, j + 3, k, k + 1, k + 2,  \
                          k + 3, l, l + 1, l + 2, l + 3)

/* 16 floats: one register, or two. */
typedef float fmk_lanes __attribute__((vector_size(64)));

/* The totals of the lanes of 16 vectors, in their order; in memory of any alignment. Each step adds
 * the halves of two vectors, interleaved, so that it leaves half as many. */
static inline fmk_lanes fmk_totals(const void *memory) {
  fmk_lanes four[4];
  for (int i = 0; i < 4; i++) {
    fmk_lanes v[4];
    memcpy(v, (const char *)memory + i * sizeof v, sizeof v);
    const fmk_lanes a = FMK_UNPACK(v[0], v[1], 0, 16, 1, 17) + FMK_UNPACK(v[0], v[1], 2, 18, 3, 19);
    const fmk_lanes b = FMK_UNPACK(v[2], v[3], 0, 16, 1, 17) + FMK_UNPACK(v[2], v[3], 2, 18, 3, 19);
    four[i] = FMK_UNPACK(a, b, 0, 1, 16, 17) + FMK_UNPACK(a, b, 2, 3, 18, 19);
  }
  const fmk_lanes a = FMK_QUARTERS(four[0], four[1], 0, 4, 16, 20) +
                      FMK_QUARTERS(four[0], four[1], 8, 12, 24, 28);
  const fmk_lanes b = FMK_QUARTERS(four[2], four[3], 0, 4, 16, 20) +
                      FMK_QUARTERS(four[2], four[3], 8, 12, 24, 28);
  return FMK_QUARTERS(a, b, 0, 8, 16, 24) + FMK_QUARTERS(a, b, 4, 12, 20, 28);
}

static inline int32_t fmk_sum(fmk_ints vector) { return __builtin_reduce_add(vector); }
#endif

#endif

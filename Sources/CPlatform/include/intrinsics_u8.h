/*
 * What the byte kernels need besides Swift's SIMD types: the dot product of bytes, conversions
 * between bytes and 32-bit lanes, which Swift would turn into calls of its library, and stores of a
 * part of a block. As intrinsics.h, for kernel modules only.
 *
 * A block is 16 channels: 16 bytes, or 16 lanes of 32 bits in one register (AVX-512) or two (AVX2).
 */
#ifndef FMNISTRT_INTRINSICS_U8_H
#define FMNISTRT_INTRINSICS_U8_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512VNNI__) || defined(__AVX2__)
#define FMK_INLINE static inline __attribute__((always_inline))

typedef uint8_t fmk_block __attribute__((vector_size(16)));
typedef int32_t fmk_sums __attribute__((vector_size(64)));
typedef float fmk_reals __attribute__((vector_size(64)));

/* A number that the compiler may not compute again from others: it stays in a register. */
FMK_INLINE intptr_t fmk_in_register(intptr_t number) {
  __asm__("" : "+r"(number));
  return number;
}

#if defined(__AVX512VNNI__)
/* A group of 4 bytes in all lanes. */
typedef fmk_sums fmk_u8_group;
/* The weights of such a group: 4 bytes for each of 16 outputs. */
typedef fmk_sums fmk_s8_groups;

FMK_INLINE fmk_u8_group fmk_load_group(const uint8_t *group) {
  int32_t bytes;
  memcpy(&bytes, group, sizeof bytes);
  return (fmk_sums){0} + bytes;
}

FMK_INLINE fmk_s8_groups fmk_load_weights(const int8_t *weights) {
  fmk_s8_groups result;
  memcpy(&result, weights, sizeof result);
  return result;
}

/* vpdpbusd: each lane of the sums gets 4 products of a byte and a weight. */
FMK_INLINE fmk_sums fmk_add_dot(fmk_sums sums, fmk_u8_group x, fmk_s8_groups weights) {
  return __builtin_ia32_vpdpbusd512(sums, x, weights);
}
#else
typedef int16_t fmk_pairs __attribute__((vector_size(32)));
typedef int32_t fmk_half_sums __attribute__((vector_size(32)));
/* One vector, because Swift imports no structure of vectors: the bytes 0 and 2 of each group,
 * widened to 16 bits, then 1 and 3. */
typedef int16_t fmk_u8_group __attribute__((vector_size(64)));
/* So too for the weights of 8 outputs, then the others. */
typedef int16_t fmk_s8_groups __attribute__((vector_size(128)));

#define FMK_JOIN8(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define FMK_PART8(x, first)                                                                      \
  __builtin_shufflevector(x, x, first, first + 1, first + 2, first + 3, first + 4, first + 5,     \
                          first + 6, first + 7)
#define FMK_JOIN16(a, b)                                                                        \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
                          19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31)
#define FMK_PART16(x, first)                                                                     \
  __builtin_shufflevector(x, x, first, first + 1, first + 2, first + 3, first + 4, first + 5,     \
                          first + 6, first + 7, first + 8, first + 9, first + 10, first + 11,     \
                          first + 12, first + 13, first + 14, first + 15)

FMK_INLINE fmk_u8_group fmk_load_group(const uint8_t *group) {
  typedef uint16_t unsigned_pairs __attribute__((vector_size(32)));
  int32_t bytes;
  memcpy(&bytes, group, sizeof bytes);
  const unsigned_pairs x = (unsigned_pairs)((fmk_half_sums){0} + bytes);
  return (fmk_u8_group)FMK_JOIN16(x & 255, x >> 8);
}

FMK_INLINE fmk_s8_groups fmk_load_weights(const int8_t *weights) {
  fmk_pairs half[2];
  memcpy(half, weights, sizeof half);
  const fmk_u8_group first = FMK_JOIN16(half[0] << 8 >> 8, half[0] >> 8);
  const fmk_u8_group second = FMK_JOIN16(half[1] << 8 >> 8, half[1] >> 8);
  typedef int64_t quads __attribute__((vector_size(64)));
  return (fmk_s8_groups)FMK_JOIN8((quads)first, (quads)second);
}

/* vpmaddwd: vpmaddubsw would take the bytes as they are, but saturates. */
#define FMK_DOT(x, weights)                                                                      \
  ((fmk_half_sums)__builtin_ia32_pmaddwd256(FMK_PART16(x, 0), FMK_PART16(weights, 0)) +          \
   (fmk_half_sums)__builtin_ia32_pmaddwd256(FMK_PART16(x, 16), FMK_PART16(weights, 16)))

FMK_INLINE fmk_sums fmk_add_dot(fmk_sums sums, fmk_u8_group x, fmk_s8_groups weights) {
  typedef int64_t quads __attribute__((vector_size(128)));
  const quads w = (quads)weights;
  const fmk_u8_group first = (fmk_u8_group)FMK_PART8(w, 0);
  const fmk_u8_group second = (fmk_u8_group)FMK_PART8(w, 8);
  return sums + FMK_JOIN8(FMK_DOT(x, first), FMK_DOT(x, second));
}
#endif

FMK_INLINE fmk_block fmk_load_block(const uint8_t *bytes) {
  fmk_block block;
  memcpy(&block, bytes, sizeof block);
  return block;
}

FMK_INLINE fmk_block fmk_larger(fmk_block a, fmk_block b) {
  return __builtin_elementwise_max(a, b);
}

FMK_INLINE fmk_sums fmk_widen_block(fmk_block block) {
  return __builtin_convertvector(block, fmk_sums);
}

/* The same of signed bytes. */
FMK_INLINE fmk_sums fmk_load_signed(const int8_t *bytes) {
  typedef int8_t block __attribute__((vector_size(16)));
  block x;
  memcpy(&x, bytes, sizeof x);
  return __builtin_convertvector(x, fmk_sums);
}

/* vpmaddwd again: x is 0 to 255 and w -127 to 127, so that the upper halves of x are 0 and the
 * lower halves signed numbers. */
FMK_INLINE fmk_sums fmk_add_products(fmk_sums sums, fmk_sums x, fmk_sums w) {
  return sums + x * w;
}

FMK_INLINE fmk_reals fmk_to_reals(fmk_sums sums) {
  return __builtin_convertvector(sums, fmk_reals);
}

/* One instruction each: the second operand where the operands are equal or one is NaN. */
#if defined(__AVX512F__)
FMK_INLINE fmk_reals fmk_max(fmk_reals a, fmk_reals b) {
  return __builtin_ia32_maxps512(a, b, 4);
}

FMK_INLINE fmk_reals fmk_min(fmk_reals a, fmk_reals b) {
  return __builtin_ia32_minps512(a, b, 4);
}
#else
#define FMK_HALVES(name, a, b)                                                              \
  FMK_JOIN8(__builtin_ia32_##name##256(FMK_PART8(a, 0), FMK_PART8(b, 0)),                   \
            __builtin_ia32_##name##256(FMK_PART8(a, 8), FMK_PART8(b, 8)))

FMK_INLINE fmk_reals fmk_max(fmk_reals a, fmk_reals b) { return FMK_HALVES(maxps, a, b); }
FMK_INLINE fmk_reals fmk_min(fmk_reals a, fmk_reals b) { return FMK_HALVES(minps, a, b); }
#endif

/* Rounds, halves to even, and adds the zero point. v is between -(zero point) and 255 - (zero
 * point): with this number added, the lowest byte of the float is the rounded v. */
FMK_INLINE fmk_block fmk_round_to_block(fmk_reals v, uint8_t zero_point) {
  return __builtin_convertvector((fmk_sums)(v + 0x1.8p23f), fmk_block) + zero_point;
}

/* Stores the first `count` bytes, at most 16. */
FMK_INLINE void fmk_store_block(uint8_t *to, fmk_block block, intptr_t count) {
  if (count == sizeof block) {
    memcpy(to, &block, sizeof block);
    return;
  }
#if defined(__AVX512VL__)
  typedef char bytes __attribute__((vector_size(16)));
  __builtin_ia32_storedquqi128_mask((bytes *)to, (bytes)block, (uint16_t)((1 << count) - 1));
#else
  uint64_t part[2];
  memcpy(part, &block, sizeof part);
  uint64_t rest = part[0];
  if (count & 8) memcpy(to, &rest, 8), to += 8, rest = part[1];
  if (count & 4) memcpy(to, &rest, 4), to += 4, rest >>= 32;
  if (count & 2) memcpy(to, &rest, 2), to += 2, rest >>= 16;
  if (count & 1) *to = (uint8_t)rest;
#endif
}

#if defined(__AVX512VNNI__)
/* Four blocks at once, rounded like fmk_round_to_block, one after the other. What is above 2^15 or
 * below -2^15 becomes the nearest byte, if it is below 2^31. */
FMK_INLINE fmk_sums fmk_round_blocks(fmk_reals a, fmk_reals b, fmk_reals c, fmk_reals d,
                                     uint8_t zero_point) {
  typedef int16_t words __attribute__((vector_size(64)));
#define FMK_ROUND(v) __builtin_ia32_cvtps2dq512_mask(v, (fmk_sums){0}, 0xffff, 4)
  const words shift = (words){0} + (int16_t)zero_point;
  const words x = (words)__builtin_ia32_packssdw512(FMK_ROUND(a), FMK_ROUND(b));
  const words y = (words)__builtin_ia32_packssdw512(FMK_ROUND(c), FMK_ROUND(d));
#undef FMK_ROUND
  /* Each quarter has 4 bytes of a, b, c and d. */
  const fmk_sums packed = (fmk_sums)__builtin_ia32_packuswb512(
      __builtin_elementwise_add_sat(x, shift), __builtin_elementwise_add_sat(y, shift));
  return __builtin_shufflevector(packed, packed, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
                                 15);
}

FMK_INLINE void fmk_store_halves(uint8_t *first, uint8_t *second, fmk_sums bytes) {
  memcpy(first, &bytes, 32);
  memcpy(second, (const char *)&bytes + 32, 32);
}

/* Blocks that lie `step` bytes apart. */
FMK_INLINE void fmk_store_blocks(uint8_t *to, intptr_t step, fmk_reals a, fmk_reals b, fmk_reals c,
                                 fmk_reals d, uint8_t zero_point) {
  const fmk_sums bytes = fmk_round_blocks(a, b, c, d, zero_point);
  for (int i = 0; i < 4; i++) memcpy(to + i * step, (const char *)&bytes + i * 16, 16);
}
#endif

/* 64 bytes. */
typedef uint8_t fmk_line __attribute__((vector_size(64)));

FMK_INLINE fmk_line fmk_load_line(const uint8_t *bytes) {
  fmk_line line;
  memcpy(&line, bytes, sizeof line);
  return line;
}

FMK_INLINE fmk_line fmk_larger_line(fmk_line a, fmk_line b) {
  return __builtin_elementwise_max(a, b);
}

FMK_INLINE void fmk_store_line(uint8_t *to, fmk_line line) { memcpy(to, &line, sizeof line); }
#endif

#endif

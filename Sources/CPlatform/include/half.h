/*
 * IEEE 754 binary16 to float, of finite numbers. Both conversions are exact.
 *
 * In C because Swift's own conversion of Float16 calls a function of the compiler's library where
 * the instruction set has no instruction for it, and sixteen such functions for a vector.
 */
#ifndef FMNISTRT_HALF_H
#define FMNISTRT_HALF_H

#include <stdint.h>
#include <string.h>

/* The exponent moves to where a float has it; a multiplication corrects its bias, which also
 * normalises numbers that are subnormal in half precision. */
static inline float fmp_from_half(uint16_t half) {
  const uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  float result;
  memcpy(&result, &magnitude, sizeof result);
  result *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &result, sizeof bits);
  bits |= sign;
  memcpy(&result, &bits, sizeof result);
  return result;
}

#if defined(__F16C__)
typedef float fmp_float16 __attribute__((ext_vector_type(16)));

/* 16 numbers, in one or two instructions. */
static inline __attribute__((always_inline)) fmp_float16 fmp_from_halves(const uint16_t *halves) {
  typedef _Float16 sixteen __attribute__((ext_vector_type(16)));
  sixteen values;
  memcpy(&values, halves, sizeof values);
  return __builtin_convertvector(values, fmp_float16);
}
#endif

#endif

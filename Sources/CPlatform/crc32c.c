#include "platform.h"

#include <string.h>

#define POLYNOMIAL 0x82F63B78u

/* Four bits a step: needs sixteen table entries, and is only for CPUs without SSE4.2. */
static uint32_t crc_portable(uint32_t crc, const uint8_t *bytes, size_t size) {
  uint32_t table[16];
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t entry = i;
    for (int k = 0; k < 4; k++) entry = (entry >> 1) ^ ((entry & 1) ? POLYNOMIAL : 0);
    table[i] = entry;
  }
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ table[crc & 15];
    crc = (crc >> 4) ^ table[crc & 15];
  }
  return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

/* a * b modulo the polynomial; bit 31 is the coefficient of 1, as in a CRC. */
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ ((b & 1) ? POLYNOMIAL : 0);
  }
  return product;
}

/* Bytes of one of three stretches whose CRCs are computed at the same time: the instruction takes
 * three cycles, but one can be started in each. */
#define STRETCH_BITS 15
#define STRETCH ((size_t)1 << (STRETCH_BITS - 3))

/* Takes as many times three stretches as there are, and moves `bytes` and `size` behind them. */
__attribute__((target("sse4.2"))) static uint32_t crc_of_stretches(uint32_t crc,
                                                                   const uint8_t **bytes,
                                                                   size_t *size) {
  if (*size < 3 * STRETCH) return crc;
  /* x to the power of a stretch's bits: multiplying by it appends as many zeros. */
  uint32_t append = 1u << 30;
  for (int i = 0; i < STRETCH_BITS; i++) append = multiply(append, append);
  for (; *size >= 3 * STRETCH; *bytes += 3 * STRETCH, *size -= 3 * STRETCH) {
    uint64_t crcs[3] = {crc, 0, 0};
    for (size_t i = 0; i < STRETCH; i += 8) {
      for (int k = 0; k < 3; k++) {
        uint64_t word;
        memcpy(&word, *bytes + k * STRETCH + i, 8);
        crcs[k] = _mm_crc32_u64(crcs[k], word);
      }
    }
    crc = multiply(append, (uint32_t)crcs[0]) ^ (uint32_t)crcs[1];
    crc = multiply(append, crc) ^ (uint32_t)crcs[2];
  }
  return crc;
}

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *bytes,
                                                            size_t size) {
  crc = crc_of_stretches(crc, &bytes, &size);
  uint64_t wide = crc;
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = (uint32_t)wide;
  for (; size > 0; bytes++, size--) crc = _mm_crc32_u8(crc, *bytes);
  return crc;
}
#include <cpuid.h>

static int has_sse42(void) {
  uint32_t a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) != 0;
}
#else
#define has_sse42() 0
#define crc_sse42 crc_portable
#endif

uint32_t fmp_crc32c(uint32_t crc, const void *bytes, size_t size) {
  crc = ~crc;
  crc = has_sse42() ? crc_sse42(crc, bytes, size) : crc_portable(crc, bytes, size);
  return ~crc;
}

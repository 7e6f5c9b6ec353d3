/*
 * PNG files to and from plain pixels. libpng reports errors by longjmp, which Swift code must not
 * be jumped over; it is therefore called from here only.
 */
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

#define CPNG_LONGEST_SIDE 16384u
#define CPNG_MOST_PIXELS (64u << 20)
#define CPNG_MESSAGE_SIZE 256

typedef struct cpng_picture {
  uint32_t width;
  uint32_t height;
  uint32_t channels; /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, 8 bits each */
  size_t size;       /* of pixels, height * width * channels */
  uint8_t *pixels;
} cpng_picture;

/* Decodes a whole PNG file of any kind: 16 bits are scaled to 8, fewer bits and palettes expanded,
 * transparent colours turned into alpha. Refuses pictures over CPNG_LONGEST_SIDE on a side or
 * CPNG_MOST_PIXELS in all, and files that are damaged anywhere.
 * Returns 1 and a picture to hand to cpng_release, or 0 and a message. */
int cpng_decode(const void *bytes, size_t size, cpng_picture *picture,
                char message[CPNG_MESSAGE_SIZE]);

void cpng_release(cpng_picture *picture);

/* Writes a PNG file of 8-bit gray (1 channel) or RGB (3) to a descriptor. Returns 1, or 0 and a
 * message. */
int cpng_encode(int descriptor, const uint8_t *pixels, uint32_t width, uint32_t height,
                uint32_t channels, char message[CPNG_MESSAGE_SIZE]);

#endif

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpng.h"
#include "message.h"

/* No ancillary chunk that is kept needs more. */
#define CHUNK_BYTES (1u << 20)

typedef struct source {
  const uint8_t *bytes;
  size_t left;
} source;

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "the file ends too early");
  memcpy(out, from->bytes, count);
  from->bytes += count;
  from->left -= count;
}

static void set_limits(png_structp png) {
  png_set_user_limits(png, CPNG_LONGEST_SIDE, CPNG_LONGEST_SIDE);
  png_set_chunk_malloc_max(png, CHUNK_BYTES);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  /* Skips every ancillary chunk but tRNS: text and colour profiles may be compressed bombs. */
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
}

/* Asks for 8-bit gray or RGB, with alpha where the file has any. */
static void set_transforms(png_structp png, png_infop info) {
  int color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8)
    png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
  if (png_get_bit_depth(png, info) == 16) png_set_scale_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

/* The part that libpng may jump out of; `rows` and picture->pixels are released by the caller. */
static void decode(png_structp png, png_infop info, cpng_picture *picture, png_bytep **rows) {
  png_read_info(png, info);
  uint32_t width = png_get_image_width(png, info);
  uint32_t height = png_get_image_height(png, info);
  set_transforms(png, info);
  size_t row = png_get_rowbytes(png, info);
  picture->width = width;
  picture->height = height;
  picture->channels = png_get_channels(png, info);
  picture->size = row * height;
  if (row != (size_t)width * picture->channels) png_error(png, "a kind of PNG that is not known");
  picture->pixels = malloc(picture->size);
  *rows = malloc(height * sizeof **rows);
  if (!picture->pixels || !*rows) png_error(png, "no memory for the picture");
  for (uint32_t y = 0; y < height; y++) (*rows)[y] = picture->pixels + y * row;
  png_read_image(png, *rows);
  png_read_end(png, NULL);
}

/* Whether a file's header announces more than is taken; libpng would only call it invalid. */
static int is_too_large(const uint8_t *bytes, size_t size, char message[CPNG_MESSAGE_SIZE]) {
  if (size < 24 || memcmp(bytes + 12, "IHDR", 4) != 0) return 0;
  uint32_t width = png_get_uint_32(bytes + 16);
  uint32_t height = png_get_uint_32(bytes + 20);
  if (width <= CPNG_LONGEST_SIDE && height <= CPNG_LONGEST_SIDE &&
      (uint64_t)width * height <= CPNG_MOST_PIXELS)
    return 0;
  snprintf(message, CPNG_MESSAGE_SIZE,
           "%u x %u pixels are too large; at most %u on a side and %u million in all are taken",
           width, height, CPNG_LONGEST_SIDE, CPNG_MOST_PIXELS >> 20);
  return 1;
}

int cpng_decode(const void *bytes, size_t size, cpng_picture *picture,
                char message[CPNG_MESSAGE_SIZE]) {
  memset(picture, 0, sizeof *picture);
  if (size < 8 || png_sig_cmp(bytes, 0, 8) != 0) {
    const char *kind = size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0
                           ? "a JPEG file; convert it to PNG first"
                           : "not a PNG file";
    snprintf(message, CPNG_MESSAGE_SIZE, "%s", size == 0 ? "the file is empty" : kind);
    return 0;
  }
  if (is_too_large(bytes, size, message)) return 0;
  snprintf(message, CPNG_MESSAGE_SIZE, "no memory for the PNG decoder");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, cpng_fail, cpng_ignore);
  if (!png) return 0;
  png_infop info = png_create_info_struct(png);
  source from = {bytes, size};
  png_bytep *volatile rows = NULL;
  volatile int done = 0;
  if (info && !setjmp(png_jmpbuf(png))) {
    png_set_read_fn(png, &from, read_bytes);
    set_limits(png);
    decode(png, info, picture, (png_bytep **)&rows);
    done = 1;
  }
  png_destroy_read_struct(&png, &info, NULL);
  free((void *)rows);
  if (!done) cpng_release(picture);
  return done;
}

void cpng_release(cpng_picture *picture) {
  free(picture->pixels);
  memset(picture, 0, sizeof *picture);
}

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpng.h"
#include "message.h"

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  int descriptor = *(int *)png_get_io_ptr(png);
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) png_error(png, strerror(errno));
    bytes += written;
    count -= (size_t)written;
  }
}

static void flush_nothing(png_structp png) { (void)png; }

int cpng_encode(int descriptor, const uint8_t *pixels, uint32_t width, uint32_t height,
                uint32_t channels, char message[CPNG_MESSAGE_SIZE]) {
  snprintf(message, CPNG_MESSAGE_SIZE, "no memory for the PNG encoder");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, cpng_fail, cpng_ignore);
  if (!png) return 0;
  png_infop info = png_create_info_struct(png);
  volatile int done = 0;
  if (info && !setjmp(png_jmpbuf(png))) {
    png_set_write_fn(png, &descriptor, write_bytes, flush_nothing);
    int color = channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
    png_set_IHDR(png, info, width, height, 8, color,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++)
      png_write_row(png, pixels + (size_t)y * width * channels);
    png_write_end(png, info);
    done = 1;
  }
  png_destroy_write_struct(&png, &info);
  return done;
}

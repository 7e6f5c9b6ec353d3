#include "message.h"

#include <stdio.h>

#include "cpng.h"

void cpng_fail(png_structp png, png_const_charp text) {
  snprintf(png_get_error_ptr(png), CPNG_MESSAGE_SIZE, "%s", text);
  png_longjmp(png, 1);
}

void cpng_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

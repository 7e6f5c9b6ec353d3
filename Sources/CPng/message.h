#ifndef CPNG_MESSAGE_H
#define CPNG_MESSAGE_H

#include <png.h>

/* libpng's error callback: keeps the text in the message buffer (png_get_error_ptr), jumps. */
void cpng_fail(png_structp png, png_const_charp text);

/* libpng's warning callback: a picture that decodes is good enough. */
void cpng_ignore(png_structp png, png_const_charp text);

#endif

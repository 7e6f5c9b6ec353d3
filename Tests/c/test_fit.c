/* fmnist_fit: arguments, exact buffers, the report, and what it makes of simple pictures. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct picture {
  uint8_t *bytes;
  size_t length, stride;
  uint32_t width, height, channels;
};

/* A dark rectangle on white, half transparent where there is alpha to spare. */
static struct picture drawn(uint32_t width, uint32_t height, uint32_t channels, size_t gap) {
  struct picture p = {.width = width, .height = height, .channels = channels};
  p.stride = (size_t)width * channels + gap;
  p.length = (height - 1) * p.stride + (size_t)width * channels;
  p.bytes = guarded(NULL, p.length);
  const bool alpha = channels == 2 || channels == 4;
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++) {
      const bool inside = x >= width / 4 && x < width - width / 4 && y >= 2 && y + 2 < height;
      uint8_t *pixel = p.bytes + y * p.stride + (size_t)x * channels;
      memset(pixel, inside ? 40 : 255, channels);
      if (alpha) pixel[channels - 1] = inside ? 255 : 0;
    }
  return p;
}

static fmnist_status fit(const fmnist_model *model, struct picture p, uint32_t mode,
                         uint8_t *pixels, fmnist_fit_report *report) {
  const fmnist_model_info info = info_of(model);
  const size_t size = fmnist_fit_scratch_bytes(p.width, p.height);
  CHECK(size > 0);
  void *scratch = guarded(NULL, size);
  const fmnist_status status =
      fmnist_fit(model, p.bytes, p.length, p.width, p.height, p.channels, p.stride, mode, scratch,
                 size, pixels, (size_t)info.height * info.width * info.channels, report);
  guarded_release(scratch, size);
  return status;
}

static void pictures(const char *name) {
  fmnist_model *model = model_named(name);
  const fmnist_model_info info = info_of(model);
  const size_t size = (size_t)info.height * info.width * info.channels;
  static const uint32_t sizes[][2] = {{60, 80}, {80, 60}, {28, 28}, {31, 500}, {9, 9}, {640, 480}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (uint32_t channels = 1; channels <= 4; channels++)
      for (size_t gap = 0; gap <= 5; gap += 5) {
        struct picture p = drawn(sizes[i][0], sizes[i][1], channels, gap);
        uint8_t *pixels = guarded(NULL, size);
        fmnist_fit_report report = {.struct_size = sizeof report};
        CHECK_OK(fit(model, p, FMNIST_FIT_PHOTO, pixels, &report));
        CHECK(report.mode == FMNIST_FIT_PHOTO && report.inverted == 1 && report.reserved == 0);
        CHECK(report.width >= 1 && report.left + report.width <= p.width);
        CHECK(report.height >= 1 && report.top + report.height <= p.height);
        unsigned brightest = 0;
        for (size_t k = 0; k < size; k++)
          if (pixels[k] > brightest) brightest = pixels[k];
        CHECK(brightest > 128);
        /* A square would fill the corners as well. */
        if (report.width != report.height) CHECK(pixels[0] == 0 && pixels[size - 1] == 0);
        guarded_release(pixels, size);
        guarded_release(p.bytes, p.length);
      }
  fmnist_model_destroy(model);
}

static void raw(void) {
  fmnist_model *model = model_named("tiny");
  struct picture p = drawn(28, 28, 1, 3);
  uint8_t pixels[784];
  for (uint32_t mode = FMNIST_FIT_AUTO; mode <= FMNIST_FIT_RAW; mode++) {
    fmnist_fit_report report = {.struct_size = sizeof report};
    CHECK_OK(fit(model, p, mode, pixels, &report));
    CHECK(report.mode == FMNIST_FIT_RAW && report.inverted == 0);
    for (int y = 0; y < 28; y++)
      CHECK(memcmp(pixels + 28 * y, p.bytes + p.stride * (size_t)y, 28) == 0);
  }
  CHECK_OK(fit(model, p, FMNIST_FIT_RAW, pixels, NULL));
  guarded_release(p.bytes, p.length);
  p = drawn(29, 28, 1, 0);
  CHECK_ARGUMENT(fit(model, p, FMNIST_FIT_RAW, pixels, NULL));
  CHECK_OK(fit(model, p, FMNIST_FIT_AUTO, pixels, NULL));
  guarded_release(p.bytes, p.length);
  fmnist_model_destroy(model);
}

static void nothing_there(void) {
  fmnist_model *model = model_named("tiny");
  struct picture p = drawn(50, 40, 3, 0);
  uint8_t pixels[784];
  for (int value = 0; value <= 255; value += 85) {
    memset(p.bytes, value, p.length);
    CHECK_STATUS(fit(model, p, FMNIST_FIT_PHOTO, pixels, NULL), FMNIST_ERROR_PICTURE);
  }
  guarded_release(p.bytes, p.length);
  fmnist_model_destroy(model);
}

static void arguments(void) {
  fmnist_model *model = model_named("tiny");
  struct picture p = drawn(40, 40, 3, 0);
  uint8_t pixels[784];
  const size_t size = fmnist_fit_scratch_bytes(40, 40);
  void *scratch = malloc(size);
  fmnist_fit_report report = {.struct_size = sizeof report};
#define FIT(m, picture, length, w, h, c, stride, mode, s, s_length, out, out_length)              \
  CHECK_ARGUMENT(fmnist_fit(m, picture, length, w, h, c, stride, mode, s, s_length, out,          \
                            out_length, &report))
  FIT(NULL, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 784);
  FIT(model, NULL, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, NULL, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, NULL, 784);
  FIT(model, p.bytes, p.length - 1, 40, 40, 3, 120, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 0, 40, 3, 120, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 0, 3, 120, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 0, 120, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 5, 200, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 119, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 121, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, SIZE_MAX, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, SIZE_MAX / 39 + 1, 0, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 3, scratch, size, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size - 1, pixels, 784);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 783);
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 785);
  report.struct_size = 0;
  FIT(model, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 784);
  CHECK(fmnist_fit_scratch_bytes(16385, 1) == 0);
  CHECK(fmnist_fit_scratch_bytes(1, 16385) == 0);
  CHECK(fmnist_fit_scratch_bytes(UINT32_MAX, UINT32_MAX) == 0);
  CHECK(fmnist_fit_scratch_bytes(16384, 16384) > 0);
  fmnist_model *vector = model_named("vector");
  report.struct_size = sizeof report;
  FIT(vector, p.bytes, p.length, 40, 40, 3, 120, 0, scratch, size, pixels, 5);
  free(scratch);
  guarded_release(p.bytes, p.length);
  fmnist_model_destroy(vector);
  fmnist_model_destroy(model);
}

void test_fit(void) {
  pictures("tiny");
  pictures("operators");
  raw();
  nothing_there();
  arguments();
}

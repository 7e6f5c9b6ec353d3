/* Inputs and outputs of exact size in front of a page that cannot be touched. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void model_at_guard(const char *name, uint32_t isa) {
  char relative[64] = "models/";
  strcat(strcat(relative, name), ".fmg");
  size_t size;
  uint8_t *bytes = read_whole(path_of(relative), &size);
  uint8_t *file = guarded(bytes, size);
  const fmnist_model_options options = {
      .struct_size = sizeof options, .isa = isa, .flags = FMNIST_MEMORY_BORROW};
  fmnist_model *model;
  if (fmnist_model_open_memory(file, size, &options, &model) == FMNIST_OK) {
    const fmnist_model_info info = info_of(model);
    fmnist_tensor_info input = {.struct_size = sizeof input};
    CHECK_OK(fmnist_model_tensor(model, 0, &input));
    const size_t elements = (size_t)input.element_count;
    fmnist_session *session;
    CHECK_OK(fmnist_session_create(model, NULL, &session));
    for (size_t count = 1; count <= 2; count++) {
      const size_t in = elements * count, out = info.output_size * count;
      float *scores = guarded(NULL, out * sizeof(float));
      float *values = guarded(NULL, in * sizeof(float));
      memset(values, 0, in * sizeof(float));
      CHECK_OK(fmnist_run(session, values, in, count, scores, out));
      guarded_release(values, in * sizeof(float));
      if (info.channels == 1 || info.channels == 3) {
        uint8_t *pixels = guarded(NULL, in);
        if (info.golden_count > 0) CHECK_OK(fmnist_classify(session, pixels, in, count, scores, out));
        guarded_release(pixels, in);
      }
      guarded_release(scores, out * sizeof(float));
    }
    fmnist_session_destroy(session);
    fmnist_model_destroy(model);
  } else {
    CHECK(isa != FMNIST_ISA_AUTO);
  }
  guarded_release(file, size);
  free(bytes);
}

static void top_at_guard(void) {
  const float scores[3] = {1, 3, 2};
  for (size_t count = 0; count <= 3; count++) {
    float *in = guarded(scores, sizeof scores);
    fmnist_match *out = guarded(NULL, count * sizeof *out);
    CHECK_OK(fmnist_top(in, 3, out, count));
    guarded_release(out, count * sizeof *out);
    guarded_release(in, sizeof scores);
  }
}

void test_buffers(void) {
  for (uint32_t isa = 0; isa <= 4; isa++) {
    model_at_guard("tiny", isa);
    model_at_guard("operators", isa);
    model_at_guard("vector", isa);
    model_at_guard("no_weights", isa);
    model_at_guard("bytes", isa);
  }
  top_at_guard();
}

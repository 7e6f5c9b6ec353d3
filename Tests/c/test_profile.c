/* Sessions that measure their steps. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

static fmnist_session *session_with(const fmnist_model *model, uint32_t flags) {
  const fmnist_session_options options = {.struct_size = sizeof options, .flags = flags};
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, &options, &session));
  return session;
}

static fmnist_step_info step_of(const fmnist_session *session, uint32_t index) {
  fmnist_step_info step = {.struct_size = sizeof step};
  CHECK_OK(fmnist_session_step(session, index, &step));
  CHECK(step.struct_size == sizeof step);
  return step;
}

static void wrong_arguments(const fmnist_model *model) {
  fmnist_session *session = session_with(model, FMNIST_PROFILE);
  const uint32_t count = fmnist_session_step_count(session);
  fmnist_step_info step = {.struct_size = sizeof step};
  CHECK_ARGUMENT(fmnist_session_step(NULL, 0, &step));
  CHECK_ARGUMENT(fmnist_session_step(session, 0, NULL));
  CHECK_STATUS(fmnist_session_step(session, count, &step), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_session_step(session, UINT32_MAX, &step), FMNIST_ERROR_NOT_FOUND);
  step.struct_size = 0;
  CHECK_ARGUMENT(fmnist_session_step(session, 0, &step));
  CHECK(fmnist_session_step_count(NULL) == 0);
  fmnist_session_destroy(session);
  static const uint32_t without[] = {0, FMNIST_KEEP_TENSORS};
  for (int i = 0; i < 2; i++) {
    session = session_with(model, without[i]);
    step.struct_size = sizeof step;
    CHECK(fmnist_session_step_count(session) == 0);
    CHECK_ARGUMENT(fmnist_session_step(session, 0, &step));
    fmnist_session_destroy(session);
  }
}

/* A caller compiled with another header: only what both know is filled. */
static void struct_sizes(const fmnist_model *model) {
  fmnist_session *session = session_with(model, FMNIST_PROFILE);
  struct {
    fmnist_step_info step;
    uint8_t more[32];
  } newer;
  memset(&newer, 0x5A, sizeof newer);
  newer.step.struct_size = sizeof newer;
  CHECK_OK(fmnist_session_step(session, 0, &newer.step));
  CHECK(newer.step.struct_size == sizeof newer.step);
  for (size_t i = 0; i < sizeof newer.more; i++) CHECK(newer.more[i] == 0x5A);
  fmnist_step_info older;
  memset(&older, 0x5A, sizeof older);
  older.struct_size = 16;
  CHECK_OK(fmnist_session_step(session, 0, &older));
  CHECK(older.struct_size == 16 && strcmp(older.name, "") != 0);
  CHECK(older.runs == 0x5A5A5A5A5A5A5A5Au);
  fmnist_session_destroy(session);
}

/* The steps cover the whole model: all of its multiply-adds and packed bytes. */
static void covers(const fmnist_model *model, uint32_t flags) {
  const fmnist_model_info info = info_of(model);
  fmnist_session *session = session_with(model, flags);
  const uint32_t count = fmnist_session_step_count(session);
  CHECK(count >= 1 && count <= info.tensor_count);
  uint64_t multiply_adds = 0, packed_bytes = 0;
  for (uint32_t i = 0; i < count; i++) {
    const fmnist_step_info step = step_of(session, i);
    uint32_t tensor;
    CHECK_OK(fmnist_model_find_tensor(model, step.name, &tensor));
    CHECK((strncmp(step.operators, "input", 5) == 0) == (i == 0));
    CHECK(step.kernel[0] == 0 || strstr(step.kernel, "__") != NULL);
    CHECK(step.runs == 0 && step.minimum_ns == 0 && step.total_ns == 0);
    multiply_adds += step.multiply_adds;
    packed_bytes += step.packed_bytes;
  }
  CHECK(multiply_adds == info.multiply_adds);
  /* Without fusion the weights are packed another way. */
  if (!(flags & FMNIST_KEEP_TENSORS)) CHECK(packed_bytes == info.packed_bytes);
  fmnist_session_destroy(session);
}

/* Measuring changes no answer, and counts every image of every call. */
static void counts(const fmnist_model *model) {
  static const uint8_t pixels[3 * 784] = {1, 2, 3};
  static const float input[784];
  float plain[30], measured[30];
  fmnist_session *sessions[2] = {session_with(model, 0), session_with(model, FMNIST_PROFILE)};
  CHECK_OK(fmnist_classify(sessions[0], pixels, sizeof pixels, 3, plain, 30));
  CHECK_OK(fmnist_classify(sessions[1], pixels, sizeof pixels, 3, measured, 30));
  CHECK(memcmp(plain, measured, sizeof plain) == 0);
  CHECK_OK(fmnist_run(sessions[1], input, 784, 1, measured, 10));
  CHECK_ARGUMENT(fmnist_run(sessions[1], input, 783, 1, measured, 10));
  uint64_t total = 0;
  for (uint32_t i = 0; i < fmnist_session_step_count(sessions[1]); i++) {
    const fmnist_step_info step = step_of(sessions[1], i);
    CHECK(step.runs == 4 && step.minimum_ns * 4 <= step.total_ns);
    total += step.total_ns;
  }
  CHECK(total > 0);
  for (int i = 0; i < 2; i++) fmnist_session_destroy(sessions[i]);
}

void test_profile(void) {
  static const char *const names[] = {"tiny",       "operators",  "vector",
                                      "no_weights", "neighbours", "vectors",
                                      "bytes"};
  for (int i = 0; i < 7; i++) {
    fmnist_model *model = model_named(names[i]);
    wrong_arguments(model);
    struct_sizes(model);
    covers(model, FMNIST_PROFILE);
    covers(model, FMNIST_PROFILE | FMNIST_KEEP_TENSORS);
    if (i == 0) counts(model);
    fmnist_model_destroy(model);
  }
}

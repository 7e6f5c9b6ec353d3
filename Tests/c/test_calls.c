/* Every function: NULL for each pointer, lengths that do not fit, numbers out of range. */
#include <string.h>

#include "check.h"

static void versions(void) {
  CHECK(strcmp(fmnist_version(), "0.1.0") == 0);
  CHECK(fmnist_abi_version() == FMNIST_ABI_VERSION);
  static const char *const names[] = {
      "FMNIST_OK",           "FMNIST_ERROR_ARGUMENT", "FMNIST_ERROR_FILE",
      "FMNIST_ERROR_FORMAT", "FMNIST_ERROR_UNSUPPORTED", "FMNIST_ERROR_LIMIT",
      "FMNIST_ERROR_MEMORY", "FMNIST_ERROR_NOT_FOUND", "FMNIST_ERROR_PICTURE"};
  for (int i = 0; i <= 8; i++)
    CHECK(strcmp(fmnist_status_name((fmnist_status)i), names[i]) == 0);
  CHECK(strcmp(fmnist_status_name((fmnist_status)9), "unknown status") == 0);
  CHECK(strcmp(fmnist_status_name((fmnist_status)4000000000u), "unknown status") == 0);
}

static void opening(void) {
  fmnist_model *model = (fmnist_model *)1;
  CHECK_ARGUMENT(fmnist_model_open(NULL, NULL, &model));
  CHECK(model == NULL);
  CHECK_ARGUMENT(fmnist_model_open("x", NULL, NULL));
  CHECK_ARGUMENT(fmnist_model_open_memory("x", 1, NULL, NULL));
  model = (fmnist_model *)1;
  CHECK_ARGUMENT(fmnist_model_open_memory(NULL, 1, NULL, &model));
  CHECK(model == NULL);
  CHECK(fmnist_model_open_memory("", 0, NULL, &model) != FMNIST_OK);

  model = (fmnist_model *)1;
  CHECK_STATUS(fmnist_model_open("/nowhere/at/all.fmg", NULL, &model), FMNIST_ERROR_FILE);
  CHECK(model == NULL);
  CHECK(strstr(fmnist_last_error(), "/nowhere/at/all.fmg") != NULL);
  CHECK_STATUS(fmnist_model_open(path_of("models"), NULL, &model), FMNIST_ERROR_FILE);
  CHECK_STATUS(fmnist_model_open("/dev/null", NULL, &model), FMNIST_ERROR_FILE);
  CHECK_STATUS(fmnist_model_open("", NULL, &model), FMNIST_ERROR_FILE);
  char endless[5000];
  memset(endless, 'a', sizeof endless - 1);
  endless[sizeof endless - 1] = 0;
  CHECK_STATUS(fmnist_model_open(endless, NULL, &model), FMNIST_ERROR_FILE);

  fmnist_model_destroy(NULL);
  fmnist_session_destroy(NULL);
}

static void describing(fmnist_model *model) {
  fmnist_model_info info = {.struct_size = sizeof info};
  CHECK_ARGUMENT(fmnist_model_get_info(NULL, &info));
  CHECK_ARGUMENT(fmnist_model_get_info(model, NULL));
  info.struct_size = 0;
  CHECK_ARGUMENT(fmnist_model_get_info(model, &info));
  info.struct_size = 4;
  CHECK_ARGUMENT(fmnist_model_get_info(model, &info));

  CHECK(fmnist_model_label(NULL, 0) == NULL);
  CHECK(fmnist_model_metadata_value(NULL, "name") == NULL);
  CHECK(fmnist_model_metadata_value(model, NULL) == NULL);
  const char *key = "untouched", *value = key;
  CHECK_ARGUMENT(fmnist_model_metadata(NULL, 0, &key, &value));
  CHECK_ARGUMENT(fmnist_model_metadata(model, 0, NULL, &value));
  CHECK_ARGUMENT(fmnist_model_metadata(model, 0, &key, NULL));
  CHECK_STATUS(fmnist_model_metadata(model, 3, &key, &value), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_model_metadata(model, UINT32_MAX, &key, &value), FMNIST_ERROR_NOT_FOUND);
  CHECK(strcmp(key, "untouched") == 0 && strcmp(value, "untouched") == 0);

  fmnist_tensor_info tensor = {.struct_size = sizeof tensor};
  CHECK_ARGUMENT(fmnist_model_tensor(NULL, 0, &tensor));
  CHECK_ARGUMENT(fmnist_model_tensor(model, 0, NULL));
  CHECK_STATUS(fmnist_model_tensor(model, 7, &tensor), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_model_tensor(model, UINT32_MAX, &tensor), FMNIST_ERROR_NOT_FOUND);
  tensor.struct_size = 0;
  CHECK_ARGUMENT(fmnist_model_tensor(model, 0, &tensor));

  uint32_t index = 77;
  CHECK_ARGUMENT(fmnist_model_find_tensor(NULL, "conv", &index));
  CHECK_ARGUMENT(fmnist_model_find_tensor(model, NULL, &index));
  CHECK_ARGUMENT(fmnist_model_find_tensor(model, "conv", NULL));
  CHECK_STATUS(fmnist_model_find_tensor(model, "con", &index), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_model_find_tensor(model, "conv\n", &index), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_model_find_tensor(model, "", &index), FMNIST_ERROR_NOT_FOUND);
  CHECK(index == 77);

  const uint8_t *pixels = NULL;
  const float *scores = NULL;
  float tolerance = 0;
  CHECK_ARGUMENT(fmnist_model_golden(NULL, 0, &pixels, &scores, &tolerance));
  CHECK_OK(fmnist_model_golden(model, 0, NULL, NULL, NULL));
  CHECK_OK(fmnist_model_golden(model, 2, &pixels, NULL, NULL));
  CHECK(pixels != NULL);
  CHECK_STATUS(fmnist_model_golden(model, 3, &pixels, &scores, &tolerance),
               FMNIST_ERROR_NOT_FOUND);
  CHECK(scores == NULL && tolerance == 0);
}

/* Pixels and floats: the same rules for both ways in. */
static void classifying(fmnist_session *session) {
  static uint8_t pixels[3 * 784];
  static float input[3 * 784];
  float scores[31];
  for (int i = 0; i < 31; i++) scores[i] = -7;
  CHECK_ARGUMENT(fmnist_classify(NULL, pixels, 784, 1, scores, 10));
  CHECK_ARGUMENT(fmnist_classify(session, NULL, 784, 1, scores, 10));
  CHECK_ARGUMENT(fmnist_classify(session, pixels, 784, 1, NULL, 10));
  CHECK_ARGUMENT(fmnist_run(NULL, input, 784, 1, scores, 10));
  CHECK_ARGUMENT(fmnist_run(session, NULL, 784, 1, scores, 10));
  CHECK_ARGUMENT(fmnist_run(session, input, 784, 1, NULL, 10));
  static const struct {
    size_t inputs, count, outputs;
  } wrong[] = {
      {783, 1, 10},      {785, 1, 10},     {784, 1, 9},        {784, 1, 11},
      {784, 2, 20},      {2 * 784, 1, 20}, {2 * 784, 2, 10},   {0, 1, 10},
      {784, 1, 0},       {784, 0, 10},     {0, SIZE_MAX, 0},   {784, SIZE_MAX, 10},
      {784, 1u << 31, 10}, {0, SIZE_MAX / 784 + 1, 0}, {0, (size_t)1 << 60, 0},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    CHECK_ARGUMENT(
        fmnist_classify(session, pixels, wrong[i].inputs, wrong[i].count, scores, wrong[i].outputs));
    CHECK_ARGUMENT(
        fmnist_run(session, input, wrong[i].inputs, wrong[i].count, scores, wrong[i].outputs));
  }
  CHECK_OK(fmnist_classify(session, pixels, 0, 0, scores, 0));
  CHECK_OK(fmnist_run(session, input, 0, 0, scores, 0));
  for (int i = 0; i < 31; i++) CHECK(scores[i] == -7);
  for (size_t count = 1; count <= 3; count += 2) {
    CHECK_OK(fmnist_classify(session, pixels, 784 * count, count, scores, 10 * count));
    float sum = 0;
    for (size_t i = 0; i < 10 * count; i++) sum += scores[i];
    CHECK(sum > (float)count - 1e-4f && sum < (float)count + 1e-4f);
    CHECK_OK(fmnist_run(session, input, 784 * count, count, scores, 10 * count));
  }
  CHECK(scores[30] == -7);
}

static void reading(const fmnist_model *model, fmnist_session *plain) {
  float values[784];
  fmnist_session *keep;
  const fmnist_session_options options = {.struct_size = sizeof options,
                                          .flags = FMNIST_KEEP_TENSORS};
  CHECK_OK(fmnist_session_create(model, &options, &keep));
  CHECK_ARGUMENT(fmnist_tensor_read(keep, 0, values, 784)); /* nothing has run yet */
  static const uint8_t pixels[784];
  float scores[10];
  CHECK_OK(fmnist_classify(keep, pixels, 784, 1, scores, 10));
  CHECK_ARGUMENT(fmnist_tensor_read(NULL, 0, values, 784));
  CHECK_ARGUMENT(fmnist_tensor_read(keep, 0, NULL, 784));
  CHECK_ARGUMENT(fmnist_tensor_read(keep, 0, values, 783));
  CHECK_ARGUMENT(fmnist_tensor_read(keep, 0, values, 785));
  CHECK_STATUS(fmnist_tensor_read(keep, 7, values, 784), FMNIST_ERROR_NOT_FOUND);
  CHECK_STATUS(fmnist_tensor_read(keep, UINT32_MAX, values, 784), FMNIST_ERROR_NOT_FOUND);
  CHECK_ARGUMENT(fmnist_tensor_read(plain, 0, values, 784));
  CHECK_OK(fmnist_tensor_read(keep, 0, values, 784));
  fmnist_session_destroy(keep);
}

static void sorting(void) {
  const float scores[2] = {1, 2};
  fmnist_match match;
  CHECK_ARGUMENT(fmnist_top(NULL, 2, &match, 1));
  CHECK_ARGUMENT(fmnist_top(scores, 2, NULL, 1));
  CHECK_ARGUMENT(fmnist_top(scores, 0, &match, 1));
  CHECK_ARGUMENT(fmnist_top(scores, 2, &match, SIZE_MAX));
  CHECK_OK(fmnist_top(scores, 2, &match, 1));
  CHECK(match.label == 1 && match.score == 2);
}

void test_calls(void) {
  versions();
  opening();
  fmnist_model *model = model_named("tiny");
  describing(model);
  fmnist_session *session = (fmnist_session *)1;
  CHECK_ARGUMENT(fmnist_session_create(NULL, NULL, &session));
  CHECK(session == NULL);
  CHECK_ARGUMENT(fmnist_session_create(model, NULL, NULL));
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  classifying(session);
  reading(model, session);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
  sorting();
}

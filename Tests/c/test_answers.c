/* Golden vectors, what a model says about itself, intermediate tensors, top. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static float largest_difference(const float *a, const float *b, size_t count) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) {
    const float difference = fabsf(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/* Every stored pair, first one at a time, then all in one call. */
static void golden(const char *name, uint32_t isa) {
  const fmnist_model_options options = {.struct_size = sizeof options, .isa = isa};
  char relative[64] = "models/";
  strcat(strcat(relative, name), ".fmg");
  fmnist_model *model;
  if (fmnist_model_open(path_of(relative), &options, &model) == FMNIST_ERROR_UNSUPPORTED) return;
  CHECK(model != NULL);
  const fmnist_model_info info = info_of(model);
  if (isa != FMNIST_ISA_AUTO) CHECK(info.isa <= isa);
  const size_t inputs = (size_t)info.height * info.width * info.channels;
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  uint8_t *all = malloc(inputs * info.golden_count);
  float *together = malloc(sizeof(float) * info.output_size * info.golden_count);
  float *alone = malloc(sizeof(float) * info.output_size);
  CHECK(info.golden_count > 0);
  for (uint32_t i = 0; i < info.golden_count; i++) {
    const uint8_t *pixels;
    const float *scores;
    float tolerance;
    CHECK_OK(fmnist_model_golden(model, i, &pixels, &scores, &tolerance));
    CHECK(tolerance > 0);
    CHECK_OK(fmnist_classify(session, pixels, inputs, 1, alone, info.output_size));
    CHECK(largest_difference(alone, scores, info.output_size) <= tolerance);
    memcpy(all + i * inputs, pixels, inputs);
  }
  CHECK_OK(fmnist_classify(session, all, inputs * info.golden_count, info.golden_count, together,
                           (size_t)info.output_size * info.golden_count));
  CHECK(memcmp(together + (size_t)info.output_size * (info.golden_count - 1), alone,
               sizeof(float) * info.output_size) == 0);
  free(all);
  free(together);
  free(alone);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
}

static void description(void) {
  fmnist_model *model = model_named("tiny");
  const fmnist_model_info info = info_of(model);
  CHECK(info.height == 28 && info.width == 28 && info.channels == 1);
  CHECK(info.output_size == 10 && info.output_kind == FMNIST_OUTPUT_PROBABILITIES);
  CHECK(info.label_count == 10 && info.golden_count == 3 && info.metadata_count == 3);
  CHECK(info.tensor_count == 7 && info.operator_count == 6);
  CHECK(info.parameter_count == 4 * 9 + 4 + 1960 + 10);
  CHECK(info.multiply_adds >= 14 * 14 * 4 * 9 + 1960);
  CHECK(info.reserved == 0 && info.packed_bytes > 0 && info.arena_bytes > 0);
  size_t size;
  free(read_whole(path_of("models/tiny.fmg"), &size));
  CHECK(info.file_bytes == size);

  CHECK(strcmp(fmnist_model_label(model, 0), "T-shirt/top") == 0);
  CHECK(strcmp(fmnist_model_label(model, 9), "Ankle boot") == 0);
  CHECK(fmnist_model_label(model, 10) == NULL);
  CHECK(fmnist_model_label(model, UINT32_MAX) == NULL);

  const char *previous = "";
  for (uint32_t i = 0; i < info.metadata_count; i++) {
    const char *key, *value;
    CHECK_OK(fmnist_model_metadata(model, i, &key, &value));
    CHECK(strcmp(previous, key) < 0);
    CHECK(strcmp(fmnist_model_metadata_value(model, key), value) == 0);
    previous = key;
  }
  CHECK(strcmp(fmnist_model_metadata_value(model, "name"), "tiny") == 0);
  CHECK(fmnist_model_metadata_value(model, "nam") == NULL);
  CHECK(fmnist_model_metadata_value(model, "name ") == NULL);

  static const char *const names[] = {"input", "conv", "relu", "pool", "flatten", "dense",
                                      "softmax"};
  static const char *const operators[] = {"input",   "conv2d", "activation", "max_pool",
                                          "reshape", "dense",  "softmax"};
  static const uint64_t elements[] = {784, 784, 784, 196, 196, 10, 10};
  for (uint32_t i = 0; i < 7; i++) {
    fmnist_tensor_info tensor = {.struct_size = sizeof tensor};
    CHECK_OK(fmnist_model_tensor(model, i, &tensor));
    CHECK(strcmp(tensor.name, names[i]) == 0);
    CHECK(strcmp(tensor.operator_name, operators[i]) == 0);
    CHECK(tensor.element_count == elements[i] && tensor.reserved == 0);
    uint32_t index = 99;
    CHECK_OK(fmnist_model_find_tensor(model, names[i], &index));
    CHECK(index == i);
  }
  fmnist_tensor_info pool = {.struct_size = sizeof pool};
  CHECK_OK(fmnist_model_tensor(model, 3, &pool));
  CHECK(pool.rank == 3 && pool.shape[0] == 7 && pool.shape[1] == 7 && pool.shape[2] == 4);
  CHECK(pool.shape[3] == 0);
  fmnist_model_destroy(model);

  model = model_named("vector");
  const fmnist_model_info vector = info_of(model);
  CHECK(vector.output_size == 2 && vector.label_count == 0 && vector.golden_count == 0);
  CHECK(fmnist_model_label(model, 0) == NULL);
  fmnist_model_destroy(model);
}

/* Every tensor can be read, agrees with a session that keeps nothing, and does not depend on
 * fusion: the last one is the answer, flatten is pool, relu is never negative. */
static void tensors(const char *name) {
  fmnist_model *model = model_named(name);
  const fmnist_model_info info = info_of(model);
  const size_t inputs = (size_t)info.height * info.width * info.channels;
  const fmnist_session_options keep = {.struct_size = sizeof keep, .flags = FMNIST_KEEP_TENSORS};
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, &keep, &session));
  const uint8_t *pixels;
  const float *expected;
  float tolerance;
  CHECK_OK(fmnist_model_golden(model, 1, &pixels, &expected, &tolerance));
  float scores[16], last[16];
  CHECK_OK(fmnist_classify(session, pixels, inputs, 1, scores, info.output_size));
  CHECK(largest_difference(scores, expected, info.output_size) <= tolerance);
  for (uint32_t i = 0; i < info.tensor_count; i++) {
    fmnist_tensor_info tensor = {.struct_size = sizeof tensor};
    CHECK_OK(fmnist_model_tensor(model, i, &tensor));
    const size_t size = (size_t)tensor.element_count * sizeof(float);
    float *values = guarded(NULL, size);
    CHECK_OK(fmnist_tensor_read(session, i, values, (size_t)tensor.element_count));
    if (strcmp(tensor.name, "relu") == 0)
      for (size_t k = 0; k < tensor.element_count; k++) CHECK(values[k] >= 0);
    if (i + 1 == info.tensor_count) memcpy(last, values, size);
    CHECK_ARGUMENT(fmnist_tensor_read(session, i, values, (size_t)tensor.element_count - 1));
    guarded_release(values, size);
  }
  CHECK(memcmp(last, scores, sizeof(float) * info.output_size) == 0);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
}

static void run_floats(void) {
  fmnist_model *model = model_named("vector");
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  const float one[5] = {1, -2, 3, 0.5f, 4};
  float twice[10], single[2], both[4];
  memcpy(twice, one, sizeof one);
  for (int i = 0; i < 5; i++) twice[5 + i] = 2 * one[i];
  CHECK_OK(fmnist_run(session, one, 5, 1, single, 2));
  CHECK_OK(fmnist_run(session, twice, 10, 2, both, 4));
  CHECK(both[0] == single[0] && both[1] == single[1]);
  CHECK(fabsf(both[2] - 2 * single[0]) < 1e-5f && fabsf(both[3] - 2 * single[1]) < 1e-5f);
  const uint8_t pixels[5] = {0};
  CHECK_ARGUMENT(fmnist_classify(session, pixels, 5, 1, single, 2));
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
}

static void top(void) {
  const float scores[6] = {0.25f, NAN, 0.5f, -INFINITY, 0.5f, 0.125f};
  static const uint32_t order[6] = {2, 4, 0, 5, 3, 1};
  for (size_t count = 0; count <= 6; count++) {
    fmnist_match matches[6];
    memset(matches, 0xEE, sizeof matches);
    CHECK_OK(fmnist_top(scores, 6, matches, count));
    for (size_t i = 0; i < count; i++) {
      CHECK(matches[i].label == order[i]);
      CHECK(memcmp(&matches[i].score, &scores[order[i]], sizeof(float)) == 0);
    }
    if (count < 6) CHECK(matches[count].label == 0xEEEEEEEEu);
  }
  fmnist_match matches[7];
  CHECK_ARGUMENT(fmnist_top(scores, 6, matches, 7));
}

void test_answers(void) {
  description();
  for (uint32_t isa = 0; isa <= 4; isa++) {
    golden("tiny", isa);
    golden("operators", isa);
    golden("neighbours", isa);
    golden("vectors", isa);
    golden("no_weights", isa);
    golden("bytes", isa);
  }
  tensors("tiny");
  tensors("operators");
  tensors("vectors");
  tensors("bytes");
  run_floats();
  top();
}

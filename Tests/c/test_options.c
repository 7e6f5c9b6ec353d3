/* Option structs: sizes, flags, instruction sets, the environment; memory copied and borrowed. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void rejected(fmnist_model_options options, const uint8_t *bytes, size_t size) {
  fmnist_model *model = (fmnist_model *)1;
  CHECK_ARGUMENT(fmnist_model_open(path_of("models/tiny.fmg"), &options, &model));
  CHECK(model == NULL);
  model = (fmnist_model *)1;
  CHECK_ARGUMENT(fmnist_model_open_memory(bytes, size, &options, &model));
  CHECK(model == NULL);
}

static void model_options(const uint8_t *bytes, size_t size) {
  const size_t full = sizeof(fmnist_model_options);
  rejected((fmnist_model_options){.struct_size = 0}, bytes, size);
  rejected((fmnist_model_options){.struct_size = full - 1}, bytes, size);
  rejected((fmnist_model_options){.struct_size = full, .isa = 5}, bytes, size);
  rejected((fmnist_model_options){.struct_size = full, .isa = UINT32_MAX}, bytes, size);
  rejected((fmnist_model_options){.struct_size = full, .flags = 2}, bytes, size);
  rejected((fmnist_model_options){.struct_size = full, .flags = 0x80000000u}, bytes, size);
  /* There is no memory to borrow when a file is opened. */
  const fmnist_model_options borrow = {.struct_size = full, .flags = FMNIST_MEMORY_BORROW};
  fmnist_model *model;
  CHECK_ARGUMENT(fmnist_model_open(path_of("models/tiny.fmg"), &borrow, &model));
}

static void session_options(void) {
  fmnist_model *model = model_named("tiny");
  const size_t full = sizeof(fmnist_session_options);
  const fmnist_session_options wrong[] = {
      {.struct_size = 0},
      {.struct_size = full - 1},
      {.struct_size = full, .flags = 4},
      {.struct_size = full, .flags = UINT32_MAX},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    fmnist_session *session = (fmnist_session *)1;
    CHECK_ARGUMENT(fmnist_session_create(model, &wrong[i], &session));
    CHECK(session == NULL);
  }
  fmnist_model_destroy(model);
}

static void copied_and_borrowed(const uint8_t *bytes, size_t size) {
  fmnist_model *copied, *borrowed;
  uint8_t *passing = guarded(bytes, size), *lasting = guarded(bytes, size);
  const fmnist_model_options borrow = {.struct_size = sizeof borrow,
                                       .flags = FMNIST_MEMORY_BORROW};
  CHECK_OK(fmnist_model_open_memory(passing, size, NULL, &copied));
  memset(passing, 0, size);
  guarded_release(passing, size);
  CHECK_OK(fmnist_model_open_memory(lasting, size, &borrow, &borrowed));
  CHECK(memcmp(lasting, bytes, size) == 0);
  fmnist_model *both[2] = {copied, borrowed};
  float scores[2][10];
  static const uint8_t pixels[784] = {1, 2, 3};
  for (int i = 0; i < 2; i++) {
    fmnist_session *session;
    CHECK_OK(fmnist_session_create(both[i], NULL, &session));
    CHECK_OK(fmnist_classify(session, pixels, 784, 1, scores[i], 10));
    CHECK(strcmp(fmnist_model_label(both[i], 1), "Trouser") == 0);
    fmnist_session_destroy(session);
    fmnist_model_destroy(both[i]);
  }
  CHECK(memcmp(scores[0], scores[1], sizeof scores[0]) == 0);
  guarded_release(lasting, size);
}

/* What opening with `isa` under FMNISTRT_ISA=`cap` chooses; 0 when it is unsupported. */
static uint32_t chosen(uint32_t isa, const char *cap) {
  if (cap == NULL)
    unsetenv("FMNISTRT_ISA");
  else
    setenv("FMNISTRT_ISA", cap, 1);
  const fmnist_model_options options = {.struct_size = sizeof options, .isa = isa};
  fmnist_model *model;
  const fmnist_status status = fmnist_model_open(path_of("models/tiny.fmg"), &options, &model);
  if (status == FMNIST_ERROR_UNSUPPORTED) return 0;
  if (!CHECK_OK(status)) return 99;
  const uint32_t result = info_of(model).isa;
  fmnist_model_destroy(model);
  return result;
}

static void instruction_sets(void) {
  const char *outside = getenv("FMNISTRT_ISA");
  char *kept = outside == NULL ? NULL : strdup(outside);
  const uint32_t best = chosen(FMNIST_ISA_AUTO, NULL);
  CHECK(best >= FMNIST_ISA_BASELINE && best <= FMNIST_ISA_V4_AMX);
  /* The environment of the tests says which CPU this is, such as an emulated one. */
  const char *expected = getenv("FMNISTRT_TEST_BEST_ISA");
  if (expected != NULL) CHECK(best == (uint32_t)atoi(expected));
  static const char *const caps[] = {"baseline", "v3", "v4", "v4-amx"};
  for (uint32_t isa = 1; isa <= 4; isa++) {
    CHECK(chosen(isa, NULL) == (isa <= best ? isa : 0));
    for (uint32_t cap = 1; cap <= 4; cap++) {
      const uint32_t capped = cap < best ? cap : best;
      CHECK(chosen(FMNIST_ISA_AUTO, caps[cap - 1]) == capped);
      if (isa <= best) CHECK(chosen(isa, caps[cap - 1]) == (isa < cap ? isa : cap));
    }
  }
  CHECK(chosen(FMNIST_ISA_AUTO, "") == best);
  if (kept == NULL)
    unsetenv("FMNISTRT_ISA");
  else
    setenv("FMNISTRT_ISA", kept, 1);
  free(kept);
}

/* A caller compiled with another header: only what both know is filled. */
static void struct_sizes(void) {
  fmnist_model *model = model_named("tiny");
  struct {
    fmnist_model_info info;
    uint8_t more[32];
  } newer;
  memset(&newer, 0x5A, sizeof newer);
  newer.info.struct_size = sizeof newer;
  CHECK_OK(fmnist_model_get_info(model, &newer.info));
  CHECK(newer.info.height == 28 && newer.info.file_bytes > 0);
  for (size_t i = 0; i < sizeof newer.more; i++) CHECK(newer.more[i] == 0x5A);
  fmnist_model_destroy(model);
}

void test_options(void) {
  size_t size;
  uint8_t *bytes = read_whole(path_of("models/tiny.fmg"), &size);
  model_options(bytes, size);
  session_options();
  copied_and_borrowed(bytes, size);
  instruction_sets();
  struct_sizes();
  free(bytes);
}

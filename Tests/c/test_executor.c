/* Executors: threads started for each call, wrong orders, hostile ones, and wrong structs. */
#include <pthread.h>
#include <string.h>

#include "check.h"

typedef void (*body_function)(void *, size_t);

enum { MOST = 64, IMAGES = 3 };

static uint8_t pixels[IMAGES * 784];

struct call {
  body_function body;
  void *context;
  size_t index;
};

static void *call_main(void *argument) {
  const struct call *call = argument;
  call->body(call->context, call->index);
  return NULL;
}

/* One thread for each part. */
static void threaded(void *context, size_t count, body_function body, void *body_context) {
  pthread_t threads[MOST];
  struct call calls[MOST];
  CHECK(count >= 2 && count <= *(uint32_t *)context);
  for (size_t i = 0; i < count; i++) {
    calls[i] = (struct call){body, body_context, i};
    CHECK(pthread_create(&threads[i], NULL, call_main, &calls[i]) == 0);
  }
  for (size_t i = 0; i < count; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void backwards(void *context, size_t count, body_function body, void *body_context) {
  (void)context;
  for (size_t i = count; i > 0; i--) body(body_context, i - 1);
}

/* Each part by two threads at the same time, and parts that there are none of. */
static void twice(void *context, size_t count, body_function body, void *body_context) {
  pthread_t thread;
  (void)context;
  for (size_t i = 0; i < count + 3; i++) {
    struct call call = {body, body_context, i};
    CHECK(pthread_create(&thread, NULL, call_main, &call) == 0);
    body(body_context, i);
    body(body_context, SIZE_MAX - i);
    CHECK(pthread_join(thread, NULL) == 0);
  }
}

static void nothing(void *context, size_t count, body_function body, void *body_context) {
  (void)context, (void)count, (void)body, (void)body_context;
}

static void all_but_one(void *context, size_t count, body_function body, void *body_context) {
  (void)context;
  for (size_t i = 1; i < count; i++) body(body_context, i);
}

static fmnist_status classify(const fmnist_model *model, const fmnist_executor *executor,
                              float *scores) {
  const fmnist_session_options options = {.struct_size = sizeof options, .executor = executor};
  fmnist_session *session;
  if (!CHECK_OK(fmnist_session_create(model, &options, &session))) return FMNIST_ERROR_MEMORY;
  fmnist_status status = FMNIST_OK;
  for (int round = 0; round < 3 && status == FMNIST_OK; round++)
    status = fmnist_classify(session, pixels, sizeof pixels, IMAGES, scores, IMAGES * 10);
  fmnist_session_destroy(session);
  return status;
}

static void answers(const fmnist_model *model) {
  static void (*const good[])(void *, size_t, body_function, void *) = {threaded, backwards, twice};
  static void (*const bad[])(void *, size_t, body_function, void *) = {nothing, all_but_one};
  static const uint32_t parts[] = {1, 2, 3, 7, MOST};
  float expected[IMAGES * 10], scores[IMAGES * 10];
  CHECK_OK(classify(model, NULL, expected));
  for (int i = 0; i < 5; i++) {
    uint32_t most = parts[i];
    fmnist_executor executor = {.struct_size = sizeof executor, .context = &most, .parts = most};
    for (int j = 0; j < 3; j++) {
      executor.parallel_for = good[j];
      memset(scores, 0, sizeof scores);
      CHECK_OK(classify(model, &executor, scores));
      CHECK(memcmp(scores, expected, sizeof scores) == 0);
    }
    for (int j = 0; j < 2; j++) {
      executor.parallel_for = bad[j];
      /* One part needs no executor. */
      CHECK_STATUS(classify(model, &executor, scores),
                   most == 1 ? FMNIST_OK : FMNIST_ERROR_ARGUMENT);
    }
  }
}

static void structs(const fmnist_model *model) {
  const fmnist_executor right = {
      .struct_size = sizeof right, .parts = 2, .parallel_for = backwards};
  fmnist_executor wrong[6];
  for (int i = 0; i < 6; i++) wrong[i] = right;
  wrong[0].struct_size = 0;
  wrong[1].struct_size--;
  wrong[2].parts = 0;
  wrong[3].parts = MOST + 1;
  wrong[4].reserved = 1;
  wrong[5].parallel_for = NULL;
  for (int i = 0; i < 6; i++) {
    const fmnist_session_options options = {.struct_size = sizeof options, .executor = &wrong[i]};
    fmnist_session *session = (fmnist_session *)1;
    CHECK_ARGUMENT(fmnist_session_create(model, &options, &session));
    CHECK(session == NULL);
  }
  /* The struct of a caller that knows no executor ends before it. */
  const size_t old[2] = {sizeof old, 0};
  fmnist_session_options *options = guarded(old, sizeof old);
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, options, &session));
  fmnist_session_destroy(session);
  guarded_release(options, sizeof old);
}

void test_executor(void) {
  fmnist_model *model;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37);
  /* The shipped model: those of the tests are too small to be cut. */
  if (!CHECK_OK(fmnist_model_open(path_of("../Models/default.fmg"), NULL, &model))) return;
  structs(model);
  answers(model);
  fmnist_model_destroy(model);
}

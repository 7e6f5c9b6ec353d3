/* Threads that share a model, each with its own error text, and a forked child. */
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 50 };

struct job {
  const fmnist_model *model;
  const float *expected;
  int number;
};

static void classify_some(const struct job *job) {
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(job->model, NULL, &session));
  uint8_t pixels[784];
  memset(pixels, job->number, sizeof pixels);
  for (int round = 0; round < ROUNDS; round++) {
    float scores[10];
    CHECK_OK(fmnist_classify(session, pixels, 784, 1, scores, 10));
    CHECK(memcmp(scores, job->expected, sizeof scores) == 0);
  }
  fmnist_session_destroy(session);
}

static void *thread_main(void *argument) {
  const struct job *job = argument;
  CHECK(fmnist_last_error()[0] == 0); /* another thread's failures are not this thread's */
  char wrong[16] = "no tensor 0";
  wrong[10] = (char)('0' + job->number);
  uint32_t index;
  CHECK_STATUS(fmnist_model_find_tensor(job->model, wrong, &index), FMNIST_ERROR_NOT_FOUND);
  classify_some(job);
  CHECK(strstr(fmnist_last_error(), wrong) != NULL);
  return NULL;
}

void test_threads(void) {
  fmnist_model *model = model_named("tiny");
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  float expected[THREADS][10];
  for (int i = 0; i < THREADS; i++) {
    uint8_t pixels[784];
    memset(pixels, i, sizeof pixels);
    CHECK_OK(fmnist_classify(session, pixels, 784, 1, expected[i], 10));
  }
  CHECK(fmnist_model_label(model, 0) != NULL);

  pthread_t threads[THREADS];
  struct job jobs[THREADS];
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){model, expected[i], i};
    CHECK(pthread_create(&threads[i], NULL, thread_main, &jobs[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);

  /* A child uses the parent's session and makes one of its own. */
  const pid_t child = fork();
  if (child == 0) {
    const unsigned before = check_failures();
    float scores[10];
    static const uint8_t pixels[784];
    CHECK_OK(fmnist_classify(session, pixels, 784, 1, scores, 10));
    CHECK(memcmp(scores, expected[0], sizeof scores) == 0);
    classify_some(&jobs[0]);
    _exit(check_failures() == before ? 0 : 1);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
}

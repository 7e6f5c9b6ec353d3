/*
 * Counts and refuses allocations: this program's own malloc family comes first in the search for
 * symbols, so that the library's calls end here too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static long allocations, live;
static long refuse_at = -1; /* the number of the allocation that fails; -1: none */

static int refused(void) {
  if (allocations++ == refuse_at) return 1;
  live++;
  return 0;
}

void *malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refused() ? NULL : __libc_calloc(count, size); }

void *realloc(void *memory, size_t size) {
  if (memory == NULL) return malloc(size);
  return allocations++ == refuse_at ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *result = aligned_alloc(alignment, size);
  if (result == NULL) return ENOMEM;
  *memory = result;
  return 0;
}

void free(void *memory) {
  if (memory == NULL) return;
  live--;
  __libc_free(memory);
}

static uint8_t pixels[3 * 28 * 28];

/* Loading and classifying, up to the first failure; frees what it made. */
static fmnist_status whole_life(const uint8_t *bytes, size_t size, uint32_t flags) {
  fmnist_model *model;
  fmnist_session *session;
  fmnist_status status;
  if (bytes == NULL)
    status = fmnist_model_open(path_of("models/tiny.fmg"), NULL, &model);
  else
    status = fmnist_model_open_memory(bytes, size, NULL, &model);
  if (status != FMNIST_OK) {
    CHECK(model == NULL);
    return status;
  }
  const fmnist_session_options options = {.struct_size = sizeof options, .flags = flags};
  status = fmnist_session_create(model, &options, &session);
  if (status != FMNIST_OK) {
    CHECK(session == NULL);
  } else {
    fmnist_session_destroy(session);
  }
  fmnist_model_destroy(model);
  return status;
}

/* Lets allocation 0, 1, 2 ... fail until none does. */
static void refuse_each(const uint8_t *bytes, size_t size, uint32_t flags) {
  for (long n = 0;; n++) {
    const long before = live;
    allocations = 0;
    refuse_at = n;
    const fmnist_status status = whole_life(bytes, size, flags);
    refuse_at = -1;
    CHECK(live == before);
    if (allocations <= n) {
      CHECK(status == FMNIST_OK);
      CHECK(n >= 3); /* file or copy, model, session at the least */
      return;
    }
    CHECK_STATUS(status, FMNIST_ERROR_MEMORY);
  }
}

/* The calls that the header promises to be free of allocation, failures included. */
static void none_while_running(const char *name) {
  fmnist_model *model = model_named(name);
  const fmnist_model_info info = info_of(model);
  const size_t inputs = (size_t)info.height * info.width * info.channels;
  const fmnist_session_options keep = {.struct_size = sizeof keep, .flags = FMNIST_KEEP_TENSORS};
  const fmnist_session_options profile = {.struct_size = sizeof profile, .flags = FMNIST_PROFILE};
  fmnist_session *session, *keeping, *profiled;
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  CHECK_OK(fmnist_session_create(model, &keep, &keeping));
  CHECK_OK(fmnist_session_create(model, &profile, &profiled));
  float *floats = calloc(3 * inputs, sizeof *floats), *scores = calloc(3 * 16, sizeof *scores);
  const size_t scratch_size = fmnist_fit_scratch_bytes(64, 48);
  void *scratch = malloc(scratch_size);
  uint8_t *picture = calloc(64 * 48, 1), *fitted = malloc(inputs);
  memset(picture + 64 * 10 + 20, 200, 64 * 20);
  fmnist_match matches[3];
  for (int round = 0; round < 2; round++) {
    const long before = allocations;
    for (size_t count = 1; count <= 3; count++) {
      const size_t in = inputs * count, out = info.output_size * count;
      CHECK_OK(fmnist_classify(session, pixels, in, count, scores, out));
      CHECK_OK(fmnist_classify(keeping, pixels, in, count, scores, out));
      CHECK_OK(fmnist_classify(profiled, pixels, in, count, scores, out));
      CHECK_OK(fmnist_run(session, floats, in, count, scores, out));
    }
    CHECK_OK(fmnist_top(scores, info.output_size, matches, 3));
    CHECK_OK(fmnist_tensor_read(keeping, 0, floats, inputs));
    CHECK_OK(fmnist_fit(model, picture, 64 * 48, 64, 48, 1, 64, FMNIST_FIT_PHOTO, scratch,
                        scratch_size, fitted, inputs, NULL));
    CHECK_ARGUMENT(fmnist_classify(session, pixels, inputs - 1, 1, scores, info.output_size));
    CHECK(allocations == before);
  }
  free(floats);
  free(scores);
  free(scratch);
  free(picture);
  free(fitted);
  fmnist_session_destroy(profiled);
  fmnist_session_destroy(keeping);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
}

/* A refused file leaves nothing behind. */
static void nothing_leaks(void) {
  size_t size;
  uint8_t *bytes = read_whole(path_of("models/tiny.fmg"), &size);
  for (size_t at = 0; at < size; at += 4) {
    const long before = live;
    const uint32_t old = get32(bytes + at);
    put32(bytes + at, old ^ 0x00800001);
    exercise(bytes, size);
    repair(bytes, size);
    exercise(bytes, size);
    put32(bytes + at, old);
    repair(bytes, size);
    CHECK(live == before);
  }
  free(bytes);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "-t") == 0) tests_folder = argv[2];
  size_t size;
  uint8_t *bytes = read_whole(path_of("models/operators.fmg"), &size);
  printf("starting\n"); /* so that standard output has its buffer before anything is counted */
  none_while_running("tiny");
  none_while_running("operators");
  none_while_running("neighbours");
  none_while_running("vectors");
  none_while_running("bytes");
  refuse_each(bytes, size, 0);
  refuse_each(bytes, size, FMNIST_KEEP_TENSORS);
  refuse_each(bytes, size, FMNIST_PROFILE);
  refuse_each(NULL, 0, 0);
  nothing_leaks();
  free(bytes);
  printf("%u checks, %u failed\n", check_count(), check_failures());
  return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

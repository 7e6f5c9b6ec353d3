/*
 * Checks models against the answers stored in them, on CPUs that have no Python.
 *
 *     golden model.fmg ...
 *
 * Every golden vector must be met within the file's tolerance, fused and with kept tensors. Exits
 * with 1 when one is not, or a file does not load. FMNISTRT_ISA chooses the instruction set.
 */
#include <fmnistrt.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long vectors;
static uint32_t isa;

/* 0, or 1 after a complaint about `path`. */
static int complain(const char *path, const char *what) {
  fprintf(stderr, "%s: %s: %s\n", path, what, fmnist_last_error());
  return 1;
}

static int check_answer(const char *path, fmnist_session *session, const fmnist_model *model,
                        const fmnist_model_info *info, uint32_t index, float *scores) {
  const uint8_t *pixels;
  const float *expected;
  float tolerance;
  if (fmnist_model_golden(model, index, &pixels, &expected, &tolerance) != FMNIST_OK)
    return complain(path, "golden vector");
  size_t size = (size_t)info->height * info->width * info->channels;
  if (fmnist_classify(session, pixels, size, 1, scores, info->output_size) != FMNIST_OK)
    return complain(path, "classify");
  for (uint32_t i = 0; i < info->output_size; i++) {
    float difference = scores[i] - expected[i];
    /* Written so that a NaN fails. */
    if (difference <= tolerance && -difference <= tolerance) continue;
    fprintf(stderr, "%s: vector %u, score %u is %g, expected %g, tolerance %g\n", path,
            (unsigned)index, (unsigned)i, (double)scores[i], (double)expected[i],
            (double)tolerance);
    return 1;
  }
  vectors++;
  return 0;
}

static int check_session(const char *path, const fmnist_model *model,
                         const fmnist_model_info *info, uint32_t flags) {
  fmnist_session_options options = {.struct_size = sizeof options, .flags = flags};
  fmnist_session *session;
  if (fmnist_session_create(model, &options, &session) != FMNIST_OK)
    return complain(path, "session");
  float *scores = malloc(info->output_size * sizeof *scores);
  int failed = scores == NULL;
  for (uint32_t i = 0; i < info->golden_count && !failed; i++)
    failed = check_answer(path, session, model, info, i, scores);
  free(scores);
  fmnist_session_destroy(session);
  return failed;
}

static int check_model(const char *path) {
  fmnist_model *model;
  fmnist_model_info info = {.struct_size = sizeof info};
  if (fmnist_model_open(path, NULL, &model) != FMNIST_OK) return complain(path, "open");
  int failed = fmnist_model_get_info(model, &info) != FMNIST_OK;
  if (!failed && info.golden_count == 0) {
    fprintf(stderr, "%s: no golden vectors\n", path);
    failed = 1;
  }
  isa = info.isa;
  if (!failed) failed = check_session(path, model, &info, 0);
  if (!failed) failed = check_session(path, model, &info, FMNIST_KEEP_TENSORS);
  fmnist_model_destroy(model);
  return failed;
}

int main(int count, char **paths) {
  static const char *const names[] = {"none", "baseline", "v3", "v4", "v4-amx"};
  int failures = 0;
  for (int i = 1; i < count; i++) failures += check_model(paths[i]);
  printf("%d models, %lu vectors, isa %s\n", count - 1, vectors, isa < 5 ? names[isa] : "unknown");
  if (failures > 0) fprintf(stderr, "%d models failed\n", failures);
  return failures > 0 || count < 2;
}

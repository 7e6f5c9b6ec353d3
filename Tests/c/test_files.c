/* Damaged and hostile files: an error with a message, never a crash, an over-read or a hang. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static fmnist_status status_named(const char *name) {
  for (int i = 1; i <= 8; i++)
    if (strcmp(fmnist_status_name((fmnist_status)i) + strlen("FMNIST_ERROR_"), name) == 0)
      return (fmnist_status)i;
  fprintf(stderr, "MANIFEST: unknown status %s\n", name);
  exit(2);
}

/* Every file of Corpus/must-fail gives the status that its MANIFEST names. */
void test_corpus(void) {
  FILE *manifest = fopen(path_of("Corpus/must-fail/MANIFEST"), "r");
  if (!CHECK(manifest != NULL)) return;
  char line[512], file[128], status[32];
  unsigned files = 0;
  while (fgets(line, sizeof line, manifest) != NULL) {
    if (!CHECK(sscanf(line, "%127s %31s", file, status) == 2)) break;
    char relative[192];
    snprintf(relative, sizeof relative, "Corpus/must-fail/%s", file);
    fmnist_model *model = (fmnist_model *)1;
    const fmnist_status got = fmnist_model_open(path_of(relative), NULL, &model);
    const fmnist_status expected = status_named(status);
    if (!CHECK(got == expected))
      fprintf(stderr, "  %s  but %s: %s\n", line, fmnist_status_name(got),
              got == FMNIST_OK ? "it loaded" : fmnist_last_error());
    CHECK(got == FMNIST_OK || (model == NULL && fmnist_last_error()[0] != 0));
    if (got == FMNIST_OK) fmnist_model_destroy(model);
    size_t size;
    uint8_t *bytes = read_whole(path_of(relative), &size);
    uint8_t *exact = guarded(bytes, size);
    CHECK(exercise(exact, size) == expected);
    guarded_release(exact, size);
    free(bytes);
    files++;
  }
  fclose(manifest);
  CHECK(files >= 100);
}

/* Every truncation, and every byte replaced by several others: the checksums catch them all. */
void test_flips(void) {
  static const uint8_t patterns[] = {0x01, 0x02, 0x10, 0x80, 0xFF};
  size_t size;
  uint8_t *bytes = read_whole(path_of("models/tiny.fmg"), &size);
  for (size_t length = 0; length < size; length++) {
    uint8_t *exact = guarded(bytes, length);
    CHECK(exercise(exact, length) != FMNIST_OK);
    guarded_release(exact, length);
  }
  uint8_t *exact = guarded(bytes, size);
  for (size_t at = 0; at < size; at++) {
    for (size_t k = 0; k < sizeof patterns; k++) {
      exact[at] = bytes[at] ^ patterns[k];
      CHECK(exercise(exact, size) != FMNIST_OK);
    }
    exact[at] = bytes[at];
  }
  CHECK(exercise(exact, size) == FMNIST_OK);
  guarded_release(exact, size);
  free(bytes);
}

/* Every 32-bit word outside the weights replaced by values that break arithmetic, with the
 * checksums made right: the file loads and runs, or is refused. */
static void fields_of(const char *name) {
  size_t size;
  uint8_t *bytes = read_whole(path_of(name), &size);
  const unsigned sections = get32(bytes + 24);
  uint8_t *exact = guarded(bytes, size);
  unsigned loaded = 0, refused = 0;
  for (size_t at = 0; at + 4 <= size; at += 4) {
    bool weights = false;
    for (unsigned i = 0; i < sections; i++) {
      const uint8_t *row = bytes + 64 + 32 * i;
      const uint64_t start = get64(row + 8), end = start + get64(row + 16);
      /* Of weights and golden vectors the first and last words are enough. */
      if (get32(row) >= 4 && at >= start + 128 && at + 64 < end) weights = true;
    }
    if (weights) continue;
    const uint32_t old = get32(bytes + at);
    const uint32_t values[] = {0,          1,          old + 1,    old - 1,    old * 2,
                               old ^ 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFC0,
                               0x02000000, 0x04000000, 0x7F800000, 0x7FC00000, 0x0000FFFF};
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
      if (values[k] == old) continue;
      memcpy(exact, bytes, size);
      put32(exact + at, values[k]);
      repair(exact, size);
      if (exercise(exact, size) == FMNIST_OK)
        loaded++;
      else
        refused++;
    }
  }
  /* Names, labels and pixels of golden vectors are free text, most other words are not. */
  CHECK(loaded > 0 && refused > loaded);
  guarded_release(exact, size);
  free(bytes);
}

void test_fields(void) {
  fields_of("models/vector.fmg");
  fields_of("models/no_weights.fmg");
  fields_of("models/tiny.fmg");
  fields_of("models/operators.fmg");
  fields_of("models/neighbours.fmg");
  fields_of("models/vectors.fmg");
  fields_of("models/bytes.fmg");
}

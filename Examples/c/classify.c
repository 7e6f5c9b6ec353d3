/* cc classify.c $(pkg-config --cflags --libs fmnistrt) && ./a.out model.fmg [784-byte file] */
#include <fmnistrt.h>
#include <stdio.h>
#include <string.h>

static int fail(fmnist_status status) {
  fprintf(stderr, "%s: %s\n", fmnist_status_name(status), fmnist_last_error());
  return 1;
}

int main(int argc, char **argv) {
  fmnist_model *model;
  fmnist_session *session;
  fmnist_status status;
  unsigned char pixels[28 * 28] = {0};
  float scores[10];
  fmnist_match best[3];

  if (argc < 2) return fprintf(stderr, "usage: classify model.fmg [pixels]\n"), 2;
  if (argc > 2) {
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL || fread(pixels, 1, sizeof pixels, file) != sizeof pixels)
      return fprintf(stderr, "%s: cannot read 784 bytes\n", argv[2]), 1;
    fclose(file);
  } else {
    for (int y = 2; y < 26; y++) /* two trouser legs */
      memset(pixels + 28 * y + 9, 200, 10), memset(pixels + 28 * y + 13, y < 8 ? 200 : 0, 2);
  }

  if ((status = fmnist_model_open(argv[1], NULL, &model)) != FMNIST_OK) return fail(status);
  if ((status = fmnist_session_create(model, NULL, &session)) != FMNIST_OK) return fail(status);
  status = fmnist_classify(session, pixels, sizeof pixels, 1, scores, 10);
  if (status != FMNIST_OK) return fail(status);
  fmnist_top(scores, 10, best, 3);
  for (int i = 0; i < 3; i++)
    printf("%-12s %5.1f%%\n", fmnist_model_label(model, best[i].label), 100 * best[i].score);
  fmnist_session_destroy(session);
  fmnist_model_destroy(model);
  return 0;
}

/* Tests of the C interface: main [-t Tests/] [suite ...]; without suites, all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

void test_permission(void);
void test_calls(void);
void test_options(void);
void test_answers(void);
void test_buffers(void);
void test_threads(void);
void test_corpus(void);
void test_flips(void);
void test_fields(void);
void test_fit(void);
void test_profile(void);
void test_executor(void);

static const struct {
  const char *name;
  void (*run)(void);
} suites[] = {
    {"permission", test_permission}, /* first: see there */
    {"calls", test_calls},     {"options", test_options}, {"answers", test_answers},
    {"buffers", test_buffers}, {"fit", test_fit},         {"threads", test_threads},
    {"corpus", test_corpus},   {"flips", test_flips},     {"fields", test_fields},
    {"profile", test_profile}, {"executor", test_executor},
};

static bool wanted(const char *name, int count, char **names) {
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return true;
  return count == 0;
}

int main(int argc, char **argv) {
  int first = 1;
  if (argc > 2 && strcmp(argv[1], "-t") == 0) {
    tests_folder = argv[2];
    first = 3;
  }
  int ran = 0;
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
    if (!wanted(suites[i].name, argc - first, argv + first)) continue;
    const unsigned before = check_count();
    suites[i].run();
    printf("%-10s %u checks\n", suites[i].name, check_count() - before);
    fflush(stdout);
    ran++;
  }
  if (ran == 0 || (argc > first && ran != argc - first)) {
    fprintf(stderr, "unknown suite\n");
    return 2;
  }
  printf("%u checks, %u failed\n", check_count(), check_failures());
  return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Measures the kernels against what this core can do.
 *
 *   swift run -c release --traits Embedded kernel-benchmark [part of a name]
 *
 * Times are the shortest of many runs, so that other work on the machine counts for little.
 */
#include "benchmark.h"

#include <cpeak.h>
#include <kernels.h>
#include <platform.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const char *wanted = "";

int is_wanted(const char *name) { return strstr(name, wanted) != NULL; }

double shortest(void (*body)(void *), void *context) {
  double best = 1e9;
  const double begin = seconds();
  for (int run = 0; run < 5 || seconds() - begin < 0.3; run++) {
    const double start = seconds();
    body(context);
    const double time = seconds() - start;
    if (time < best) best = time;
  }
  return best;
}

float *floats(size_t count) {
  float *memory = fmp_allocate(count * sizeof(float));
  for (size_t i = 0; i < count; i++) memory[i] = (float)(i % 17) * 0.01f - 0.08f;
  return memory;
}

static void print_processor(void) {
  char line[256];
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, "model name", 10) != 0) continue;
    printf("%s", strchr(line, ':') + 2);
    break;
  }
  if (file) fclose(file);
}

int main(int count, char **arguments) {
  if (count > 1) wanted = arguments[1];
  print_processor();
  for (uint32_t isa = 1; isa <= fmp_best_isa(4); isa++) {
    const double peak = cpeak_float(isa, 0.3);
    printf("\n%s", fmk_table_of(isa)->isa);
    printf(", multiply-add peak of one core %.1f GFLOP/s", peak * 1e-9);
    if (isa == 3) printf(", tile by hand %.1f", tile_flops() * 1e-9);
    printf("\n");
    benchmark_convolutions(isa, peak);
    benchmark_winograd(isa, peak);
    benchmark_matrix(isa);
    benchmark_dense(isa);
    benchmark_others(isa);
    benchmark_distances(isa);
    benchmark_bytes(isa);
  }
  return 0;
}

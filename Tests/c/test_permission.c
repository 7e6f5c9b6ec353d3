/* Matrix units need the system's permission, which it refuses while a thread has an alternate signal
 * stack that is too small for them. Has to run before anything else: a permission is for good. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>

#include "check.h"

static uint32_t chosen(void) {
  fmnist_model *model = model_named("tiny");
  const uint32_t isa = info_of(model).isa;
  fmnist_model_destroy(model);
  return isa;
}

void test_permission(void) {
  static uint8_t memory[8192];
  stack_t small = {.ss_sp = memory, .ss_size = sizeof memory}, before;
  /* Fails in a process that has the permission, or got it from its parent. */
  if (sigaltstack(&small, &before) != 0) return;
  const uint32_t refused = chosen();
  CHECK(refused <= FMNIST_ISA_V4);
  const fmnist_model_options options = {.struct_size = sizeof options, .isa = FMNIST_ISA_V4_AMX};
  fmnist_model *model;
  CHECK(fmnist_model_open(path_of("models/tiny.fmg"), &options, &model) ==
        FMNIST_ERROR_UNSUPPORTED);
  CHECK(model == NULL);
  CHECK(sigaltstack(&before, NULL) == 0);
  const uint32_t allowed = chosen();
  CHECK(allowed == refused || (refused == FMNIST_ISA_V4 && allowed == FMNIST_ISA_V4_AMX));
}

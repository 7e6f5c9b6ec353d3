#define _GNU_SOURCE
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *tests_folder = "Tests";
static unsigned count, failures;

unsigned check_count(void) { return count; }
unsigned check_failures(void) { return failures; }

bool check(bool condition, const char *file, int line, const char *text) {
  __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
  if (condition) return true;
  if (__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) <= 50)
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, text);
  return false;
}

bool check_status(fmnist_status got, fmnist_status expected, const char *file, int line,
                  const char *text) {
  const char *message = fmnist_last_error();
  if (got != expected)
    fprintf(stderr, "%s, expected %s (%s)\n", fmnist_status_name(got),
            fmnist_status_name(expected), got == FMNIST_OK ? "" : message);
  const bool told = got == FMNIST_OK || (message != NULL && message[0] != 0);
  return check(got == expected && told, file, line, text);
}

const char *path_of(const char *name) {
  static char paths[4][512];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", tests_folder, name);
  return path;
}

uint8_t *read_whole(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*size + 1);
  if (bytes == NULL || fread(bytes, 1, *size, file) != *size) exit(2);
  fclose(file);
  return bytes;
}

fmnist_model *model_named(const char *name) {
  char relative[64];
  snprintf(relative, sizeof relative, "models/%s.fmg", name);
  fmnist_model *model;
  if (fmnist_model_open(path_of(relative), NULL, &model) != FMNIST_OK) {
    fprintf(stderr, "%s: %s\n", relative, fmnist_last_error());
    exit(2);
  }
  return model;
}

fmnist_model_info info_of(const fmnist_model *model) {
  fmnist_model_info info = {.struct_size = sizeof info};
  CHECK_OK(fmnist_model_get_info(model, &info));
  return info;
}

/* Whole pages that hold `size` bytes, the guard page not counted. */
static size_t pages_of(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (size + page - 1) / page * page + (size == 0 ? page : 0);
}

void *guarded(const void *content, size_t size) {
  const size_t pages = pages_of(size), page = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *memory =
      mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + pages, page, PROT_NONE) != 0) {
    perror("mmap");
    exit(2);
  }
  memset(memory, 0xA5, pages);
  if (content != NULL && size > 0) memcpy(memory + pages - size, content, size);
  return memory + pages - size;
}

void guarded_release(void *start, size_t size) {
  const size_t pages = pages_of(size), page = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *memory = (uint8_t *)start + size - pages;
  bool intact = true;
  for (size_t i = 0; i < pages - size; i++) intact &= memory[i] == 0xA5;
  CHECK(intact);
  munmap(memory, pages + page);
}

uint32_t crc32c(const uint8_t *bytes, size_t size) {
  static uint32_t table[256];
  if (table[1] == 0)
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t entry = i;
      for (int k = 0; k < 8; k++) entry = (entry >> 1) ^ ((entry & 1) ? 0x82F63B78u : 0);
      table[i] = entry;
    }
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < size; i++) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
  return crc ^ 0xFFFFFFFFu;
}

uint32_t get32(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t get64(const uint8_t *at) { return get32(at) | (uint64_t)get32(at + 4) << 32; }

void put32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}

void repair(uint8_t *file, size_t size) {
  const uint64_t sections = get32(file + 24);
  if (sections > 5) {
    put32(file + 12, 0);
    put32(file + 12, crc32c(file, 64));
    return;
  }
  for (uint64_t i = 0; i < sections; i++) {
    uint8_t *row = file + 64 + 32 * i;
    const uint64_t offset = get64(row + 8), length = get64(row + 16);
    if (offset <= size && length <= size - offset)
      put32(row + 4, crc32c(file + offset, (size_t)length));
  }
  put32(file + 12, 0);
  put32(file + 12, crc32c(file, 64 + 32 * (size_t)sections));
}

/* Whatever loads must also run: on inputs of the size it asks for, within reason. */
static void use(const fmnist_model *model) {
  const fmnist_model_info info = info_of(model);
  for (uint32_t i = 0; i < info.tensor_count; i++) {
    fmnist_tensor_info tensor = {.struct_size = sizeof tensor};
    CHECK_OK(fmnist_model_tensor(model, i, &tensor));
  }
  if (info.multiply_adds > 10000000 || info.arena_bytes > 64 << 20) return;
  fmnist_session *session;
  CHECK_OK(fmnist_session_create(model, NULL, &session));
  fmnist_tensor_info tensor = {.struct_size = sizeof tensor};
  CHECK_OK(fmnist_model_tensor(model, 0, &tensor));
  const size_t inputs = (size_t)tensor.element_count;
  float *input = calloc(inputs, sizeof *input);
  uint8_t *pixels = calloc(inputs, 1);
  float *scores = calloc(info.output_size, sizeof *scores);
  CHECK_OK(fmnist_run(session, input, inputs, 1, scores, info.output_size));
  if (info.channels == 1 || info.channels == 3)
    fmnist_classify(session, pixels, inputs, 1, scores, info.output_size);
  free(input);
  free(pixels);
  free(scores);
  fmnist_session_destroy(session);
}

fmnist_status exercise(const uint8_t *bytes, size_t size) {
  fmnist_model *model = (fmnist_model *)1;
  const fmnist_model_options options = {.struct_size = sizeof options,
                                        .flags = FMNIST_MEMORY_BORROW};
  const fmnist_status status = fmnist_model_open_memory(bytes, size, &options, &model);
  if (status != FMNIST_OK) {
    CHECK(model == NULL);
    CHECK(fmnist_last_error()[0] != 0);
    return status;
  }
  use(model);
  fmnist_model_destroy(model);
  return status;
}

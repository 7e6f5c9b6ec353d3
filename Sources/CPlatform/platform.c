#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void *fmp_allocate(size_t size) {
  const int large = size >= FMP_LARGE_PAGE;
  void *memory = NULL;
  if (size == 0 || posix_memalign(&memory, large ? FMP_LARGE_PAGE : 64, size) != 0) return NULL;
#ifdef MADV_HUGEPAGE
  /* A wish: without it the memory is the same, but slower to read. */
  if (large) madvise(memory, size & ~(FMP_LARGE_PAGE - 1), MADV_HUGEPAGE);
#endif
  return memory;
}

void fmp_release(void *memory) { free(memory); }

int fmp_open(const char *path, uint64_t *size) {
  /* O_NONBLOCK: opening a named pipe must not wait for a writer. */
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return -1 - errno;
  struct stat status;
  int error = 0;
  if (fstat(descriptor, &status) != 0)
    error = errno;
  else if (S_ISDIR(status.st_mode))
    error = EISDIR;
  else if (!S_ISREG(status.st_mode))
    error = FMP_NOT_A_FILE;
  if (error != 0) {
    close(descriptor);
    return -1 - error;
  }
  *size = (uint64_t)status.st_size;
  return descriptor;
}

int fmp_read(int descriptor, void *buffer, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = pread(descriptor, (char *)buffer + done, size - done, (off_t)done);
    if (got == 0) return FMP_CUT_SHORT;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    done += (size_t)got;
  }
  return 0;
}

void fmp_close(int descriptor) { close(descriptor); }

const char *fmp_error_text(int error) {
  if (error == FMP_NOT_A_FILE) return "not a regular file";
  if (error == FMP_CUT_SHORT) return "became shorter while it was read";
  const char *text = strerrordesc_np(error);
  return text != NULL ? text : "unknown error";
}

char *fmp_error_buffer(void) {
  static _Thread_local char buffer[FMP_ERROR_BUFFER_SIZE];
  return buffer;
}

size_t fmp_length(const char *text) { return strlen(text); }

uint64_t fmp_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *fmp_environment(const char *name) { return getenv(name); }

float fmp_expf(float x) { return expf(x); }
float fmp_expm1f(float x) { return expm1f(x); }
float fmp_log1pf(float x) { return log1pf(x); }
float fmp_logf(float x) { return logf(x); }
float fmp_tanhf(float x) { return tanhf(x); }
float fmp_erff(float x) { return erff(x); }

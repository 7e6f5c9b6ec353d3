/*
 * What the runtime needs from the operating system and the C library.
 */
#ifndef FMNISTRT_PLATFORM_H
#define FMNISTRT_PLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Memory aligned to 64 bytes, its content undefined; NULL when there is none or size is 0. From
 * FMP_LARGE_PAGE bytes on it begins at a multiple of that and is in large pages if the system has
 * them. */
void *fmp_allocate(size_t size);
#define FMP_LARGE_PAGE ((size_t)2 << 20)

/* Releases memory of fmp_allocate; NULL is allowed. */
void fmp_release(void *memory);

/* Errors besides those of errno. */
#define FMP_NOT_A_FILE 10001 /* a device, pipe or socket */
#define FMP_CUT_SHORT 10002  /* the file became shorter while it was read */

/* Copies `size` bytes to where they do not overlap. */
static inline void fmp_copy(void *to, const void *from, size_t size) { memcpy(to, from, size); }

/* Sets `size` bytes to `value`. */
static inline void fmp_fill(void *memory, int value, size_t size) { memset(memory, value, size); }

/* Sets a flag that was 0; false if another thread or call has done so before. */
static inline _Bool fmp_claim(uint8_t *flag) {
  return __atomic_exchange_n(flag, 1, __ATOMIC_RELAXED) == 0;
}

/* Counts one up, after everything that this thread has written. */
static inline void fmp_count_up(uint32_t *count) { __atomic_fetch_add(count, 1, __ATOMIC_RELEASE); }

/* The count; what those threads wrote can then be read that counted up to it. */
static inline uint32_t fmp_count(const uint32_t *count) {
  return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

/* Opens a regular file for reading and tells its size. Returns a descriptor, or -1 - error. */
int fmp_open(const char *path, uint64_t *size);

/* Reads exactly `size` bytes from the start of the file. Returns 0 or the error. */
int fmp_read(int descriptor, void *buffer, size_t size);

void fmp_close(int descriptor);

/* What an error means: a static string. */
const char *fmp_error_text(int error);

/* The calling thread's buffer for the text of the last error. */
char *fmp_error_buffer(void);
#define FMP_ERROR_BUFFER_SIZE 1024

/* The best fmnist_isa up to `most`, at least 1, that this CPU and operating system run: 1 to 4. If
 * that is 4, asks the system to let this process use matrix units, and falls back to 3. */
uint32_t fmp_best_isa(uint32_t most);

/* The value of an environment variable, or NULL. */
const char *fmp_environment(const char *name);

/* The length of a text. */
size_t fmp_length(const char *text);

/* Nanoseconds of a clock that only goes forward. */
uint64_t fmp_nanoseconds(void);

/* CRC-32C of `size` bytes, continuing from `crc`; start with 0. */
uint32_t fmp_crc32c(uint32_t crc, const void *bytes, size_t size);

/* libm, under names that do not clash with Swift's own. */
float fmp_expf(float x);
float fmp_expm1f(float x);
float fmp_log1pf(float x);
float fmp_logf(float x);
float fmp_tanhf(float x);
float fmp_erff(float x);

#endif

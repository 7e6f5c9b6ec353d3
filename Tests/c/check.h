/* What the test files share: checks that count, files, and memory with a guard page behind it. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fmnistrt.h"

/* Counts a check; a false one is printed with its place. Returns the condition. */
bool check(bool condition, const char *file, int line, const char *text);
#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)

/* The call must give `expected`, and a message when that is a failure. */
bool check_status(fmnist_status got, fmnist_status expected, const char *file, int line,
                  const char *text);
#define CHECK_STATUS(call, expected) check_status((call), (expected), __FILE__, __LINE__, #call)
#define CHECK_OK(call) CHECK_STATUS((call), FMNIST_OK)
#define CHECK_ARGUMENT(call) CHECK_STATUS((call), FMNIST_ERROR_ARGUMENT)

/* Checks so far, and how many failed. */
unsigned check_count(void);
unsigned check_failures(void);

/* The folder Tests/, from the command line. */
extern const char *tests_folder;

/* Tests/<name>, in a static buffer of several paths. */
const char *path_of(const char *name);

/* A whole file on the heap. Ends the program when it cannot be read. */
uint8_t *read_whole(const char *path, size_t *size);

/* Tests/models/<name>.fmg, loaded with default options. Ends the program on failure. */
fmnist_model *model_named(const char *name);
fmnist_model_info info_of(const fmnist_model *model);

/* `size` bytes that end where a page begins that cannot be touched. `content` may be NULL. The
 * memory before it is filled with 0xA5, and guarded_release checks that it still is. */
void *guarded(const void *content, size_t size);
void guarded_release(void *start, size_t size);

/* CRC-32C, and a file's checksums made right after a change. */
uint32_t crc32c(const uint8_t *bytes, size_t size);
void repair(uint8_t *file, size_t size);

uint32_t get32(const uint8_t *at);
uint64_t get64(const uint8_t *at);
void put32(uint8_t *at, uint32_t value);

/* Opens bytes that may be anything; when they load, classifies, reads and destroys. A failure must
 * have a message. Returns the status of loading. */
fmnist_status exercise(const uint8_t *bytes, size_t size);

#endif

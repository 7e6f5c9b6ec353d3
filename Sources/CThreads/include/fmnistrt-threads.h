/*
 * fmnistrt-threads: a small executor, for programs that have no pool of threads of their own.
 *
 *     fmnist_threads *threads = fmnist_threads_create(4);
 *     fmnist_executor executor = {.struct_size = sizeof executor, .context = threads, .parts = 4,
 *                                 .parallel_for = fmnist_threads_parallel_for};
 *     fmnist_session_options options = {.struct_size = sizeof options, .executor = &executor};
 *
 * The threads watch for work for a short while (some 0.1 ms) after the last one, then sleep. A child
 * of fork() has no threads: what they were to do is done by the caller.
 */
#ifndef FMNISTRT_THREADS_H
#define FMNISTRT_THREADS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fmnist_threads fmnist_threads;

/* `count` threads, 1 to 64, of which the caller of fmnist_threads_parallel_for is one. NULL when
 * the system gives no memory or no threads, or count is out of range. */
fmnist_threads *fmnist_threads_create(uint32_t count);

/* Ends the threads; NULL is allowed. Not while fmnist_threads_parallel_for runs. */
void fmnist_threads_destroy(fmnist_threads *threads);

/* Calls body(body_context, index) once for each index from 0 to count - 1, some of them on other
 * threads, and returns when all calls have returned. `threads` is a fmnist_threads *. If it is busy
 * with a call from elsewhere, or for body's own call, all are made by the caller. */
void fmnist_threads_parallel_for(void *threads, size_t count,
                                 void (*body)(void *body_context, size_t index),
                                 void *body_context);

#ifdef __cplusplus
}
#endif

#endif

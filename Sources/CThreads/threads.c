#include "fmnistrt-threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

typedef void (*body_function)(void *, size_t);

enum {
  MOST_THREADS = 64,
  /* Turns of a loop that waits, 0.1 ms or a little more, before a thread sleeps or yields. */
  PATIENCE = 2000,
};

/* A ticket is the number of a job and the next index of it that nobody has taken; TICKET_INDEX is
 * beyond all, for while the next job is written down. */
#define TICKET_INDEX 0xffffffffu
#define NEXT_JOB ((uint64_t)1 << 32)

struct fmnist_threads {
  /* Changes by a job's start, and whenever an index is taken. The job is read before an index of it
   * is taken: if it was another by then, taking fails. */
  _Alignas(64) _Atomic uint64_t ticket;
  _Atomic(body_function) body;
  _Atomic(void *) body_context;
  _Atomic size_t count;
  /* Calls of the job that have not returned. */
  _Alignas(64) _Atomic size_t left;
  _Alignas(64) atomic_flag is_busy;
  _Atomic bool is_ending;
  _Atomic uint32_t sleeping;
  pthread_mutex_t mutex;
  pthread_cond_t has_work;
  pid_t process;
  uint32_t started;
  pthread_t handles[MOST_THREADS];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/* Takes and runs calls of the current job until none is left to take. */
static void work(fmnist_threads *threads) {
  uint64_t ticket = atomic_load_explicit(&threads->ticket, memory_order_acquire);
  for (;;) {
    const body_function body = atomic_load_explicit(&threads->body, memory_order_acquire);
    void *const context = atomic_load_explicit(&threads->body_context, memory_order_acquire);
    const size_t count = atomic_load_explicit(&threads->count, memory_order_acquire);
    const size_t index = ticket & TICKET_INDEX;
    if (index >= count) return;
    if (!atomic_compare_exchange_weak_explicit(&threads->ticket, &ticket, ticket + 1,
                                               memory_order_acq_rel, memory_order_acquire))
      continue;
    body(context, index);
    atomic_fetch_sub_explicit(&threads->left, 1, memory_order_release);
    ticket = atomic_load_explicit(&threads->ticket, memory_order_acquire);
  }
}

static bool has_new_job(fmnist_threads *threads, uint64_t seen) {
  return atomic_load(&threads->ticket) / NEXT_JOB != seen || atomic_load(&threads->is_ending);
}

static void *run(void *argument) {
  fmnist_threads *threads = argument;
  uint64_t seen = 0;
  while (!atomic_load(&threads->is_ending)) {
    for (int turn = 0; turn < PATIENCE && !has_new_job(threads, seen); turn++) relax();
    if (!has_new_job(threads, seen)) {
      pthread_mutex_lock(&threads->mutex);
      /* Counted before it looks once more: who starts a job looks for sleepers after that. */
      atomic_fetch_add(&threads->sleeping, 1);
      while (!has_new_job(threads, seen)) pthread_cond_wait(&threads->has_work, &threads->mutex);
      atomic_fetch_sub(&threads->sleeping, 1);
      pthread_mutex_unlock(&threads->mutex);
    }
    seen = atomic_load(&threads->ticket) / NEXT_JOB;
    work(threads);
  }
  return NULL;
}

static void wake(fmnist_threads *threads) {
  pthread_mutex_lock(&threads->mutex);
  pthread_cond_broadcast(&threads->has_work);
  pthread_mutex_unlock(&threads->mutex);
}

fmnist_threads *fmnist_threads_create(uint32_t count) {
  if (count < 1 || count > MOST_THREADS) return NULL;
  fmnist_threads *threads = aligned_alloc(64, (sizeof *threads + 63) / 64 * 64);
  if (threads == NULL) return NULL;
  atomic_init(&threads->ticket, 0);
  atomic_init(&threads->body, NULL);
  atomic_init(&threads->body_context, NULL);
  atomic_init(&threads->count, 0);
  atomic_init(&threads->left, 0);
  atomic_flag_clear(&threads->is_busy);
  atomic_init(&threads->is_ending, false);
  atomic_init(&threads->sleeping, 0);
  pthread_mutex_init(&threads->mutex, NULL);
  pthread_cond_init(&threads->has_work, NULL);
  threads->process = getpid();
  for (threads->started = 0; threads->started + 1 < count; threads->started++) {
    if (pthread_create(&threads->handles[threads->started], NULL, run, threads) == 0) continue;
    fmnist_threads_destroy(threads);
    return NULL;
  }
  return threads;
}

void fmnist_threads_destroy(fmnist_threads *threads) {
  if (threads == NULL) return;
  if (threads->process == getpid()) {
    atomic_store(&threads->is_ending, true);
    wake(threads);
    for (uint32_t i = 0; i < threads->started; i++) pthread_join(threads->handles[i], NULL);
    pthread_cond_destroy(&threads->has_work);
    pthread_mutex_destroy(&threads->mutex);
  }
  free(threads);
}

void fmnist_threads_parallel_for(void *context, size_t count, body_function body,
                                 void *body_context) {
  fmnist_threads *threads = context;
  if (threads->started == 0 || count < 2 || count >= TICKET_INDEX ||
      threads->process != getpid() || atomic_flag_test_and_set(&threads->is_busy)) {
    for (size_t index = 0; index < count; index++) body(body_context, index);
    return;
  }
  const uint64_t job = atomic_load(&threads->ticket) / NEXT_JOB;
  /* Who reads any part of the new job finds that the old one has no index left to take. */
  atomic_store(&threads->ticket, job * NEXT_JOB + TICKET_INDEX);
  atomic_store_explicit(&threads->body, body, memory_order_release);
  atomic_store_explicit(&threads->body_context, body_context, memory_order_release);
  atomic_store_explicit(&threads->count, count, memory_order_release);
  atomic_store_explicit(&threads->left, count, memory_order_relaxed);
  atomic_store(&threads->ticket, (job + 1) * NEXT_JOB);
  if (atomic_load(&threads->sleeping) > 0) wake(threads);
  work(threads);
  for (int turn = 0; atomic_load_explicit(&threads->left, memory_order_acquire) > 0; turn++) {
    if (turn < PATIENCE)
      relax();
    else
      sched_yield();
  }
  atomic_flag_clear(&threads->is_busy);
}

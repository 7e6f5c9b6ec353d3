/*
 * What one core of this machine can do at most, measured: the yardstick of a benchmark.
 *
 * `isa` is the number of an fmnist_isa, which the CPU must have. A measurement takes about
 * `seconds`, and gives the best of many short runs, so that other work on the machine and a clock
 * that is still rising count for little.
 */
#ifndef CPEAK_H
#define CPEAK_H

#include <stddef.h>
#include <stdint.h>

/* Float operations a second in registers: a multiply-add counts as two. */
double cpeak_float(uint32_t isa, double seconds);

/* 8-bit operations a second of the instruction vpdpbusd, a multiply-add counting as two; 0 where
 * the instruction set or the CPU lacks it. */
double cpeak_int8(uint32_t isa, double seconds);

/* Operations a second of matrix units, on bfloat16 or 8-bit numbers; 0 for an instruction set without
 * them. The process needs the system's permission, which opening a model with FMNIST_ISA_V4_AMX asks
 * for. */
double cpeak_matrix_bfloat16(uint32_t isa, double seconds);
double cpeak_matrix_int8(uint32_t isa, double seconds);

/* Bytes a second when memory of `size` bytes, aligned to 64, is read again and again. */
double cpeak_read(uint32_t isa, const void *memory, size_t size, double seconds);

/* Size of the data cache of a level, 1 to 3; 0 when the system does not tell. */
size_t cpeak_cache_size(int level);

/* Cores that this process may use, which may be bound to some of the machine's. */
int cpeak_cores(void);

/* Changes every cache line of the memory, so that the caches hold nothing else. */
void cpeak_sweep(void *memory, size_t size);

#endif

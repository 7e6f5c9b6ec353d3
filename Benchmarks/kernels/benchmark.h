#ifndef FMNISTRT_KERNEL_BENCHMARK_H
#define FMNISTRT_KERNEL_BENCHMARK_H

#include <stddef.h>
#include <stdint.h>

double seconds(void);

/* Multiply-adds of one core, two operations each, measured; 0 for the baseline. */
double peak_flops(uint32_t isa);
/* The best loop of an AVX-512 convolution, with operands from the first-level cache. */
double tile_flops(void);
double read_bandwidth(const float *data, size_t count);

/* Zeroed, aligned to 64 bytes, then filled with small numbers. */
float *floats(size_t count);

/* Prints one line per shape. `peak` is the instruction set's, or 0. */
void benchmark_convolutions(uint32_t isa, double peak);
void benchmark_winograd(uint32_t isa, double peak);
void benchmark_dense(uint32_t isa);
void benchmark_others(uint32_t isa);
void benchmark_distances(uint32_t isa);

/* Whether the command line asks for the shape of this name. */
int is_wanted(const char *name);

/* The shortest time of `body(context)` in a third of a second or five runs. */
double shortest(void (*body)(void *), void *context);

#endif

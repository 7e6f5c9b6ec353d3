#ifndef FMNISTRT_KERNEL_BENCHMARK_H
#define FMNISTRT_KERNEL_BENCHMARK_H

#include <stddef.h>
#include <stdint.h>

double seconds(void);

/* The best loop of an AVX-512 convolution, with operands from the first-level cache: operations a
 * second with floats, and with bytes. */
double tile_flops(void);
double tile_byte_operations(void);

/* Zeroed, aligned to 64 bytes, then filled with small numbers. */
float *floats(size_t count);

/* Prints one line per shape. `peak` is the instruction set's. */
void benchmark_convolutions(uint32_t isa, double peak);
void benchmark_winograd(uint32_t isa, double peak);
void benchmark_matrix(uint32_t isa);
void benchmark_dense(uint32_t isa);
void benchmark_others(uint32_t isa);
void benchmark_distances(uint32_t isa);
void benchmark_bytes(uint32_t isa);

/* Whether the command line asks for the shape of this name. */
int is_wanted(const char *name);

/* The shortest time of `body(context)` in a third of a second or five runs. */
double shortest(void (*body)(void *), void *context);

#endif

/*
 * The boundary between the runtime and its kernels.
 *
 * A kernel is a C function, written in Swift in one module per instruction set and called through
 * the table of that instruction set. Names follow <type>_<operator>__<isa>.
 *
 * LAYOUT. An image tensor of C channels is stored in blocks of b channels, b = C if C <= 8, else
 * 16: [ceil(C / b)][rows][pad_left + width + pad_right][b]. A pixel is b floats; block planes are
 * aligned to 64 bytes and followed by at least 64 readable bytes. Lanes beyond C in the last block
 * hold anything. Columns of padding hold zero. A vector is an image of one pixel: b = 16 always.
 *
 * Only the element-wise kernels (map, binary, exp) and softmax may write where they read: the others compute some
 * outputs twice, or write some again before they are done.
 */
#ifndef FMNISTRT_KERNELS_H
#define FMNISTRT_KERNELS_H

#include "kernels_u8.h"

#include <stdint.h>

/* A run of `count` neighbouring input floats (channels) and where their weights are. Offsets are
 * in floats; the input's is from the input pixel of kernel position 0, 0 and may be negative.
 * kernels_u8.h has its own units. */
struct fmk_segment {
  int32_t input;
  int32_t weight;
  int32_t count;
};

/* What happens to a finished sum, lane by lane:
 * y = min(max(sum + bias, low), high), then y * scale + shift where scale is not NULL. */
typedef struct fmk_epilogue {
  const float *bias;  /* 16 floats a block */
  const float *scale; /* 16 floats a block, or NULL */
  const float *shift; /* 16 floats a block, or NULL exactly when scale is */
  float low;
  float high;
} fmk_epilogue;

/* Convolution of one run of output pixels in one row:
 *   sum[block][p][lane] = sum over segments s and i < s.count of
 *       input[p * pixel_step + s.input + i] *
 *       weights[block * weight_step + (s.weight + i) * 16 + lane]
 * stored, after the epilogue, at
 *   output[block * output_plane + p * output_step + p / row_pixels * row_gap + lane]
 * for lane < lanes, where the middle is left out if row_gap is 0. */
typedef struct fmk_conv {
  const fmk_segment *segments;
  intptr_t segment_count;
  const float *weights;   /* aligned to 64 bytes */
  intptr_t weight_step;   /* floats between the weights of neighbouring blocks */
  fmk_epilogue epilogue;
  intptr_t blocks;        /* output blocks of 16 channels, at least 1 */
  intptr_t pixels;        /* output pixels, at least 1 */
  intptr_t pixel_step;    /* input floats between neighbouring output pixels */
  intptr_t output_plane;  /* floats between output blocks */
  intptr_t output_step;   /* floats between output pixels: 16, or `lanes` if that is at most 8 */
  intptr_t lanes;         /* channels to store of each block: 16, or fewer when blocks is 1 and
                             output_step is `lanes` */
  intptr_t row_pixels;    /* at least 1 where row_gap is not 0 */
  intptr_t row_gap;       /* floats between the rows of the output; 0 where lanes is below 16 */
} fmk_conv;

/* Copies the pixels that a convolution reads to where each kernel position finds them in a run:
 *   output[(block * count + i) * 16 + lane] = input[block * plane + offsets[i] + lane],
 * or 0 where offsets[i] < 0. */
typedef struct fmk_im2col {
  const int32_t *offsets;
  intptr_t count;
  intptr_t blocks; /* channel blocks of 16 */
  intptr_t plane;  /* input floats between blocks */
} fmk_im2col;

/* Depthwise convolution of a run of pixels in one channel block:
 *   sum[p][lane] = sum over segments s of input[p * pixel_step + s.input + lane] *
 *                                         weights[s.weight * 16 + lane]
 * (counts are 1), then as fmk_conv with blocks = 1. Reads 16 lanes whatever the block size. */

/* Pooling of a run of pixels in one channel block over `count` taps:
 *   out[p * output_step + lane] = max, or sum * factor, over taps t of
 *                                 input[p * pixel_step + taps[t] + lane]
 * Reads 16 lanes whatever the block size, and stores `lanes`. */
typedef struct fmk_pool {
  const int32_t *taps;
  intptr_t count;       /* at least 1 */
  intptr_t pixels;
  intptr_t pixel_step;
  intptr_t output_step;
  intptr_t lanes;       /* 1 to 8, or 16 */
  float factor;         /* of the sum; ignored by max */
} fmk_pool;

/* Fully connected layer: fmk_conv of a few pixels, which are the images of a batch, many blocks and
 * long segments; output_plane is 16, and output_step may be anything. The sums may be split over
 * several accumulators, in the same way for any number of pixels. f16_dense takes its weights as IEEE 754 binary16
 * numbers, none of them NaN or infinite, in the same order; fmk_conv.weights is not read.
 *
 * f32_dense_rows is the same for at most 16 outputs, `lanes` of them in one block, and takes weights
 * output by output: output o weighs input[s.input + i] with weights[o * weight_step + s.weight + i].
 * It reads up to the next multiple of 16 floats in each segment and its weights, which must be
 * finite there. */

/* Winograd's convolution F(4x4, 3x3): 4x4 outputs of a 3x3 convolution from 6x6 inputs d and weights
 * g are A^T ((G g G^T) * (B^T d B)) A, where * multiplies the 36 positions one by one. The products
 * of one position, summed over the input channels, are an f32_conv of one kernel position whose
 * pixels are tiles. All images and blocks have 16 lanes a pixel.
 *
 * Input transformation of a row of tiles in one channel block:
 *   transformed[(i * 6 + j) * position_step + t * 16 + lane] = (B^T d B)[i][j], where
 *   d[r][c] = input[r * row_pitch + (t * 4 + c) * 16 + lane] for first_row <= r < end_row, else 0
 *   (rows outside are not read). */
typedef struct fmk_winograd_input {
  intptr_t tiles; /* at least 1 */
  intptr_t position_step;
  intptr_t row_pitch;
  intptr_t first_row;
  intptr_t end_row;
} fmk_winograd_input;

/* Output transformation of a row of tiles in one output block, the reverse: A^T m A,
 * where m[i][j] = products[(i * 6 + j) * position_step + t * 16 + lane], then the epilogue, then, if
 * pool is 2, the maximum of each 2x2 pixels. Of the 4x4 (2x2) pixels of a tile those in the first `rows`
 * rows and the first `columns` columns of the whole row of tiles are stored, row_pitch floats apart
 * from row to row. */
typedef struct fmk_winograd_output {
  intptr_t tiles; /* at least 1 */
  intptr_t position_step;
  intptr_t row_pitch;
  intptr_t rows;    /* at least 1 */
  intptr_t columns; /* at least 1 */
  intptr_t pool;    /* 1 or 2 */
  fmk_epilogue epilogue;
} fmk_winograd_output;

/* Convolution by matrix units, in single precision out of products of bfloat16: a number is split
 * into hi = bf16(x) and lo = bf16(x - hi), and x * w is taken as hi*hi + hi*lo + lo*hi, summed in
 * single precision. What is left out is about 2^-17 of a product. A NaN, an infinity, or a number
 * beyond the largest bfloat16 makes NaN of every sum that reads it, if only with a weight of zero.
 *
 * Splitting of a run of pixels, `depth` = 16 or 32 channels from one or two channel blocks:
 *   output[p * depth + i] = hi and output[lo + p * depth + i] = lo of
 *       input[p * pixel_step + (i / 16) * plane + i % 16] for i < channels, else of 0. */
typedef struct fmk_split {
  intptr_t pixels;     /* at least 1 */
  intptr_t pixel_step; /* floats */
  intptr_t plane;      /* floats from the first block to the second */
  intptr_t channels;   /* 1 to depth */
  intptr_t depth;      /* 16 or 32 */
  intptr_t lo;         /* elements from hi to lo */
} fmk_split;

/* The convolution itself, of an image of split numbers that holds its padding too, so that the
 * place of an input depends on the kernel position alone. Output rows lie `pitch` pixels apart, of
 * which the first `columns` count: row r, column c is pixel q = r * pitch + c, and
 *   sum[block][q][lane] = sum over t < depth and i < 32 of
 *       input[q * pixel_step + offsets[t] + i] * weight[block][t][i][lane]
 * stored, after the epilogue, at output[block * output_plane + r * output_pitch + c * 16 + lane].
 * Weights are split, in pairs of blocks, the last of which may lack its second half:
 *   weights[pair][t][hi of block 0, hi of 1, lo of 0, lo of 1][i / 2][lane][i % 2]
 * Up to 32 pixels behind the last one may be read. */
typedef struct fmk_matrix_conv {
  const int32_t *offsets;  /* elements */
  intptr_t depth;          /* at least 1 */
  const uint16_t *weights; /* aligned to 64 bytes */
  fmk_epilogue epilogue;
  intptr_t blocks;         /* output blocks of 16 channels, at least 1 */
  intptr_t rows;           /* at least 1 */
  intptr_t columns;        /* at least 1 */
  intptr_t pitch;          /* pixels, at least `columns` */
  intptr_t pixel_step;     /* elements */
  intptr_t lo;             /* elements from hi to lo of the input */
  intptr_t output_plane;   /* floats */
  intptr_t output_pitch;   /* floats */
} fmk_matrix_conv;

/* Element-wise on `count` floats, count a multiple of 16:
 *   map:    out = min(max(in * scale[i % 16] + shift[i % 16], low), high), where the product is
 *           rounded before the sum, on every instruction set
 *   binary: out = a op b, op: 1 add, 2 multiply, 3 subtract, 4 divide, 5 maximum, 6 minimum;
 *           b advances with a, or is 16 floats used again and again when b_step is 0 (else 16).
 *   exp:    out = exp(in), within 2 units in the last place; NaN stays NaN
 * In place is allowed. `bytes` converts count pixels (any count): out = in * scale + shift, the
 * product rounded too. */

/* Softmax of vectors of at most 16 channels: y[c] = exp(x[c] - m) / sum over c of exp(x[c] - m), where
 * m is the largest x[c]. Reads and writes 16 floats of each; all instruction sets give the same
 * bits. */
typedef struct fmk_softmax {
  intptr_t channels; /* 1 to 16 */
  intptr_t vectors;
  intptr_t input_step;  /* floats */
  intptr_t output_step; /* floats */
} fmk_softmax;

/* Distances of byte vectors, exact on every instruction set:
 *   distances[q * distance_pitch + r] = sum over i < size of |a - b|, or of (a - b)^2, with
 *   a = queries[q * query_pitch + i], b = rows[r * size + i]
 * Reads no byte beyond the last row and no byte of a query beyond `size`. */
typedef struct fmk_distances {
  const uint8_t *rows;
  intptr_t row_count;
  const uint8_t *queries;
  intptr_t query_count;
  intptr_t query_pitch;
  intptr_t size; /* 1 to 32768, so that a sum of squares fits */
  int32_t *distances;
  intptr_t distance_pitch;
} fmk_distances;

/* The kernels of one instruction set. All pointers are valid; none may be NULL. */
typedef struct fmk_table {
  const char *isa;
  void (*f32_conv)(const fmk_conv *, const float *input, float *output);
  void (*f32_im2col)(const fmk_im2col *, const float *input, float *output);
  void (*f32_depthwise)(const fmk_conv *, const float *input, float *output);
  void (*f32_dense)(const fmk_conv *, const float *input, float *output);
  void (*f16_dense)(const fmk_conv *, const uint16_t *weights, const float *input, float *output);
  void (*f32_dense_rows)(const fmk_conv *, const float *input, float *output);
  void (*f32_winograd_input)(const fmk_winograd_input *, const float *input, float *transformed);
  void (*f32_winograd_output)(const fmk_winograd_output *, const float *products, float *output);
  void (*f32_max_pool)(const fmk_pool *, const float *input, float *output);
  void (*f32_sum_pool)(const fmk_pool *, const float *input, float *output);
  void (*f32_map)(const float *in, float *out, intptr_t count, const float *scale,
                  const float *shift, float low, float high);
  void (*f32_binary)(int32_t op, const float *a, const float *b, intptr_t b_step, float *out,
                     intptr_t count);
  void (*f32_from_bytes)(const uint8_t *in, float *out, intptr_t count, float scale, float shift);
  void (*u8_l1_distances)(const fmk_distances *);
  void (*u8_l2_distances)(const fmk_distances *);
  void (*f32_exp)(const float *in, float *out, intptr_t count);
  void (*f32_softmax)(const fmk_softmax *, const float *input, float *output);
  intptr_t u8_depth; /* bytes of input that u8_conv and u8_dense take at a time: 4, or 64 */
  void (*u8_conv)(const fmk_u8_conv *, const uint8_t *input, void *output);
  void (*u8_dense)(const fmk_u8_conv *, const uint8_t *input, void *output);
  void (*u8_depthwise)(const fmk_u8_conv *, const uint8_t *input, void *output);
  void (*u8_max_pool)(const fmk_u8_pool *, const uint8_t *input, uint8_t *output);
  void (*u8_sum_pool)(const fmk_u8_pool *, const uint8_t *input, void *output);
  void (*u8_from_f32)(const fmk_u8_map *, const float *input, uint8_t *output);
  void (*f32_from_u8)(const fmk_u8_map *, const uint8_t *input, float *output);
  void (*u8_add)(const fmk_u8_map *, const uint8_t *a, const uint8_t *b, void *output);
  /* For matrix units. Where there are none, the reference: it is slower than f32_conv. */
  void (*f32_split)(const fmk_split *, const float *input, uint16_t *output);
  void (*f32_matrix_conv)(const fmk_matrix_conv *, const uint16_t *input, float *output);
} fmk_table;

/* Declares the kernels of one instruction set; kernels.c makes a table of them. Adding a kernel is
 * one line here, one in fmk_table, one in kernels.c and a file in each module. */
#define FMK_DECLARE(isa)                                                                        \
  void f32_conv__##isa(const fmk_conv *, const float *, float *);                               \
  void f32_im2col__##isa(const fmk_im2col *, const float *, float *);                           \
  void f32_depthwise__##isa(const fmk_conv *, const float *, float *);                          \
  void f32_dense__##isa(const fmk_conv *, const float *, float *);                              \
  void f16_dense__##isa(const fmk_conv *, const uint16_t *, const float *, float *);            \
  void f32_dense_rows__##isa(const fmk_conv *, const float *, float *);                         \
  void f32_winograd_input__##isa(const fmk_winograd_input *, const float *, float *);           \
  void f32_winograd_output__##isa(const fmk_winograd_output *, const float *, float *);         \
  void f32_max_pool__##isa(const fmk_pool *, const float *, float *);                           \
  void f32_sum_pool__##isa(const fmk_pool *, const float *, float *);                           \
  void f32_map__##isa(const float *, float *, intptr_t, const float *, const float *, float,    \
                      float);                                                                   \
  void f32_binary__##isa(int32_t, const float *, const float *, intptr_t, float *, intptr_t);   \
  void f32_from_bytes__##isa(const uint8_t *, float *, intptr_t, float, float);                 \
  void u8_l1_distances__##isa(const fmk_distances *);                                           \
  void u8_l2_distances__##isa(const fmk_distances *);                                           \
  void f32_exp__##isa(const float *, float *, intptr_t);                                        \
  void f32_softmax__##isa(const fmk_softmax *, const float *, float *);                         \
  FMK_U8_DECLARE(isa)

/* Those that only an instruction set with matrix units has, and the reference. */
#define FMK_DECLARE_MATRIX(isa)                                         \
  void f32_split__##isa(const fmk_split *, const float *, uint16_t *); \
  void f32_matrix_conv__##isa(const fmk_matrix_conv *, const uint16_t *, float *);

FMK_DECLARE(baseline)
FMK_DECLARE(v3)
FMK_DECLARE(v4)
FMK_DECLARE_MATRIX(baseline)
FMK_DECLARE_MATRIX(v4amx)
void u8_conv__v4amx(const fmk_u8_conv *, const uint8_t *, void *);

/* The table of an fmnist_isa (1 baseline, 2 v3, 3 v4, 4 v4-amx); NULL for any other number. Whether
 * the CPU can run it is fmp_best_isa's business. */
const fmk_table *fmk_table_of(uint32_t isa);

#endif

/*
 * The part of the boundary in kernels.h that works on bytes (int8 models).
 *
 * NUMBERS. A byte q of a tensor means (q - zero point) * scale. Weights are s8 from -127 to 127.
 * Sums are exact, modulo 2^32. Every operation on floats is one IEEE 754 operation, rounded to
 * nearest even by itself, so that all instruction sets give the same bits.
 *
 * LAYOUT. An image of bytes is stored row by row, the C channels of a pixel together, without
 * blocks: [rows][pad_left + width + pad_right][C]. Columns of padding hold the zero point. At least
 * 64 readable bytes follow the tensor. Images of floats are as in kernels.h.
 *
 * Kernels read as far as this header says and write the first `channels` channels of each pixel,
 * nothing else. Values per channel (bias, multiplier, scale, shift) come in whole blocks of 16.
 */
#ifndef FMNISTRT_KERNELS_U8_H
#define FMNISTRT_KERNELS_U8_H

#include <stdint.h>

typedef struct fmk_segment fmk_segment;

/* From a sum to what is stored, for one channel c:
 *   v = f32(sum) * multiplier[c]
 *   v = v < low ? low : v, then v = v > high ? high : v          (NaN stays)
 *   v = v * scale[c], then v = v + shift[c], where scale is not NULL
 * With floats as output (to_float), v is stored. Else
 *   v = v * factor
 *   v = v > -zero_point ? v : -zero_point                        (also where v is NaN)
 *   v = v < 255 - zero_point ? v : 255 - zero_point
 * and the byte is v, rounded to the nearest integer, halves to even, plus zero_point.
 *
 * `bias` is where a sum starts. Where the zero point of the input is not 0, the caller has put
 * -(zero point) * (sum of the weights of all segments) into it. */
typedef struct fmk_u8_epilogue {
  const int32_t *bias;     /* 16 a block */
  const float *multiplier; /* 16 a block */
  float low;               /* -infinity when there is no clip; never NaN */
  float high;              /* infinity when there is no clip; never NaN, at least low */
  const float *scale;      /* 16 a block, or NULL */
  const float *shift;      /* 16 a block, or NULL exactly when scale is */
  float factor;            /* of quantize: finite, above 0 */
  int32_t zero_point;      /* of the output: 0 to 255 */
  int32_t is_bounded;      /* 1: scale is NULL, the clip is no narrower than the byte's, and
                            * |v * factor| is at most 2^30 or v is NaN */
} fmk_u8_epilogue;

/* Convolution of a rectangle of output pixels that all have the same segments:
 *   sum[row][p][c] = bias[c] + sum over segments s and 0 <= i < s.count * 4 of
 *       input[row * input_row_step + p * pixel_step + s.input + i] *
 *       weights[c / 16 * weight_step + (s.weight + i / 4) * 64 + c % 16 * 4 + i % 4]
 * A segment's `input` is in bytes, from the input pixel of kernel position 0, 0, and may be
 * negative; its `weight` and `count` are in groups of 4 bytes. Both are multiples of
 * fmk_table.u8_depth / 4, unless all counts are smaller: then the depth is 4 bytes. A run of input
 * whose length is no multiple of the depth is rounded up and has zeros as the remaining weights: up
 * to depth - 1 bytes beyond it are read, and their values do not matter.
 *
 * Stored, after the epilogue, for c < channels:
 *   bytes:  output[row * output_row_step + p * output_step + c]
 *   floats: output[row * output_row_step + p * output_step + c / 16 * output_plane + c % 16]
 *
 * All these offsets are below 2^31.
 *
 * u8_dense is the same for rows = pixels = 1, with long segments and many blocks.
 *
 * u8_depthwise has one weight for each tap and channel. A segment is a tap: its count is not read,
 * its weight is the number of a row of weights, which has the channels in order, as many as whole
 * blocks of 16 have, and weight_step is from row to row:
 *   sum[row][p][c] = bias[c] + sum over segments s of
 *       input[row * input_row_step + p * pixel_step + s.input + c] *
 *       weights[s.weight * weight_step + c]
 * It reads up to 15 bytes beyond the channels of a pixel. */
typedef struct fmk_u8_conv {
  const fmk_segment *segments;
  intptr_t segment_count;
  const int8_t *weights;     /* aligned to 64 bytes */
  intptr_t weight_step;      /* bytes between blocks */
  fmk_u8_epilogue epilogue;
  intptr_t channels;         /* output channels, at least 1: ceil(channels / 16) blocks */
  intptr_t rows;             /* output rows, at least 1 */
  intptr_t pixels;           /* output pixels of a row, at least 1 */
  intptr_t input_row_step;   /* bytes */
  intptr_t pixel_step;       /* bytes */
  intptr_t output_row_step;  /* bytes, or floats if to_float */
  intptr_t output_step;      /* bytes, or floats if to_float */
  intptr_t output_plane;     /* floats between blocks of 16 channels; bytes have no planes */
  int32_t to_float;          /* 0: the output is bytes, 1: floats */
} fmk_u8_conv;

/* Pooling of a run of pixels over `count` taps:
 *   x[t] = input[p * pixel_step + taps[t] + c]
 *   u8_max_pool: output[p * output_step + c] = max over taps t of x[t], bytes
 *   u8_sum_pool: v = f32(sum over taps t of (x[t] - zero_point)) * multiplier, then the epilogue
 *                from its clip on, stored as by u8_conv in one row
 * Reads up to 15 bytes beyond the channels of a pixel. */
typedef struct fmk_u8_pool {
  const int32_t *taps;      /* bytes */
  intptr_t count;           /* at least 1, at most 2^23 */
  intptr_t channels;
  intptr_t pixels;
  intptr_t pixel_step;      /* bytes */
  intptr_t output_step;     /* bytes, or floats if to_float */
  intptr_t output_plane;    /* as in fmk_u8_conv */
  int32_t zero_point;       /* of the input; the rest is of u8_sum_pool alone */
  int32_t in_threes;        /* 1: the taps are threes that lie pixel_step apart, so that pixels share
                             * what they add up */
  float multiplier;
  fmk_u8_epilogue epilogue; /* bias and multiplier are not read */
  int32_t to_float;
} fmk_u8_pool;

/* Element-wise on a run of pixels, in all channels c < channels:
 *   u8_from_f32: v = input[p * input_step + c / 16 * input_plane + c % 16], then the epilogue from
 *                its clip on, stored as bytes
 *   f32_from_u8: v = f32(input[p * input_step + c] - zero_point) * multiplier, stored as floats;
 *                the epilogue is not read
 *   u8_add:      v = f32(a[p * input_step + c] - zero_point) * multiplier +
 *                    f32(b[p * input_step + c] - b_zero_point) * b_multiplier,
 *                then the epilogue from its clip on, stored as bytes or floats
 * Stored as by u8_conv in one row. Reads up to 15 elements beyond the channels of a pixel (for
 * floats, of a block). Pixels that lie together, without values per channel, may be given as one
 * pixel of all their channels (for floats with a plane of 16). */
typedef struct fmk_u8_map {
  intptr_t channels;
  intptr_t pixels;
  intptr_t input_step;      /* bytes; floats for u8_from_f32 */
  intptr_t input_plane;     /* u8_from_f32: floats between blocks of 16 channels */
  intptr_t output_step;     /* bytes, or floats if the output is floats */
  intptr_t output_plane;    /* as in fmk_u8_conv */
  int32_t zero_point;
  float multiplier;
  int32_t b_zero_point;
  float b_multiplier;
  fmk_u8_epilogue epilogue; /* bias and multiplier are not read */
  int32_t to_float;         /* of u8_add */
} fmk_u8_map;

/* For fmk_table and FMK_DECLARE of kernels.h. */
#define FMK_U8_DECLARE(isa)                                                           \
  void u8_conv__##isa(const fmk_u8_conv *, const uint8_t *, void *);                  \
  void u8_dense__##isa(const fmk_u8_conv *, const uint8_t *, void *);                 \
  void u8_depthwise__##isa(const fmk_u8_conv *, const uint8_t *, void *);             \
  void u8_max_pool__##isa(const fmk_u8_pool *, const uint8_t *, uint8_t *);           \
  void u8_sum_pool__##isa(const fmk_u8_pool *, const uint8_t *, void *);              \
  void u8_from_f32__##isa(const fmk_u8_map *, const float *, uint8_t *);              \
  void f32_from_u8__##isa(const fmk_u8_map *, const uint8_t *, float *);              \
  void u8_add__##isa(const fmk_u8_map *, const uint8_t *, const uint8_t *, void *);

#endif

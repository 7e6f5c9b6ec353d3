#include "kernels.h"

#include <stddef.h>

/* The kernels of `isa`; of u8_conv that of `bytes`, which takes `depth` bytes at a time, and for
 * matrix units those of `matrix`. */
#define TABLE(name, isa, depth, bytes, matrix)                                                    \
  {                                                                                               \
    name, f32_conv__##isa, f32_im2col__##isa, f32_depthwise__##isa, f32_dense__##isa,             \
        f16_dense__##isa, f32_dense_rows__##isa, f32_winograd_input__##isa,                       \
        f32_winograd_output__##isa, f32_max_pool__##isa, f32_sum_pool__##isa, f32_map__##isa,     \
        f32_binary__##isa, f32_from_bytes__##isa, u8_l1_distances__##isa, u8_l2_distances__##isa, \
        f32_exp__##isa, f32_softmax__##isa, depth, u8_conv__##bytes, u8_dense__##isa,          \
        u8_depthwise__##isa, u8_max_pool__##isa, u8_sum_pool__##isa, u8_from_f32__##isa,          \
        f32_from_u8__##isa, u8_add__##isa, f32_split__##matrix, f32_matrix_conv__##matrix         \
  }

static const fmk_table tables[] = {
    TABLE("baseline", baseline, 4, baseline, baseline),
    TABLE("v3", v3, 4, v3, baseline),
    TABLE("v4", v4, 4, v4, baseline),
    TABLE("v4-amx", v4, 64, v4amx, v4amx),
};

const fmk_table *fmk_table_of(uint32_t isa) {
  return isa >= 1 && isa <= 4 ? &tables[isa - 1] : NULL;
}

#include "kernels.h"

#include <stddef.h>

#define TABLE(isa)                                                                                \
  {                                                                                               \
    #isa, f32_conv__##isa, f32_im2col__##isa, f32_depthwise__##isa, f32_dense__##isa,             \
        f16_dense__##isa, f32_dense_rows__##isa, f32_winograd_input__##isa,                       \
        f32_winograd_output__##isa, f32_max_pool__##isa, f32_sum_pool__##isa, f32_map__##isa,     \
        f32_binary__##isa, f32_from_bytes__##isa, u8_l1_distances__##isa, u8_l2_distances__##isa, \
        f32_exp__##isa, 4, u8_conv__##isa, u8_dense__##isa, u8_depthwise__##isa,                  \
        u8_max_pool__##isa, u8_sum_pool__##isa, u8_from_f32__##isa, f32_from_u8__##isa,           \
        u8_add__##isa                                                                             \
  }

static const fmk_table tables[] = {TABLE(baseline), TABLE(v3), TABLE(v4)};

const fmk_table *fmk_table_of(uint32_t isa) {
  return isa >= 1 && isa <= 3 ? &tables[isa - 1] : NULL;
}

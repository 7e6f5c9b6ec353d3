#include "kernels.h"

#include <stddef.h>

/* A table of the kernels of `isa`, but for matrix units of those of `matrix`. */
#define TABLE(name, isa, matrix)                                                                  \
  {                                                                                               \
    name, f32_conv__##isa, f32_depthwise__##isa, f32_dense__##isa, f16_dense__##isa,              \
        f32_winograd_input__##isa, f32_winograd_output__##isa, f32_max_pool__##isa,               \
        f32_sum_pool__##isa, f32_map__##isa, f32_binary__##isa, f32_from_bytes__##isa,            \
        u8_l1_distances__##isa, u8_l2_distances__##isa, f32_split__##matrix,                      \
        f32_matrix_conv__##matrix                                                                 \
  }

static const fmk_table tables[] = {TABLE("baseline", baseline, baseline),
                                   TABLE("v3", v3, baseline), TABLE("v4", v4, baseline),
                                   TABLE("v4-amx", v4, v4amx)};

const fmk_table *fmk_table_of(uint32_t isa) {
  return isa >= 1 && isa <= 4 ? &tables[isa - 1] : NULL;
}

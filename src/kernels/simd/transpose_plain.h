/*
 * Squares of 8 x 8 in plain C: rows to a block whose element 8 i + k is rows[k][i], and back. Their bits are copied,
 * since elements of 4 and 8 bytes may be of any type.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H

#include <stdint.h>
#include <string.h>

#include "kernels/simd/transpose_part.h"

#define DEFINE_TRANSPOSE_IN(name, type)                                \
    static inline void name(const type *const rows[8], type *block) {  \
        for (int k = 0; k < 8; k++)                                    \
            for (int i = 0; i < 8; i++)                                \
                memcpy(&block[8 * i + k], &rows[k][i], sizeof *block); \
    }

#define DEFINE_TRANSPOSE_OUT(name, type)                               \
    static inline void name(const type *block, type *const rows[8]) {  \
        for (int k = 0; k < 8; k++)                                    \
            for (int i = 0; i < 8; i++)                                \
                memcpy(&rows[k][i], &block[8 * i + k], sizeof *block); \
    }

DEFINE_TRANSPOSE_IN(transpose_in_u8, uint8_t)
DEFINE_TRANSPOSE_IN(transpose_in_u16, uint16_t)
DEFINE_TRANSPOSE_IN(transpose_in_f32, float)
DEFINE_TRANSPOSE_IN(transpose_in_f64, double)
DEFINE_TRANSPOSE_OUT(transpose_out_u16, uint16_t)
DEFINE_TRANSPOSE_OUT(transpose_out_f32, float)
DEFINE_TRANSPOSE_OUT(transpose_out_f64, double)

DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u8, uint8_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u16, uint16_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f32, float)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f64, double)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_u16, uint16_t)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f32, float)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f64, double)

#endif

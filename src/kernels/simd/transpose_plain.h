/*
 * Squares of eight lists in plain C: items first + i to a block whose element 8 i + k is of list k, and back; four
 * items of 4 bytes at a time, eight of the others. Their bits are copied, since elements of 4 and 8 bytes may be of any
 * type.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H

#include <stdint.h>
#include <string.h>

#include "kernels/simd/transpose_part.h"

#define DEFINE_TRANSPOSE_IN(name, type, columns)                                              \
    static inline void name(const void *const lists[8], size_t first, type *block) {          \
        for (size_t k = 0; k < 8; k++)                                                        \
            for (size_t i = 0; i < (columns); i++)                                            \
                memcpy(&block[8 * i + k], (const type *)lists[k] + first + i, sizeof *block); \
    }

#define DEFINE_TRANSPOSE_OUT(name, type, columns)                                       \
    static inline void name(const type *block, size_t first, void *const lists[8]) {    \
        for (size_t k = 0; k < 8; k++)                                                  \
            for (size_t i = 0; i < (columns); i++)                                      \
                memcpy((type *)lists[k] + first + i, &block[8 * i + k], sizeof *block); \
    }

DEFINE_TRANSPOSE_IN(transpose_in_u8, uint8_t, 8)
DEFINE_TRANSPOSE_IN(transpose_in_u16, uint16_t, 8)
DEFINE_TRANSPOSE_IN(transpose_in_f32, float, 4)
DEFINE_TRANSPOSE_IN(transpose_in_f64, double, 8)
DEFINE_TRANSPOSE_OUT(transpose_out_u16, uint16_t, 8)
DEFINE_TRANSPOSE_OUT(transpose_out_f32, float, 4)
DEFINE_TRANSPOSE_OUT(transpose_out_f64, double, 8)

/* Of bytes the numbers, as floats. */

static inline void transpose_part_bytes_in_f32(const void *const lists[8], const size_t sizes[8], size_t first,
                                               float *block) {
    memset(block, 0, 32 * sizeof *block);
    for (size_t k = 0; k < 8; k++)
        for (size_t i = 0; i < transpose_left(sizes[k], first, 4); i++)
            block[8 * i + k] = (float)((const uint8_t *)lists[k])[first + i];
}

static inline void transpose_bytes_in_f32(const void *const lists[8], size_t first, float *block) {
    const size_t end = first + 4, sizes[8] = {end, end, end, end, end, end, end, end};
    transpose_part_bytes_in_f32(lists, sizes, first, block);
}

DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u8, uint8_t, 8)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u16, uint16_t, 8)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f32, float, 4)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f64, double, 8)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_u16, uint16_t, 8)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f32, float, 4)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f64, double, 8)

#endif

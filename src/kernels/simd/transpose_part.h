/*
 * Parts of squares of 8 x 8: of row k the first counts[k] elements, 8 at most. In a block the others are 0; in the rows
 * nothing else is read or written. In plain C, for the sets and elements that have nothing better.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PART_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PART_H

#include <stddef.h>
#include <string.h>

#define DEFINE_TRANSPOSE_PART_IN(name, type)                                                  \
    static inline void name(const type *const rows[8], const size_t counts[8], type *block) { \
        memset(block, 0, 64 * sizeof *block);                                                 \
        for (size_t k = 0; k < 8; k++)                                                        \
            for (size_t i = 0; i < counts[k]; i++)                                            \
                memcpy(&block[8 * i + k], &rows[k][i], sizeof *block);                        \
    }

#define DEFINE_TRANSPOSE_PART_OUT(name, type)                                                 \
    static inline void name(const type *block, const size_t counts[8], type *const rows[8]) { \
        for (size_t k = 0; k < 8; k++)                                                        \
            for (size_t i = 0; i < counts[k]; i++)                                            \
                memcpy(&rows[k][i], &block[8 * i + k], sizeof *block);                        \
    }

#endif

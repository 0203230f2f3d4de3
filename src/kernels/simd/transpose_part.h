/*
 * Parts of squares of 8 x 8, in plain C for the sets and element sizes that have nothing better: the first counts[k]
 * elements of row k, 8 at most. What a row does not have is 0 in the block; nothing else of the rows is read or
 * written.
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

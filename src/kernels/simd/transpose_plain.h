/*
 * Squares of 8 x 8 in plain C: rows to a block whose element 8 i + k is rows[k][i], and back. Elements of 4 and 8 bytes may
 * be of any type, so that their bits are copied.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PLAIN_H

#include <stdint.h>
#include <string.h>

#include "kernels/simd/transpose_part.h"

static inline void transpose_in_f32(const float *const rows[8], float *block) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            memcpy(&block[8 * i + k], &rows[k][i], sizeof *block);
}

static inline void transpose_out_f32(const float *block, float *const rows[8]) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            memcpy(&rows[k][i], &block[8 * i + k], sizeof *block);
}

static inline void transpose_in_u8(const uint8_t *const rows[8], uint8_t *block) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            block[8 * i + k] = rows[k][i];
}

static inline void transpose_in_u16(const uint16_t *const rows[8], uint16_t *block) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            block[8 * i + k] = rows[k][i];
}

static inline void transpose_out_u16(const uint16_t *block, uint16_t *const rows[8]) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            rows[k][i] = block[8 * i + k];
}

static inline void transpose_in_f64(const double *const rows[8], double *block) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            memcpy(&block[8 * i + k], &rows[k][i], sizeof *block);
}

static inline void transpose_out_f64(const double *block, double *const rows[8]) {
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < 8; i++)
            memcpy(&rows[k][i], &block[8 * i + k], sizeof *block);
}

DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u8, uint8_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u16, uint16_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f32, float)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f64, double)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_u16, uint16_t)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f32, float)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f64, double)

#endif

/*
 * Squares of 8 x 8 in NEON: rows to a block whose element 8 i + k is rows[k][i], and back.
 *
 * Of four registers in a row, zipping the first half with the second moves the highest bit of each element's place
 * below the lowest. The places of a square are bits of the row above bits of the column, so that as many zips as a side
 * has bits turn rows into columns.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_NEON_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_NEON_H

#include <arm_neon.h>
#include <stdint.h>

#include "kernels/simd/transpose_part.h"

static inline void transpose_zip_u8(uint8x16_t r[4]) {
    const uint8x16_t a = r[0], b = r[1], c = r[2], d = r[3];
    r[0] = vzip1q_u8(a, c);
    r[1] = vzip2q_u8(a, c);
    r[2] = vzip1q_u8(b, d);
    r[3] = vzip2q_u8(b, d);
}

static inline void transpose_in_u8(const uint8_t *const rows[8], uint8_t *block) {
    uint8x16_t r[4];
    for (int j = 0; j < 4; j++)
        r[j] = vcombine_u8(vld1_u8(rows[2 * j]), vld1_u8(rows[2 * j + 1]));
    transpose_zip_u8(r);
    transpose_zip_u8(r);
    transpose_zip_u8(r);
    for (int j = 0; j < 4; j++)
        vst1q_u8(block + 16 * j, r[j]);
}

static inline void transpose_square_u16(uint16x8_t r[8]) {
    for (int times = 0; times < 3; times++) {
        uint16x8_t zipped[8];
        for (int k = 0; k < 4; k++) {
            zipped[2 * k] = vzip1q_u16(r[k], r[k + 4]);
            zipped[2 * k + 1] = vzip2q_u16(r[k], r[k + 4]);
        }
        for (int k = 0; k < 8; k++)
            r[k] = zipped[k];
    }
}

static inline void transpose_in_u16(const uint16_t *const rows[8], uint16_t *block) {
    uint16x8_t square[8];
    for (int k = 0; k < 8; k++)
        square[k] = vld1q_u16(rows[k]);
    transpose_square_u16(square);
    for (int i = 0; i < 8; i++)
        vst1q_u16(block + 8 * i, square[i]);
}

static inline void transpose_out_u16(const uint16_t *block, uint16_t *const rows[8]) {
    uint16x8_t square[8];
    for (int i = 0; i < 8; i++)
        square[i] = vld1q_u16(block + 8 * i);
    transpose_square_u16(square);
    for (int k = 0; k < 8; k++)
        vst1q_u16(rows[k], square[k]);
}

static inline void transpose_zip_f32(float32x4_t r[4]) {
    const float32x4_t a = r[0], b = r[1], c = r[2], d = r[3];
    r[0] = vzip1q_f32(a, c);
    r[1] = vzip2q_f32(a, c);
    r[2] = vzip1q_f32(b, d);
    r[3] = vzip2q_f32(b, d);
}

static inline void transpose_in_f32(const float *const rows[8], float *block) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            float32x4_t square[4];
            for (int j = 0; j < 4; j++)
                square[j] = vld1q_f32(rows[k + j] + i);
            transpose_zip_f32(square);
            transpose_zip_f32(square);
            for (int j = 0; j < 4; j++)
                vst1q_f32(block + 8 * (i + j) + k, square[j]);
        }
}

static inline void transpose_out_f32(const float *block, float *const rows[8]) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            float32x4_t square[4];
            for (int j = 0; j < 4; j++)
                square[j] = vld1q_f32(block + 8 * (i + j) + k);
            transpose_zip_f32(square);
            transpose_zip_f32(square);
            for (int j = 0; j < 4; j++)
                vst1q_f32(rows[k + j] + i, square[j]);
        }
}

static inline void transpose_in_f64(const double *const rows[8], double *block) {
    for (int k = 0; k < 8; k += 2)
        for (int i = 0; i < 8; i += 2) {
            const float64x2_t a = vld1q_f64(rows[k] + i), b = vld1q_f64(rows[k + 1] + i);
            vst1q_f64(block + 8 * i + k, vzip1q_f64(a, b));
            vst1q_f64(block + 8 * (i + 1) + k, vzip2q_f64(a, b));
        }
}

static inline void transpose_out_f64(const double *block, double *const rows[8]) {
    for (int k = 0; k < 8; k += 2)
        for (int i = 0; i < 8; i += 2) {
            const float64x2_t a = vld1q_f64(block + 8 * i + k), b = vld1q_f64(block + 8 * (i + 1) + k);
            vst1q_f64(rows[k] + i, vzip1q_f64(a, b));
            vst1q_f64(rows[k + 1] + i, vzip2q_f64(a, b));
        }
}

DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u8, uint8_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u16, uint16_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f32, float)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f64, double)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_u16, uint16_t)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f32, float)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f64, double)

#endif

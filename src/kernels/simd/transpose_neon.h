/*
 * Squares of eight lists in NEON; transpose_plain.h says what each does.
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

static inline void transpose_in_u8(const void *const lists[8], size_t first, uint8_t *block) {
    uint8x16_t r[4];
    for (int j = 0; j < 4; j++)
        r[j] = vcombine_u8(vld1_u8((const uint8_t *)lists[2 * j] + first),
                           vld1_u8((const uint8_t *)lists[2 * j + 1] + first));
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

static inline void transpose_in_u16(const void *const lists[8], size_t first, uint16_t *block) {
    uint16x8_t square[8];
    for (int k = 0; k < 8; k++)
        square[k] = vld1q_u16((const uint16_t *)lists[k] + first);
    transpose_square_u16(square);
    for (int i = 0; i < 8; i++)
        vst1q_u16(block + 8 * i, square[i]);
}

static inline void transpose_out_u16(const uint16_t *block, size_t first, void *const lists[8]) {
    uint16x8_t square[8];
    for (int i = 0; i < 8; i++)
        square[i] = vld1q_u16(block + 8 * i);
    transpose_square_u16(square);
    for (int k = 0; k < 8; k++)
        vst1q_u16((uint16_t *)lists[k] + first, square[k]);
}

static inline void transpose_zip_f32(float32x4_t r[4]) {
    const float32x4_t a = r[0], b = r[1], c = r[2], d = r[3];
    r[0] = vzip1q_f32(a, c);
    r[1] = vzip2q_f32(a, c);
    r[2] = vzip1q_f32(b, d);
    r[3] = vzip2q_f32(b, d);
}

static inline void transpose_in_f32(const void *const lists[8], size_t first, float *block) {
    for (int k = 0; k < 8; k += 4) {
        float32x4_t square[4];
        for (int j = 0; j < 4; j++)
            square[j] = vld1q_f32((const float *)lists[k + j] + first);
        transpose_zip_f32(square);
        transpose_zip_f32(square);
        for (int j = 0; j < 4; j++)
            vst1q_f32(block + 8 * j + k, square[j]);
    }
}

static inline void transpose_numbers_of_bytes(const uint32_t bytes[8], float *block) {
    static const uint8_t columns[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    const uint8x16_t order = vld1q_u8(columns);
    const uint32x4_t a = vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(vld1q_u32(bytes)), order));
    const uint32x4_t b = vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(vld1q_u32(bytes + 4)), order));
    const uint8x16_t rows[2] = {vreinterpretq_u8_u32(vzip1q_u32(a, b)), vreinterpretq_u8_u32(vzip2q_u32(a, b))};
    for (int i = 0; i < 4; i++) {
        const uint16x8_t row = vmovl_u8(i % 2 == 0 ? vget_low_u8(rows[i / 2]) : vget_high_u8(rows[i / 2]));
        vst1q_f32(block + 8 * i, vcvtq_f32_u32(vmovl_u16(vget_low_u16(row))));
        vst1q_f32(block + 8 * i + 4, vcvtq_f32_u32(vmovl_u16(vget_high_u16(row))));
    }
}

static inline void transpose_out_f32(const float *block, size_t first, void *const lists[8]) {
    for (int k = 0; k < 8; k += 4) {
        float32x4_t square[4];
        for (int j = 0; j < 4; j++)
            square[j] = vld1q_f32(block + 8 * j + k);
        transpose_zip_f32(square);
        transpose_zip_f32(square);
        for (int j = 0; j < 4; j++)
            vst1q_f32((float *)lists[k + j] + first, square[j]);
    }
}

static inline void transpose_in_f64(const void *const lists[8], size_t first, double *block) {
    for (int k = 0; k < 8; k += 2)
        for (int i = 0; i < 8; i += 2) {
            const float64x2_t a = vld1q_f64((const double *)lists[k] + first + i),
                              b = vld1q_f64((const double *)lists[k + 1] + first + i);
            vst1q_f64(block + 8 * i + k, vzip1q_f64(a, b));
            vst1q_f64(block + 8 * (i + 1) + k, vzip2q_f64(a, b));
        }
}

static inline void transpose_out_f64(const double *block, size_t first, void *const lists[8]) {
    for (int k = 0; k < 8; k += 2)
        for (int i = 0; i < 8; i += 2) {
            const float64x2_t a = vld1q_f64(block + 8 * i + k), b = vld1q_f64(block + 8 * (i + 1) + k);
            vst1q_f64((double *)lists[k] + first + i, vzip1q_f64(a, b));
            vst1q_f64((double *)lists[k + 1] + first + i, vzip2q_f64(a, b));
        }
}

DEFINE_TRANSPOSE_PADDED_IN(transpose_part_in_u8, uint8_t, transpose_in_u8)
DEFINE_TRANSPOSE_BYTES_IN(transpose_bytes_in_f32, transpose_part_bytes_in_f32, transpose_numbers_of_bytes)
DEFINE_TRANSPOSE_PADDED_IN(transpose_part_in_u16, uint16_t, transpose_in_u16)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f32, float, 4)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_f64, double, 8)
DEFINE_TRANSPOSE_PADDED_OUT(transpose_part_out_u16, uint16_t, transpose_out_u16)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f32, float, 4)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_f64, double, 8)

#endif

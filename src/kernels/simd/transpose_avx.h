/*
 * Squares of 8 x 8 in AVX, for AVX2 and AVX-512: rows to a block whose element 8 i + k is rows[k][i], and back.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_AVX_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_AVX_H

#include <immintrin.h>
#include <stdint.h>

#include "kernels/simd/transpose_part.h"

static inline void transpose_in_u8(const uint8_t *const rows[8], uint8_t *block) {
    __m128i pairs[4], fours[4];
    for (int k = 0; k < 4; k++) {
        const __m128i even = _mm_loadl_epi64((const __m128i *)rows[2 * k]);
        pairs[k] = _mm_unpacklo_epi8(even, _mm_loadl_epi64((const __m128i *)rows[2 * k + 1]));
    }
    for (int k = 0; k < 2; k++) {
        fours[2 * k] = _mm_unpacklo_epi16(pairs[2 * k], pairs[2 * k + 1]);
        fours[2 * k + 1] = _mm_unpackhi_epi16(pairs[2 * k], pairs[2 * k + 1]);
    }
    for (int i = 0; i < 2; i++) {
        _mm_storeu_si128((__m128i *)(block + 32 * i), _mm_unpacklo_epi32(fours[i], fours[i + 2]));
        _mm_storeu_si128((__m128i *)(block + 32 * i + 16), _mm_unpackhi_epi32(fours[i], fours[i + 2]));
    }
}

static inline void transpose_square_u16(__m128i r[8]) {
    __m128i pairs[8], fours[8];
    for (int k = 0; k < 4; k++) {
        pairs[k] = _mm_unpacklo_epi16(r[2 * k], r[2 * k + 1]);
        pairs[k + 4] = _mm_unpackhi_epi16(r[2 * k], r[2 * k + 1]);
    }
    for (int k = 0; k < 8; k += 2) {
        fours[k] = _mm_unpacklo_epi32(pairs[k], pairs[k + 1]);
        fours[k + 1] = _mm_unpackhi_epi32(pairs[k], pairs[k + 1]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            r[4 * i + 2 * j] = _mm_unpacklo_epi64(fours[4 * i + j], fours[4 * i + j + 2]);
            r[4 * i + 2 * j + 1] = _mm_unpackhi_epi64(fours[4 * i + j], fours[4 * i + j + 2]);
        }
}

static inline void transpose_in_u16(const uint16_t *const rows[8], uint16_t *block) {
    __m128i square[8];
    for (int k = 0; k < 8; k++)
        square[k] = _mm_loadu_si128((const __m128i *)rows[k]);
    transpose_square_u16(square);
    for (int i = 0; i < 8; i++)
        _mm_storeu_si128((__m128i *)(block + 8 * i), square[i]);
}

static inline void transpose_out_u16(const uint16_t *block, uint16_t *const rows[8]) {
    __m128i square[8];
    for (int i = 0; i < 8; i++)
        square[i] = _mm_loadu_si128((const __m128i *)(block + 8 * i));
    transpose_square_u16(square);
    for (int k = 0; k < 8; k++)
        _mm_storeu_si128((__m128i *)rows[k], square[k]);
}

/* Transposes the 4 x 4 floats in each half of four registers. */
static inline void transpose_halves_f32(__m256 r[4]) {
    const __m256 a = _mm256_unpacklo_ps(r[0], r[1]), b = _mm256_unpackhi_ps(r[0], r[1]);
    const __m256 c = _mm256_unpacklo_ps(r[2], r[3]), d = _mm256_unpackhi_ps(r[2], r[3]);
    r[0] = _mm256_shuffle_ps(a, c, 0x44);
    r[1] = _mm256_shuffle_ps(a, c, 0xEE);
    r[2] = _mm256_shuffle_ps(b, d, 0x44);
    r[3] = _mm256_shuffle_ps(b, d, 0xEE);
}

/* Four columns at a time: of rows 0 to 3 in the low halves, of rows 4 to 7 in the high ones. */
static inline void transpose_in_f32(const float *const rows[8], float *block) {
    for (int i = 0; i < 8; i += 4) {
        __m256 square[4];
        for (int k = 0; k < 4; k++) {
            const __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(rows[k] + i));
            square[k] = _mm256_insertf128_ps(low, _mm_loadu_ps(rows[k + 4] + i), 1);
        }
        transpose_halves_f32(square);
        for (int k = 0; k < 4; k++)
            _mm256_storeu_ps(block + 8 * (i + k), square[k]);
    }
}

static inline void transpose_out_f32(const float *block, float *const rows[8]) {
    __m256 low[4], high[4];
    for (int i = 0; i < 4; i++) {
        const __m256 a = _mm256_loadu_ps(block + 8 * i), b = _mm256_loadu_ps(block + 8 * (i + 4));
        low[i] = _mm256_permute2f128_ps(a, b, 0x20);
        high[i] = _mm256_permute2f128_ps(a, b, 0x31);
    }
    transpose_halves_f32(low);
    transpose_halves_f32(high);
    for (int k = 0; k < 4; k++) {
        _mm256_storeu_ps(rows[k], low[k]);
        _mm256_storeu_ps(rows[k + 4], high[k]);
    }
}

/* Transposes 4 x 4 doubles. */
static inline void transpose_square_f64(__m256d r[4]) {
    const __m256d a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    const __m256d c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20);
    r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

static inline void transpose_in_f64(const double *const rows[8], double *block) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (int j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd(rows[k + j] + i);
            transpose_square_f64(square);
            for (int j = 0; j < 4; j++)
                _mm256_storeu_pd(block + 8 * (i + j) + k, square[j]);
        }
}

static inline void transpose_out_f64(const double *block, double *const rows[8]) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (int j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd(block + 8 * (i + j) + k);
            transpose_square_f64(square);
            for (int j = 0; j < 4; j++)
                _mm256_storeu_pd(rows[k + j] + i, square[j]);
        }
}

/* --- parts of squares --- */

DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u8, uint8_t)
DEFINE_TRANSPOSE_PART_IN(transpose_part_in_u16, uint16_t)
DEFINE_TRANSPOSE_PART_OUT(transpose_part_out_u16, uint16_t)

static inline __m256i transpose_first_8(size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Of count elements those from i on, 4 at most. */
static inline __m256i transpose_next_4(size_t count, size_t i) {
    const long long left = count > i ? (long long)(count - i) : 0;
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(left), _mm256_setr_epi64x(0, 1, 2, 3));
}

/* Columns i .. i + 3 of four rows come to lie in the low halves, columns i + 4 .. i + 7 in the high ones. */
static inline void transpose_part_in_f32(const float *const rows[8], const size_t counts[8], float *block) {
    __m256 low[4], high[4]; /* of rows 0 to 3, of rows 4 to 7 */
    for (int k = 0; k < 4; k++) {
        low[k] = _mm256_maskload_ps(rows[k], transpose_first_8(counts[k]));
        high[k] = _mm256_maskload_ps(rows[k + 4], transpose_first_8(counts[k + 4]));
    }
    transpose_halves_f32(low);
    transpose_halves_f32(high);
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(block + 8 * i, _mm256_permute2f128_ps(low[i], high[i], 0x20));
        _mm256_storeu_ps(block + 8 * (i + 4), _mm256_permute2f128_ps(low[i], high[i], 0x31));
    }
}

static inline void transpose_part_out_f32(const float *block, const size_t counts[8], float *const rows[8]) {
    float square[64];
    float *whole[8];
    for (int k = 0; k < 8; k++)
        whole[k] = square + 8 * k;
    transpose_out_f32(block, whole);
    for (int k = 0; k < 8; k++)
        _mm256_maskstore_ps(rows[k], transpose_first_8(counts[k]), _mm256_loadu_ps(whole[k]));
}

static inline void transpose_part_in_f64(const double *const rows[8], const size_t counts[8], double *block) {
    for (size_t k = 0; k < 8; k += 4)
        for (size_t i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (size_t j = 0; j < 4; j++)
                square[j] = _mm256_maskload_pd(rows[k + j] + i, transpose_next_4(counts[k + j], i));
            transpose_square_f64(square);
            for (size_t j = 0; j < 4; j++)
                _mm256_storeu_pd(block + 8 * (i + j) + k, square[j]);
        }
}

static inline void transpose_part_out_f64(const double *block, const size_t counts[8], double *const rows[8]) {
    for (size_t k = 0; k < 8; k += 4)
        for (size_t i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (size_t j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd(block + 8 * (i + j) + k);
            transpose_square_f64(square);
            for (size_t j = 0; j < 4; j++)
                _mm256_maskstore_pd(rows[k + j] + i, transpose_next_4(counts[k + j], i), square[j]);
        }
}

#endif

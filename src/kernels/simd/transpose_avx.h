/*
 * Squares of eight lists in AVX, for AVX2 and AVX-512; transpose_plain.h says what each does.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_AVX_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_AVX_H

#include <immintrin.h>
#include <stdint.h>

#include "kernels/simd/transpose_part.h"

static inline void transpose_in_u8(const void *const lists[8], size_t first, uint8_t *block) {
    __m128i pairs[4], fours[4];
    for (int k = 0; k < 4; k++) {
        const __m128i even = _mm_loadl_epi64((const __m128i *)((const uint8_t *)lists[2 * k] + first));
        pairs[k] =
            _mm_unpacklo_epi8(even, _mm_loadl_epi64((const __m128i *)((const uint8_t *)lists[2 * k + 1] + first)));
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

static inline void transpose_in_u16(const void *const lists[8], size_t first, uint16_t *block) {
    __m128i square[8];
    for (int k = 0; k < 8; k++)
        square[k] = _mm_loadu_si128((const __m128i *)((const uint16_t *)lists[k] + first));
    transpose_square_u16(square);
    for (int i = 0; i < 8; i++)
        _mm_storeu_si128((__m128i *)(block + 8 * i), square[i]);
}

static inline void transpose_out_u16(const uint16_t *block, size_t first, void *const lists[8]) {
    __m128i square[8];
    for (int i = 0; i < 8; i++)
        square[i] = _mm_loadu_si128((const __m128i *)(block + 8 * i));
    transpose_square_u16(square);
    for (int k = 0; k < 8; k++)
        _mm_storeu_si128((__m128i *)((uint16_t *)lists[k] + first), square[k]);
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

/* Lists 0 to 3 come to lie in the low halves, lists 4 to 7 in the high ones. */
static inline void transpose_in_f32(const void *const lists[8], size_t first, float *block) {
    __m256 square[4];
    for (int k = 0; k < 4; k++) {
        const __m256 low = _mm256_castps128_ps256(_mm_loadu_ps((const float *)lists[k] + first));
        square[k] = _mm256_insertf128_ps(low, _mm_loadu_ps((const float *)lists[k + 4] + first), 1);
    }
    transpose_halves_f32(square);
    for (int i = 0; i < 4; i++)
        _mm256_storeu_ps(block + 8 * i, square[i]);
}

static inline void transpose_out_f32(const float *block, size_t first, void *const lists[8]) {
    __m256 square[4];
    for (int i = 0; i < 4; i++)
        square[i] = _mm256_loadu_ps(block + 8 * i);
    transpose_halves_f32(square);
    for (int k = 0; k < 4; k++) {
        _mm_storeu_ps((float *)lists[k] + first, _mm256_castps256_ps128(square[k]));
        _mm_storeu_ps((float *)lists[k + 4] + first, _mm256_extractf128_ps(square[k], 1));
    }
}

static inline void transpose_numbers_of_bytes(const uint32_t bytes[8], float *block) {
    __m128i pairs[4];
    for (int k = 0; k < 4; k++)
        pairs[k] = _mm_unpacklo_epi8(_mm_cvtsi32_si128((int)bytes[2 * k]), _mm_cvtsi32_si128((int)bytes[2 * k + 1]));
    const __m128i a = _mm_unpacklo_epi16(pairs[0], pairs[1]), b = _mm_unpacklo_epi16(pairs[2], pairs[3]);
    const __m128i rows[2] = {_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b)};
    for (int i = 0; i < 2; i++) {
        const __m128i next = _mm_unpackhi_epi64(rows[i], rows[i]);
        _mm256_storeu_ps(block + 16 * i, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(rows[i])));
        _mm256_storeu_ps(block + 16 * i + 8, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(next)));
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

static inline void transpose_in_f64(const void *const lists[8], size_t first, double *block) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (int j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd((const double *)lists[k + j] + first + i);
            transpose_square_f64(square);
            for (int j = 0; j < 4; j++)
                _mm256_storeu_pd(block + 8 * (i + j) + k, square[j]);
        }
}

static inline void transpose_out_f64(const double *block, size_t first, void *const lists[8]) {
    for (int k = 0; k < 8; k += 4)
        for (int i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (int j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd(block + 8 * (i + j) + k);
            transpose_square_f64(square);
            for (int j = 0; j < 4; j++)
                _mm256_storeu_pd((double *)lists[k + j] + first + i, square[j]);
        }
}

/* --- the ends of lists --- */

DEFINE_TRANSPOSE_PADDED_IN(transpose_part_in_u8, uint8_t, transpose_in_u8)
DEFINE_TRANSPOSE_PADDED_IN(transpose_part_in_u16, uint16_t, transpose_in_u16)
DEFINE_TRANSPOSE_PADDED_OUT(transpose_part_out_u16, uint16_t, transpose_out_u16)

DEFINE_TRANSPOSE_BYTES_IN(transpose_bytes_in_f32, transpose_part_bytes_in_f32, transpose_numbers_of_bytes)

/* Which of the four items from `first` on a list has, of fewer than 2^31; and where they are, if it has any. */
static inline __m128i transpose_left_f32(size_t size, size_t first) {
    const __m128i items = _mm_add_epi32(_mm_set1_epi32((int)first), _mm_setr_epi32(0, 1, 2, 3));
    return _mm_cmpgt_epi32(_mm_set1_epi32((int)size), items);
}

static inline __m256i transpose_left_f64(size_t size, size_t first) {
    const __m256i items = _mm256_add_epi64(_mm256_set1_epi64x((long long)first), _mm256_setr_epi64x(0, 1, 2, 3));
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)size), items);
}

static inline size_t transpose_begin(size_t size, size_t first) {
    return first < size ? first : 0;
}

static inline __m128 transpose_load_left(const float *list, size_t size, size_t first) {
    return _mm_maskload_ps(list + transpose_begin(size, first), transpose_left_f32(size, first));
}

static inline void transpose_part_in_f32(const void *const lists[8], const size_t sizes[8], size_t first,
                                         float *block) {
    __m256 square[4];
    for (int k = 0; k < 4; k++) {
        const __m256 low = _mm256_castps128_ps256(transpose_load_left((const float *)lists[k], sizes[k], first));
        square[k] = _mm256_insertf128_ps(low, transpose_load_left((const float *)lists[k + 4], sizes[k + 4], first), 1);
    }
    transpose_halves_f32(square);
    for (int i = 0; i < 4; i++)
        _mm256_storeu_ps(block + 8 * i, square[i]);
}

static inline void transpose_store_left(float *list, size_t size, size_t first, __m128 items) {
    _mm_maskstore_ps(list + transpose_begin(size, first), transpose_left_f32(size, first), items);
}

static inline void transpose_part_out_f32(const float *block, const size_t sizes[8], size_t first,
                                          void *const lists[8]) {
    __m256 square[4];
    for (int i = 0; i < 4; i++)
        square[i] = _mm256_loadu_ps(block + 8 * i);
    transpose_halves_f32(square);
    for (int k = 0; k < 4; k++) {
        transpose_store_left((float *)lists[k], sizes[k], first, _mm256_castps256_ps128(square[k]));
        transpose_store_left((float *)lists[k + 4], sizes[k + 4], first, _mm256_extractf128_ps(square[k], 1));
    }
}

static inline void transpose_part_in_f64(const void *const lists[8], const size_t sizes[8], size_t first,
                                         double *block) {
    for (size_t k = 0; k < 8; k += 4)
        for (size_t i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (size_t j = 0; j < 4; j++) {
                const double *from = (const double *)lists[k + j] + transpose_begin(sizes[k + j], first + i);
                square[j] = _mm256_maskload_pd(from, transpose_left_f64(sizes[k + j], first + i));
            }
            transpose_square_f64(square);
            for (size_t j = 0; j < 4; j++)
                _mm256_storeu_pd(block + 8 * (i + j) + k, square[j]);
        }
}

static inline void transpose_part_out_f64(const double *block, const size_t sizes[8], size_t first,
                                          void *const lists[8]) {
    for (size_t k = 0; k < 8; k += 4)
        for (size_t i = 0; i < 8; i += 4) {
            __m256d square[4];
            for (size_t j = 0; j < 4; j++)
                square[j] = _mm256_loadu_pd(block + 8 * (i + j) + k);
            transpose_square_f64(square);
            for (size_t j = 0; j < 4; j++) {
                double *to = (double *)lists[k + j] + transpose_begin(sizes[k + j], first + i);
                _mm256_maskstore_pd(to, transpose_left_f64(sizes[k + j], first + i), square[j]);
            }
        }
}

#endif

/*
 * The vector vocabulary in AVX-512 (F, VL, DQ, BW): one register a vec. The words are explained in vec_portable.h.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_VEC_AVX512_H
#define RANKLOSS_SRC_KERNELS_SIMD_VEC_AVX512_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/simd/transpose_avx.h"

typedef __m512d vec;
typedef __mmask8 mask;

#define VEC_REGISTERS 1

#define WORD(type, name, parameters, value) \
    static inline type name parameters {    \
        return value;                       \
    }

#define STORE_WORD(name, parameters, action) \
    static inline void name parameters {     \
        action;                              \
    }

/* Of integers; b is a vec too, or one number for all lanes. */
#define BITS_WORD(name, type, intrinsic, integers)                               \
    static inline vec name(vec a, type b) {                                      \
        return _mm512_castsi512_pd(intrinsic(_mm512_castpd_si512(a), integers)); \
    }

/* --- masks --- */

WORD(mask, mask_first, (size_t n), (mask)((1u << n) - 1u))
WORD(mask, mask_and, (mask a, mask b), (mask)(a &b))
WORD(mask, mask_and_not, (mask a, mask b), (mask)(a & ~b))
WORD(mask, mask_or, (mask a, mask b), (mask)(a | b))

/*
 * To be compared or returned at once. Where gcc 12 has no register for such a number it may keep it in four bytes of the
 * stack of which it writes one, after something else was there: 8 lanes were seen as 0xC00000FF.
 */
WORD(unsigned, mask_bits, (mask a), a)

static inline mask mask_but(size_t k) {
    static const uint8_t but[] = {0xFE, 0xFD, 0xFB, 0xF7, 0xEF, 0xDF, 0xBF, 0x7F, 0xFF};
    return (mask)but[k];
}

static inline mask mask_nonzero_bytes(const uint8_t *p, size_t n) {
    const __m128i bytes = n == 8 ? _mm_loadl_epi64((const __m128i *)p) : _mm_maskz_loadu_epi8(mask_first(n), p);
    return (mask)_mm_test_epi8_mask(bytes, bytes);
}

WORD(mask, vec_ge, (vec a, vec b), _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ))
WORD(mask, vec_gt, (vec a, vec b), _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ))
WORD(mask, vec_eq, (vec a, vec b), _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ))
WORD(mask, vec_ne, (vec a, vec b), _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ))
WORD(vec, vec_select, (mask m, vec a, vec b), _mm512_mask_blend_pd(m, b, a))
WORD(vec, vec_add_where, (mask m, vec a, vec b), _mm512_mask_add_pd(a, m, a, b))

/* --- loads and stores --- */

WORD(vec, vec_all, (double value), _mm512_set1_pd(value))
WORD(vec, vec_load_f64, (const double *p), _mm512_loadu_pd(p))
WORD(vec, vec_load_f32, (const float *p), _mm512_cvtps_pd(_mm256_loadu_ps(p)))
STORE_WORD(floats_from_f16, (const uint16_t *p, float *floats),
           _mm256_storeu_ps(floats, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p))))
STORE_WORD(floats_from_i32, (const void *p, float *floats),
           _mm256_storeu_ps(floats, _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p))))
/* The integers as the nearest floats. */
WORD(vec, vec_load_i32, (const int32_t *p), _mm512_cvtps_pd(_mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p))))
WORD(vec, vec_load_first_i32, (const int32_t *p, size_t n),
     _mm512_cvtps_pd(_mm256_cvtepi32_ps(_mm256_maskz_loadu_epi32(mask_first(n), p))))
WORD(vec, vec_load_u8, (const uint8_t *p),
     _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p))))
WORD(vec, vec_load_first_u8, (const uint8_t *p, size_t n),
     _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask_first(n), p))))
WORD(vec, vec_load_first_f64, (const double *p, size_t n), _mm512_maskz_loadu_pd(mask_first(n), p))
WORD(vec, vec_load_first_f32, (const float *p, size_t n), _mm512_cvtps_pd(_mm256_maskz_loadu_ps(mask_first(n), p)))

/* Put together in registers: for a load of eight numbers that were stored one by one the processor waits. */
WORD(vec, vec_gather_f64, (const double *p, const int64_t *at),
     _mm512_setr_pd(p[at[0]], p[at[1]], p[at[2]], p[at[3]], p[at[4]], p[at[5]], p[at[6]], p[at[7]]))
WORD(vec, vec_gather_f32, (const float *p, const int64_t *at),
     _mm512_cvtps_pd(_mm256_setr_ps(p[at[0]], p[at[1]], p[at[2]], p[at[3]], p[at[4]], p[at[5]], p[at[6]], p[at[7]])))

/*
 * Floats that can be rounded again, to fewer digits, as the doubles would be: what is below their last place sets it.
 * (Doubles without a normal float are far below what float16 holds.)
 */
static inline __m128i vec_avx512_to_f16(vec a) {
    const __m512i bits = _mm512_castpd_si512(a), below = _mm512_set1_epi64(0x1FFFFFFF);
    const __m512i carried = _mm512_add_epi64(_mm512_and_si512(bits, below), below);
    const __m512i odd = _mm512_and_si512(_mm512_or_si512(bits, carried), _mm512_set1_epi64(~0x1FFFFFFFLL));
    const __m256 floats = _mm512_cvtpd_ps(_mm512_castsi512_pd(odd));
    return _mm256_cvtps_ph(floats, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* The same for bfloat16, whose range is that of floats: those that are inexact become odd. */
static inline __m256 vec_avx512_odd_floats(vec a) {
    const __m256 floats = _mm512_cvt_roundpd_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __mmask8 inexact = _mm512_cmp_pd_mask(_mm512_cvtps_pd(floats), a, _CMP_NEQ_OQ);
    const __m256i bits = _mm256_castps_si256(floats);
    return _mm256_castsi256_ps(_mm256_mask_or_epi32(bits, inexact, bits, _mm256_set1_epi32(1)));
}

/* For NaN, and floats half way between two of the format: the double that became such a float may not have been. */
static __attribute__((noinline)) __m128i vec_avx512_to_bf16_slowly(vec a) {
    const __m256 floats = vec_avx512_odd_floats(a);
    const __m256i bits = _mm256_castps_si256(floats), even = _mm256_srli_epi32(bits, 16);
    const __m256i half = _mm256_add_epi32(_mm256_and_si256(even, _mm256_set1_epi32(1)), _mm256_set1_epi32(0x7FFF));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
    const __mmask8 is_nan = _mm256_cmp_ps_mask(floats, floats, _CMP_UNORD_Q);
    return _mm256_cvtepi32_epi16(_mm256_mask_or_epi32(rounded, is_nan, even, _mm256_set1_epi32(0x40)));
}

static inline __m128i vec_avx512_to_bf16(vec a) {
    const __m256 floats = _mm512_cvtpd_ps(a);
    const __m256i bits = _mm256_castps_si256(floats), half = _mm256_set1_epi32(0x8000);
    const __mmask16 is_half = (__mmask16)(_mm256_cmpeq_epi16_mask(bits, half) & 0x5555);
    if ((is_half | _mm256_cmp_ps_mask(floats, floats, _CMP_UNORD_Q)) != 0)
        return vec_avx512_to_bf16_slowly(a);
    const __m256i upper = _mm256_setr_epi16(1, 3, 5, 7, 9, 11, 13, 15, 1, 3, 5, 7, 9, 11, 13, 15);
    return _mm256_castsi256_si128(_mm256_permutexvar_epi16(upper, _mm256_add_epi32(bits, half)));
}

STORE_WORD(vec_store_f64, (double *p, vec a), _mm512_storeu_pd(p, a))
STORE_WORD(vec_store_f32, (float *p, vec a), _mm256_storeu_ps(p, _mm512_cvtpd_ps(a)))
STORE_WORD(vec_store_f16, (uint16_t *p, vec a), _mm_storeu_si128((__m128i *)p, vec_avx512_to_f16(a)))
STORE_WORD(vec_store_bf16, (uint16_t *p, vec a), _mm_storeu_si128((__m128i *)p, vec_avx512_to_bf16(a)))
STORE_WORD(vec_store_first_f64, (double *p, vec a, size_t n), _mm512_mask_storeu_pd(p, mask_first(n), a))
STORE_WORD(vec_store_first_f32, (float *p, vec a, size_t n),
           _mm256_mask_storeu_ps(p, mask_first(n), _mm512_cvtpd_ps(a)))
STORE_WORD(vec_store_first_f16, (uint16_t *p, vec a, size_t n),
           _mm_mask_storeu_epi16(p, mask_first(n), vec_avx512_to_f16(a)))
STORE_WORD(vec_store_first_bf16, (uint16_t *p, vec a, size_t n),
           _mm_mask_storeu_epi16(p, mask_first(n), vec_avx512_to_bf16(a)))

/* --- arithmetic --- */

WORD(vec, vec_add, (vec a, vec b), _mm512_add_pd(a, b))
WORD(vec, vec_sub, (vec a, vec b), _mm512_sub_pd(a, b))
WORD(vec, vec_mul, (vec a, vec b), _mm512_mul_pd(a, b))
WORD(vec, vec_div, (vec a, vec b), _mm512_div_pd(a, b))
WORD(vec, vec_max, (vec a, vec b), _mm512_max_pd(a, b))
WORD(vec, vec_min, (vec a, vec b), _mm512_min_pd(a, b))
WORD(vec, vec_fma, (vec a, vec b, vec c), _mm512_fmadd_pd(a, b, c))
WORD(vec, vec_fnma, (vec a, vec b, vec c), _mm512_fnmadd_pd(a, b, c))
WORD(vec, vec_fms, (vec a, vec b, vec c), _mm512_fmsub_pd(a, b, c))

/* --- lanes and bits --- */

static inline double vec_avx512_sum(vec a) {
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

WORD(double, vec_first, (vec a), _mm512_cvtsd_f64(a))
WORD(double, vec_sum, (vec a), vec_avx512_sum(a))
WORD(vec, vec_swap_4, (vec a), _mm512_shuffle_f64x2(a, a, 0x4E))
WORD(vec, vec_swap_2, (vec a), _mm512_permutex_pd(a, 0x4E))
WORD(vec, vec_swap_1, (vec a), _mm512_permute_pd(a, 0x55))
BITS_WORD(vec_bits_shift_left, int, _mm512_slli_epi64, (unsigned)b)
BITS_WORD(vec_bits_shift_right, int, _mm512_srli_epi64, (unsigned)b)
BITS_WORD(vec_bits_and, uint64_t, _mm512_and_si512, _mm512_set1_epi64((long long)b))
BITS_WORD(vec_bits_or, uint64_t, _mm512_or_si512, _mm512_set1_epi64((long long)b))
BITS_WORD(vec_bits_xor, uint64_t, _mm512_xor_si512, _mm512_set1_epi64((long long)b))
BITS_WORD(vec_bits_add, vec, _mm512_add_epi64, _mm512_castpd_si512(b))
BITS_WORD(vec_bits_sub, vec, _mm512_sub_epi64, _mm512_castpd_si512(b))

/* --- reals --- */

typedef __m512 reals_f32;

enum { REALS_F32_LANES = 16 };

WORD(reals_f32, reals_all_f32, (float value), _mm512_set1_ps(value))
WORD(reals_f32, reals_load_f32, (const float *p), _mm512_loadu_ps(p))
STORE_WORD(reals_store_f32, (float *p, reals_f32 a), _mm512_storeu_ps(p, a))
WORD(reals_f32, reals_add_f32, (reals_f32 a, reals_f32 b), _mm512_add_ps(a, b))
WORD(reals_f32, reals_mul_f32, (reals_f32 a, reals_f32 b), _mm512_mul_ps(a, b))
WORD(reals_f32, reals_max_f32, (reals_f32 a, reals_f32 b), _mm512_max_ps(a, b))
WORD(reals_f32, reals_min_f32, (reals_f32 a, reals_f32 b), _mm512_min_ps(a, b))
WORD(reals_f32, reals_abs_f32, (reals_f32 a), _mm512_abs_ps(a))
WORD(unsigned, reals_equal_f32, (reals_f32 a, reals_f32 b), _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ))
WORD(float, reals_largest_f32, (reals_f32 a), _mm512_reduce_max_ps(a))
WORD(float, reals_smallest_f32, (reals_f32 a), _mm512_reduce_min_ps(a))

WORD(reals_f32, reals_where_greater_f32, (reals_f32 a, reals_f32 b, reals_f32 yes, reals_f32 no),
     _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), no, yes))

static inline reals_f32 reals_where_nonzero_f32(const uint8_t *p, reals_f32 yes, reals_f32 no) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    return _mm512_mask_blend_ps(_mm_test_epi8_mask(bytes, bytes), no, yes);
}

#undef WORD
#undef STORE_WORD
#undef BITS_WORD

#endif

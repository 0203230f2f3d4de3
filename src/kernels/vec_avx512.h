/*
 * The vector vocabulary in AVX-512 (F, VL, DQ, BW): one register a vec. The words are explained in vec_portable.h.
 */
#ifndef RANKLOSS_SRC_KERNELS_VEC_AVX512_H
#define RANKLOSS_SRC_KERNELS_VEC_AVX512_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/transpose_avx.h"

typedef __m512d vec;
typedef __mmask8 mask;

#define VECTORS_IN_MEMORY 0

static inline mask mask_first(size_t n) {
    return (mask)((1u << n) - 1u);
}

static inline vec vec_all(double value) {
    return _mm512_set1_pd(value);
}

static inline vec vec_load_f64(const double *p) {
    return _mm512_loadu_pd(p);
}

static inline vec vec_load_f32(const float *p) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(p));
}

static inline vec vec_load_first_f64(const double *p, size_t n) {
    return _mm512_maskz_loadu_pd(mask_first(n), p);
}

static inline vec vec_load_first_f32(const float *p, size_t n) {
    return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(mask_first(n), p));
}

static inline void vec_store_f64(double *p, vec a) {
    _mm512_storeu_pd(p, a);
}

static inline void vec_store_f32(float *p, vec a) {
    _mm256_storeu_ps(p, _mm512_cvtpd_ps(a));
}

static inline void vec_store_first_f64(double *p, vec a, size_t n) {
    _mm512_mask_storeu_pd(p, mask_first(n), a);
}

static inline void vec_store_first_f32(float *p, vec a, size_t n) {
    _mm256_mask_storeu_ps(p, mask_first(n), _mm512_cvtpd_ps(a));
}

static inline vec vec_add(vec a, vec b) {
    return _mm512_add_pd(a, b);
}

static inline vec vec_sub(vec a, vec b) {
    return _mm512_sub_pd(a, b);
}

static inline vec vec_mul(vec a, vec b) {
    return _mm512_mul_pd(a, b);
}

static inline vec vec_div(vec a, vec b) {
    return _mm512_div_pd(a, b);
}

static inline vec vec_fma(vec a, vec b, vec c) {
    return _mm512_fmadd_pd(a, b, c);
}

static inline vec vec_fnma(vec a, vec b, vec c) {
    return _mm512_fnmadd_pd(a, b, c);
}

static inline vec vec_fms(vec a, vec b, vec c) {
    return _mm512_fmsub_pd(a, b, c);
}

static inline vec vec_max(vec a, vec b) {
    return _mm512_max_pd(a, b);
}

static inline vec vec_min(vec a, vec b) {
    return _mm512_min_pd(a, b);
}

static inline mask mask_nonzero_bytes(const uint8_t *p, size_t n) {
    const __mmask16 wanted = (__mmask16)mask_first(n);
    return (mask)_mm_mask_test_epi8_mask(wanted, _mm_maskz_loadu_epi8(wanted, p), _mm_set1_epi8(-1));
}

static inline mask mask_and(mask a, mask b) {
    return (mask)(a & b);
}

static inline mask mask_and_not(mask a, mask b) {
    return (mask)(a & ~b);
}

static inline mask mask_or(mask a, mask b) {
    return (mask)(a | b);
}

static inline unsigned mask_bits(mask a) {
    return a;
}

static inline mask vec_ge(vec a, vec b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
}

static inline mask vec_gt(vec a, vec b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ);
}

static inline mask vec_eq(vec a, vec b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}

static inline vec vec_select(mask m, vec a, vec b) {
    return _mm512_mask_blend_pd(m, b, a);
}

static inline double vec_first(vec a) {
    return _mm512_cvtsd_f64(a);
}

static inline vec vec_swap_4(vec a) {
    return _mm512_shuffle_f64x2(a, a, 0x4E);
}

static inline vec vec_swap_2(vec a) {
    return _mm512_permutex_pd(a, 0x4E);
}

static inline vec vec_swap_1(vec a) {
    return _mm512_permute_pd(a, 0x55);
}

static inline vec vec_bits_shift_left(vec a, int count) {
    return _mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(a), (unsigned)count));
}

static inline vec vec_bits_shift_right(vec a, int count) {
    return _mm512_castsi512_pd(_mm512_srli_epi64(_mm512_castpd_si512(a), (unsigned)count));
}

static inline vec vec_bits_and(vec a, uint64_t b) {
    return _mm512_castsi512_pd(_mm512_and_si512(_mm512_castpd_si512(a), _mm512_set1_epi64((long long)b)));
}

static inline vec vec_bits_or(vec a, uint64_t b) {
    return _mm512_castsi512_pd(_mm512_or_si512(_mm512_castpd_si512(a), _mm512_set1_epi64((long long)b)));
}

static inline vec vec_bits_xor(vec a, uint64_t b) {
    return _mm512_castsi512_pd(_mm512_xor_si512(_mm512_castpd_si512(a), _mm512_set1_epi64((long long)b)));
}

static inline vec vec_bits_add(vec a, vec b) {
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b)));
}

static inline vec vec_bits_sub(vec a, vec b) {
    return _mm512_castsi512_pd(_mm512_sub_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b)));
}

/* --- reals --- */

typedef __m512 reals_f32;
typedef __m512d reals_f64;

enum { REALS_F32_LANES = 16, REALS_F64_LANES = 8 };

static inline reals_f32 reals_all_f32(float value) {
    return _mm512_set1_ps(value);
}

static inline reals_f64 reals_all_f64(double value) {
    return _mm512_set1_pd(value);
}

static inline reals_f32 reals_load_f32(const float *p) {
    return _mm512_loadu_ps(p);
}

static inline reals_f64 reals_load_f64(const double *p) {
    return _mm512_loadu_pd(p);
}

static inline reals_f32 reals_max_f32(reals_f32 a, reals_f32 b) {
    return _mm512_max_ps(a, b);
}

static inline reals_f64 reals_max_f64(reals_f64 a, reals_f64 b) {
    return _mm512_max_pd(a, b);
}

static inline reals_f32 reals_min_f32(reals_f32 a, reals_f32 b) {
    return _mm512_min_ps(a, b);
}

static inline reals_f64 reals_min_f64(reals_f64 a, reals_f64 b) {
    return _mm512_min_pd(a, b);
}

static inline void reals_store_f32(float *p, reals_f32 a) {
    _mm512_storeu_ps(p, a);
}

static inline void reals_store_f64(double *p, reals_f64 a) {
    _mm512_storeu_pd(p, a);
}

static inline reals_f32 reals_where_greater_f32(reals_f32 a, reals_f32 b, reals_f32 yes, reals_f32 no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), no, yes);
}

static inline reals_f64 reals_where_greater_f64(reals_f64 a, reals_f64 b, reals_f64 yes, reals_f64 no) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_GT_OQ), no, yes);
}

static inline float reals_largest_f32(reals_f32 a) {
    return _mm512_reduce_max_ps(a);
}

static inline double reals_largest_f64(reals_f64 a) {
    return _mm512_reduce_max_pd(a);
}

static inline float reals_smallest_f32(reals_f32 a) {
    return _mm512_reduce_min_ps(a);
}

static inline double reals_smallest_f64(reals_f64 a) {
    return _mm512_reduce_min_pd(a);
}

static inline unsigned reals_equal_f32(reals_f32 a, reals_f32 b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

static inline unsigned reals_equal_f64(reals_f64 a, reals_f64 b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}

#endif

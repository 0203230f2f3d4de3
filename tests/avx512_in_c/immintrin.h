/*
 * The intrinsics of AVX-512 that vec_avx512.h uses, as functions in C that say what Intel's guide says of each lane. So
 * the AVX-512 kernels can be compiled for a processor without it, and give there the bits that they give with it; the
 * preset avx512-in-c does that. For GCC: Clang refuses to pass 64-byte vectors to functions compiled without AVX-512.
 */
#ifndef RANKLOSS_TESTS_AVX512_IN_C_IMMINTRIN_H
#define RANKLOSS_TESTS_AVX512_IN_C_IMMINTRIN_H

#pragma GCC system_header

#include <math.h>
#include <stdint.h>
#include <string.h>

#include_next <immintrin.h>

#define IN_C static inline __attribute__((always_inline))
#define EACH_OF(lanes) for (int i = 0; i < (lanes); i++)
#define IS_SET(m) (((unsigned)(m) >> i & 1) != 0) /* of the lane that EACH_OF is at */

/* --- Whole registers --- */

IN_C __m512d c_set1_pd(double value) {
    return (__m512d){value, value, value, value, value, value, value, value};
}

IN_C __m512d c_setr_pd(double a, double b, double c, double d, double e, double f, double g, double h) {
    return (__m512d){a, b, c, d, e, f, g, h};
}

IN_C __m512 c_set1_ps(float value) {
    __m512 r;
    EACH_OF(16) r[i] = value;
    return r;
}

IN_C __m512i c_set1_epi64(long long value) {
    return (__m512i){value, value, value, value, value, value, value, value};
}

IN_C __m512d c_loadu_pd(const void *p) {
    __m512d r;
    memcpy(&r, p, sizeof r);
    return r;
}

IN_C __m512 c_loadu_ps(const void *p) {
    __m512 r;
    memcpy(&r, p, sizeof r);
    return r;
}

IN_C void c_storeu_pd(void *p, __m512d a) {
    memcpy(p, &a, sizeof a);
}

IN_C void c_storeu_ps(void *p, __m512 a) {
    memcpy(p, &a, sizeof a);
}

/* --- Lanes that a mask allows: no other byte is read or written --- */

IN_C __m512d c_maskz_loadu_pd(__mmask8 m, const double *p) {
    __m512d r = c_set1_pd(0);
    EACH_OF(8) if (IS_SET(m)) r[i] = p[i];
    return r;
}

IN_C __m256 c_256_maskz_loadu_ps(__mmask8 m, const float *p) {
    __m256 r = {0};
    EACH_OF(8) if (IS_SET(m)) r[i] = p[i];
    return r;
}

IN_C __m256i c_256_maskz_loadu_epi32(__mmask8 m, const int32_t *p) {
    __v8si r = {0};
    EACH_OF(8) if (IS_SET(m)) r[i] = p[i];
    return (__m256i)r;
}

IN_C __m128i c_128_maskz_loadu_epi8(__mmask16 m, const uint8_t *p) {
    __v16qu r = {0};
    EACH_OF(16) if (IS_SET(m)) r[i] = p[i];
    return (__m128i)r;
}

IN_C void c_mask_storeu_pd(double *p, __mmask8 m, __m512d a) {
    EACH_OF(8) if (IS_SET(m)) p[i] = a[i];
}

IN_C void c_256_mask_storeu_ps(float *p, __mmask8 m, __m256 a) {
    EACH_OF(8) if (IS_SET(m)) p[i] = a[i];
}

IN_C void c_128_mask_storeu_epi16(uint16_t *p, __mmask8 m, __m128i a) {
    EACH_OF(8) if (IS_SET(m)) p[i] = (uint16_t)((__v8hi)a)[i];
}

IN_C __m512d c_mask_blend_pd(__mmask8 m, __m512d a, __m512d b) {
    EACH_OF(8) if (IS_SET(m)) a[i] = b[i];
    return a;
}

IN_C __m512 c_mask_blend_ps(__mmask16 m, __m512 a, __m512 b) {
    EACH_OF(16) if (IS_SET(m)) a[i] = b[i];
    return a;
}

IN_C __m512d c_mask_add_pd(__m512d instead, __mmask8 m, __m512d a, __m512d b) {
    return c_mask_blend_pd(m, instead, a + b);
}

IN_C __m256i c_256_mask_or_epi32(__m256i instead, __mmask8 m, __m256i a, __m256i b) {
    __v8su r = (__v8su)instead;
    EACH_OF(8) if (IS_SET(m)) r[i] = ((__v8su)a)[i] | ((__v8su)b)[i];
    return (__m256i)r;
}

/* --- Arithmetic; the larger and the smaller of two are the second where one is a NaN --- */

IN_C __m512d c_fmadd_pd(__m512d a, __m512d b, __m512d c) {
    EACH_OF(8) c[i] = fma(a[i], b[i], c[i]);
    return c;
}

IN_C __m512d c_max_pd(__m512d a, __m512d b) {
    EACH_OF(8) a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
}

IN_C __m512d c_min_pd(__m512d a, __m512d b) {
    EACH_OF(8) a[i] = a[i] < b[i] ? a[i] : b[i];
    return a;
}

IN_C __m512 c_max_ps(__m512 a, __m512 b) {
    EACH_OF(16) a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
}

IN_C __m512 c_min_ps(__m512 a, __m512 b) {
    EACH_OF(16) a[i] = a[i] < b[i] ? a[i] : b[i];
    return a;
}

IN_C __m512 c_abs_ps(__m512 a) {
    __v16si bits = (__v16si)a;
    EACH_OF(16) bits[i] &= 0x7FFFFFFF;
    return (__m512)bits;
}

IN_C float c_reduce_max_ps(__m512 a) {
    float r = a[0];
    EACH_OF(16) r = r > a[i] ? r : a[i];
    return r;
}

IN_C float c_reduce_min_ps(__m512 a) {
    float r = a[0];
    EACH_OF(16) r = r < a[i] ? r : a[i];
    return r;
}

/* --- Comparisons and tests --- */

IN_C int c_holds(double a, double b, int predicate) {
    switch (predicate) {
    case _CMP_GE_OQ:
        return a >= b;
    case _CMP_GT_OQ:
        return a > b;
    case _CMP_EQ_OQ:
        return a == b;
    case _CMP_NEQ_OQ:
        return a < b || a > b;
    case _CMP_NEQ_UQ:
        return a != b;
    case _CMP_UNORD_Q:
        return isunordered(a, b);
    default:
        __builtin_trap();
    }
}

IN_C __mmask8 c_cmp_pd_mask(__m512d a, __m512d b, int predicate) {
    unsigned m = 0;
    EACH_OF(8) m |= (unsigned)c_holds(a[i], b[i], predicate) << i;
    return (__mmask8)m;
}

IN_C __mmask16 c_cmp_ps_mask(__m512 a, __m512 b, int predicate) {
    unsigned m = 0;
    EACH_OF(16) m |= (unsigned)c_holds(a[i], b[i], predicate) << i;
    return (__mmask16)m;
}

IN_C __mmask8 c_256_cmp_ps_mask(__m256 a, __m256 b, int predicate) {
    unsigned m = 0;
    EACH_OF(8) m |= (unsigned)c_holds(a[i], b[i], predicate) << i;
    return (__mmask8)m;
}

IN_C __mmask16 c_256_cmpeq_epi16_mask(__m256i a, __m256i b) {
    unsigned m = 0;
    EACH_OF(16) m |= (unsigned)(((__v16hi)a)[i] == ((__v16hi)b)[i]) << i;
    return (__mmask16)m;
}

IN_C __mmask16 c_128_test_epi8_mask(__m128i a, __m128i b) {
    unsigned m = 0;
    EACH_OF(16) m |= (unsigned)((((__v16qi)a)[i] & ((__v16qi)b)[i]) != 0) << i;
    return (__mmask16)m;
}

/* --- Other formats --- */

IN_C __m512d c_cvtps_pd(__m256 a) {
    return __builtin_convertvector(a, __m512d);
}

IN_C __m512d c_cvtepi32_pd(__m256i a) {
    return __builtin_convertvector((__v8si)a, __m512d);
}

IN_C __m256 c_cvtpd_ps(__m512d a) {
    return __builtin_convertvector(a, __m256);
}

/* Towards zero, by the bits: the nearest float is it, or the next one farther from zero. */
IN_C __m256 c_cvt_towards_zero_pd_ps(__m512d a) {
    const __m256 nearest = c_cvtpd_ps(a);
    __v8su bits = (__v8su)nearest;
    EACH_OF(8) bits[i] -= fabs((double)nearest[i]) > fabs(a[i]);
    return (__m256)bits;
}

IN_C __m128i c_256_cvtepi32_epi16(__m256i a) {
    __v8hi r;
    EACH_OF(8) r[i] = (short)((__v8si)a)[i];
    return (__m128i)r;
}

/* --- Other lanes --- */

IN_C __m256i c_256_permutexvar_epi16(__m256i which, __m256i a) {
    __v16hi r;
    EACH_OF(16) r[i] = ((__v16hi)a)[((__v16hi)which)[i] & 15];
    return (__m256i)r;
}

IN_C __m512d c_shuffle_f64x2(__m512d a, __m512d b, int which) {
    __m512d r;
    EACH_OF(8) r[i] = (i < 4 ? a : b)[2 * (which >> i / 2 * 2 & 3) + i % 2];
    return r;
}

IN_C __m512d c_permutex_pd(__m512d a, int which) {
    __m512d r;
    EACH_OF(8) r[i] = a[i / 4 * 4 + (which >> i % 4 * 2 & 3)];
    return r;
}

IN_C __m512d c_permute_pd(__m512d a, int which) {
    __m512d r;
    EACH_OF(8) r[i] = a[i / 2 * 2 + (which >> i & 1)];
    return r;
}

IN_C __m256d c_extractf64x4_pd(__m512d a, int which) {
    __m256d r;
    EACH_OF(4) r[i] = a[4 * which + i];
    return r;
}

/* --- The names --- */

#define _mm512_set1_pd c_set1_pd
#define _mm512_setr_pd c_setr_pd
#define _mm512_set1_ps c_set1_ps
#define _mm512_set1_epi64 c_set1_epi64
#define _mm512_loadu_pd c_loadu_pd
#define _mm512_loadu_ps c_loadu_ps
#define _mm512_storeu_pd c_storeu_pd
#define _mm512_storeu_ps c_storeu_ps
#define _mm512_maskz_loadu_pd c_maskz_loadu_pd
#define _mm256_maskz_loadu_ps c_256_maskz_loadu_ps
#define _mm256_maskz_loadu_epi32 c_256_maskz_loadu_epi32
#define _mm_maskz_loadu_epi8 c_128_maskz_loadu_epi8
#define _mm512_mask_storeu_pd c_mask_storeu_pd
#define _mm256_mask_storeu_ps c_256_mask_storeu_ps
#define _mm_mask_storeu_epi16 c_128_mask_storeu_epi16
#define _mm512_mask_blend_pd c_mask_blend_pd
#define _mm512_mask_blend_ps c_mask_blend_ps
#define _mm512_mask_add_pd c_mask_add_pd
#define _mm256_mask_or_epi32 c_256_mask_or_epi32

#define _mm512_add_pd(a, b) ((a) + (b))
#define _mm512_add_ps(a, b) ((a) + (b))
#define _mm512_sub_pd(a, b) ((a) - (b))
#define _mm512_mul_pd(a, b) ((a) * (b))
#define _mm512_mul_ps(a, b) ((a) * (b))
#define _mm512_div_pd(a, b) ((a) / (b))
#define _mm512_fmadd_pd c_fmadd_pd
#define _mm512_fnmadd_pd(a, b, c) c_fmadd_pd(-(a), b, c)
#define _mm512_fmsub_pd(a, b, c) c_fmadd_pd(a, b, -(c))
#define _mm512_max_pd c_max_pd
#define _mm512_min_pd c_min_pd
#define _mm512_max_ps c_max_ps
#define _mm512_min_ps c_min_ps
#define _mm512_abs_ps c_abs_ps
#define _mm512_reduce_max_ps c_reduce_max_ps
#define _mm512_reduce_min_ps c_reduce_min_ps

#define _mm512_castpd512_pd256(a) c_extractf64x4_pd(a, 0)
#define _mm512_extractf64x4_pd c_extractf64x4_pd
#define _mm512_castpd_si512(a) ((__m512i)(a))
#define _mm512_castsi512_pd(a) ((__m512d)(a))
#define _mm512_and_si512(a, b) ((a) & (b))
#define _mm512_or_si512(a, b) ((a) | (b))
#define _mm512_xor_si512(a, b) ((a) ^ (b))
#define _mm512_slli_epi64(a, count) ((__m512i)((__v8du)(a) << (count)))
#define _mm512_srli_epi64(a, count) ((__m512i)((__v8du)(a) >> (count)))
#define _mm512_add_epi64(a, b) ((__m512i)((__v8du)(a) + (__v8du)(b)))
#define _mm512_sub_epi64(a, b) ((__m512i)((__v8du)(a) - (__v8du)(b)))

#define _mm512_cmp_pd_mask c_cmp_pd_mask
#define _mm512_cmp_ps_mask c_cmp_ps_mask
#define _mm256_cmp_ps_mask c_256_cmp_ps_mask
#define _mm256_cmpeq_epi16_mask c_256_cmpeq_epi16_mask
#define _mm_test_epi8_mask c_128_test_epi8_mask

#define _mm512_cvtepi32_pd c_cvtepi32_pd
#define _mm512_cvtps_pd c_cvtps_pd
#define _mm512_cvtpd_ps c_cvtpd_ps
#define _mm512_cvtsd_f64(a) ((a)[0])
#define _mm512_cvt_roundpd_ps(a, rounding)                                                \
    ((rounding) == (_MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC) ? c_cvt_towards_zero_pd_ps(a) \
                                                            : (__builtin_trap(), c_cvtpd_ps(a)))
#define _mm256_cvtepi32_epi16 c_256_cvtepi32_epi16

#define _mm256_permutexvar_epi16 c_256_permutexvar_epi16
#define _mm512_shuffle_f64x2 c_shuffle_f64x2
#define _mm512_permutex_pd c_permutex_pd
#define _mm512_permute_pd c_permute_pd

#endif

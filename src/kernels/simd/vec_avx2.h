/*
 * The vector vocabulary in AVX2 and FMA: two registers a vec, for lanes 0 to 3 and 4 to 7. The words are explained in
 * vec_portable.h.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_VEC_AVX2_H
#define RANKLOSS_SRC_KERNELS_SIMD_VEC_AVX2_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd/transpose_avx.h"

typedef struct vec {
    __m256d low, high;
} vec;

#define VEC_REGISTERS 2

/* All bits of a lane, or none. */
typedef vec mask;

#define WORD(type, name, parameters, value) \
    static inline type name parameters {    \
        return value;                       \
    }

#define STORE_WORD(name, parameters, action) \
    static inline void name parameters {     \
        action;                              \
    }

/* The same in both registers: value is that of one, of those of the operands a, b and c, or of a and the number b. */
#define WORD_2(name, value)                                                 \
    static inline __m256d name##_one(__m256d a, __m256d b) {                \
        return value;                                                       \
    }                                                                       \
    static inline vec name(vec a, vec b) {                                  \
        return (vec){name##_one(a.low, b.low), name##_one(a.high, b.high)}; \
    }

#define WORD_3(name, value)                                                                \
    static inline __m256d name##_one(__m256d a, __m256d b, __m256d c) {                    \
        return value;                                                                      \
    }                                                                                      \
    static inline vec name(vec a, vec b, vec c) {                                          \
        return (vec){name##_one(a.low, b.low, c.low), name##_one(a.high, b.high, c.high)}; \
    }

#define BITS_WORD(name, type, value)                               \
    static inline __m256d name##_one(__m256d a, type b) {          \
        return value;                                              \
    }                                                              \
    static inline vec name(vec a, type b) {                        \
        return (vec){name##_one(a.low, b), name##_one(a.high, b)}; \
    }

static inline vec vec_avx2_integers(__m256i low, __m256i high) {
    return (vec){_mm256_castsi256_pd(low), _mm256_castsi256_pd(high)};
}

WORD(__m256i, vec_avx2_bits, (__m256d a), _mm256_castpd_si256(a))

/* --- masks --- */

static inline mask mask_first(size_t n) {
    const __m256i count = _mm256_set1_epi64x((long long)n);
    return vec_avx2_integers(_mm256_cmpgt_epi64(count, _mm256_setr_epi64x(0, 1, 2, 3)),
                             _mm256_cmpgt_epi64(count, _mm256_setr_epi64x(4, 5, 6, 7)));
}

static inline mask mask_but(size_t k) {
    static const int64_t around[] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1};
    const __m256i *const from = (const __m256i *)(around + 8 - k);
    return vec_avx2_integers(_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1));
}

static inline mask mask_nonzero_bytes(const uint8_t *p, size_t n) {
    uint64_t bytes = 0;
    memcpy(&bytes, p, n);
    const __m128i zeros = _mm_cmpeq_epi8(_mm_cvtsi64_si128((long long)bytes), _mm_setzero_si128());
    const __m128i ones = _mm_xor_si128(zeros, _mm_set1_epi8(-1)); /* widened as signed numbers, they stay ones */
    return vec_avx2_integers(_mm256_cvtepi8_epi64(ones), _mm256_cvtepi8_epi64(_mm_srli_si128(ones, 4)));
}

static inline unsigned mask_bits(mask a) {
    return (unsigned)_mm256_movemask_pd(a.low) | (unsigned)_mm256_movemask_pd(a.high) << 4;
}

WORD_2(mask_and, _mm256_and_pd(a, b))
WORD_2(mask_and_not, _mm256_andnot_pd(b, a))
WORD_2(mask_or, _mm256_or_pd(a, b))
WORD_2(vec_ge, _mm256_cmp_pd(a, b, _CMP_GE_OQ))
WORD_2(vec_gt, _mm256_cmp_pd(a, b, _CMP_GT_OQ))
WORD_2(vec_eq, _mm256_cmp_pd(a, b, _CMP_EQ_OQ))
WORD_2(vec_ne, _mm256_cmp_pd(a, b, _CMP_NEQ_UQ))
WORD_3(vec_select, _mm256_blendv_pd(c, b, a)) /* a is the mask */

/* --- arithmetic --- */

WORD_2(vec_add, _mm256_add_pd(a, b))
WORD_2(vec_sub, _mm256_sub_pd(a, b))
WORD_2(vec_mul, _mm256_mul_pd(a, b))
WORD_2(vec_div, _mm256_div_pd(a, b))
WORD_2(vec_max, _mm256_max_pd(a, b))
WORD_2(vec_min, _mm256_min_pd(a, b))
WORD_3(vec_fma, _mm256_fmadd_pd(a, b, c))
WORD_3(vec_fnma, _mm256_fnmadd_pd(a, b, c))
WORD_3(vec_fms, _mm256_fmsub_pd(a, b, c))
/* What is masked is +0: a selection would take three operations. */
WORD(vec, vec_add_where, (mask m, vec a, vec b), vec_add(a, mask_and(m, b)))

/* --- loads and stores --- */

WORD(vec, vec_all, (double value), ((vec){_mm256_set1_pd(value), _mm256_set1_pd(value)}))
WORD(vec, vec_load_f64, (const double *p), ((vec){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)}))

static inline vec vec_load_f32(const float *p) {
    return (vec){_mm256_cvtps_pd(_mm_loadu_ps(p)), _mm256_cvtps_pd(_mm_loadu_ps(p + 4))};
}

STORE_WORD(floats_from_f16, (const uint16_t *p, float *floats),
           _mm256_storeu_ps(floats, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p))))
STORE_WORD(floats_from_i32, (const void *p, float *floats),
           _mm256_storeu_ps(floats, _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p))))

static inline vec vec_load_first_f64(const double *p, size_t n) {
    const mask m = mask_first(n);
    return (vec){_mm256_maskload_pd(p, vec_avx2_bits(m.low)), _mm256_maskload_pd(p + 4, vec_avx2_bits(m.high))};
}

/* Lane k of a mask of floats. */
static inline __m256i vec_avx2_first_floats(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vec vec_avx2_doubles(__m256 floats) {
    return (vec){_mm256_cvtps_pd(_mm256_castps256_ps128(floats)), _mm256_cvtps_pd(_mm256_extractf128_ps(floats, 1))};
}

static inline vec vec_load_first_f32(const float *p, size_t n) {
    return vec_avx2_doubles(_mm256_maskload_ps(p, vec_avx2_first_floats(n)));
}

/* The integers as the nearest floats. */

static inline vec vec_load_i32(const int32_t *p) {
    return (vec){_mm256_cvtps_pd(_mm_cvtepi32_ps(_mm_loadu_si128((const __m128i *)p))),
                 _mm256_cvtps_pd(_mm_cvtepi32_ps(_mm_loadu_si128((const __m128i *)(p + 4))))};
}

static inline vec vec_load_first_i32(const int32_t *p, size_t n) {
    return vec_avx2_doubles(_mm256_cvtepi32_ps(_mm256_maskload_epi32(p, vec_avx2_first_floats(n))));
}

static inline __m256d vec_avx2_of_bytes(uint32_t bytes) {
    return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)bytes)));
}

/* Each half by a load of its own, which saves a shuffle. */
static inline vec vec_load_u8(const uint8_t *p) {
    uint32_t low, high;
    memcpy(&low, p, sizeof low);
    memcpy(&high, p + 4, sizeof high);
    return (vec){vec_avx2_of_bytes(low), vec_avx2_of_bytes(high)};
}

static inline vec vec_load_first_u8(const uint8_t *p, size_t n) {
    const uint64_t bytes = load_few_bytes(p, n);
    return (vec){vec_avx2_of_bytes((uint32_t)bytes), vec_avx2_of_bytes((uint32_t)(bytes >> 32))};
}

static inline __m256 vec_avx2_floats(vec a) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a.low)), _mm256_cvtpd_ps(a.high), 1);
}

STORE_WORD(vec_store_f64, (double *p, vec a), _mm256_storeu_pd(p, a.low); _mm256_storeu_pd(p + 4, a.high))
/* By one store, of which all of it can be loaded again at once. */
STORE_WORD(vec_store_f32, (float *p, vec a), _mm256_storeu_ps(p, vec_avx2_floats(a)))

/* Put together in registers: for a load of eight numbers that were stored one by one the processor waits. */
WORD(vec, vec_gather_f64, (const double *p, const int64_t *at),
     ((vec){_mm256_setr_pd(p[at[0]], p[at[1]], p[at[2]], p[at[3]]),
            _mm256_setr_pd(p[at[4]], p[at[5]], p[at[6]], p[at[7]])}))
WORD(vec, vec_gather_f32, (const float *p, const int64_t *at),
     ((vec){_mm256_cvtps_pd(_mm_setr_ps(p[at[0]], p[at[1]], p[at[2]], p[at[3]])),
            _mm256_cvtps_pd(_mm_setr_ps(p[at[4]], p[at[5]], p[at[6]], p[at[7]]))}))

static inline void vec_store_first_f64(double *p, vec a, size_t n) {
    const mask m = mask_first(n);
    _mm256_maskstore_pd(p, vec_avx2_bits(m.low), a.low);
    _mm256_maskstore_pd(p + 4, vec_avx2_bits(m.high), a.high);
}

static inline void vec_store_first_f32(float *p, vec a, size_t n) {
    const __m128 low = _mm256_cvtpd_ps(a.low), high = _mm256_cvtpd_ps(a.high);
    _mm256_maskstore_ps(p, vec_avx2_first_floats(n), _mm256_set_m128(high, low));
}

/*
 * Floats that can be rounded again, to fewer digits, as the doubles would be: what is below their last place sets it.
 * (Doubles without a normal float are far below what 16 bits hold.)
 */
static inline __m128 vec_avx2_odd_floats(__m256d a) {
    const __m256i bits = _mm256_castpd_si256(a), below = _mm256_set1_epi64x(0x1FFFFFFF);
    const __m256i carried = _mm256_add_epi64(_mm256_and_si256(bits, below), below);
    return _mm256_cvtpd_ps(_mm256_castsi256_pd(_mm256_andnot_si256(below, _mm256_or_si256(bits, carried))));
}

static inline __m128i vec_avx2_to_f16(vec a) {
    const __m128 low = vec_avx2_odd_floats(a.low), high = vec_avx2_odd_floats(a.high);
    return _mm256_cvtps_ph(_mm256_set_m128(high, low), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/*
 * Rounds to bfloat16's eight digits: adding and subtracting 1.5 times a power of two leaves what stands above the last
 * of them, and so does that power beside the smallest normal number. 2^129 is too much for the format. (Odd floats
 * would not do: below 2^-126 they have lost some of what decides between two of its numbers.)
 */
static inline __m256d vec_avx2_round_bf16(__m256d a) {
    const __m256d minus = _mm256_set1_pd(-0.0), least_normal = _mm256_set1_pd(0x1p-126);
    const __m256d size = _mm256_min_pd(_mm256_set1_pd(0x1p129), _mm256_andnot_pd(minus, a));
    const __m256d power = _mm256_and_pd(size, _mm256_set1_pd((double)INFINITY));
    const __m256d anchor = _mm256_mul_pd(_mm256_max_pd(power, least_normal), _mm256_set1_pd(0x1.8p45));
    return _mm256_or_pd(_mm256_sub_pd(_mm256_add_pd(size, anchor), anchor), _mm256_and_pd(minus, a));
}

static inline __m128i vec_avx2_to_bf16(vec a) {
    const __m128 low = _mm256_cvtpd_ps(vec_avx2_round_bf16(a.low));
    const __m128 high = _mm256_cvtpd_ps(vec_avx2_round_bf16(a.high));
    return _mm_packus_epi32(_mm_srli_epi32(_mm_castps_si128(low), 16), _mm_srli_epi32(_mm_castps_si128(high), 16));
}

static inline void vec_avx2_store_first(uint16_t *p, __m128i a, size_t n) {
    uint16_t all[8];
    _mm_storeu_si128((__m128i *)all, a);
    for (size_t k = 0; k < n; k++)
        p[k] = all[k];
}

STORE_WORD(vec_store_f16, (uint16_t *p, vec a), _mm_storeu_si128((__m128i *)p, vec_avx2_to_f16(a)))
STORE_WORD(vec_store_bf16, (uint16_t *p, vec a), _mm_storeu_si128((__m128i *)p, vec_avx2_to_bf16(a)))
STORE_WORD(vec_store_first_f16, (uint16_t *p, vec a, size_t n), vec_avx2_store_first(p, vec_avx2_to_f16(a), n))
STORE_WORD(vec_store_first_bf16, (uint16_t *p, vec a, size_t n), vec_avx2_store_first(p, vec_avx2_to_bf16(a), n))

/* --- lanes and bits --- */

static inline double vec_avx2_sum(vec a) {
    const __m256d four = _mm256_add_pd(a.low, a.high);
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

WORD(double, vec_first, (vec a), _mm256_cvtsd_f64(a.low))
WORD(double, vec_sum, (vec a), vec_avx2_sum(a))
WORD(vec, vec_swap_4, (vec a), ((vec){a.high, a.low}))
WORD(vec, vec_swap_2, (vec a), ((vec){_mm256_permute4x64_pd(a.low, 0x4E), _mm256_permute4x64_pd(a.high, 0x4E)}))
WORD(vec, vec_swap_1, (vec a), ((vec){_mm256_permute_pd(a.low, 0x5), _mm256_permute_pd(a.high, 0x5)}))
WORD_2(vec_bits_add, _mm256_castsi256_pd(_mm256_add_epi64(vec_avx2_bits(a), vec_avx2_bits(b))))
WORD_2(vec_bits_sub, _mm256_castsi256_pd(_mm256_sub_epi64(vec_avx2_bits(a), vec_avx2_bits(b))))
BITS_WORD(vec_bits_shift_left, int, _mm256_castsi256_pd(_mm256_slli_epi64(vec_avx2_bits(a), b)))
BITS_WORD(vec_bits_shift_right, int, _mm256_castsi256_pd(_mm256_srli_epi64(vec_avx2_bits(a), b)))
BITS_WORD(vec_bits_and, uint64_t, _mm256_and_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x((long long)b))))
BITS_WORD(vec_bits_or, uint64_t, _mm256_or_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x((long long)b))))
BITS_WORD(vec_bits_xor, uint64_t, _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x((long long)b))))

/* --- reals --- */

typedef __m256 reals_f32;

enum { REALS_F32_LANES = 8 };

WORD(reals_f32, reals_all_f32, (float value), _mm256_set1_ps(value))
WORD(reals_f32, reals_load_f32, (const float *p), _mm256_loadu_ps(p))
WORD(unsigned, reals_equal_f32, (reals_f32 a, reals_f32 b),
     (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)))
STORE_WORD(reals_store_f32, (float *p, reals_f32 a), _mm256_storeu_ps(p, a))
WORD(reals_f32, reals_add_f32, (reals_f32 a, reals_f32 b), _mm256_add_ps(a, b))
WORD(reals_f32, reals_mul_f32, (reals_f32 a, reals_f32 b), _mm256_mul_ps(a, b))
WORD(reals_f32, reals_abs_f32, (reals_f32 a), _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a))
WORD(reals_f32, reals_max_f32, (reals_f32 a, reals_f32 b), _mm256_max_ps(a, b))
WORD(reals_f32, reals_min_f32, (reals_f32 a, reals_f32 b), _mm256_min_ps(a, b))

WORD(reals_f32, reals_where_greater_f32, (reals_f32 a, reals_f32 b, reals_f32 yes, reals_f32 no),
     _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_GT_OQ)))

static inline reals_f32 reals_where_nonzero_f32(const uint8_t *p, reals_f32 yes, reals_f32 no) {
    const __m256i bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
    return _mm256_blendv_ps(yes, no, _mm256_castsi256_ps(_mm256_cmpeq_epi32(bytes, _mm256_setzero_si256())));
}

static inline float reals_largest_f32(reals_f32 a) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

static inline float reals_smallest_f32(reals_f32 a) {
    const __m128 four = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

#undef WORD
#undef STORE_WORD
#undef WORD_2
#undef WORD_3
#undef BITS_WORD

#endif

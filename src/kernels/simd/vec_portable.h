/*
 * The vector vocabulary in plain C: 8 lanes of double. Other instruction sets have a header with the same names and
 * the same bits.
 *
 * Lane k of a partial load or store is item k; lanes from n on are 0 and are not read or written. A minimum or maximum
 * is its second operand where the two are unordered, as on x86: with the new value first, a NaN is passed over.
 * Comparisons are false where their operands are unordered.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_VEC_PORTABLE_H
#define RANKLOSS_SRC_KERNELS_SIMD_VEC_PORTABLE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dtype/half.h"
#include "kernels/simd/transpose_plain.h"

typedef struct vec {
    double lane[8];
} vec;

typedef uint32_t mask; /* bit k: lane k */

#define VEC_REGISTERS 0 /* a vec is an array in memory */

#define VEC_EACH_LANE for (int k = 0; k < 8; k++)

static inline vec vec_all(double value) {
    vec r;
    VEC_EACH_LANE r.lane[k] = value;
    return r;
}

static inline vec vec_load_f64(const double *p) {
    vec r;
    VEC_EACH_LANE r.lane[k] = p[k];
    return r;
}

static inline vec vec_load_f32(const float *p) {
    vec r;
    VEC_EACH_LANE r.lane[k] = (double)p[k];
    return r;
}

static inline vec vec_load_first_f64(const double *p, size_t n) {
    vec r = vec_all(0.0);
    for (size_t k = 0; k < n; k++)
        r.lane[k] = p[k];
    return r;
}

static inline vec vec_load_first_f32(const float *p, size_t n) {
    vec r = vec_all(0.0);
    for (size_t k = 0; k < n; k++)
        r.lane[k] = (double)p[k];
    return r;
}

static inline void vec_store_f64(double *p, vec a) {
    VEC_EACH_LANE p[k] = a.lane[k];
}

static inline void vec_store_f32(float *p, vec a) {
    VEC_EACH_LANE p[k] = (float)a.lane[k];
}

static inline void vec_store_first_f64(double *p, vec a, size_t n) {
    for (size_t k = 0; k < n; k++)
        p[k] = a.lane[k];
}

static inline void vec_store_first_f32(float *p, vec a, size_t n) {
    for (size_t k = 0; k < n; k++)
        p[k] = (float)a.lane[k];
}

/* Rounded once, ties to even. */

static inline void vec_store_first_f16(uint16_t *p, vec a, size_t n) {
    for (size_t k = 0; k < n; k++)
        p[k] = rankloss__f16_from_f64(a.lane[k]);
}

static inline void vec_store_first_bf16(uint16_t *p, vec a, size_t n) {
    for (size_t k = 0; k < n; k++)
        p[k] = rankloss__bf16_from_f64(a.lane[k]);
}

static inline void vec_store_f16(uint16_t *p, vec a) {
    vec_store_first_f16(p, a, 8);
}

static inline void vec_store_bf16(uint16_t *p, vec a) {
    vec_store_first_bf16(p, a, 8);
}

static inline vec vec_add(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] += b.lane[k];
    return a;
}

static inline vec vec_sub(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] -= b.lane[k];
    return a;
}

static inline vec vec_mul(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] *= b.lane[k];
    return a;
}

static inline vec vec_div(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] /= b.lane[k];
    return a;
}

/* a * b + c, rounded once */
static inline vec vec_fma(vec a, vec b, vec c) {
    VEC_EACH_LANE a.lane[k] = fma(a.lane[k], b.lane[k], c.lane[k]);
    return a;
}

/* c - a * b, rounded once */
static inline vec vec_fnma(vec a, vec b, vec c) {
    VEC_EACH_LANE a.lane[k] = fma(-a.lane[k], b.lane[k], c.lane[k]);
    return a;
}

/* a * b - c, rounded once */
static inline vec vec_fms(vec a, vec b, vec c) {
    VEC_EACH_LANE a.lane[k] = fma(a.lane[k], b.lane[k], -c.lane[k]);
    return a;
}

static inline vec vec_max(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] = a.lane[k] > b.lane[k] ? a.lane[k] : b.lane[k];
    return a;
}

static inline vec vec_min(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] = a.lane[k] < b.lane[k] ? a.lane[k] : b.lane[k];
    return a;
}

static inline mask mask_first(size_t n) {
    return (mask)((1u << n) - 1u);
}

/* All lanes but k; all where k is no lane. */
static inline mask mask_but(size_t k) {
    return (mask)(0xFFu & ~(1u << k));
}

static inline mask mask_nonzero_bytes(const uint8_t *p, size_t n) {
    mask m = 0;
    for (size_t k = 0; k < n; k++)
        m |= (mask)(p[k] != 0) << k;
    return m;
}

static inline mask mask_and(mask a, mask b) {
    return a & b;
}

static inline mask mask_and_not(mask a, mask b) {
    return a & ~b;
}

static inline mask mask_or(mask a, mask b) {
    return a | b;
}

/* bit k: lane k */
static inline unsigned mask_bits(mask a) {
    return a;
}

static inline mask vec_ge(vec a, vec b) {
    mask m = 0;
    VEC_EACH_LANE m |= (mask)(a.lane[k] >= b.lane[k]) << k;
    return m;
}

static inline mask vec_gt(vec a, vec b) {
    mask m = 0;
    VEC_EACH_LANE m |= (mask)(a.lane[k] > b.lane[k]) << k;
    return m;
}

static inline mask vec_eq(vec a, vec b) {
    mask m = 0;
    VEC_EACH_LANE m |= (mask)(a.lane[k] == b.lane[k]) << k;
    return m;
}

static inline mask vec_ne(vec a, vec b) {
    return (mask)(0xFFu & ~vec_eq(a, b));
}

/* a where the mask is set, else b */
static inline vec vec_select(mask m, vec a, vec b) {
    VEC_EACH_LANE a.lane[k] = (m >> k & 1u) != 0 ? a.lane[k] : b.lane[k];
    return a;
}

/* a + b where m, a elsewhere */
static inline vec vec_add_where(mask m, vec a, vec b) {
    return vec_select(m, vec_add(a, b), a);
}

/* Lane 0. */
static inline double vec_first(vec a) {
    return a.lane[0];
}

/* Lane k gets lane k ^ 4, k ^ 2, k ^ 1. */

static inline vec vec_swap_4(vec a) {
    vec r;
    VEC_EACH_LANE r.lane[k] = a.lane[k ^ 4];
    return r;
}

static inline vec vec_swap_2(vec a) {
    vec r;
    VEC_EACH_LANE r.lane[k] = a.lane[k ^ 2];
    return r;
}

static inline vec vec_swap_1(vec a) {
    vec r;
    VEC_EACH_LANE r.lane[k] = a.lane[k ^ 1];
    return r;
}

/* The operations below work on the bits of the lanes as unsigned 64-bit integers. */

static inline uint64_t vec_portable_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double vec_portable_from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline vec vec_bits_shift_left(vec a, int count) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) << count);
    return a;
}

static inline vec vec_bits_shift_right(vec a, int count) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) >> count);
    return a;
}

static inline vec vec_bits_and(vec a, uint64_t b) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) & b);
    return a;
}

static inline vec vec_bits_or(vec a, uint64_t b) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) | b);
    return a;
}

static inline vec vec_bits_xor(vec a, uint64_t b) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) ^ b);
    return a;
}

static inline vec vec_bits_add(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) + vec_portable_bits(b.lane[k]));
    return a;
}

static inline vec vec_bits_sub(vec a, vec b) {
    VEC_EACH_LANE a.lane[k] = vec_portable_from_bits(vec_portable_bits(a.lane[k]) - vec_portable_bits(b.lane[k]));
    return a;
}

#undef VEC_EACH_LANE

/*
 * Reals: registers of float, REALS_F32_LANES of them, for what no number of lanes can change: the largest and the
 * smallest, and where they are. Those of double are vectors.
 */

typedef float reals_f32;

enum { REALS_F32_LANES = 1 };

static inline reals_f32 reals_all_f32(float value) {
    return value;
}

static inline reals_f32 reals_load_f32(const float *p) {
    return *p;
}

static inline reals_f32 reals_add_f32(reals_f32 a, reals_f32 b) {
    return a + b;
}

static inline reals_f32 reals_max_f32(reals_f32 a, reals_f32 b) {
    return a > b ? a : b;
}

static inline reals_f32 reals_min_f32(reals_f32 a, reals_f32 b) {
    return a < b ? a : b;
}

static inline void reals_store_f32(float *p, reals_f32 a) {
    *p = a;
}

/* yes where a > b, else no */

static inline reals_f32 reals_where_greater_f32(reals_f32 a, reals_f32 b, reals_f32 yes, reals_f32 no) {
    return a > b ? yes : no;
}

/* yes where the byte is not 0, else no */

static inline reals_f32 reals_where_nonzero_f32(const uint8_t *p, reals_f32 yes, reals_f32 no) {
    return *p != 0 ? yes : no;
}

/* The largest and the smallest of the lanes, of which none is NaN. */

static inline float reals_largest_f32(reals_f32 a) {
    return a;
}

static inline float reals_smallest_f32(reals_f32 a) {
    return a;
}

/* bit k: the lanes k are equal */

static inline unsigned reals_equal_f32(reals_f32 a, reals_f32 b) {
    return a == b;
}

#endif

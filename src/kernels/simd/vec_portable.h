/*
 * The vector vocabulary in plain C: 8 lanes of double. Every other instruction set has a header that defines the same
 * words with the same bits. Most words are one expression for lane k, of which the macros below make functions; what takes
 * no loop, and each operand once, is a macro itself.
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

#include "dtype/half.h"
#include "exact/fma.h"
#include "kernels/simd/transpose_plain.h"

typedef struct vec {
    double lane[8];
} vec;

typedef uint32_t mask; /* bit k: lane k */

#define VEC_REGISTERS 0 /* a vec is an array in memory */

#define VEC_WORD(name, parameters, value) \
    static inline vec name parameters {   \
        vec r;                            \
        for (size_t k = 0; k < 8; k++)    \
            r.lane[k] = value;            \
        return r;                         \
    }

#define MASK_WORD(name, parameters, count, value) \
    static inline mask name parameters {          \
        mask m = 0;                               \
        for (size_t k = 0; k < (count); k++)      \
            m |= (mask)(value) << k;              \
        return m;                                 \
    }

#define STORE_WORD(name, parameters, count, value) \
    static inline void name parameters {           \
        for (size_t k = 0; k < (count); k++)       \
            p[k] = value;                          \
    }

/* --- loads and stores --- */

VEC_WORD(vec_all, (double value), value)
VEC_WORD(vec_load_first_f64, (const double *p, size_t n), k < n ? p[k] : 0.0)
VEC_WORD(vec_load_first_f32, (const float *p, size_t n), k < n ? (double)p[k] : 0.0)
/* The integers as the nearest floats. */
VEC_WORD(vec_load_first_i32, (const int32_t *p, size_t n), k < n ? (double)(float)p[k] : 0.0)
VEC_WORD(vec_load_first_u8, (const uint8_t *p, size_t n), k < n ? (double)p[k] : 0.0)
VEC_WORD(vec_gather_f64, (const double *p, const int64_t *at), p[at[k]])
VEC_WORD(vec_gather_f32, (const float *p, const int64_t *at), (double)p[at[k]])

/* Rounded once, ties to even. */
STORE_WORD(vec_store_first_f64, (double *p, vec a, size_t n), n, a.lane[k])
STORE_WORD(vec_store_first_f32, (float *p, vec a, size_t n), n, (float)a.lane[k])
STORE_WORD(vec_store_first_f16, (uint16_t *p, vec a, size_t n), n, rankloss__f16_from_f64(a.lane[k]))
STORE_WORD(vec_store_first_bf16, (uint16_t *p, vec a, size_t n), n, rankloss__bf16_from_f64(a.lane[k]))

/* Whole ones are partial ones of eight. */
#define vec_load_f64(p) vec_load_first_f64(p, 8)
#define vec_load_f32(p) vec_load_first_f32(p, 8)
#define vec_load_i32(p) vec_load_first_i32(p, 8)
#define vec_load_u8(p) vec_load_first_u8(p, 8)
#define vec_store_f64(p, a) vec_store_first_f64(p, a, 8)
#define vec_store_f32(p, a) vec_store_first_f32(p, a, 8)
#define vec_store_f16(p, a) vec_store_first_f16(p, a, 8)
#define vec_store_bf16(p, a) vec_store_first_bf16(p, a, 8)

/* Eight of them, exactly. */
static inline void floats_from_f16(const uint16_t *p, float *floats) {
    for (size_t k = 0; k < 8; k++)
        floats[k] = rankloss__f16_to_f32(p[k]);
}

/* Rounded once, ties to even; where the integers lie is where the floats may go. */
static inline void floats_from_i32(const void *p, float *floats) {
    int32_t integers[8];
    memcpy(integers, p, sizeof integers);
    for (size_t k = 0; k < 8; k++)
        floats[k] = (float)integers[k];
}

/* --- arithmetic --- */

VEC_WORD(vec_add, (vec a, vec b), a.lane[k] + b.lane[k])
VEC_WORD(vec_sub, (vec a, vec b), a.lane[k] - b.lane[k])
VEC_WORD(vec_mul, (vec a, vec b), a.lane[k] * b.lane[k])
VEC_WORD(vec_div, (vec a, vec b), a.lane[k] / b.lane[k])
VEC_WORD(vec_max, (vec a, vec b), a.lane[k] > b.lane[k] ? a.lane[k] : b.lane[k])
VEC_WORD(vec_min, (vec a, vec b), a.lane[k] < b.lane[k] ? a.lane[k] : b.lane[k])

/* a * b + c, c - a * b and a * b - c, each rounded once */
VEC_WORD(vec_fma, (vec a, vec b, vec c), rankloss__fma(a.lane[k], b.lane[k], c.lane[k]))
VEC_WORD(vec_fnma, (vec a, vec b, vec c), rankloss__fma(-a.lane[k], b.lane[k], c.lane[k]))
VEC_WORD(vec_fms, (vec a, vec b, vec c), rankloss__fma(a.lane[k], b.lane[k], -c.lane[k]))

/* --- masks --- */

MASK_WORD(vec_ge, (vec a, vec b), 8, a.lane[k] >= b.lane[k])
MASK_WORD(vec_gt, (vec a, vec b), 8, a.lane[k] > b.lane[k])
MASK_WORD(vec_eq, (vec a, vec b), 8, a.lane[k] == b.lane[k])
MASK_WORD(vec_ne, (vec a, vec b), 8, !(a.lane[k] == b.lane[k])) /* true where unordered */
MASK_WORD(mask_nonzero_bytes, (const uint8_t *p, size_t n), n, p[k] != 0)
#define mask_first(n) ((mask)((1u << (n)) - 1u))   /* lanes 0 to n - 1 */
#define mask_but(k) ((mask)(0xFFu & ~(1u << (k)))) /* all lanes but k; all where k is 8 */
#define mask_and(a, b) ((mask)((a) & (b)))
#define mask_and_not(a, b) ((mask)((a) & ~(b)))
#define mask_or(a, b) ((mask)((a) | (b)))
#define mask_bits(a) ((unsigned)(a)) /* bit k: lane k */

/* a where the mask is set, else b; and a + b where it is set, else a */
VEC_WORD(vec_select, (mask m, vec a, vec b), (m >> k & 1u) != 0 ? a.lane[k] : b.lane[k])
/* a is not -0: a set may add +0 where m is not. */
VEC_WORD(vec_add_where, (mask m, vec a, vec b), (m >> k & 1u) != 0 ? a.lane[k] + b.lane[k] : a.lane[k])

/* --- lanes --- */

#define vec_first(a) ((a).lane[0])

/* As lanes whose numbers differ by 4, by 2 and by 1 are added up: the order counts. */
static inline double vec_sum(vec a) {
    const double *k = a.lane;
    return ((k[0] + k[4]) + (k[2] + k[6])) + ((k[1] + k[5]) + (k[3] + k[7]));
}

VEC_WORD(vec_portable_swap, (vec a, size_t bit), a.lane[k ^ bit])
#define vec_swap_4(a) vec_portable_swap(a, 4)
#define vec_swap_2(a) vec_portable_swap(a, 2)
#define vec_swap_1(a) vec_portable_swap(a, 1)

/* --- the bits of the lanes, as unsigned integers of 64 bits --- */

typedef union lane_bits {
    double number;
    uint64_t bits;
} lane_bits;

#define BITS(number) (((lane_bits){number}).bits)
#define NUMBER(integer) (((lane_bits){.bits = integer}).number)

VEC_WORD(vec_bits_shift_left, (vec a, int count), NUMBER(BITS(a.lane[k]) << count))
VEC_WORD(vec_bits_shift_right, (vec a, int count), NUMBER(BITS(a.lane[k]) >> count))
VEC_WORD(vec_bits_and, (vec a, uint64_t b), NUMBER(BITS(a.lane[k]) & b))
VEC_WORD(vec_bits_or, (vec a, uint64_t b), NUMBER(BITS(a.lane[k]) | b))
VEC_WORD(vec_bits_xor, (vec a, uint64_t b), NUMBER(BITS(a.lane[k]) ^ b))
VEC_WORD(vec_bits_add, (vec a, vec b), NUMBER(BITS(a.lane[k]) + BITS(b.lane[k])))
VEC_WORD(vec_bits_sub, (vec a, vec b), NUMBER(BITS(a.lane[k]) - BITS(b.lane[k])))

#undef BITS
#undef NUMBER
#undef VEC_WORD
#undef MASK_WORD
#undef STORE_WORD

/*
 * Reals: registers of float, REALS_F32_LANES of them, for what no number of lanes can change: the largest and the
 * smallest, and where they are. Those of double are vectors.
 */

typedef float reals_f32;

enum { REALS_F32_LANES = 1 };

#define reals_all_f32(value) (value)
#define reals_load_f32(p) (*(p))
#define reals_store_f32(p, a) ((void)(*(p) = (a)))
#define reals_add_f32(a, b) ((a) + (b))
#define reals_mul_f32(a, b) ((a) * (b))
#define reals_abs_f32(a) fabsf(a)
#define reals_equal_f32(a, b) ((unsigned)((a) == (b))) /* bit k: lanes k are equal */

static inline reals_f32 reals_max_f32(reals_f32 a, reals_f32 b) {
    return a > b ? a : b;
}

static inline reals_f32 reals_min_f32(reals_f32 a, reals_f32 b) {
    return a < b ? a : b;
}

/* yes where a > b, and where the byte is not 0; else no */
#define reals_where_greater_f32(a, b, yes, no) ((a) > (b) ? (yes) : (no))
#define reals_where_nonzero_f32(p, yes, no) (*(p) != 0 ? (yes) : (no))

/* The largest and the smallest of the lanes, of which none is NaN. */
#define reals_largest_f32(a) (a)
#define reals_smallest_f32(a) (a)

#endif

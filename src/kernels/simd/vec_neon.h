/*
 * The vector vocabulary in Advanced SIMD of AArch64 (NEON): four registers a vec, register k for lanes 2k and 2k + 1.
 * The words are explained in vec_portable.h.
 *
 * vaddq_f64() and vmulq_f64() are plain + and * to a compiler, which -ffp-contract=off keeps apart.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_VEC_NEON_H
#define RANKLOSS_SRC_KERNELS_SIMD_VEC_NEON_H

#include <arm_neon.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd/transpose_neon.h"

typedef float64x2_t vec_register;
typedef uint64x2_t mask_register;

typedef struct vec {
    vec_register r0, r1, r2, r3;
} vec;

#define VEC_REGISTERS 4

/* All bits of a lane, or none. */
typedef struct mask {
    mask_register r0, r1, r2, r3;
} mask;

#define WORD(type, name, parameters, value) \
    static inline type name parameters {    \
        return value;                       \
    }

#define STORE_WORD(name, parameters, action) \
    static inline void name parameters {     \
        action;                              \
    }

/* The same in all registers: value is that of one, of those of the operands a, b and c, or of a and the number b. */
#define WORD_2(result, name, operand, value)                                                    \
    static inline result##_register name##_one(operand##_register a, operand##_register b) {    \
        return value;                                                                           \
    }                                                                                           \
    static inline result name(operand a, operand b) {                                           \
        return (result){name##_one(a.r0, b.r0), name##_one(a.r1, b.r1), name##_one(a.r2, b.r2), \
                        name##_one(a.r3, b.r3)};                                                \
    }

#define WORD_3(name, operand, value)                                                                           \
    static inline vec_register name##_one(operand##_register a, vec_register b, vec_register c) {              \
        return value;                                                                                          \
    }                                                                                                          \
    static inline vec name(operand a, vec b, vec c) {                                                          \
        return (vec){name##_one(a.r0, b.r0, c.r0), name##_one(a.r1, b.r1, c.r1), name##_one(a.r2, b.r2, c.r2), \
                     name##_one(a.r3, b.r3, c.r3)};                                                            \
    }

#define BITS_WORD(name, type, value)                                                                      \
    static inline vec_register name##_one(vec_register a, type b) {                                       \
        return vreinterpretq_f64_u64(value);                                                              \
    }                                                                                                     \
    static inline vec name(vec a, type b) {                                                               \
        return (vec){name##_one(a.r0, b), name##_one(a.r1, b), name##_one(a.r2, b), name##_one(a.r3, b)}; \
    }

WORD(mask_register, vec_neon_bits, (vec_register a), vreinterpretq_u64_f64(a))

/* --- loads and stores --- */

static inline vec vec_all(double value) {
    const vec_register both = vdupq_n_f64(value);
    return (vec){both, both, both, both};
}

WORD(vec, vec_load_f64, (const double *p), ((vec){vld1q_f64(p), vld1q_f64(p + 2), vld1q_f64(p + 4), vld1q_f64(p + 6)}))

static inline vec vec_neon_doubles(float32x4_t low, float32x4_t high) {
    return (vec){vcvt_f64_f32(vget_low_f32(low)), vcvt_high_f64_f32(low), vcvt_f64_f32(vget_low_f32(high)),
                 vcvt_high_f64_f32(high)};
}

WORD(vec, vec_load_f32, (const float *p), vec_neon_doubles(vld1q_f32(p), vld1q_f32(p + 4)))

/* The integers as the nearest floats. */
static inline vec vec_load_i32(const int32_t *p) {
    return vec_neon_doubles(vcvtq_f32_s32(vld1q_s32(p)), vcvtq_f32_s32(vld1q_s32(p + 4)));
}

static inline vec vec_neon_of_bytes(uint8x8_t bytes) {
    const uint16x8_t wide = vmovl_u8(bytes);
    return vec_neon_doubles(vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))),
                            vcvtq_f32_u32(vmovl_u16(vget_high_u16(wide))));
}

WORD(vec, vec_load_u8, (const uint8_t *p), vec_neon_of_bytes(vld1_u8(p)))
WORD(vec, vec_load_first_u8, (const uint8_t *p, size_t n), vec_neon_of_bytes(vcreate_u8(load_few_bytes(p, n))))

/* Put together in registers: for a load of eight numbers that were stored one by one the processor waits. */

static inline vec_register vec_neon_pair(double a, double b) {
    return vcombine_f64(vdup_n_f64(a), vdup_n_f64(b));
}

#define GATHER_WORD(name, type)                                                                                    \
    static inline vec name(const type *p, const int64_t *at) {                                                     \
        return (vec){                                                                                              \
            vec_neon_pair((double)p[at[0]], (double)p[at[1]]), vec_neon_pair((double)p[at[2]], (double)p[at[3]]),  \
            vec_neon_pair((double)p[at[4]], (double)p[at[5]]), vec_neon_pair((double)p[at[6]], (double)p[at[7]])}; \
    }

GATHER_WORD(vec_gather_f64, double)
GATHER_WORD(vec_gather_f32, float)

static inline void vec_store_f64(double *p, vec a) {
    vst1q_f64(p, a.r0);
    vst1q_f64(p + 2, a.r1);
    vst1q_f64(p + 4, a.r2);
    vst1q_f64(p + 6, a.r3);
}

static inline void vec_store_f32(float *p, vec a) {
    vst1q_f32(p, vcvt_high_f32_f64(vcvt_f32_f64(a.r0), a.r1));
    vst1q_f32(p + 4, vcvt_high_f32_f64(vcvt_f32_f64(a.r2), a.r3));
}

/* The register for items at and at + 1, of n: both, one or none of them is loaded or stored. */

static inline vec_register vec_neon_load_f64(const double *p, size_t at, size_t n) {
    const vec_register zero = vdupq_n_f64(0.0);
    return n >= at + 2 ? vld1q_f64(p + at) : n == at + 1 ? vld1q_lane_f64(p + at, zero, 0) : zero;
}

static inline vec_register vec_neon_load_f32(const float *p, size_t at, size_t n) {
    const float32x2_t zero = vdup_n_f32(0.0f);
    return vcvt_f64_f32(n >= at + 2 ? vld1_f32(p + at) : n == at + 1 ? vld1_lane_f32(p + at, zero, 0) : zero);
}

static inline vec_register vec_neon_load_i32(const int32_t *p, size_t at, size_t n) {
    const int32x2_t zero = vdup_n_s32(0);
    const int32x2_t integers = n >= at + 2 ? vld1_s32(p + at) : n == at + 1 ? vld1_lane_s32(p + at, zero, 0) : zero;
    return vcvt_f64_f32(vcvt_f32_s32(integers));
}

static inline void vec_neon_store_f64(double *p, vec_register a, size_t at, size_t n) {
    if (n >= at + 2)
        vst1q_f64(p + at, a);
    else if (n == at + 1)
        vst1q_lane_f64(p + at, a, 0);
}

static inline void vec_neon_store_f32(float *p, vec_register a, size_t at, size_t n) {
    const float32x2_t floats = vcvt_f32_f64(a);
    if (n >= at + 2)
        vst1_f32(p + at, floats);
    else if (n == at + 1)
        vst1_lane_f32(p + at, floats, 0);
}

#define FIRST_LOAD(name, load, type)                                              \
    static inline vec name(const type *p, size_t n) {                             \
        return (vec){load(p, 0, n), load(p, 2, n), load(p, 4, n), load(p, 6, n)}; \
    }

#define FIRST_WORDS(load_first, load, store_first, store, type) \
    FIRST_LOAD(load_first, load, type)                          \
    static inline void store_first(type *p, vec a, size_t n) {  \
        store(p, a.r0, 0, n);                                   \
        store(p, a.r1, 2, n);                                   \
        store(p, a.r2, 4, n);                                   \
        store(p, a.r3, 6, n);                                   \
    }

FIRST_WORDS(vec_load_first_f64, vec_neon_load_f64, vec_store_first_f64, vec_neon_store_f64, double)
FIRST_WORDS(vec_load_first_f32, vec_neon_load_f32, vec_store_first_f32, vec_neon_store_f32, float)
FIRST_LOAD(vec_load_first_i32, vec_neon_load_i32, int32_t)

/* --- 16 bits --- */

static inline void floats_from_f16(const uint16_t *p, float *floats) {
    vst1q_f32(floats, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))));
    vst1q_f32(floats + 4, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4))));
}

static inline void floats_from_i32(const void *p, float *floats) {
    vst1q_f32(floats, vcvtq_f32_s32(vld1q_s32((const int32_t *)p)));
    vst1q_f32(floats + 4, vcvtq_f32_s32(vld1q_s32((const int32_t *)p + 4)));
}

/* Floats that can be rounded again, to fewer digits, as the doubles would be: those that are inexact become odd. */
WORD(float32x4_t, vec_neon_odd_floats, (vec_register a, vec_register b), vcvtx_high_f32_f64(vcvtx_f32_f64(a), b))

static inline uint16x8_t vec_neon_to_f16(vec a) {
    const float16x4_t low = vcvt_f16_f32(vec_neon_odd_floats(a.r0, a.r1));
    return vreinterpretq_u16_f16(vcvt_high_f16_f32(low, vec_neon_odd_floats(a.r2, a.r3)));
}

static inline uint16x4_t vec_neon_half_bf16(float32x4_t floats) {
    const uint32x4_t bits = vreinterpretq_u32_f32(floats), even = vshrq_n_u32(bits, 16);
    const uint32x4_t half = vaddq_u32(vandq_u32(even, vdupq_n_u32(1)), vdupq_n_u32(0x7FFF));
    const uint32x4_t rounded = vshrq_n_u32(vaddq_u32(bits, half), 16), nan = vorrq_u32(even, vdupq_n_u32(0x40));
    return vmovn_u32(vbslq_u32(vceqq_f32(floats, floats), rounded, nan));
}

static inline uint16x8_t vec_neon_to_bf16(vec a) {
    const uint16x4_t low = vec_neon_half_bf16(vec_neon_odd_floats(a.r0, a.r1));
    return vcombine_u16(low, vec_neon_half_bf16(vec_neon_odd_floats(a.r2, a.r3)));
}

static inline void vec_neon_store_u16(uint16_t *p, uint16x8_t a, size_t n) {
    uint16_t all[8];
    vst1q_u16(all, a);
    for (size_t k = 0; k < n; k++)
        p[k] = all[k];
}

STORE_WORD(vec_store_f16, (uint16_t *p, vec a), vst1q_u16(p, vec_neon_to_f16(a)))
STORE_WORD(vec_store_bf16, (uint16_t *p, vec a), vst1q_u16(p, vec_neon_to_bf16(a)))
STORE_WORD(vec_store_first_f16, (uint16_t *p, vec a, size_t n), vec_neon_store_u16(p, vec_neon_to_f16(a), n))
STORE_WORD(vec_store_first_bf16, (uint16_t *p, vec a, size_t n), vec_neon_store_u16(p, vec_neon_to_bf16(a), n))

/* --- masks --- */

static inline mask mask_first(size_t n) {
    static const uint64_t lanes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const uint64x2_t count = vdupq_n_u64(n);
    return (mask){vcltq_u64(vld1q_u64(lanes), count), vcltq_u64(vld1q_u64(lanes + 2), count),
                  vcltq_u64(vld1q_u64(lanes + 4), count), vcltq_u64(vld1q_u64(lanes + 6), count)};
}

static inline mask mask_but(size_t k) {
    static const int64_t around[] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1};
    const uint64_t *const from = (const uint64_t *)around + 8 - k;
    return (mask){vld1q_u64(from), vld1q_u64(from + 2), vld1q_u64(from + 4), vld1q_u64(from + 6)};
}

static inline mask mask_nonzero_bytes(const uint8_t *p, size_t n) {
    uint8_t bytes[8] = {0};
    memcpy(bytes, p, n);
    const uint8x8_t all = vld1_u8(bytes);
    /* Widened as signed numbers, a byte of ones stays ones. */
    const int16x8_t by_16 = vmovl_s8(vreinterpret_s8_u8(vtst_u8(all, all)));
    const int32x4_t low = vmovl_s16(vget_low_s16(by_16)), high = vmovl_high_s16(by_16);
    const int64x2_t r0 = vmovl_s32(vget_low_s32(low)), r1 = vmovl_high_s32(low);
    const int64x2_t r2 = vmovl_s32(vget_low_s32(high)), r3 = vmovl_high_s32(high);
    return (mask){vreinterpretq_u64_s64(r0), vreinterpretq_u64_s64(r1), vreinterpretq_u64_s64(r2),
                  vreinterpretq_u64_s64(r3)};
}

static inline unsigned mask_bits(mask a) {
    static const uint64_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint64x2_t low = vorrq_u64(vandq_u64(a.r0, vld1q_u64(bits)), vandq_u64(a.r1, vld1q_u64(bits + 2)));
    const uint64x2_t high = vorrq_u64(vandq_u64(a.r2, vld1q_u64(bits + 4)), vandq_u64(a.r3, vld1q_u64(bits + 6)));
    return (unsigned)vaddvq_u64(vorrq_u64(low, high));
}

WORD_2(mask, mask_and, mask, vandq_u64(a, b))
WORD_2(mask, mask_and_not, mask, vbicq_u64(a, b))
WORD_2(mask, mask_or, mask, vorrq_u64(a, b))
WORD_2(mask, vec_ge, vec, vcgeq_f64(a, b))
WORD_2(mask, vec_gt, vec, vcgtq_f64(a, b))
WORD_2(mask, vec_eq, vec, vceqq_f64(a, b))
WORD(mask, vec_ne, (vec a, vec b), mask_and_not(mask_first(8), vec_eq(a, b)))
WORD_3(vec_select, mask, vbslq_f64(a, b, c))

/* --- arithmetic --- */

WORD_2(vec, vec_add, vec, vaddq_f64(a, b))
WORD_2(vec, vec_sub, vec, vsubq_f64(a, b))
WORD_2(vec, vec_mul, vec, vmulq_f64(a, b))
WORD_2(vec, vec_div, vec, vdivq_f64(a, b))
WORD(vec, vec_add_where, (mask m, vec a, vec b), vec_select(m, vec_add(a, b), a))

/* Not fmax and fmin of this instruction set: those return a NaN, and tell 0 from -0. */
WORD_2(vec, vec_max, vec, vbslq_f64(vcgtq_f64(a, b), a, b))
WORD_2(vec, vec_min, vec, vbslq_f64(vcltq_f64(a, b), a, b))

/* The addend stands first in these intrinsics. */
WORD_3(vec_fma, vec, vfmaq_f64(c, a, b))
WORD_3(vec_fnma, vec, vfmsq_f64(c, a, b))
WORD_3(vec_fms, vec, vfmaq_f64(vnegq_f64(c), a, b))

/* --- lanes and bits --- */

WORD(double, vec_first, (vec a), vgetq_lane_f64(a.r0, 0))
WORD(double, vec_sum, (vec a), vaddvq_f64(vaddq_f64(vaddq_f64(a.r0, a.r2), vaddq_f64(a.r1, a.r3))))
WORD(vec, vec_swap_4, (vec a), ((vec){a.r2, a.r3, a.r0, a.r1}))
WORD(vec, vec_swap_2, (vec a), ((vec){a.r1, a.r0, a.r3, a.r2}))

static inline vec vec_swap_1(vec a) {
    return (vec){vextq_f64(a.r0, a.r0, 1), vextq_f64(a.r1, a.r1, 1), vextq_f64(a.r2, a.r2, 1),
                 vextq_f64(a.r3, a.r3, 1)};
}

WORD_2(vec, vec_bits_add, vec, vreinterpretq_f64_u64(vaddq_u64(vec_neon_bits(a), vec_neon_bits(b))))
WORD_2(vec, vec_bits_sub, vec, vreinterpretq_f64_u64(vsubq_u64(vec_neon_bits(a), vec_neon_bits(b))))

/* Constant counts become part of an instruction. */
BITS_WORD(vec_bits_shift_left, int, vshlq_u64(vec_neon_bits(a), vdupq_n_s64(b)))
BITS_WORD(vec_bits_shift_right, int, vshlq_u64(vec_neon_bits(a), vdupq_n_s64(-b)))
BITS_WORD(vec_bits_and, uint64_t, vandq_u64(vec_neon_bits(a), vdupq_n_u64(b)))
BITS_WORD(vec_bits_or, uint64_t, vorrq_u64(vec_neon_bits(a), vdupq_n_u64(b)))
BITS_WORD(vec_bits_xor, uint64_t, veorq_u64(vec_neon_bits(a), vdupq_n_u64(b)))

/*
 * --- reals ---
 *
 * Eight lanes: a row of interleaved lists, and registers enough for comparisons not to wait for each other.
 */

typedef struct reals_f32 {
    float32x4_t low, high;
} reals_f32;

enum { REALS_F32_LANES = 8 };

/* The same in both registers: value is that of one, of those of the operands a and b. */
#define REALS_WORD(name, value)                                                   \
    static inline float32x4_t name##_one(float32x4_t a, float32x4_t b) {          \
        return value;                                                             \
    }                                                                             \
    static inline reals_f32 name(reals_f32 a, reals_f32 b) {                      \
        return (reals_f32){name##_one(a.low, b.low), name##_one(a.high, b.high)}; \
    }

REALS_WORD(reals_add_f32, vaddq_f32(a, b))
REALS_WORD(reals_mul_f32, vmulq_f32(a, b))
REALS_WORD(reals_max_f32, vbslq_f32(vcgtq_f32(a, b), a, b))
REALS_WORD(reals_min_f32, vbslq_f32(vcltq_f32(a, b), a, b))
WORD(reals_f32, reals_all_f32, (float value), ((reals_f32){vdupq_n_f32(value), vdupq_n_f32(value)}))
WORD(reals_f32, reals_load_f32, (const float *p), ((reals_f32){vld1q_f32(p), vld1q_f32(p + 4)}))

WORD(reals_f32, reals_abs_f32, (reals_f32 a), ((reals_f32){vabsq_f32(a.low), vabsq_f32(a.high)}))

static inline void reals_store_f32(float *p, reals_f32 a) {
    vst1q_f32(p, a.low);
    vst1q_f32(p + 4, a.high);
}

static inline reals_f32 reals_where_greater_f32(reals_f32 a, reals_f32 b, reals_f32 yes, reals_f32 no) {
    return (reals_f32){vbslq_f32(vcgtq_f32(a.low, b.low), yes.low, no.low),
                       vbslq_f32(vcgtq_f32(a.high, b.high), yes.high, no.high)};
}

static inline reals_f32 reals_where_nonzero_f32(const uint8_t *p, reals_f32 yes, reals_f32 no) {
    const uint16x8_t bytes = vmovl_u8(vld1_u8(p));
    const uint32x4_t low = vmovl_u16(vget_low_u16(bytes)), high = vmovl_high_u16(bytes);
    return (reals_f32){vbslq_f32(vtstq_u32(low, low), yes.low, no.low),
                       vbslq_f32(vtstq_u32(high, high), yes.high, no.high)};
}

/* No lane is NaN, and the two zeros are equally large: here fmax and fmin will do. */
WORD(float, reals_largest_f32, (reals_f32 a), vmaxvq_f32(vmaxq_f32(a.low, a.high)))
WORD(float, reals_smallest_f32, (reals_f32 a), vminvq_f32(vminq_f32(a.low, a.high)))

static inline unsigned reals_equal_f32(reals_f32 a, reals_f32 b) {
    static const uint16_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x4_t low = vmovn_u32(vceqq_f32(a.low, b.low));
    const uint16x8_t equal = vmovn_high_u32(low, vceqq_f32(a.high, b.high));
    return vaddvq_u16(vandq_u16(equal, vld1q_u16(bits)));
}

#undef WORD
#undef STORE_WORD
#undef FIRST_WORDS
#undef GATHER_WORD
#undef WORD_2
#undef WORD_3
#undef BITS_WORD
#undef REALS_WORD

#endif

/*
 * The fused multiply-add a * b + c, rounded once to nearest, ties to even.
 *
 * rankloss__fma() is fma() where that is known to be exact: an instruction of the processor, or glibc's function. Other C
 * libraries cannot all be told apart, and some are wrong: that of MinGW-w64 rounds twice in one of seven random calls.
 * With them it is rankloss__integer_fma(), which computes in 128-bit integers and takes some tens of nanoseconds.
 */
#ifndef RANKLOSS_SRC_EXACT_FMA_H
#define RANKLOSS_SRC_EXACT_FMA_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "exact/digits.h"

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "RankLoss cannot be compiled with -ffast-math, -Ofast or -ffinite-math-only: no bit would be promised"
#endif

#if defined(__FP_FAST_FMA) || defined(__FMA__) || defined(__aarch64__) || defined(__s390x__) || defined(__powerpc64__)
#define RANKLOSS__HAS_EXACT_FMA 1
#elif defined(__riscv_flen) && __riscv_flen >= 64
#define RANKLOSS__HAS_EXACT_FMA 1
#elif defined(__GLIBC__)
#define RANKLOSS__HAS_EXACT_FMA 1
#else
#define RANKLOSS__HAS_EXACT_FMA 0
#endif

/* high * 2^64 + low */
typedef struct rankloss__uint128 {
    uint64_t high, low;
} rankloss__uint128;

/* a * b */
static inline rankloss__uint128 rankloss__wide_product(uint64_t a, uint64_t b) {
    const uint64_t half = 0xFFFFFFFFu;
    const uint64_t low = (a & half) * (b & half);
    const uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const uint64_t other = (a & half) * (b >> 32) + (middle & half);
    return (rankloss__uint128){(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32), other << 32 | (low & half)};
}

static inline rankloss__uint128 rankloss__wide_add(rankloss__uint128 a, rankloss__uint128 b) {
    const uint64_t low = a.low + b.low;
    return (rankloss__uint128){a.high + b.high + (low < a.low), low};
}

static inline rankloss__uint128 rankloss__wide_sub(rankloss__uint128 a, rankloss__uint128 b) {
    return (rankloss__uint128){a.high - b.high - (a.low < b.low), a.low - b.low};
}

/* x / 2^count; the last bit is 1 if any bit was lost, so that what is rounded later still knows of them. */
static inline uint64_t rankloss__shift_to_odd(uint64_t x, int count) {
    if (count == 0)
        return x;
    return count < 64 ? x >> count | (x << (64 - count) != 0) : x != 0;
}

static inline rankloss__uint128 rankloss__wide_shift_to_odd(rankloss__uint128 x, int count) {
    if (count >= 64)
        return (rankloss__uint128){0, rankloss__shift_to_odd(x.high, count - 64) | (x.low != 0)};
    if (count == 0)
        return x;
    return (rankloss__uint128){x.high >> count, x.high << (64 - count) | rankloss__shift_to_odd(x.low, count)};
}

/* |x| = fraction * 2^exponent with 2^52 <= fraction < 2^53, for the bits of an x that is finite and not 0 */
static inline uint64_t rankloss__fraction_of(uint64_t bits, int *exponent) {
    const uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    const int field = (int)(bits >> 52 & 0x7FF);
    const int shift = field != 0 ? 0 : __builtin_clzll(fraction) - 11;
    *exponent = field != 0 ? field - 1075 : -1074 - shift;
    return field != 0 ? fraction | UINT64_C(1) << 52 : fraction << shift;
}

/* x * 2^exponent, rounded to a double's bits; x is not 0 */
static inline uint64_t rankloss__wide_round(rankloss__uint128 x, int exponent) {
    if (x.high == 0) {
        x = (rankloss__uint128){x.low, 0};
        exponent -= 64;
    }
    const int zeros = __builtin_clzll(x.high);
    const uint64_t shifted = zeros != 0 ? x.high << zeros | x.low >> (64 - zeros) : x.high;
    uint64_t top = shifted | (x.low << zeros != 0); /* its highest bit is worth 2^place */
    const int place = exponent - zeros + 127;
    if (place > 1023)
        return UINT64_C(0x7FF) << 52;
    if (place < -1022)
        top = rankloss__shift_to_odd(top, -1022 - place);
    /* The highest bit, if it is still there, counts one up in the exponent; so does the carry of rounding. */
    const uint64_t bits = ((uint64_t)(place < -1022 ? 0 : place + 1022) << 52) + (top >> 11);
    const uint64_t rest = top & 0x7FF;
    return bits + (rest > 0x400 || (rest == 0x400 && (bits & 1u) != 0));
}

/* a * b + c, exact until it is rounded; needs neither an instruction nor a C library */
static inline double rankloss__integer_fma(double a, double b, double c) {
    const uint64_t infinite = UINT64_C(0x7FF) << 52, sign = UINT64_C(1) << 63;
    const uint64_t a_bits = rankloss__bits_of(a), b_bits = rankloss__bits_of(b), c_bits = rankloss__bits_of(c);
    if (a == 0.0 || b == 0.0 || (a_bits & infinite) == infinite || (b_bits & infinite) == infinite)
        return a * b + c;
    if ((c_bits & infinite) == infinite)
        return c; /* though a * b might overflow */
    if (c == 0.0)
        return a * b; /* which keeps its sign where it underflows */

    /* Both below 2^126. Where the one that is shifted loses bits, the other exceeds it by far: at most one leading bit
     * cancels, and the bit that stands for the lost ones stays below those that are kept. */
    int a_exponent, b_exponent, c_exponent;
    const uint64_t a_fraction = rankloss__fraction_of(a_bits, &a_exponent) << 10;
    const uint64_t b_fraction = rankloss__fraction_of(b_bits, &b_exponent) << 10;
    rankloss__uint128 product = rankloss__wide_product(a_fraction, b_fraction);
    rankloss__uint128 addend = {rankloss__fraction_of(c_bits, &c_exponent) << 9, 0};
    const int product_exponent = a_exponent + b_exponent - 20, addend_exponent = c_exponent - 73;
    const int exponent = product_exponent > addend_exponent ? product_exponent : addend_exponent;
    product = rankloss__wide_shift_to_odd(product, exponent - product_exponent);
    addend = rankloss__wide_shift_to_odd(addend, exponent - addend_exponent);

    const uint64_t product_sign = (a_bits ^ b_bits) & sign, addend_sign = c_bits & sign;
    uint64_t sum_sign = product_sign;
    rankloss__uint128 sum = rankloss__wide_add(product, addend);
    if (product_sign != addend_sign) {
        sum = rankloss__wide_sub(product, addend);
        if ((sum.high & sign) != 0) {
            sum = rankloss__wide_sub(addend, product);
            sum_sign = addend_sign;
        }
        if ((sum.high | sum.low) == 0)
            return 0.0;
    }
    const uint64_t result_bits = rankloss__wide_round(sum, exponent) | sum_sign;
    double result;
    memcpy(&result, &result_bits, sizeof result);
    return result;
}

#if RANKLOSS__HAS_EXACT_FMA
#define rankloss__fma fma
#else
#define rankloss__fma rankloss__integer_fma
#endif

#endif

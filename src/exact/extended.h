/*
 * Extended numbers: a double-double fraction and an exponent of its own, so that no product or quotient of them
 * overflows or underflows. Infinity and NaN are kept as they are and combine by IEEE arithmetic. Slow, for extended
 * precision.
 */
#ifndef RANKLOSS_SRC_EXACT_EXTENDED_H
#define RANKLOSS_SRC_EXACT_EXTENDED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "exact/digits.h"
#include "exact/double_double.h"

/* (hi + lo) * 2^exponent; 1 <= |hi| < 2, or hi is 0, infinite or NaN (then lo and exponent are 0) */
typedef struct rankloss__extended {
    double hi, lo;
    int64_t exponent;
} rankloss__extended;

/* 2^n for a normal result */
static inline double rankloss__power_of_two(int n) {
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The n for which 2^n <= |x| < 2^(n+1); x is finite, normal and not 0. */
static inline int rankloss__exponent_of(double x) {
    return (int)(rankloss__bits_of(x) >> 52 & 0x7FF) - 1023;
}

static inline bool rankloss__is_normal_range(double x) {
    return fabs(x) >= 0x1p-1022;
}

static inline rankloss__extended rankloss__extended_special(double x) {
    return (rankloss__extended){x, 0.0, 0};
}

/* fraction * 2^exponent, brought into form; fraction.hi is finite and neither tiny nor huge unless it is 0 */
static inline rankloss__extended rankloss__extended_make(rankloss__dd fraction, int64_t exponent) {
    if (fraction.hi == 0.0)
        return rankloss__extended_special(0.0);
    const int n = rankloss__exponent_of(fraction.hi);
    const double scale = rankloss__power_of_two(-n);
    return (rankloss__extended){fraction.hi * scale, fraction.lo * scale, exponent + n};
}

static inline rankloss__extended rankloss__extended_from(double x) {
    if (x == 0.0 || !isfinite(x))
        return rankloss__extended_special(x);
    if (!rankloss__is_normal_range(x))
        return rankloss__extended_make((rankloss__dd){x * 0x1p60, 0.0}, -60);
    const int n = rankloss__exponent_of(x);
    /* 2^-n would be subnormal for the largest n. */
    const double half = rankloss__power_of_two(-(n / 2));
    return (rankloss__extended){x * half * rankloss__power_of_two(n / 2 - n), 0.0, n};
}

/*
 * The double nearest to a. If it is subnormal, that nearest to a.hi, from which a differs by half a last place at most.
 */
static inline double rankloss__extended_to_double(rankloss__extended a) {
    if (a.exponent > 1023)
        return a.hi * 0x1p1023 * 2.0;
    if (a.exponent >= -1022)
        return a.hi * rankloss__power_of_two((int)a.exponent);
    if (a.exponent < -1080)
        return a.hi * 0x1p-1000 * 0x1p-1000;
    return a.hi * 0x1p-200 * rankloss__power_of_two((int)a.exponent + 200);
}

/* The nearest double-double; lo is 0 near the ends of a double's range. */
static inline rankloss__dd rankloss__extended_to_dd(rankloss__extended a) {
    const double hi = rankloss__extended_to_double(a);
    const bool fits = a.exponent > -900 && a.exponent < 1000 && isfinite(hi);
    return (rankloss__dd){hi, fits ? a.lo * rankloss__power_of_two((int)a.exponent) : 0.0};
}

static inline bool rankloss__extended_is_special(rankloss__extended a) {
    return !isfinite(a.hi);
}

static inline rankloss__extended rankloss__extended_negate(rankloss__extended a) {
    return (rankloss__extended){-a.hi, -a.lo, a.exponent};
}

static inline rankloss__extended rankloss__extended_add(rankloss__extended a, rankloss__extended b) {
    if (rankloss__extended_is_special(a) || rankloss__extended_is_special(b))
        return rankloss__extended_special(a.hi + b.hi);
    if (a.hi == 0.0)
        return b.hi == 0.0 ? rankloss__extended_special(0.0) : b;
    if (b.hi == 0.0)
        return a;
    if (a.exponent < b.exponent) {
        const rankloss__extended swap = a;
        a = b;
        b = swap;
    }
    if (a.exponent - b.exponent > 220)
        return a;
    const double scale = rankloss__power_of_two((int)(b.exponent - a.exponent));
    const rankloss__dd sum = rankloss__dd_add((rankloss__dd){a.hi, a.lo}, (rankloss__dd){b.hi * scale, b.lo * scale});
    return rankloss__extended_make(sum, a.exponent);
}

static inline rankloss__extended rankloss__extended_from_dd(rankloss__dd x) {
    return rankloss__extended_add(rankloss__extended_from(x.hi), rankloss__extended_from(x.lo));
}

static inline rankloss__extended rankloss__extended_sub(rankloss__extended a, rankloss__extended b) {
    return rankloss__extended_add(a, rankloss__extended_negate(b));
}

static inline rankloss__extended rankloss__extended_mul(rankloss__extended a, rankloss__extended b) {
    if (rankloss__extended_is_special(a) || rankloss__extended_is_special(b) || a.hi == 0.0 || b.hi == 0.0)
        return rankloss__extended_special(a.hi * b.hi);
    const rankloss__dd product = rankloss__dd_mul((rankloss__dd){a.hi, a.lo}, (rankloss__dd){b.hi, b.lo});
    return rankloss__extended_make(product, a.exponent + b.exponent);
}

static inline rankloss__extended rankloss__extended_div(rankloss__extended a, rankloss__extended b) {
    if (rankloss__extended_is_special(a) || rankloss__extended_is_special(b) || a.hi == 0.0 || b.hi == 0.0)
        return rankloss__extended_special(a.hi / b.hi);
    const rankloss__dd quotient = rankloss__dd_div((rankloss__dd){a.hi, a.lo}, (rankloss__dd){b.hi, b.lo});
    return rankloss__extended_make(quotient, a.exponent - b.exponent);
}

#endif

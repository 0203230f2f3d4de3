/*
 * log(1 + x) for x >= 0 within 1 ULP, in arithmetic that gives the same bits on every machine (libm's does not).
 *
 * 1 + x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2), and log(1 + f) = 2 atanh(z), z = f / (2 + f), as f - (f^2/2 -
 * z (f^2/2 + z^2 R(z^2))): the leading f is exact, and the rest is small beside it. Where k is 0, f is x itself;
 * otherwise what 1 + x lost by rounding is put back as its first-order term. The scheme is fdlibm's (Sun
 * Microsystems, 1993).
 *
 * R(q) = (2 atanh(sqrt q) / sqrt q - 2) / q, by Sollya: fpminimax(R, 6, [|D...|], [1b-30;zmax^2], relative, floating)
 * with zmax = (sqrt(2)-1)/(sqrt(2)+1)+1b-20; 2^-57.6 of the result.
 */
#ifndef RANKLOSS_SRC_EXACT_LOG1P_H
#define RANKLOSS_SRC_EXACT_LOG1P_H

#include <stdint.h>
#include <string.h>

#include "exact/digits.h"
#include "exact/fma.h"

static inline double rankloss__log1p(double x) {
    const double u = 1.0 + x;
    const uint64_t bits = rankloss__bits_of(u);
    /* Counting from the bits of sqrt 1/2 puts the fraction into [sqrt 1/2, sqrt 2). */
    const int64_t k = (int64_t)((bits - 0x3FE6A09E667F3BCDu) >> 52);
    double f = x, lost = 0.0;
    if (k != 0) {
        const uint64_t fraction_bits = bits - ((uint64_t)k << 52);
        double fraction;
        memcpy(&fraction, &fraction_bits, sizeof fraction);
        f = fraction - 1.0;
        lost = (x >= 1.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    }
    const double z = f / (2.0 + f);
    const double q = z * z;
    double r = 0x1.2b58bfd814b5ap-3;
    r = rankloss__fma(r, q, 0x1.39fe59b326d4ap-3);
    r = rankloss__fma(r, q, 0x1.7462b4b7deac2p-3);
    r = rankloss__fma(r, q, 0x1.c71c62e659d66p-3);
    r = rankloss__fma(r, q, 0x1.2492492deee3cp-2);
    r = rankloss__fma(r, q, 0x1.9999999995322p-2);
    r = rankloss__fma(r, q, 0x1.5555555555558p-1);
    const double half_square = 0.5 * f * f;
    const double n = (double)k;
    /* ln 2 in two parts, the first with 31 bits, so that n times it is exact. */
    const double small =
        rankloss__fma(z, rankloss__fma(q, r, half_square), rankloss__fma(n, 0x1.a39ef35793c76p-33, lost));
    return n * 0x1.62e42feep-1 - ((half_square - small) - f);
}

#endif

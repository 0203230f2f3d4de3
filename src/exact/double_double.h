/*
 * Unevaluated sums of two doubles, hi + lo with |lo| at most half a last place of hi: some 106 bits. Error-free
 * transforms of Dekker and Knuth; see Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic building
 * blocks of double-word arithmetic" (2017). Nothing here guards against overflow or underflow: extended.h does.
 */
#ifndef RANKLOSS_SRC_EXACT_DOUBLE_DOUBLE_H
#define RANKLOSS_SRC_EXACT_DOUBLE_DOUBLE_H

#include "exact/fma.h"

typedef struct rankloss__dd {
    double hi, lo;
} rankloss__dd;

/* a + b exactly */
static inline rankloss__dd rankloss__two_sum(double a, double b) {
    const double sum = a + b;
    const double back = sum - a;
    return (rankloss__dd){sum, (a - (sum - back)) + (b - back)};
}

/* a + b exactly, for |a| >= |b| or a = 0 */
static inline rankloss__dd rankloss__fast_two_sum(double a, double b) {
    const double sum = a + b;
    return (rankloss__dd){sum, b - (sum - a)};
}

/* a * b exactly */
static inline rankloss__dd rankloss__two_product(double a, double b) {
    const double product = a * b;
    return (rankloss__dd){product, rankloss__fma(a, b, -product)};
}

static inline rankloss__dd rankloss__dd_add(rankloss__dd a, rankloss__dd b) {
    const rankloss__dd hi = rankloss__two_sum(a.hi, b.hi);
    const rankloss__dd lo = rankloss__two_sum(a.lo, b.lo);
    const rankloss__dd sum = rankloss__fast_two_sum(hi.hi, hi.lo + lo.hi);
    return rankloss__fast_two_sum(sum.hi, sum.lo + lo.lo);
}

static inline rankloss__dd rankloss__dd_mul(rankloss__dd a, rankloss__dd b) {
    const rankloss__dd product = rankloss__two_product(a.hi, b.hi);
    return rankloss__fast_two_sum(product.hi, product.lo + rankloss__fma(a.hi, b.lo, a.lo * b.hi));
}

static inline rankloss__dd rankloss__dd_div(rankloss__dd a, rankloss__dd b) {
    const double quotient = a.hi / b.hi;
    const double rest = rankloss__fma(-quotient, b.hi, a.hi); /* exact */
    return rankloss__fast_two_sum(quotient, (rankloss__fma(-quotient, b.lo, rest) + a.lo) / b.hi);
}

#endif

/*
 * Sums of products of two doubles without any rounding: where they cancel, the rest may be smaller than the terms by
 * the whole range of a double, and every bit of it counts.
 */
#ifndef RANKLOSS_SRC_EXACT_EXTENDED_DOT_H
#define RANKLOSS_SRC_EXACT_EXTENDED_DOT_H

#include <stdint.h>

#include "exact/extended.h"

/*
 * The last bit of a double in two parts, the larger of which is a product's, weighs 2^(-2 * 1074 - 53 - 1 - 105) at
 * least; a product is below 2^2048. 64 bits are for the number of terms.
 */
enum { RANKLOSS__EXTENDED_DOT_LEAST = -2336, RANKLOSS__EXTENDED_DOT_DIGITS = 140 };

typedef struct rankloss__extended_dot {
    int64_t digits[RANKLOSS__EXTENDED_DOT_DIGITS];
    uint32_t pending; /* additions since the carries were last taken on */
    double special;   /* the infinite and NaN terms, added up; otherwise 0 */
} rankloss__extended_dot;

/* A zeroed sum is an empty one. The term is an exact product, or 0, infinite or NaN. */
void rankloss__extended_dot_add(rankloss__extended_dot *sum, rankloss__extended term);

/* Accurate to some 2^-104; the sum keeps its value. */
rankloss__extended rankloss__extended_dot_value(rankloss__extended_dot *sum);

#endif

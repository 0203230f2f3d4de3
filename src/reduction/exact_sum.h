/*
 * Sums of doubles without any rounding, so that neither their order nor their grouping can matter; rounded once when
 * read.
 *
 * A sum is a fixed-point number (digits.h) from 2^-(1074 + 16) up. With the 16 bits below the smallest double, losses
 * from 2^-14 to 2^18 begin in the same digit, and neighbours can be added to one another before they are to the sum.
 */
#ifndef RANKLOSS_SRC_REDUCTION_EXACT_SUM_H
#define RANKLOSS_SRC_REDUCTION_EXACT_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* 16 bits below a double's range of 2098, and 64 above it for the number of terms. */
enum { RANKLOSS__SUM_BELOW = 16, RANKLOSS__SUM_DIGITS = 70 };

typedef struct rankloss__exact_sum {
    int64_t digits[RANKLOSS__SUM_DIGITS];
    unsigned first, end; /* those from first to before end have been added to, the others are 0; 0, 0: none */
    uint32_t pending;    /* additions since the carries were last taken on */
    bool nan, plus_infinity, minus_infinity;
} rankloss__exact_sum;

/* A zeroed sum is an empty one. */
void rankloss__exact_sum_add(rankloss__exact_sum *sum, double term);
void rankloss__exact_sum_add_all(rankloss__exact_sum *sum, const double *terms, int count); /* count < 2^20 */
void rankloss__exact_sum_merge(rankloss__exact_sum *sum, rankloss__exact_sum *other);

/* sum / divisor (0 < divisor < 2^63), rounded once to a float dtype, as a double. Infinities of both signs give NaN. */
double rankloss__exact_sum_quotient(rankloss__exact_sum *sum, uint64_t divisor, int32_t dtype);

#endif

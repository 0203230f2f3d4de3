/*
 * Sums of doubles without any rounding, so that neither their order nor their grouping can matter; rounded once when
 * read.
 *
 * A sum is a fixed-point number (exact/digits.h) from 2^-(1074 + 16) up. With the 16 bits below the smallest double,
 * losses from 2^-14 to 2^18 begin in the same digit.
 *
 * Eight terms of an ordinary size, which is what most calls add, take a faster way: each is split into multiples of
 * 2^-14, of 2^-50 and of 2^-66, which are all the bits of a double from 2^-14 up, and the parts are added as doubles. Each
 * leaves the 53 bits of a double so much room that thousands of additions are exact (the extraction of vectors of S. M.
 * Rump, T. Ogita and S. Oishi, "Accurate floating-point summation, part I", 2008).
 */
#ifndef RANKLOSS_SRC_REDUCTION_EXACT_SUM_H
#define RANKLOSS_SRC_REDUCTION_EXACT_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum {
    RANKLOSS__SUM_BELOW = 16,
    RANKLOSS__SUM_DIGITS = 70, /* those 16 bits, a double's range of 2098, and 64 above it for the number of terms */
    RANKLOSS__SUM_WORDS = RANKLOSS__SUM_DIGITS / 2, /* of 64 bits */
    /*
     * Times that eight terms can be added as parts. The largest parts of a term are 2^18, 2^-15 and 2^-51; eight lanes of
     * so many are at most 2^36, 2^3 and 2^-33, up to which doubles have all multiples of what the parts are multiples of.
     */
    RANKLOSS__SPLIT_MOST = 1 << 15
};

typedef struct rankloss__exact_sum {
    int64_t digits[RANKLOSS__SUM_DIGITS];
    uint32_t pending;    /* additions to the digits since the last carry */
    uint16_t first, end; /* the digits from first to before end have been added to, the others are 0; 0, 0: none */
    bool nan, plus_infinity, minus_infinity;
} rankloss__exact_sum;

/* Terms that are still to be added to a sum. */
typedef struct rankloss__split_sum {
    RANKLOSS__ALIGNED double parts[RANKLOSS__SPLIT_PARTS][RANKLOSS__LANES];
    double waiting[RANKLOSS__LANES]; /* those that came last, which are not split yet */
    uint32_t times;                  /* that eight terms have come since all was empty */
} rankloss__split_sum;

/* A zeroed sum, of either kind, is an empty one. */
void rankloss__exact_sum_add(rankloss__exact_sum *sum, double term);

/*
 * Eight terms, faster. `sum` has all of them once rankloss__split_sum_end() has been called, which leaves an empty split
 * sum.
 */
void rankloss__split_sum_add(rankloss__split_sum *split, const rankloss__kernels *kernels,
                             const double terms[RANKLOSS__LANES], rankloss__exact_sum *sum);
void rankloss__split_sum_end(rankloss__split_sum *split, rankloss__exact_sum *sum);

void rankloss__exact_sum_merge(rankloss__exact_sum *sum, rankloss__exact_sum *other);

/*
 * sum / divisor, rounded once to a float dtype, as a double. Infinities of both signs give NaN. The divisor is positive;
 * an integer is below 2^63, and a double finite, subnormal or not. The sum may have another form afterwards: a negative one
 * has its sign no more.
 */
double rankloss__exact_sum_quotient(rankloss__exact_sum *sum, uint64_t divisor, int32_t dtype);
double rankloss__exact_sum_ratio(rankloss__exact_sum *sum, double divisor, int32_t dtype);

/*
 * The finite terms of a sum as a whole number of 2^-(1074 + RANKLOSS__SUM_BELOW) in two's complement, the least word
 * first; and into a sum that has none yet.
 */
void rankloss__exact_sum_store(rankloss__exact_sum *sum, uint64_t words[RANKLOSS__SUM_WORDS]);
void rankloss__exact_sum_load(rankloss__exact_sum *sum, const uint64_t words[RANKLOSS__SUM_WORDS]);

#endif

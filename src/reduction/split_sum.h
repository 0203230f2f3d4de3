/*
 * Where doubles of an ordinary size wait before they are added to an exact sum, eight at a time and without any rounding.
 *
 * A term is split into three parts: multiples of 2^-14, of 2^-50 and of 2^-66, which are all the bits of a double from
 * 2^-14 up. Each part leaves the 53 bits of a double so much room that thousands of additions are exact (the extraction
 * of vectors of S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation, part I", 2008).
 */
#ifndef RANKLOSS_SRC_REDUCTION_SPLIT_SUM_H
#define RANKLOSS_SRC_REDUCTION_SPLIT_SUM_H

#include <stdint.h>

#include "reduction/exact_sum.h"

enum {
    RANKLOSS__SPLIT_LANES = 8,
    RANKLOSS__SPLIT_PARTS = 3,
    /*
     * Times that a sum can be added to. The largest parts of a term are 2^18, 2^-15 and 2^-51; eight lanes of so many are
     * at most 2^36, 2^3 and 2^-33, up to which doubles have all multiples of what the parts are multiples of.
     */
    RANKLOSS__SPLIT_MOST = 1 << 15
};

/* A zeroed one is empty. */
typedef struct rankloss__split_sum {
    double parts[RANKLOSS__SPLIT_PARTS][RANKLOSS__SPLIT_LANES];
    uint32_t added; /* times eight terms */
} rankloss__split_sum;

/* Adds the terms here, or to the sum what cannot wait: fewer than eight, and those of other sizes. count <= eight */
void rankloss__split_sum_add(rankloss__split_sum *waiting, const double *terms, int count, rankloss__exact_sum *sum);

/* Adds everything that waits to the sum. */
void rankloss__split_sum_settle(rankloss__split_sum *waiting, rankloss__exact_sum *sum);

#endif

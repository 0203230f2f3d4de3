/*
 * Sums of doubles without any rounding, in fixed point, and their quotients rounded once.
 */
#ifndef RANKLOSS_TESTS_EXACT_H
#define RANKLOSS_TESTS_EXACT_H

#include <stdbool.h>
#include <stdint.h>

enum { EXACT_LIMBS = 70 };

/** Limb k counts units of 2^(32 k - 1138): 64 bits below the smallest double. Zero-initialise it. */
typedef struct exact_sum {
    int64_t limb[EXACT_LIMBS];
} exact_sum;

/** Adds a finite double; at most 2^30 times. */
void exact_add(exact_sum *sum, double x);

/** sum / divisor rounded once to a float dtype, ties to even. 1 <= divisor < 2^31. */
double exact_quotient(const exact_sum *sum, int64_t divisor, int32_t dtype);

/** The same for any positive divisor that is finite, where a long double has 64 bits or more. */
double exact_ratio(const exact_sum *sum, double divisor, int32_t dtype);

/** Whether it has (valgrind computes in 53). */
bool exact_ratio_is_precise(void);

#endif

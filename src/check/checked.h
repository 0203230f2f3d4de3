/*
 * Arithmetic on sizes that says when the result does not fit.
 */
#ifndef RANKLOSS_SRC_CHECK_CHECKED_H
#define RANKLOSS_SRC_CHECK_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

/* *product = a * b for a, b >= 0; false where it does not fit. */
static inline bool rankloss__checked_mul(int64_t a, int64_t b, int64_t *product) {
    if (b != 0 && a > INT64_MAX / b)
        return false;
    *product = a * b;
    return true;
}

/* *sum = a + b for a, b >= 0; false where it does not fit. */
static inline bool rankloss__checked_add(int64_t a, int64_t b, int64_t *sum) {
    if (a > INT64_MAX - b)
        return false;
    *sum = a + b;
    return true;
}

#endif

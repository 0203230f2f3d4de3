/*
 * A window of compensated sums over numbered elements. Elements outside the window are ignored, so that a window of
 * fixed size can serve an output of any size in several rounds.
 */
#ifndef RANKLOSS_SRC_LIST_COMPENSATED_SUMS_H
#define RANKLOSS_SRC_LIST_COMPENSATED_SUMS_H

#include <math.h>
#include <stdint.h>

#include "exact/double_double.h"

typedef struct rankloss__sum_window {
    rankloss__dd *sums;
    int64_t first; /* the number of sums[0] */
    int64_t count;
} rankloss__sum_window;

/* sum += value, with the rounding error kept in lo; infinities and NaN stay what they are. */
static inline void rankloss__compensated_add(rankloss__dd *sum, double value) {
    const rankloss__dd next = rankloss__two_sum(sum->hi, value);
    sum->hi = next.hi;
    sum->lo += isfinite(next.hi) ? next.lo : 0.0;
}

static inline double rankloss__compensated_value(rankloss__dd sum) {
    return sum.hi + sum.lo;
}

static inline void rankloss__add_to_window(rankloss__sum_window *totals, int64_t element, rankloss__dd value) {
    const int64_t i = element - totals->first;
    if (i < 0 || i >= totals->count)
        return;
    rankloss__compensated_add(&totals->sums[i], value.hi);
    totals->sums[i].lo += value.lo;
}

#endif

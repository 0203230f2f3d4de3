/*
 * One list's loss, and what its derivatives need of it. Knows no cotangent, no output and no other list.
 */
#ifndef RANKLOSS_SRC_LIST_FORWARD_H
#define RANKLOSS_SRC_LIST_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "exact/double_double.h"
#include "list/list_chunks.h"

typedef enum rankloss__path {
    RANKLOSS__EMPTY,   /* no valid item: everything is 0 */
    RANKLOSS__NAN,     /* the scores have no softmax: everything is NaN */
    RANKLOSS__FAST,    /* the kernels' sums hold; all members below are set */
    RANKLOSS__EXTENDED /* infinities, or numbers that double cannot carry: only loss and peak are set */
} rankloss__path;

/* The top item is the first valid one with the largest score. */
typedef struct rankloss__forward {
    rankloss__path path;
    rankloss__score_range peak; /* of the whole list; index is the top item */
    rankloss__span span;
    bool kept;    /* list->scratch->exps holds the exponentials of the whole list */
    bool rounded; /* the derivatives of a long list are made of exponentials that are rounded to float */
    bool uniform; /* every coefficient is 1: labels that were to sum to one, and summed to zero */
    bool zero;    /* every coefficient is 0 */
    bool finite;  /* so is everything below */
    double loss;
    rankloss__list_sums folded; /* the sums over the list but its top item, in lane 0 */
    rankloss__losses sums;
} rankloss__forward;

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward);

/* The chunk at `first` as the forward pass used it: without its labels and weights where the list is uniform. */
rankloss__items rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first);

static inline rankloss__lanes rankloss__in_all_lanes(double value) {
    rankloss__lanes lane;
    for (int k = 0; k < RANKLOSS__LANES; k++)
        lane.at[k] = value;
    return lane;
}

static inline rankloss__dd_lanes rankloss__dd_in_all_lanes(rankloss__dd value) {
    rankloss__dd_lanes lanes;
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        lanes.hi[k] = value.hi;
        lanes.lo[k] = value.lo;
    }
    return lanes;
}

/*
 * The rules of float64, for lanes and lists alike, on sums that are finite. Whether double carried them: coefficients
 * must be far from both ends of its range, and a loss may have been lost to underflow (a single item's is 0). float32
 * products and sums cannot leave the range.
 */
bool rankloss__sums_hold(const rankloss__list_sums *folded, const rankloss__losses *sums, int lane, double valid);

/* Whether coefficients cancel in their sum, so that it has to be made again from products in two parts. */
bool rankloss__coefficients_cancel(const rankloss__list_sums *folded, int lane);

/*
 * Whether the coefficients may be divided by their sum: so much of them is left in it that the result keeps its digits.
 * 2^-53 of n coefficients is lost at most in float32, 2^-104 in float64.
 */
bool rankloss__sum_to_one_holds(const rankloss__inputs *inputs, const rankloss__list_sums *folded, int lane);

#endif

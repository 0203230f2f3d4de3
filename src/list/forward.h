/*
 * One list's loss, and what its derivatives need of it. Knows no cotangent, no output and no other list.
 */
#ifndef RANKLOSS_SRC_LIST_FORWARD_H
#define RANKLOSS_SRC_LIST_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "list/extended_list.h"
#include "list/list_chunks.h"
#include "reduction/stretch.h"

typedef enum rankloss__path {
    RANKLOSS__EMPTY,   /* no valid item: everything is 0 */
    RANKLOSS__NAN,     /* the scores have no softmax: everything is NaN */
    RANKLOSS__FAST,    /* the kernels' sums are accurate; all members below are set */
    RANKLOSS__EXTENDED /* infinities, or numbers that do not fit a double: only loss and range are set */
} rankloss__path;

typedef struct rankloss__forward {
    rankloss__path path;
    rankloss__score_range range; /* of the whole list */
    rankloss__span span;
    bool exps_kept;    /* list->scratch->exps has the exponentials of the whole list */
    bool exps_rounded; /* the derivatives use exponentials rounded to floats, see float_exps.h */
    bool uniform;      /* every coefficient is 1: labels that were to sum to one, and summed to zero */
    bool zero;         /* every coefficient is 0 */
    bool of_whole;     /* the items at hand are a stretch of a longer list, `whole`, whose largest score range has */
    double loss;
    rankloss__list_sums sums; /* in lane 0, and so are the losses */
    rankloss__losses losses;
    rankloss__stretch whole;
} rankloss__forward;

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward);

/* The same of the items at hand, also where they are a stretch of a longer list. */
void rankloss__forward_own(rankloss__list *list, rankloss__forward *forward);

/* The sums in extended precision; not of a list that is empty or NaN. */
rankloss__extended_sums rankloss__forward_extended(rankloss__list *list, const rankloss__forward *forward);

/* The chunk at `first` as the forward pass used it: where the list is uniform, in a copy without its labels and weights. */
const rankloss__items *rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first,
                                               rankloss__items *uniform);

/* --- its steps, for lists in stretches --- */

rankloss__score_range rankloss__find_range(rankloss__list *list);

/*
 * What the exponentials of the labels are relative to. Chunks have these from here on, and are as short as the room for
 * them. Returns whether it is finite.
 */
bool rankloss__find_label_range(rankloss__list *list);

/* All sums, in parts, but for the argmax's. */
void rankloss__add_parts(rankloss__forward *forward, rankloss__list *list);

/* All sums. Returns whether they and the loss are finite. */
bool rankloss__sum_list(rankloss__forward *forward, rankloss__list *list);

/*
 * The sum of the coefficients again, in double-double arithmetic. Where they cancel, the roundings of products and
 * lanes would be a large part of the sum, and of all results that it multiplies or divides.
 */
void rankloss__sum_signed_coefficients(rankloss__forward *forward, rankloss__list *list);

static inline rankloss__dd rankloss__first_lane(const rankloss__dd_lanes *lanes) {
    return (rankloss__dd){lanes->hi[0], lanes->lo[0]};
}

static inline void rankloss__set_first_lane(rankloss__dd_lanes *lanes, rankloss__dd value) {
    lanes->hi[0] = value.hi;
    lanes->lo[0] = value.lo;
}

#endif

/*
 * One list's loss, and what its derivatives need of it. Knows no cotangent, no output and no other list.
 */
#ifndef RANKLOSS_SRC_LIST_FORWARD_H
#define RANKLOSS_SRC_LIST_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "list/list_chunks.h"

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
    double loss;
    rankloss__list_sums sums; /* in lane 0, and so are the losses */
    rankloss__losses losses;
} rankloss__forward;

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward);

/* The chunk at `first` as the forward pass used it: without its labels and weights where the list is uniform. */
rankloss__items rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first);

#endif

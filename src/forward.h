/*
 * One list's loss, and what its derivatives need of it. Knows no cotangent, no output and no other list.
 */
#ifndef RANKLOSS_SRC_FORWARD_H
#define RANKLOSS_SRC_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "twofold.h"

typedef enum rankloss__path {
    RANKLOSS__EMPTY,  /* no valid item: everything is 0 */
    RANKLOSS__NAN,    /* the scores have no softmax: everything is NaN */
    RANKLOSS__COMMON, /* the kernels' sums hold; all members below are set */
    RANKLOSS__CAREFUL /* infinities, or numbers that double cannot carry: only loss and peak are set */
} rankloss__path;

/* With the top item (the first valid one with the largest score) left out of the sums called rest: */
typedef struct rankloss__forward {
    rankloss__path path;
    rankloss__peak peak; /* of the whole list; index is the top item */
    rankloss__span span;
    bool kept;    /* list->scratch->exps holds the exponentials of the whole list */
    bool uniform; /* every coefficient is 1: labels that were to sum to one, and summed to zero */
    bool zero;    /* every coefficient is 0 */
    double loss;
    double lse; /* log-sum-exp less the largest score: log1p(rest of the exponentials) */
    double top_coef;
    double top_tangent;
    rankloss__twofold norm;          /* what the coefficients are divided by; 1 unless labels sum to one */
    rankloss__twofold rest_exps;     /* sum of exp(x_i): the top item's is 1 */
    rankloss__twofold rest_coefs;    /* sum of c_i */
    rankloss__twofold coefs;         /* rest_coefs + top_coef */
    rankloss__twofold rest_tangents; /* sum of exp(x_i) v_i */
} rankloss__forward;

rankloss__forward rankloss__forward_list(rankloss__list *list);

/* The chunk at `first` as the forward pass used it: without its labels and weights where the list is uniform. */
rankloss__items rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first);

/* The sum of lanes: in their fixed order, and with what rounding took in float64. */
rankloss__twofold rankloss__fold(const rankloss__lanes *lanes, bool compensated);

#endif

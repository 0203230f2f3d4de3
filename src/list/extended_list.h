/*
 * The careful path: a list in wide arithmetic, for what the kernels' doubles cannot carry: infinities, exponentials
 * far below the smallest double, coefficients and cotangents near the ends of the range. The plain formulas, an item
 * at a time, some hundred times slower.
 */
#ifndef RANKLOSS_SRC_LIST_EXTENDED_LIST_H
#define RANKLOSS_SRC_LIST_EXTENDED_LIST_H

#include "exact/extended.h"
#include "list/list_chunks.h"
#include "plan/cotangent.h"

/* What a list comes to. */
typedef struct rankloss__extended_sums {
    bool nan;
    bool uniform;
    size_t count; /* valid items */
    size_t top;   /* the first valid item with the largest score; left out of the sums called rest */
    double max;
    rankloss__extended norm;
    rankloss__extended rest_exps, total_exps, lse;
    rankloss__extended rest_coefs, coefs, argmax_coef;
    rankloss__extended rest_tangents, argmax_tangent, mean_tangent;
    rankloss__extended loss;
    rankloss__extended first, second, labels; /* upstream factors */
} rankloss__extended_sums;

/* What an item contributes to each output. */
typedef struct rankloss__extended_item {
    double slope, curve, bend, label_log, weight_log;
} rankloss__extended_item;

/* The loss of a list with this peak, which is finite. */
double rankloss__extended_loss(rankloss__list *list, const rankloss__score_range *peak);

/* The sums that the derivatives need. */
rankloss__extended_sums rankloss__extended_sums_of(rankloss__list *list, const rankloss__score_range *peak);
void rankloss__extended_set_upstream(rankloss__extended_sums *sums, const rankloss__upstream *upstream);

/* The derivatives at item i of a chunk; is_top: it is the top item of the list. */
rankloss__extended_item rankloss__extended_item_at(const rankloss__extended_sums *sums, const rankloss__list *list,
                                                   const rankloss__items *items, size_t i, bool is_top);

/*
 * The item's part of grad_labels, or of grad_weights, to many more bits than a double's: for sums in which lists
 * cancel.
 */
rankloss__extended rankloss__extended_log_term(const rankloss__extended_sums *sums, const rankloss__list *list,
                                               const rankloss__items *items, size_t i, bool by_weights);

/* The jvp of the list, without the cotangent. */
double rankloss__extended_jvp(const rankloss__extended_sums *sums, rankloss__list *list);

#endif

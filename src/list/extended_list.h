/*
 * A list in extended precision, for what does not fit the kernels' doubles: infinities, exponentials far below the
 * smallest double, coefficients and cotangents near the ends of the range. The plain formulas, an item at a time, some
 * hundred times slower.
 */
#ifndef RANKLOSS_SRC_LIST_EXTENDED_LIST_H
#define RANKLOSS_SRC_LIST_EXTENDED_LIST_H

#include "exact/extended.h"
#include "list/list_chunks.h"
#include "plan/plan.h"
#include "reduction/stretch.h"

/* The sums of a list, and what follows from them. "other": without the argmax. */
typedef struct rankloss__extended_sums {
    bool nan;
    bool is_stretch;         /* of a longer list: the largest score may be -inf */
    bool uniform;            /* every coefficient is 1: labels that were to sum to one, and summed to zero */
    size_t count;            /* valid items */
    size_t argmax;           /* the first valid item with the largest score */
    double logit, bias;      /* of the argmax */
    rankloss__extended norm; /* what coefficients are divided by */
    rankloss__extended label_total;
    rankloss__extended other_exps, total_exps, lse;
    rankloss__extended other_coefs, coefs, argmax_coef;
    rankloss__extended other_tangents, argmax_tangent, mean_tangent;
    rankloss__extended loss;
    rankloss__extended first, second, labels; /* upstream factors */
} rankloss__extended_sums;

/* The loss of a list with this range of scores, whose max is finite. */
double rankloss__extended_loss(rankloss__list *list, const rankloss__score_range *range);

/* The sums that the derivatives need, and the upstream factors. */
rankloss__extended_sums rankloss__extended_sums_of(rankloss__list *list, const rankloss__score_range *range);

/* The same of a list of which the one at hand is a stretch, whose item `argmax` is the list's; its size: none of them. */
rankloss__extended_sums rankloss__extended_sums_of_whole(const rankloss__list *list, const rankloss__stretch *whole,
                                                         size_t argmax);

double rankloss__extended_loss_of_whole(const rankloss__list *list, const rankloss__stretch *whole);

/* A list with this range of scores, which may be infinite, as a stretch of a longer one. */
rankloss__stretch rankloss__extended_stretch(rankloss__list *list, const rankloss__score_range *range);

void rankloss__extended_set_upstream(rankloss__extended_sums *sums, const rankloss__upstream *upstream);

/* A derivative at item i of a chunk; is_argmax: whether it is the list's argmax. */
double rankloss__extended_derivative(const rankloss__extended_sums *sums, const rankloss__list *list,
                                     const rankloss__items *items, size_t i, bool is_argmax,
                                     rankloss__derivative which);

/*
 * The item's part of grad_labels, or of grad_weights, to many more bits than a double's: for sums in which lists cancel.
 */
rankloss__extended rankloss__extended_log_term(const rankloss__extended_sums *sums, const rankloss__list *list,
                                               const rankloss__items *items, size_t i, bool by_weights);

/* The jvp of the list, without the cotangent. */
double rankloss__extended_jvp(const rankloss__extended_sums *sums, rankloss__list *list);

#endif

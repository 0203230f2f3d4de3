/*
 * The careful path: a list in wide arithmetic, for what the kernels' doubles cannot carry: infinities, exponentials
 * far below the smallest double, coefficients and cotangents near the ends of the range. The plain formulas, an item
 * at a time, some hundred times slower.
 */
#ifndef RANKLOSS_SRC_CAREFUL_H
#define RANKLOSS_SRC_CAREFUL_H

#include "list.h"
#include "upstream.h"
#include "wide.h"

/* What a list comes to. */
typedef struct rankloss__careful {
    bool nan;
    bool uniform;
    size_t count; /* valid items */
    size_t top;   /* the first valid item with the largest score; left out of the sums called rest */
    double max;
    rankloss__wide norm;
    rankloss__wide rest_exps, total_exps, lse;
    rankloss__wide rest_coefs, coefs, top_coef;
    rankloss__wide rest_tangents, top_tangent, mean_tangent;
    rankloss__wide loss;
    rankloss__wide first, second, labels; /* upstream factors */
} rankloss__careful;

/* What an item contributes to each output. */
typedef struct rankloss__careful_item {
    double slope, curve, bend, label_log, weight_log;
} rankloss__careful_item;

/* The loss of a list with this peak, which is finite. */
double rankloss__careful_loss(rankloss__list *list, const rankloss__peak *peak);

/* The sums that the derivatives need. */
rankloss__careful rankloss__careful_sums(rankloss__list *list, const rankloss__peak *peak);
void rankloss__careful_set_upstream(rankloss__careful *sums, const rankloss__upstream *upstream);

/* The derivatives at item i of a chunk; is_top: it is the top item of the list. */
rankloss__careful_item rankloss__careful_item_at(const rankloss__careful *sums, const rankloss__list *list,
                                                 const rankloss__items *items, size_t i, bool is_top);

/*
 * The item's part of grad_labels, or of grad_weights, to many more bits than a double's: for sums in which lists
 * cancel.
 */
rankloss__wide rankloss__careful_log_term(const rankloss__careful *sums, const rankloss__list *list,
                                          const rankloss__items *items, size_t i, bool by_weights);

/* The jvp of the list, without the cotangent. */
double rankloss__careful_jvp(const rankloss__careful *sums, rankloss__list *list);

#endif

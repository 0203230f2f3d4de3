/*
 * One list in long double: from scores, labels, weights and a tangent to the loss and every derivative, before any
 * cotangent.
 */
#ifndef RANKLOSS_TESTS_LIST_REFERENCE_H
#define RANKLOSS_TESTS_LIST_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "reference.h"

/** A sum with Neumaier's compensation. */
typedef struct compensated {
    long double total;
    long double lost;
} compensated;

void compensated_add(compensated *sum, long double x);

long double compensated_value(const compensated *sum);

/** Two numbers that stand for their sum, the second at most half a last place of the first. */
typedef struct unevaluated {
    long double value;
    long double lost;
} unevaluated;

/** logit / temperature + bias to 2^-126 of the larger term; infinite or NaN only where logit or bias is. */
unevaluated score_of(long double logit, long double temperature, long double bias);

/** The inputs of one item, then what follows from them. */
typedef struct item {
    bool valid;
    long double s;      /**< score, */
    long double s_lost; /**< and what rounding it lost: the sum of both is the score */
    long double s_size; /**< the larger of the terms that were added for it; 0 where it is the logit itself */
    long double y;      /**< label */
    long double w;      /**< weight */
    long double v;      /**< tangent */

    long double t;     /**< softmax of the labels; only with RANKLOSS_LABELS_SOFTMAX */
    long double c;     /**< coefficient */
    long double log_p; /**< log of the softmax */
    long double p;     /**< softmax */
    long double q;     /**< 1 - p */

    term grad_logits;
    term grad_labels;
    term grad_weights;
    term hess_logits;
    term hvp_logits;
} item;

typedef struct list {
    item *items;
    int64_t size;
    bool counted; /**< it has a valid item */
    term loss;
    term jvp;
} list;

/**
 * Whether scores that are rounded to 106 bits leave each difference within `tolerance` of what it is in the reals; where
 * not, rankloss/softmax.h promises nothing. Equal scores stay equal unless a bias was added.
 */
bool list_is_resolved(const list *l, long double tolerance, bool has_bias);

/** Fills in all but the inputs. label_mode is a rankloss_label_mode. */
void list_solve(list *l, long double temperature, int32_t label_mode);

#endif

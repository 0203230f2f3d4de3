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

/** The inputs of one item, then what follows from them. */
typedef struct item {
    bool valid;
    long double s; /**< score */
    long double y; /**< label */
    long double w; /**< weight */
    long double v; /**< tangent */

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

/** Fills in all but the inputs. */
void list_solve(list *l, long double temperature, bool sum_to_one);

#endif

/*
 * The items of one list in the form that kernels read: contiguous, in the compute dtype (or labels that are integers, see
 * rankloss__items). Inputs that have this form in memory are read in place; others are converted into blocks that stay in
 * the first-level cache.
 */
#ifndef RANKLOSS_SRC_LIST_LIST_INPUTS_H
#define RANKLOSS_SRC_LIST_LIST_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dtype/convert.h"
#include "list/scratch.h"
#include "plan/plan.h"

/* Whether the kernels read lists of this size in place from a view, which is a member of the inputs. */
bool rankloss__is_in_place(const rankloss__inputs *inputs, const rankloss__view *view, size_t size);

/* Whether no item of a list of this size has to be converted. */
bool rankloss__inputs_are_in_place(const rankloss__inputs *inputs, size_t size);

/*
 * The functions below read the items from `first` to before first + count of an input of a list of `size` items that
 * begins at `at`; NULL where that is NULL. The block gets them where they have to be converted.
 */
const void *rankloss__read(const rankloss__inputs *inputs, const rankloss__view *view, const char *at, size_t size,
                           size_t first, size_t count, void *block);

const uint8_t *rankloss__read_where(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                    size_t count, uint8_t *block);

/* In float64, whatever the compute dtype; NULL also where no output needs it. */
const double *rankloss__read_tangent(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                     size_t count, double *block);

/*
 * Sets how many items, in whole lanes, come before the first masked one; drops a mask that masks none. Lists that are
 * padded are masked at their end alone, and before it the kernels need not look at the mask. Whether they do changes no
 * bit.
 */
void rankloss__find_unmasked(rankloss__items *items);

/* Element i of items in the compute dtype; 1 where data is NULL. */
static inline double rankloss__value(const rankloss__inputs *inputs, const void *data, size_t i) {
    if (data == NULL)
        return 1.0;
    return inputs->is_f64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

/* The same of labels as kernels read them. */
static inline double rankloss__raw_label(const rankloss__inputs *inputs, const void *labels, size_t i) {
    const bool are_integers = labels != NULL && inputs->integer_labels != 0;
    return are_integers ? rankloss__integer_label(inputs->integer_labels, labels, i)
                        : rankloss__value(inputs, labels, i);
}

/* Label i of items, the exponential of one if they are. */
static inline double rankloss__label(const rankloss__inputs *inputs, const rankloss__items *items, size_t i) {
    return items->label_exps ? ((const double *)items->labels)[i] : rankloss__raw_label(inputs, items->labels, i);
}

/* Bytes of a label of items, or of its exponential. */
static inline size_t rankloss__label_size(const rankloss__inputs *inputs, const rankloss__items *items) {
    if (items->integer_labels != 0)
        return (size_t)rankloss__dtype_size(items->integer_labels);
    return inputs->is_f64 || items->label_exps ? sizeof(double) : sizeof(float);
}

/* The labels of a list in the place of its logits, for their exponentials. */
static inline rankloss__items rankloss__labels_as_logits(const rankloss__items *items, const void *labels) {
    rankloss__items as_logits = *items; /* not by an initialiser, which would clear all of it first */
    as_logits.logits = labels;
    as_logits.bias = as_logits.labels = as_logits.weights = NULL;
    as_logits.tangent = NULL;
    as_logits.scaled = as_logits.label_exps = false;
    as_logits.num_ahead = 0;
    return as_logits;
}

#endif

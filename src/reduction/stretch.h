/*
 * What the loss and the derivatives need to know of a stretch of a list: its sums, relative to its own largest score, as
 * extended numbers. Two stretches of one list are joined into one; and it is what a rankloss_list_state holds.
 */
#ifndef RANKLOSS_SRC_REDUCTION_STRETCH_H
#define RANKLOSS_SRC_REDUCTION_STRETCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/list_state.h>
#include <rankloss/softmax.h>

#include "exact/extended.h"

/* What a stretch is of. Two that are joined agree in all of it. */
typedef struct rankloss__stretch_kind {
    double temperature;
    int32_t label_mode; /* a rankloss_label_mode */
    bool is_f64;        /* the compute dtype */
    bool has_tangents;
} rankloss__stretch_kind;

/*
 * The argmax is apart from the sums over the others, as in the forward pass. A stretch without a finite score has none: its
 * logit is -inf, and every item is one of the others. One with a score of NaN or +inf has other_exps of NaN, and one with
 * such a label, if labels are to be a softmax, a rest of NaN; both stay so.
 */
typedef struct rankloss__stretch {
    rankloss__stretch_kind kind;
    int64_t valid;         /* 0: nothing else is set */
    bool has_coefficient;  /* one that is not 0 */
    bool has_bias;         /* some of its calls had a bias; that of the others is 0 */
    double logit, bias;    /* of the argmax */
    double argmax_tangent; /* if there are tangents; and so below */
    double label_max;      /* of the softmax of labels: the largest label; otherwise 0 */
    rankloss__extended
        rest; /* of the softmax of labels: the sum of their exponentials; of sum to one: the sum of all x_i */
    rankloss__extended other_exps, other_tangents;
    rankloss__extended other_coefs, argmax_coef;
    rankloss__extended coef_x; /* the sum of all c_i x_i */
} rankloss__stretch;

/* What makes two kinds different, in words; NULL if nothing does. */
const char *rankloss__stretch_difference(const rankloss__stretch_kind *a, const rankloss__stretch_kind *b);

/* The largest score of a less that of b; NaN for a score that is no number. */
rankloss__extended rankloss__stretch_height(const rankloss__stretch *a, const rankloss__stretch *b);

/* into: the stretch before `from`, of the same kind. Their valid items are together at most RANKLOSS__STRETCH_ITEMS. */
void rankloss__stretch_join(rankloss__stretch *into, const rankloss__stretch *from);

/* --- as words --- */

#define RANKLOSS__STRETCH_ITEMS ((int64_t)1 << 46)

/* Whether the words can be those of a state. */
bool rankloss__is_stretch(const rankloss_list_state *state);

/* Whether there is a valid item, and whether some calls had a bias. Of other words, no. */
bool rankloss__stretch_has_items(const rankloss_list_state *state);
bool rankloss__stretch_has_bias(const rankloss_list_state *state);

rankloss__stretch rankloss__stretch_load(const rankloss_list_state *state);
void rankloss__stretch_store(rankloss_list_state *state, const rankloss__stretch *stretch);

#endif

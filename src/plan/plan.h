/*
 * A checked call, ready to run: views of every argument, the outputs to compute, and the options as factors. All
 * threads read it; none writes it.
 */
#ifndef RANKLOSS_SRC_PLAN_PLAN_H
#define RANKLOSS_SRC_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

#include "batch/batch.h"
#include "exact/double_double.h"
#include "kernels/kernels.h"
#include "reduction/reduction.h"
#include "reduction/stretch.h"

typedef enum rankloss__derivative {
    RANKLOSS__GRAD_LABELS,
    RANKLOSS__GRAD_WEIGHTS,
    RANKLOSS__HESS_LOGITS,
    RANKLOSS__HVP_LOGITS,
    RANKLOSS__GRAD_LOGITS, /* last, as it may overwrite the logits */
    RANKLOSS__NUM_DERIVATIVES
} rankloss__derivative;

/* The wanted outputs of a list, a bit each: the derivatives by their number, and these. */
enum {
    RANKLOSS__WANT_LOSS = 1u << RANKLOSS__NUM_DERIVATIVES,
    RANKLOSS__WANT_JVP = RANKLOSS__WANT_LOSS << 1,
    RANKLOSS__WANT_STATE = RANKLOSS__WANT_JVP << 1,
    RANKLOSS__NUM_OUTPUTS = RANKLOSS__NUM_DERIVATIVES + 2, /* of those that a group of lists can have */
    RANKLOSS__WANT_DERIVATIVES = RANKLOSS__WANT_LOSS - 1
};

/* The inputs of all lists, and how their items become scores and coefficients. */
typedef struct rankloss__inputs {
    rankloss__batch batch;
    rankloss__view logits, labels, where, weights, bias, tangent;
    const rankloss__kernels *kernels;
    double temperature;
    rankloss__dd inverse_temperature;
    int32_t dtype;          /* the compute dtype */
    bool is_f64;            /* that is RANKLOSS_F64 */
    bool scaled;            /* scores are not the logits themselves: a temperature or a bias */
    bool is_moderate;       /* the temperature, so that the kernels can divide by it */
    bool sum_to_one;        /* RANKLOSS_LABELS_SUM_TO_ONE */
    bool label_exps;        /* RANKLOSS_LABELS_SOFTMAX */
    bool wants_tangent;     /* an output needs it */
    int32_t integer_labels; /* the dtype of integer labels that the kernels read in place, or 0; see rankloss__items */
    const rankloss_list_state
        *whole; /* the states of the lists of which those at hand are stretches; NULL: they are whole */
} rankloss__inputs;

/*
 * What multiplies the derivatives of a list: its cotangent, the derivative by the caller's reducer, the divisor of a mean,
 * and the temperature.
 */
typedef struct rankloss__upstream {
    double cotangent;
    double share;   /* a further factor where its product with the cotangent is far from 1; otherwise 1 */
    double divisor; /* of a mean; otherwise 1 */
    double temperature;
    rankloss__dd first;  /* cotangent / divisor / temperature */
    rankloss__dd second; /* cotangent / divisor / temperature^2 */
    double labels;       /* cotangent / divisor */
    bool
        moderate; /* all of them are 0, or far enough from the ends of double's range for the kernels; else first, second
                      and labels are not set */
} rankloss__upstream;

typedef struct rankloss__plan {
    rankloss__inputs inputs;
    unsigned asked;  /* by the caller: the outputs that are present */
    unsigned wanted; /* of each list: those with elements that are not summed over lists */
    rankloss__view loss, jvp;
    rankloss_list_state *states; /* NULL: not wanted */
    rankloss__view derivatives[RANKLOSS__NUM_DERIVATIVES];
    const rankloss_array *outputs[RANKLOSS__NUM_DERIVATIVES]; /* the arrays of these */
    rankloss__view layouts[RANKLOSS__NUM_DERIVATIVES]; /* of those summed over lists: elements in row-major order */
    bool across_lists[RANKLOSS__NUM_DERIVATIVES];      /* summed over lists, see list/sum_over_lists.h */
    bool any_across_lists;

    int32_t reduction;
    int32_t num_threads;
    int64_t counted;  /* lists with a valid item; where the mean or an accumulator needs them */
    bool adds_losses; /* the losses are summed, for one number or for an accumulator */
    double divisor;   /* of a mean: the caller's, or its counted lists, 1 where there is none; otherwise 1 */
    rankloss__custom custom;

    rankloss__view cotangent;
    bool shares_upstream;        /* all lists have `upstream`, and its factors */
    rankloss__upstream upstream; /* if not shared: the part that all lists have */
    rankloss__factors factors;   /* of that, in every lane */

    bool exceeds_own_cache; /* what the call reads and writes does not fit the cache of a core */
} rankloss__plan;

rankloss__plan rankloss__plan_make(const rankloss_problem *problem, const rankloss_result *result);

/* The lists with a valid item, of whole lists where those at hand are stretches. */
int64_t rankloss__plan_count_lists(const rankloss__batch *batch, const rankloss__view *where,
                                   const rankloss_list_state *whole);

/* What the states of the call's lists are of. */
rankloss__stretch_kind rankloss__stretch_kind_of(const rankloss__inputs *inputs);

/* Reads the cotangent, for rankloss__plan_upstream(); under RANKLOSS_CUSTOM after the reducer has answered. */
void rankloss__plan_set_upstream(rankloss__plan *plan);

rankloss__upstream rankloss__upstream_make(double cotangent, double divisor, double temperature);

/* The same under the caller's own reduction, whose derivative by the loss of the list is `share`. */
rankloss__upstream rankloss__upstream_make_shared(double cotangent, double share, double temperature);

/* The same factors in every lane. */
rankloss__factors rankloss__factors_of(const rankloss__upstream *upstream);

/* Of a list, by its position. */
rankloss__upstream rankloss__plan_upstream(const rankloss__plan *plan, const rankloss__position *position);

/*
 * The same of up to RANKLOSS__LANES lists that do not share it, as factors; further lanes get those of the first. Returns
 * the lists whose factors are moderate, a bit each. in_a_row: they are RANKLOSS__LANES lists that follow one another in a
 * batch with one axis.
 */
unsigned rankloss__plan_factors(const rankloss__plan *plan, const rankloss__position *positions, int count,
                                bool in_a_row, rankloss__factors *factors);

static inline bool rankloss__is_by_logits(rankloss__derivative which) {
    return which != RANKLOSS__GRAD_LABELS && which != RANKLOSS__GRAD_WEIGHTS;
}

static inline bool rankloss__wants(unsigned wanted, rankloss__derivative which) {
    return (wanted >> which & 1u) != 0;
}

#endif

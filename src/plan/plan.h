/*
 * A checked call made ready to run: views of every argument, and what the options come to.
 */
#ifndef RANKLOSS_SRC_PLAN_PLAN_H
#define RANKLOSS_SRC_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

#include "batch/strided_view.h"
#include "plan/cotangent.h"
#include "plan/inputs.h"
#include "reduction/reduction.h"

typedef enum rankloss__derivative {
    RANKLOSS__GRAD_LABELS,
    RANKLOSS__GRAD_WEIGHTS,
    RANKLOSS__HESS_LOGITS,
    RANKLOSS__HVP_LOGITS,
    RANKLOSS__GRAD_LOGITS, /* last, as it may overwrite the logits */
    RANKLOSS__NUM_DERIVATIVES
} rankloss__derivative;

static inline bool rankloss__is_by_logits(rankloss__derivative which) {
    return which != RANKLOSS__GRAD_LABELS && which != RANKLOSS__GRAD_WEIGHTS;
}

typedef struct rankloss__plan {
    rankloss__inputs inputs;
    rankloss__view cotangent;
    rankloss__view loss, jvp;
    rankloss__view derivatives[RANKLOSS__NUM_DERIVATIVES];
    rankloss__view layouts[RANKLOSS__NUM_DERIVATIVES]; /* elements of the output numbered in row-major order */
    bool across_lists[RANKLOSS__NUM_DERIVATIVES];      /* summed over lists: not for the batch loop */
    const rankloss_array *outputs[RANKLOSS__NUM_DERIVATIVES];
    int32_t reduction;
    int32_t num_threads;
    bool wants_jvp;
    bool wants_derivatives;      /* of those that the cotangent enters */
    int64_t counted;             /* lists of the mean */
    rankloss__upstream upstream; /* of every list, where they share it */
    rankloss__custom custom;
} rankloss__plan;

rankloss__plan rankloss__plan_make(const rankloss_problem *problem, const rankloss_result *result);

/* What multiplies the derivatives of a list. */
rankloss__upstream rankloss__plan_upstream(const rankloss__plan *call, const rankloss__position *place);

/* Sets what rankloss__plan_upstream() gives; for RANKLOSS_CUSTOM after the reducer has answered. */
void rankloss__plan_set_upstream(rankloss__plan *call);

#endif

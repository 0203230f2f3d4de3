/*
 * The inputs that all lists of a call share: views of the arrays, and what the options make of them.
 */
#ifndef RANKLOSS_SRC_PLAN_INPUTS_H
#define RANKLOSS_SRC_PLAN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/strided_view.h"
#include "kernels/kernels.h"

typedef struct rankloss__inputs {
    rankloss__batch batch;
    rankloss__view logits, labels, where, weights, bias, tangent;
    const rankloss__kernels *kernels;
    double inverse_temperature;
    double temperature;
    bool is_f64;        /* the compute dtype */
    bool scaled;        /* scores are not the logits themselves: a temperature or a bias */
    bool sum_to_one;    /* RANKLOSS_LABELS_SUM_TO_ONE */
    bool wants_tangent; /* an output needs it */
} rankloss__inputs;

static inline int32_t rankloss__compute_dtype(const rankloss__inputs *inputs) {
    return inputs->is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
}

static inline size_t rankloss__real_size(const rankloss__inputs *inputs) {
    return inputs->is_f64 ? sizeof(double) : sizeof(float);
}

#endif

/*
 * A checked call made ready to run: views of every argument, and what the options come to.
 */
#ifndef RANKLOSS_SRC_CALL_H
#define RANKLOSS_SRC_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

#include "gradient.h"
#include "list.h"
#include "reduction.h"
#include "upstream.h"
#include "view.h"

typedef struct rankloss__call {
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
} rankloss__call;

rankloss__call rankloss__call_make(const rankloss_problem *problem, const rankloss_result *result);

/* What multiplies the derivatives of a list. */
rankloss__upstream rankloss__call_upstream(const rankloss__call *call, const rankloss__place *place);

/* Sets what rankloss__call_upstream() gives; for RANKLOSS_CUSTOM after the reducer has answered. */
void rankloss__call_set_upstream(rankloss__call *call);

#endif

/*
 * Evaluates a whole call by MPFR, and judges its result: dense batches of shape (lists, items) whose every other input
 * has the shape of the logits, but for labels and weights, which may be (items), one row for all lists; with the
 * reductions none, sum and mean.
 */
#ifndef RANKLOSS_TESTS_MP_CALL_H
#define RANKLOSS_TESTS_MP_CALL_H

#include <stdint.h>

#include <rankloss/softmax.h>

#include "mp_number.h"
#include "reference.h"

/** Is given each element of each output, by number. */
typedef void mp_visit(void *context, output_kind kind, int64_t at, const mp_term *exact);

/** Evaluates the outputs that result has. Nothing is read or written through them. */
void mp_evaluate(const rankloss_problem *problem, rankloss_result *result, mp_visit *visit, void *context);

typedef struct mp_verdict {
    double worst[OUTPUT_KINDS]; /**< the largest error of each output, as mp_error() counts it */
    int64_t judged;             /**< elements */
    char failure[200];          /**< the first element beyond its bar, in words; "" where there is none */
} mp_verdict;

mp_verdict mp_judge(const rankloss_problem *problem, rankloss_result *result);

#endif

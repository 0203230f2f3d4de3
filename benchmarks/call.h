/*
 * One call that is timed: what it is given, what it is asked for, and who answers, the library or the handwritten
 * baseline.
 */
#ifndef BENCHMARKS_CALL_H
#define BENCHMARKS_CALL_H

#include <stdbool.h>

#include <rankloss/softmax.h>

#include "data.h"
#include "library.h"

typedef enum bench_work { BENCH_LOSS, BENCH_GRADIENT, BENCH_HESSIAN, BENCH_NUM_WORKS } bench_work;

/** The inputs beside logits and labels, and dtypes. Outputs have the dtype of the logits, but a sum is a double. */
typedef struct bench_inputs {
    const char *name; /**< in the rows */
    rankloss_dtype logits, labels;
    bool where, weights, bias;
    bool softmax_labels; /**< RANKLOSS_LABELS_SOFTMAX */
    bool none;           /**< RANKLOSS_NONE: a loss for each list, in the dtype of the logits */
    bool cotangents;     /**< with none: a cotangent for each list */
    bool in_place;       /**< the gradient replaces the logits, which are put back before each call */
    bool fresh_outputs;  /**< the outputs' pages are given back before each call, which then takes page faults */
    double temperature;  /**< 0: none */
    double pause;        /**< seconds of sleep before each call */
} bench_inputs;

typedef struct bench_call {
    bench_data *data;
    bench_inputs inputs;
    bench_work work;
    int threads;
    bench_library library; /**< softmax is NULL for the handwritten baseline */
    rankloss_problem problem;
    rankloss_result result;
    double loss; /**< of the latest run, where it is one number */
} bench_call;

/** "loss", "gradient", "hessian": the last two with what comes before them. */
const char *bench_work_name(bench_work work);

/** Fills in problem and result. The call must not move afterwards: it has pointers to itself. */
void bench_call_bind(bench_call *call);

/** Tasks for the harness; context is a bench_call. NULL where nothing is to be prepared. */
typedef void bench_step(void *context);
bench_step *bench_call_preparation(const bench_call *call);
void bench_call_run(void *context);

/** Runs the call. Where the library refuses it, what it says; otherwise NULL. */
const char *bench_call_refusal(bench_call *call);

/** Bytes that the call has to read and write, each array once. */
double bench_call_bytes(const bench_call *call);

#endif

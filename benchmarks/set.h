/*
 * A set of cases on one batch, measured in turn with the limits of the machine for that amount of data.
 */
#ifndef BENCHMARKS_SET_H
#define BENCHMARKS_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "call.h"
#include "harness.h"
#include "report.h"

enum { BENCH_MAX_CALLS = 64 };

typedef struct bench_set {
    const char *group;
    bench_data *data;
    bool crowded; /**< others are meant to take processor time meanwhile */
    size_t num_calls;
    bench_call calls[BENCH_MAX_CALLS];
} bench_set;

/** The set owns data from here on. */
bench_set *bench_set_begin(const char *group, bench_data *data);

/** library is NULL for the handwritten baseline. */
void bench_set_add(bench_set *set, const bench_inputs *inputs, bench_work work, int threads,
                   const bench_library *library);

/** Checks every answer, measures, reports a row for each call and one for each limit, and frees the set. */
void bench_set_finish(bench_set *set, bench_effort effort, bench_report *report);

#endif

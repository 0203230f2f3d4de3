/*
 * What was measured, as lines to read and as JSON for compare.py, the tables and the plots.
 */
#ifndef BENCHMARKS_REPORT_H
#define BENCHMARKS_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness.h"
#include "json.h"
#include "library.h"
#include "machine.h"
#include "options.h"

/** One measured case. Everything but the last block is its name: no two rows of a run are equal in all of it. */
typedef struct bench_row {
    const char *group, *data, *inputs, *work, *who, *isa;
    int64_t n, items; /**< n is 0 for a ragged batch */
    int threads;

    bench_timing timing; /**< nanoseconds an item; cpu: an item as well */
    double limit;        /**< nanoseconds an item that the machine needs at least */
    const char *bound;   /**< by what: "memory" or "exp" */
    double handwritten;  /**< nanoseconds an item of the handwritten baseline in the same set, or NaN */
} bench_row;

typedef struct bench_report {
    FILE *file; /**< NULL: no JSON */
    bench_json json;
    bool disturbed;    /**< of the rows to come: others took processor time meanwhile */
    int num_disturbed; /**< rows so far */
} bench_report;

bench_report bench_report_begin(const bench_options *options, const bench_machine *machine,
                                const bench_library *library);
void bench_report_row(bench_report *report, const bench_row *row);

/** Ends the program where the JSON could not be written. */
void bench_report_end(bench_report *report);

#endif

/*
 * The groups of cases to measure.
 */
#ifndef BENCHMARKS_GROUPS_H
#define BENCHMARKS_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "library.h"
#include "machine.h"
#include "options.h"
#include "report.h"

enum { BENCH_MAX_LIBRARIES = 8 };

/** What every group works with. */
typedef struct bench_run {
    const bench_options *options;
    const bench_machine *machine;
    bench_report *report;
    const bench_library *libraries; /**< the library under test, and a second build where there is one */
    size_t num_libraries;
} bench_run;

/** Runs the groups that the options name. False, and nothing run, where one of the names is none. */
bool bench_groups_exist(const char *names);
void bench_groups_run(const bench_run *run);

void bench_groups_print(void);

#endif

/*
 * The command line of bench_softmax.
 */
#ifndef BENCHMARKS_OPTIONS_H
#define BENCHMARKS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness.h"

typedef struct bench_options {
    const char *groups;  /**< names with commas between; NULL: all */
    const char *library; /**< file of the library under test */
    const char *against; /**< file of a second build to time in turn with it, or NULL */
    const char *isa;     /**< instruction set, or NULL: the best */
    const char *json;    /**< file to write, or NULL */
    int64_t items;       /**< of a dense batch, where the group does not choose */
    int64_t list_size;   /**< the only one to time; 0: those of the group */
    int threads;         /**< the most; 0: one a core */
    bench_effort effort; /**< for each set of tasks */
    bool help;
} bench_options;

/** Prints what is wrong and returns false where it cannot be understood. */
bool bench_options_parse(int argc, char **argv, bench_options *options);

void bench_options_print_usage(void);

#endif

/*
 * The plain formula in double, with which every answer is compared before it is timed.
 */
#ifndef BENCHMARKS_REFERENCE_H
#define BENCHMARKS_REFERENCE_H

#include "call.h"

/** Runs the call once and ends the program, with status 1, where the answer is wrong. */
void bench_reference_check(bench_call *call);

#endif

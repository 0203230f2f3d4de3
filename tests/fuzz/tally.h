/*
 * Counts what the inputs of a run have reached.
 */
#ifndef RANKLOSS_TESTS_FUZZ_TALLY_H
#define RANKLOSS_TESTS_FUZZ_TALLY_H

#include <stdbool.h>

#include <rankloss/status.h>

#include "mutations.h"
#include "sample.h"

void tally_add(const sample *s, const verdict *v, rankloss_status status);

/** Of a flat call: what judge_flat() has returned. */
void tally_add_flat(int which);

void tally_print(void);

/**
 * How many there are of what a corpus has to reach and the inputs have not: each status, each mutation, each flaw of
 * a flat call, each output in each of its dtypes, and each dtype of labels and weights. Prints them where `aloud`.
 */
int tally_missing(bool aloud);

#endif

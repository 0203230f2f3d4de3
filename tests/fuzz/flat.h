/*
 * The flat functions, judged by rankloss_softmax().
 */
#ifndef RANKLOSS_TESTS_FUZZ_FLAT_H
#define RANKLOSS_TESTS_FUZZ_FLAT_H

#include "input.h"
#include "mutations.h"
#include "sample.h"

/** The ways in which a flat call may be broken have the numbers 0 to num_flaws - 1. */
extern const int num_flaws;

const char *flaw_name(int which);

/**
 * Makes a flat call of a valid sample's dtypes, counts, numbers and choice of arrays, and breaks it where the bytes ask
 * for that. It has to give the bits of rankloss_softmax() for the same arrays, or the flaw's status and nothing else.
 * Returns the number of the flaw, or num_flaws where there is none. A wrong answer ends the program, as in judge.h.
 */
int judge_flat(const sample *s, const verdict *v, input *in);

#endif

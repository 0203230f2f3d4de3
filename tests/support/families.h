/*
 * Families of lists that are hard for a softmax: random problems of finite numbers, each family with one thing that goes
 * wrong where a formula is naive.
 */
#ifndef RANKLOSS_TESTS_FAMILIES_H
#define RANKLOSS_TESTS_FAMILIES_H

#include <stdint.h>

#include <rankloss/softmax.h>

#include "random.h"
#include "views.h"

/** A problem as mp_call.h wants it, and where its results go. */
typedef struct trial {
    pool memory;
    rankloss_problem problem;
    rankloss_result result;
} trial;

int num_families(void);

const char *family_name(int number);

/** Draws a trial: all inputs and outputs of dtype, or the outputs of the compute dtype; lists of up to `most` items. */
void family_draw(trial *t, int number, random_state *r, int32_t dtype, int64_t most);

#endif

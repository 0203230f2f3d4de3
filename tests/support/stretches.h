/*
 * A call by way of stretches: its lists are cut, each stretch gives its states, these are merged, and calls with the merged
 * states give the results of the items at hand.
 */
#ifndef RANKLOSS_TESTS_STRETCHES_H
#define RANKLOSS_TESTS_STRETCHES_H

#include <stdbool.h>

#include <rankloss/softmax.h>

#include "random.h"

/** Whether a problem is one that stretches_run() can cut: no reduction, and every array with an element for each item. */
bool stretches_fit(const rankloss_problem *problem, rankloss_result *result);

/**
 * Cuts every list at random, into stretches of which some are empty, and writes every output of result, whose arrays are
 * row-major. A jvp is the sum of the stretches', which are doubles. Says in words what went wrong; "" if nothing did.
 */
const char *stretches_run(const rankloss_problem *problem, rankloss_result *result, random_state *r);

#endif

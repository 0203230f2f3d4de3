/*
 * Makes the call of a sample and checks the result. A wrong one is printed and ends the program by abort().
 */
#ifndef RANKLOSS_TESTS_FUZZ_JUDGE_H
#define RANKLOSS_TESTS_FUZZ_JUDGE_H

#include <rankloss/status.h>

#include "mutations.h"
#include "sample.h"

/**
 * The status has to be one of the verdict's. With an error nothing is written, and rankloss_last_error() says
 * something; else the elements of the outputs alone are written, and hold what the reference has within the bars of
 * rankloss/softmax.h where the verdict says so. errno stays as it is.
 */
rankloss_status judge(sample *s, const verdict *v);

#endif

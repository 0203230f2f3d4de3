/*
 * Every check of the arguments, once, before any work. What passes here is safe to compute with; the rest of the
 * library asks nothing.
 */
#ifndef RANKLOSS_SRC_CHECK_VALIDATE_H
#define RANKLOSS_SRC_CHECK_VALIDATE_H

#include <rankloss/softmax.h>

rankloss_status rankloss__validate(const rankloss_problem *problem, const rankloss_result *result);

/* The same for a call whose only output is a number of lists. */
rankloss_status rankloss__validate_count(const rankloss_problem *problem, const int64_t *count);

#endif

/*
 * Carries a plan out: all lists, on as many threads as pay.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_EXECUTE_H
#define RANKLOSS_SRC_SCHEDULE_EXECUTE_H

#include "plan/plan.h"
#include "reduction/reduction.h"

/* Computes the wanted outputs of each list; adds reduced ones to totals. */
void rankloss__execute(const rankloss__plan *plan, unsigned wanted, rankloss__totals *totals);

#endif

/*
 * A plan carried out: all lists, on as many threads as they are worth.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_EXECUTE_H
#define RANKLOSS_SRC_SCHEDULE_EXECUTE_H

#include "plan/plan.h"
#include "reduction/reduction.h"

/* Computes what is wanted of each list; adds to totals what is reduced. */
void rankloss__execute(const rankloss__plan *plan, unsigned wanted, rankloss__totals *totals);

#endif

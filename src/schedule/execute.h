/*
 * A plan carried out: all lists, on as many threads as they are worth, and what their losses come to.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_EXECUTE_H
#define RANKLOSS_SRC_SCHEDULE_EXECUTE_H

#include "plan/plan.h"

/* Computes what is wanted of each list, and writes the reduced loss and jvp. */
void rankloss__execute(const rankloss__plan *plan);

/* The losses that the caller's own reducer is then given. */
void rankloss__execute_losses(const rankloss__plan *plan);

#endif

/*
 * The loop over the lists of a call: short ones in bundles, the others alone; what each yields is written or added.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_EXECUTE_H
#define RANKLOSS_SRC_SCHEDULE_EXECUTE_H

#include "plan/plan.h"

/* Computes and writes everything but gradients that are summed over lists. */
void rankloss__run(rankloss__plan *call);

/* The losses of RANKLOSS_CUSTOM, which its reducer is then given. */
void rankloss__run_losses(rankloss__plan *call);

#endif

/*
 * The batch loop: a range of lists in one thread, or cut over several. The only module that knows threads; knows
 * nothing of losses.
 */
#ifndef RANKLOSS_SRC_BATCH_H
#define RANKLOSS_SRC_BATCH_H

#include <stdint.h>

#include "view.h"

typedef struct rankloss__team rankloss__team;

/*
 * Computes the lists from begin to before end, in the default floating-point environment. Called once on each thread.
 */
typedef void (*rankloss__batch_body)(void *context, rankloss__team *team, int64_t begin, int64_t end);

/* num_threads: the most to use; 0: as OpenMP has it. Lists are cut by items, never by their number. */
void rankloss__batch_run(const rankloss__batch *batch, int32_t num_threads, rankloss__batch_body body, void *context);

/* Calls merge(context, part) while no other thread of the team is in such a call. */
void rankloss__team_merge(rankloss__team *team, void (*merge)(void *context, void *part), void *context, void *part);

#endif

/*
 * The only module that knows threads: a range of lists on one of them or on a team, and the parts of one list. Knows
 * nothing of losses.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_THREADS_H
#define RANKLOSS_SRC_SCHEDULE_THREADS_H

#include <stddef.h>
#include <stdint.h>

#include "batch/batch.h"

typedef struct rankloss__team rankloss__team;

/*
 * Computes the lists from begin to before end, in the default floating-point environment. Called at most once on each thread.
 */
typedef void (*rankloss__lists_body)(void *context, rankloss__team *team, int64_t begin, int64_t end);

/*
 * Computes the lists from begin to before end, by body; the caller's thread is in the default floating-point
 * environment. num_threads: the most to use; 0: as OpenMP has it. Lists are divided by their cost, which is mostly
 * items, not by their number.
 */
void rankloss__threads_run(const rankloss__batch *batch, int64_t begin, int64_t end, int32_t num_threads,
                           rankloss__lists_body body, void *context);

/* The threads that would work on the whole batch if it could be divided anywhere; 1 where a team does not pay. */
int rankloss__threads_for(const rankloss__batch *batch, int32_t num_threads);

/* Calls body for stretches that make up the numbers from 0 to before count, each on its own thread of a team. */
void rankloss__threads_share(size_t count, int threads, void (*body)(void *context, size_t begin, size_t end),
                             void *context);

/* Calls merge(context, part) while no other thread of the team is in such a call. */
void rankloss__team_merge(rankloss__team *team, void (*merge)(void *context, void *part), void *context, void *part);

#endif

/*
 * One thread's lists, each by the way of its size: who waits for whom.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_QUEUE_H
#define RANKLOSS_SRC_SCHEDULE_QUEUE_H

#include "list/loop.h"
#include "schedule/threads.h"

/* Computes the lists from begin to before end; a body for the batch loop, whose context is a rankloss__loop. */
void rankloss__run_lists(void *context, rankloss__team *team, int64_t begin, int64_t end);

#endif

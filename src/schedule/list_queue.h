/*
 * One thread's lists, each by the layout of its size; and which lists wait for one another to make a group.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_LIST_QUEUE_H
#define RANKLOSS_SRC_SCHEDULE_LIST_QUEUE_H

#include "plan/plan.h"
#include "reduction/reduction.h"
#include "schedule/threads.h"

/* What the threads of a call share. */
typedef struct rankloss__run {
    const rankloss__plan *plan;
    unsigned wanted;
    rankloss__totals *totals; /* to which each thread's are added under the team's lock */
} rankloss__run;

/* Computes the lists from begin to before end. context: a rankloss__run. */
void rankloss__list_queue_run(void *context, rankloss__team *team, int64_t begin, int64_t end);

#endif

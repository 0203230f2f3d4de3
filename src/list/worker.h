/*
 * One thread's share of a call: its working memory, its sums, and where the loss and the jvp of a list go.
 */
#ifndef RANKLOSS_SRC_LIST_WORKER_H
#define RANKLOSS_SRC_LIST_WORKER_H

#include <stdbool.h>

#include "list/fetch_ahead.h"
#include "list/list_chunks.h"
#include "list/scratch.h"
#include "plan/plan.h"
#include "reduction/reduction.h"

/* Set member by member, since an initialiser would clear the scratch. */
typedef struct rankloss__worker {
    const rankloss__plan *plan;
    const rankloss__part_runner *runner; /* of a list that threads share; otherwise NULL */
    rankloss__totals totals;
    rankloss__split_sum losses; /* of groups of lists, for totals.loss; without groups not set */
    rankloss__streams streams;  /* what is fetched ahead of time */
    rankloss__scratch scratch;
} rankloss__worker;

/* Writes a list's loss or jvp, or adds it to the totals. counted: whether a reduction counts the list. */
void rankloss__emit_loss(rankloss__worker *worker, const rankloss__position *position, double loss, bool counted);
void rankloss__emit_jvp(rankloss__worker *worker, const rankloss__position *position, double jvp, bool counted);

#endif

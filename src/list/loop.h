/*
 * A call being run: what its threads share, and what each has to itself.
 */
#ifndef RANKLOSS_SRC_LIST_LOOP_H
#define RANKLOSS_SRC_LIST_LOOP_H

#include "list/direct.h"
#include "list/list_chunks.h"
#include "plan/plan.h"
#include "reduction/split_sum.h"

/* What is computed of a list, a bit each: the derivatives by their number, and these. */
enum {
    RANKLOSS__WANT_LOSS = 1u << RANKLOSS__NUM_DERIVATIVES,
    RANKLOSS__WANT_JVP = RANKLOSS__WANT_LOSS << 1,
    RANKLOSS__WANT_GRAD_LOGITS = 1u << RANKLOSS__GRAD_LOGITS,
    RANKLOSS__WANT_HESS_LOGITS = 1u << RANKLOSS__HESS_LOGITS,
    RANKLOSS__WANT_LOSS_TO_REDUCER = RANKLOSS__WANT_LOSS << 2, /* instead of everything else */
    RANKLOSS__WANT_DERIVATIVES = RANKLOSS__WANT_LOSS - 1
};

/* A call being run, shared by the threads; totals are merged under a lock. */
typedef struct rankloss__loop {
    rankloss__plan *call;
    unsigned wanted;
    bool one_upstream; /* all lists have call->upstream, and these factors */
    bool large;        /* what is read and written does not stay in the cache */
    bool plain;        /* losses are added up, and every list whose sums hold has the derivatives from them */
    rankloss__factors factors;
    rankloss__direct direct;
    const rankloss__view *outputs[2]; /* the derivatives that are written most often, as far as they are wanted */
    rankloss__totals totals;
} rankloss__loop;

/* One thread's part of it. */
typedef struct rankloss__loop_thread {
    const rankloss__loop *loop;
    const rankloss__part_runner *spread; /* of the lists that are cut over threads; otherwise NULL */
    rankloss__totals totals;
    rankloss__split_sum losses; /* that wait to be added to the totals */
    rankloss__scratch scratch;
} rankloss__loop_thread;

#endif

/*
 * A list by itself: the forward pass, then the wanted outputs, the state first. The jvp comes before the gradient, which
 * may overwrite the logits.
 */
#include "list/single_list.h"

#include "list/float_exps.h"
#include "list/forward.h"
#include "list/gradient.h"
#include "list/whole_list.h"

static void write_derivatives(rankloss__worker *worker, rankloss__list *list, const rankloss__forward *forward,
                              unsigned wanted) {
    const rankloss__plan *plan = worker->plan;
    const rankloss__upstream upstream = rankloss__plan_upstream(plan, &list->position);
    const rankloss__factors factors = rankloss__factors_of(&upstream);
    rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES];
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        writers[which].kind = RANKLOSS__WRITER_ABSENT;
        if (rankloss__wants(wanted, (rankloss__derivative)which))
            writers[which] = rankloss__writer_make(&plan->derivatives[which], &plan->inputs.batch, &list->position,
                                                   list->scratch->spare.f64);
    }
    rankloss__derivatives(list, forward, &upstream, &factors, writers);
}

/* What the items at hand are as a stretch, from a forward pass of their own. */
static void write_state(rankloss__worker *worker, rankloss__list *list, rankloss__forward *forward) {
    rankloss__forward_own(list, forward);
    const rankloss__stretch stretch = rankloss__stretch_of(list, forward);
    rankloss__stretch_store(&worker->plan->states[list->position.list], &stretch);
}

void rankloss__single_list_run(rankloss__worker *worker, int64_t index, unsigned wanted) {
    rankloss__list list;
    rankloss__forward forward;
    rankloss__list_open(&list, &worker->plan->inputs, index, &worker->scratch.chunks);
    list.runner = worker->runner;
    list.streams = &worker->streams;
    list.float_exps = rankloss__find_float_exps(worker->plan, &list, wanted);
    if ((wanted & RANKLOSS__WANT_STATE) != 0)
        write_state(worker, &list, &forward);
    if (wanted == RANKLOSS__WANT_STATE)
        return;
    if ((wanted & RANKLOSS__WANT_STATE) == 0 || list.inputs->whole != NULL)
        rankloss__forward_list(&list, &forward);
    const bool counted = forward.path != RANKLOSS__EMPTY;
    if ((wanted & RANKLOSS__WANT_LOSS) != 0)
        rankloss__emit_loss(worker, &list.position, forward.loss, counted);
    if ((wanted & RANKLOSS__WANT_JVP) != 0)
        rankloss__emit_jvp(worker, &list.position, rankloss__jvp(&list, &forward), counted);
    if ((wanted & RANKLOSS__WANT_DERIVATIVES) != 0)
        write_derivatives(worker, &list, &forward, wanted);
}

/*
 * Where a list's loss and jvp go: an element of an output, a number for the caller's reducer, a term of a sum. With an
 * accumulator a loss may be both the first and the last.
 */
#include "list/worker.h"

#include "dtype/convert.h"

static void write_per_list(const rankloss__plan *plan, const rankloss__view *view, const rankloss__position *position,
                           double value) {
    char *at = rankloss__view_at(view, &plan->inputs.batch, position);
    if (at != NULL)
        rankloss__store_one(view->dtype, at, 0, value);
}

void rankloss__emit_loss(rankloss__worker *worker, const rankloss__position *position, double loss, bool counted) {
    const rankloss__plan *plan = worker->plan;
    if (plan->reduction == RANKLOSS_NONE) {
        write_per_list(plan, &plan->loss, position, loss);
    } else if (plan->reduction == RANKLOSS_CUSTOM) {
        plan->custom.losses[position->list] = loss;
        plan->custom.counted[position->list] = counted;
    }
    if (plan->adds_losses && counted)
        rankloss__exact_sum_add(&worker->totals.loss, loss);
}

void rankloss__emit_jvp(rankloss__worker *worker, const rankloss__position *position, double jvp, bool counted) {
    const rankloss__plan *plan = worker->plan;
    if (plan->reduction == RANKLOSS_NONE)
        write_per_list(plan, &plan->jvp, position, jvp);
    else if (counted)
        rankloss__exact_sum_add(&worker->totals.jvp,
                                plan->reduction == RANKLOSS_CUSTOM ? plan->custom.d_losses[position->list] * jvp : jvp);
}

/*
 * The general call: checks, makes ready, runs over the batch, reduces.
 */
#include <rankloss/softmax.h>

#include <errno.h>

#include "batch.h"
#include "call.h"
#include "convert.h"
#include "environment.h"
#include "scatter.h"
#include "validate.h"

static void write_per_list(const rankloss__view *view, const rankloss__list *list, double value) {
    char *at = rankloss__view_at(view, &list->inputs->batch, &list->place);
    if (at != NULL)
        rankloss__store(view->dtype, at, 0, 1, &value);
}

/* --- the loop of RANKLOSS_CUSTOM that comes before the reducer: losses alone --- */

static void collect_losses(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    rankloss__call *call = context;
    rankloss__scratch scratch;
    rankloss__list list;
    (void)team;
    for (int64_t i = begin; i < end; i++) {
        rankloss__list_open(&list, &call->inputs, i, &scratch);
        rankloss__forward forward;
        rankloss__forward_list(&list, &forward);
        call->custom.losses[i] = forward.loss;
        call->custom.counted[i] = forward.path != RANKLOSS__EMPTY;
    }
}

/* --- the main loop --- */

typedef struct batch_run {
    rankloss__call *call;
    rankloss__totals totals;
} batch_run;

static void emit_loss(const rankloss__call *call, const rankloss__list *list, const rankloss__forward *forward,
                      rankloss__totals *totals) {
    if (call->reduction == RANKLOSS_NONE)
        write_per_list(&call->loss, list, forward->loss);
    else if (forward->path != RANKLOSS__EMPTY)
        rankloss__exact_sum_add(&totals->loss, forward->loss);
}

static void emit_jvp(const rankloss__call *call, rankloss__list *list, const rankloss__forward *forward,
                     rankloss__totals *totals) {
    const double jvp = rankloss__jvp(list, forward);
    if (call->reduction == RANKLOSS_NONE)
        write_per_list(&call->jvp, list, jvp);
    else if (call->reduction == RANKLOSS_CUSTOM && forward->path != RANKLOSS__EMPTY)
        rankloss__exact_sum_add(&totals->jvp, call->custom.d_losses[list->place.list] * jvp);
    else if (forward->path != RANKLOSS__EMPTY)
        rankloss__exact_sum_add(&totals->jvp, jvp);
}

static void emit_derivatives(const rankloss__call *call, rankloss__list *list, const rankloss__forward *forward) {
    const rankloss__batch *batch = &call->inputs.batch;
    const int32_t dtype = call->inputs.is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
    const rankloss__upstream upstream = rankloss__call_upstream(call, &list->place);
    rankloss__sink sinks[RANKLOSS__NUM_DERIVATIVES];
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        if (call->across_lists[which])
            sinks[which] = (rankloss__sink){.kind = RANKLOSS__SINK_ABSENT};
        else
            sinks[which] =
                rankloss__sink_make(&call->derivatives[which], batch, &list->place, dtype, list->scratch->rows.f64);
    }
    rankloss__derivatives(list, forward, &upstream, sinks);
}

/* The jvp comes before the gradient, which may overwrite the logits. */
static void run_lists(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    batch_run *run = context;
    const rankloss__call *call = run->call;
    rankloss__totals totals = {0};
    rankloss__scratch scratch;
    rankloss__list list;
    for (int64_t i = begin; i < end; i++) {
        rankloss__list_open(&list, &call->inputs, i, &scratch);
        rankloss__forward forward;
        rankloss__forward_list(&list, &forward);
        emit_loss(call, &list, &forward, &totals);
        if (call->wants_jvp)
            emit_jvp(call, &list, &forward, &totals);
        if (call->wants_derivatives)
            emit_derivatives(call, &list, &forward);
    }
    if (call->reduction != RANKLOSS_NONE)
        rankloss__team_merge(team, rankloss__totals_merge, &run->totals, &totals);
}

/* Lists without items yield nothing, however many there are, unless something is written for each list. */
static bool nothing_per_list(const rankloss__call *call) {
    const bool dense = rankloss__is_absent(&call->inputs.batch.offsets);
    bool per_list = call->reduction == RANKLOSS_NONE;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        per_list |= call->derivatives[which].present && call->derivatives[which].data != NULL;
    return dense && call->inputs.batch.list_size == 0 && !per_list;
}

static void run_batch(rankloss__call *call) {
    batch_run run = {.call = call};
    if (!nothing_per_list(call))
        rankloss__batch_run(&call->inputs.batch, call->num_threads, run_lists, &run);
    if (call->reduction == RANKLOSS_NONE)
        return;
    if (call->reduction == RANKLOSS_CUSTOM)
        rankloss__write_number(&call->loss, call->custom.reduced);
    else
        rankloss__write_quotient(&call->loss, &run.totals.loss, call->counted);
    rankloss__write_quotient(&call->jvp, &run.totals.jvp, call->counted);
}

/* Calls the reducer, in the caller's environment. */
static rankloss_status ask_reducer(rankloss__call *call, const rankloss_reducer *reducer,
                                   rankloss__environment *caller) {
    const int64_t num_lists = call->inputs.batch.num_lists;
    rankloss_status status =
        rankloss__custom_allocate(&call->custom, num_lists, call->wants_jvp || call->wants_derivatives);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__batch_run(&call->inputs.batch, call->num_threads, collect_losses, call);
    rankloss__environment_leave(*caller);
    status = rankloss__custom_reduce(&call->custom, reducer, num_lists);
    *caller = rankloss__environment_enter();
    return status;
}

static bool asks_for_nothing(const rankloss__call *call) {
    return !call->loss.present && !call->wants_jvp && !call->wants_derivatives;
}

static rankloss_status compute(const rankloss_problem *problem, const rankloss_result *result,
                               rankloss__environment *caller) {
    rankloss_status status = rankloss__validate(problem, result);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__call call = rankloss__call_make(problem, result);
    rankloss__accumulator window;
    if (asks_for_nothing(&call))
        return RANKLOSS_OK;
    if (call.reduction == RANKLOSS_CUSTOM)
        status = ask_reducer(&call, problem->reducer, caller);
    rankloss__call_set_upstream(&call);
    if (status == RANKLOSS_OK)
        status = rankloss__scatter_allocate(&window, &call);
    if (status == RANKLOSS_OK) {
        rankloss__scatter(&call, &window);
        run_batch(&call);
    }
    rankloss__custom_free(&call.custom);
    return status;
}

rankloss_status rankloss_softmax(const rankloss_problem *problem, const rankloss_result *result) {
    const int caller_errno = errno;
    rankloss__environment caller = rankloss__environment_enter();
    const rankloss_status status = compute(problem, result, &caller);
    rankloss__environment_leave(caller);
    errno = caller_errno;
    return status;
}

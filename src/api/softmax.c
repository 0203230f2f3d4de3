/*
 * The general call: checks, makes ready, runs over the batch, reduces.
 */
#include <rankloss/softmax.h>

#include <errno.h>

#include "check/validate.h"
#include "cpu/fp_environment.h"
#include "list/sum_over_lists.h"
#include "plan/plan.h"
#include "schedule/execute.h"

/* Calls the reducer, in the caller's environment. */
static rankloss_status ask_reducer(rankloss__plan *call, const rankloss_reducer *reducer,
                                   rankloss__fp_environment *caller) {
    const int64_t num_lists = call->inputs.batch.num_lists;
    rankloss_status status =
        rankloss__custom_allocate(&call->custom, num_lists, call->wants_jvp || call->wants_derivatives);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__run_losses(call);
    rankloss__fp_environment_leave(*caller);
    status = rankloss__custom_reduce(&call->custom, reducer, num_lists);
    *caller = rankloss__fp_environment_enter();
    return status;
}

static bool asks_for_nothing(const rankloss__plan *call) {
    return !call->loss.present && !call->wants_jvp && !call->wants_derivatives;
}

static rankloss_status compute(const rankloss_problem *problem, const rankloss_result *result,
                               rankloss__fp_environment *caller) {
    rankloss_status status = rankloss__validate(problem, result);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__plan call = rankloss__plan_make(problem, result);
    rankloss__sum_window window;
    if (asks_for_nothing(&call))
        return RANKLOSS_OK;
    if (call.reduction == RANKLOSS_CUSTOM)
        status = ask_reducer(&call, problem->reducer, caller);
    rankloss__plan_set_upstream(&call);
    if (status == RANKLOSS_OK)
        status = rankloss__sum_over_lists_allocate(&window, &call);
    if (status == RANKLOSS_OK) {
        rankloss__sum_over_lists(&call, &window);
        rankloss__run(&call);
    }
    rankloss__custom_free(&call.custom);
    return status;
}

rankloss_status rankloss_softmax(const rankloss_problem *problem, const rankloss_result *result) {
    const int caller_errno = errno;
    rankloss__fp_environment caller = rankloss__fp_environment_enter();
    const rankloss_status status = compute(problem, result, &caller);
    rankloss__fp_environment_leave(caller);
    errno = caller_errno;
    return status;
}

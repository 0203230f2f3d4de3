/*
 * The general call: checked, planned, carried out.
 */
#include <rankloss/softmax.h>

#include <errno.h>

#include "check/validate.h"
#include "cpu/fp_environment.h"
#include "list/sum_over_lists.h"
#include "plan/plan.h"
#include "schedule/execute.h"

/* Has the caller's reducer called, in the caller's floating-point environment, which may change there. */
static rankloss_status reduce(rankloss__plan *plan, const rankloss_reducer *reducer, rankloss__fp_environment *caller) {
    const int64_t num_lists = plan->inputs.batch.num_lists;
    const bool derivative = (plan->asked & ~(unsigned)RANKLOSS__WANT_LOSS) != 0;
    rankloss_status status = rankloss__custom_allocate(&plan->custom, num_lists, derivative);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__execute_losses(plan);
    rankloss__fp_environment_leave(*caller);
    status = rankloss__custom_reduce(&plan->custom, reducer, num_lists);
    *caller = rankloss__fp_environment_enter();
    return status;
}

static rankloss_status compute(const rankloss_problem *problem, const rankloss_result *result,
                               rankloss__fp_environment *caller) {
    rankloss_status status = rankloss__validate(problem, result);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__plan plan = rankloss__plan_make(problem, result);
    rankloss__sum_window window;
    if (plan.asked == 0)
        return RANKLOSS_OK;
    if (plan.reduction == RANKLOSS_CUSTOM)
        status = reduce(&plan, problem->reducer, caller);
    rankloss__plan_set_upstream(&plan);
    if (status == RANKLOSS_OK && plan.any_across_lists) {
        status = rankloss__sum_over_lists_allocate(&window, &plan);
        if (status == RANKLOSS_OK)
            rankloss__sum_over_lists(&plan, &window);
    }
    if (status == RANKLOSS_OK)
        rankloss__execute(&plan);
    rankloss__custom_free(&plan.custom);
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

/*
 * The general call: checks the arguments, makes the plan, carries it out. And how many lists it would count.
 */
#include <rankloss/softmax.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "check/validate.h"
#include "cpu/fp_environment.h"
#include "dtype/convert.h"
#include "list/sum_over_lists.h"
#include "plan/plan.h"
#include "reduction/reduction.h"
#include "reduction/stored_sum.h"
#include "schedule/execute.h"
#include "status/error.h"

/* The losses for the caller's reducer, and its call in the caller's floating-point environment, which may change there. */
static rankloss_status reduce(rankloss__plan *plan, const rankloss_reducer *reducer, rankloss__totals *totals,
                              rankloss__fp_environment *caller) {
    const int64_t num_lists = plan->inputs.batch.num_lists;
    const bool derivative = (plan->asked & ~(unsigned)(RANKLOSS__WANT_LOSS | RANKLOSS__WANT_STATE)) != 0;
    rankloss_status status = rankloss__custom_allocate(&plan->custom, num_lists, derivative);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__execute(plan, RANKLOSS__WANT_LOSS, totals);
    rankloss__fp_environment_leave(*caller);
    status = rankloss__custom_reduce(&plan->custom, reducer, num_lists);
    *caller = rankloss__fp_environment_enter();
    return status;
}

static rankloss_status sum_over_lists(const rankloss__plan *plan) {
    rankloss__sum_window window;
    const rankloss_status status = rankloss__sum_over_lists_allocate(&window, plan);
    if (status == RANKLOSS_OK)
        rankloss__sum_over_lists(plan, &window);
    return status;
}

/* The loss and the jvp of all lists together; what a caller's reducer answers is a number already. */
static void write_reduced(const rankloss__plan *plan, rankloss__totals *totals) {
    const rankloss__view *loss = &plan->loss, *jvp = &plan->jvp;
    if (loss->present)
        rankloss__store_one(loss->dtype, loss->data, 0,
                            plan->reduction == RANKLOSS_CUSTOM
                                ? plan->custom.reduced
                                : rankloss__exact_sum_ratio(&totals->loss, plan->divisor, loss->dtype));
    if (jvp->present)
        rankloss__store_one(jvp->dtype, jvp->data, 0,
                            rankloss__exact_sum_ratio(&totals->jvp, plan->divisor, jvp->dtype));
}

/* Lists without items yield nothing, however many there are, unless something is written for each list. */
static bool yields_something(const rankloss__plan *plan, unsigned wanted) {
    const bool for_each_list = (plan->reduction == RANKLOSS_NONE && (plan->loss.present || plan->jvp.present)) ||
                               plan->states != NULL || plan->inputs.whole != NULL;
    const bool for_each_item = (wanted & RANKLOSS__WANT_DERIVATIVES) != 0;
    return wanted != 0 && (for_each_list || for_each_item || !rankloss__has_no_items(&plan->inputs.batch));
}

/* Before anything is written: what it holds is an accumulator, and has room for so many lists. */
static rankloss_status check_accumulator(const rankloss_accumulator *accumulator, int64_t counted) {
    if (!rankloss__is_stored_sum(accumulator))
        return rankloss__fail(RANKLOSS_ERROR_OPTION,
                              "accumulator: its words are those of no accumulator; an empty one is zeroed");
    if (!rankloss__stored_sum_has_room(accumulator, counted))
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "accumulator: %" PRId64 " lists and %" PRId64 " more do not fit",
                              rankloss__stored_sum_count(accumulator), counted);
    return RANKLOSS_OK;
}

/* What they hold are states. */
static rankloss_status check_words(const rankloss_list_state *whole, int64_t num_lists) {
    for (int64_t list = 0; list < num_lists; list++)
        if (!rankloss__is_stretch(&whole[list]))
            return rankloss__fail(RANKLOSS_ERROR_OPTION,
                                  "the problem's state: the words of list %" PRId64
                                  " are those of no state; one without items is zeroed",
                                  list);
    return RANKLOSS_OK;
}

/* They are of calls such as this one. Not inlined, to keep a stretch off the stack of the call. */
__attribute__((noinline)) static rankloss_status check_kinds(const rankloss_problem *problem, int64_t num_lists,
                                                             bool needs_tangents) {
    rankloss__stretch_kind kind = {.temperature = problem->temperature != 0.0 ? problem->temperature : 1.0,
                                   .label_mode = problem->label_mode,
                                   .is_f64 = problem->logits.dtype == RANKLOSS_F64};
    for (int64_t list = 0; list < num_lists; list++) {
        const rankloss__stretch whole = rankloss__stretch_load(&problem->state[list]);
        kind.has_tangents = whole.kind.has_tangents || needs_tangents;
        const char *difference = whole.valid > 0 ? rankloss__stretch_difference(&whole.kind, &kind) : NULL;
        if (difference != NULL)
            return rankloss__fail(RANKLOSS_ERROR_OPTION,
                                  "the problem's state: that of list %" PRId64 " is of a call with another %s", list,
                                  difference);
    }
    return RANKLOSS_OK;
}

/* The states of whole lists. */
static rankloss_status check_whole(const rankloss_problem *problem, int64_t num_lists, bool needs_tangents) {
    const rankloss_status status = check_words(problem->state, num_lists);
    return status == RANKLOSS_OK ? check_kinds(problem, num_lists, needs_tangents) : status;
}

static rankloss_status compute(const rankloss_problem *problem, const rankloss_result *result,
                               rankloss__fp_environment *caller) {
    rankloss_status status = rankloss__validate(problem, result);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__plan plan = rankloss__plan_make(problem, result);
    rankloss__totals totals = {.loss = {.pending = 0}};
    unsigned wanted = plan.wanted;
    if (plan.asked == 0)
        return RANKLOSS_OK;
    if (result->accumulator != NULL)
        status = check_accumulator(result->accumulator, plan.counted);
    if (status == RANKLOSS_OK && problem->state != NULL)
        status = check_whole(problem, plan.inputs.batch.num_lists, plan.derivatives[RANKLOSS__HVP_LOGITS].present);
    if (status != RANKLOSS_OK)
        return status;
    if (plan.reduction == RANKLOSS_CUSTOM) {
        wanted &= ~(unsigned)RANKLOSS__WANT_LOSS; /* the reducer gets the losses first */
        status = reduce(&plan, problem->reducer, &totals, caller);
    }
    rankloss__plan_set_upstream(&plan);
    if (status == RANKLOSS_OK && plan.any_across_lists)
        status = sum_over_lists(&plan);
    if (status == RANKLOSS_OK && yields_something(&plan, wanted))
        rankloss__execute(&plan, wanted, &totals);
    /* Before the loss, of which the sum may lose its sign. */
    if (status == RANKLOSS_OK && result->accumulator != NULL)
        rankloss__stored_sum_add(result->accumulator, &totals.loss, plan.counted);
    if (status == RANKLOSS_OK && plan.reduction != RANKLOSS_NONE)
        write_reduced(&plan, &totals);
    if (plan.reduction == RANKLOSS_CUSTOM)
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

rankloss_status rankloss_count_lists(const rankloss_problem *problem, int64_t *count) {
    const rankloss__fp_environment caller = rankloss__fp_environment_enter(); /* options are doubles */
    rankloss_status status = rankloss__validate_count(problem, count);
    if (status == RANKLOSS_OK) {
        const rankloss__batch batch = rankloss__batch_make(&problem->logits, &problem->offsets);
        const rankloss__view where = rankloss__view_of_items(&batch, &problem->where);
        if (problem->state != NULL)
            status = check_whole(problem, batch.num_lists, false);
        if (status == RANKLOSS_OK)
            *count = rankloss__plan_count_lists(&batch, &where, problem->state);
    }
    rankloss__fp_environment_leave(caller);
    return status;
}

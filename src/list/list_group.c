/*
 * A group of lists, from their positions to their results: the sums as the layout computes them, then losses, jvps and
 * derivatives on the fast path, and each list or output that needs more by itself.
 *
 * Eight lists are fast together because the costs of a list besides its items, a logarithm and several divisions with
 * long latencies, are one vector operation for all eight. It is right because nothing in a lane depends on another: a
 * list has the same bits whichever lists it meets, so that a group can be of any lists of its layout, and a list that
 * lacks an output on the fast path can be taken out and computed again. That is rare, so it may be slow.
 */
#include "list/list_group.h"

#include <math.h>

#include "dtype/convert.h"
#include "list/gradient.h"
#include "list/list_inputs.h"
#include "list/single_list.h"

enum { LANES = RANKLOSS__LANES };

/* Whether bit k of lists, or of outputs, is set. */
static bool has(unsigned bits, int k) {
    return (bits >> k & 1u) != 0;
}

/* What the kernel for short lists gets of each group, as far as it is the same for all. */
static void make_short_lists(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    rankloss__items *items = &group->interleaved;
    group->one_step = rankloss__one_step_of(group->plan);
    group->short_lists = (rankloss__short_lists){.items = items,
                                                 .masked = inputs->where.data != NULL,
                                                 .sum_to_one = inputs->sum_to_one,
                                                 .label_total = inputs->label_exps ? &group->sums.label_total : NULL,
                                                 .grad_dtype = group->plan->derivatives[RANKLOSS__GRAD_LOGITS].dtype,
                                                 .hess_dtype = group->plan->derivatives[RANKLOSS__HESS_LOGITS].dtype,
                                                 .starts = group->starts,
                                                 .sizes = group->sizes,
                                                 .half_block = scratch->rows.u16,
                                                 .exps = scratch->exps};
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++) {
        const rankloss__view *view = rankloss__short_view(inputs, which);
        rankloss__short_input *input = &group->short_lists.inputs[which];
        input->block = rankloss__short_block(scratch, which)->f32;
        if (group->one_step.readings[which] == RANKLOSS__READ_IN_PLACE) {
            input->dtype = view->dtype;
            input->array = view->data;
            input->starts = group->starts;
        }
    }
    if (!group->one_step.nothing_before)
        return;
    items->logits = scratch->logits.f32;
    items->labels = scratch->labels.f32;
    items->weights = inputs->weights.data != NULL ? scratch->weights.f32 : NULL;
    items->bias = inputs->bias.data != NULL ? scratch->bias.f32 : NULL;
    items->count = items->unmasked = LANES * group->extent.most;
}

void rankloss__list_group_make(rankloss__list_group *group, rankloss__worker *worker) {
    const rankloss__inputs *inputs = &worker->plan->inputs;
    const size_t size = (size_t)inputs->batch.list_size; /* dense */
    group->plan = worker->plan;
    group->scratch = &worker->scratch;
    group->streams = &worker->streams;
    group->sums_are_defined = false;
    group->is_simple = !inputs->batch.ragged && inputs->batch.ndim <= 1;
    group->extent = (rankloss__extent){size, size};
    group->interleaved = (rankloss__items){.inverse = inputs->inverse_temperature,
                                           .scaled = inputs->scaled,
                                           .label_exps = inputs->label_exps,
                                           .wants_abs_coefs = inputs->sum_to_one || inputs->label_exps};
    for (int k = 0; k < LANES; k++) {
        group->items[k] = group->interleaved;
        group->items[k].integer_labels = inputs->integer_labels;
        group->items[k].lane = (unsigned)k;
        group->sizes[k] = size;
        group->positions[k].start = 0;
        group->positions[k].size = inputs->batch.list_size;
        group->packed_starts[k] = size <= RANKLOSS__SHORT ? k * (int64_t)size : 0;
    }
    group->interleaved.interleaved = true;
    group->one_step.fits = false;
    if (inputs->batch.ragged || size <= RANKLOSS__SHORT)
        make_short_lists(group);
}

static void find_lists(rankloss__list_group *group, const int64_t *lists, int count) {
    const rankloss__batch *batch = &group->plan->inputs.batch;
    const int lanes = group->layout == RANKLOSS__INTERLEAVED ? LANES : count;
    group->count = count;
    group->equally_spaced =
        group->is_simple && batch->ndim == 1 && count == LANES && lists[LANES - 1] - lists[0] == LANES - 1;
    if (batch->ragged)
        group->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < lanes; k++) {
        const int64_t list = lists[k < count ? k : 0];
        if (group->is_simple)
            group->positions[k].list = group->positions[k].index[0] = list;
        else
            rankloss__position_of(batch, list, &group->positions[k]);
    }
    for (int k = 0; k < lanes && batch->ragged; k++) {
        const size_t size = group->sizes[k] = (size_t)group->positions[k].size;
        group->extent.least = size < group->extent.least ? size : group->extent.least;
        group->extent.most = size > group->extent.most ? size : group->extent.most;
    }
}

void rankloss__find_first_items(const rankloss__list_group *group, const rankloss__view *view, void *lists[LANES]) {
    const rankloss__batch *batch = &group->plan->inputs.batch;
    const int lanes = group->layout == RANKLOSS__INTERLEAVED ? LANES : group->count;
    if (group->equally_spaced) {
        char *first = rankloss__view_at(view, batch, &group->positions[0]);
        const int64_t apart = view->list_strides[0] * view->element_size;
        for (int k = 0; k < LANES; k++)
            lists[k] = first + k * apart;
        return;
    }
    for (int k = 0; k < lanes; k++)
        lists[k] = rankloss__view_at(view, batch, &group->positions[k]);
}

/*
 * Interleaved lists have the loop of their sums fetch as many items as they are. Dense ones of a few items in float32 gain
 * nothing by it: they are read one behind the other.
 */
static void fetch_ahead(rankloss__list_group *group) {
    size_t count = 0;
    if (!group->plan->inputs.batch.ragged && !group->plan->inputs.is_f64 && group->extent.most <= RANKLOSS__FEW)
        return;
    for (int k = 0; k < group->count; k++)
        count += group->sizes[k];
    rankloss__fetch_lists(group->streams, group->positions[0].list + LANES, LANES, count, &group->interleaved);
}

/* --- losses and jvps --- */

/* Each to its place in an array with one axis. */
static void store_losses(const rankloss__list_group *group) {
    const rankloss__view *view = &group->plan->loss;
    const int64_t stride = view->list_strides[0];
    int64_t at[LANES];
    if (group->equally_spaced) {
        rankloss__store(view->dtype, rankloss__view_at(view, &group->plan->inputs.batch, &group->positions[0]), stride,
                        LANES, group->losses.loss.at);
        return;
    }
    for (int k = 0; k < group->count; k++)
        at[k] = group->positions[k].index[0] * stride;
    rankloss__store_at(view->dtype, view->data, at, (size_t)group->count, group->losses.loss.at);
}

static void emit_losses(rankloss__list_group *group, rankloss__worker *worker, unsigned usable) {
    const rankloss__plan *plan = group->plan;
    const bool all = usable == (1u << group->count) - 1;
    const bool per_list = plan->reduction == RANKLOSS_NONE;
    const bool at_once = all && (per_list ? plan->inputs.batch.ndim == 1 : plan->adds_losses);
    if (at_once && plan->adds_losses) {
        for (int k = group->count; k < LANES; k++)
            group->losses.loss.at[k] = 0.0;
        rankloss__split_sum_add(&worker->losses, plan->inputs.kernels, group->losses.loss.at, &worker->totals.loss);
    }
    if (at_once && per_list && plan->loss.data != NULL)
        store_losses(group);
    for (int k = 0; k < group->count && !at_once; k++)
        if (has(usable, k))
            rankloss__emit_loss(worker, &group->positions[k], group->losses.loss.at[k], true);
}

static bool tangent_is_fast(const rankloss__list_group *group, int k) {
    const bool interleaved = group->layout == RANKLOSS__INTERLEAVED;
    const rankloss__items *items = interleaved ? &group->interleaved : &group->items[k];
    double largest = 0.0;
    for (size_t i = interleaved ? (size_t)k : 0; i < items->count; i += interleaved ? LANES : 1) {
        const bool valid = i < items->unmasked || items->where[i] != 0;
        largest = valid && fabs(items->tangent[i]) > largest ? fabs(items->tangent[i]) : largest;
    }
    return rankloss__tangent_is_fast(&group->plan->inputs, &group->sums, &group->losses, k, largest);
}

/* The jvp is the gradient without a cotangent, times the tangent. Returns the lists that have it, a bit each. */
static unsigned emit_jvps(const rankloss__list_group *group, rankloss__worker *worker, unsigned usable) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const rankloss__upstream one = rankloss__upstream_make(1.0, 1.0, 1.0);
    const rankloss__factors factors = rankloss__factors_of(&one);
    rankloss__terms terms;
    rankloss__dd_lanes sum = {{0.0}, {0.0}};
    unsigned emitted = 0;
    inputs->kernels->terms(&group->sums, &group->losses, &factors, false, false, &terms);
    if (group->layout == RANKLOSS__INTERLEAVED)
        rankloss__interleaved_jvp(group, &terms, &sum);
    else
        rankloss__side_by_side_jvp(group, &terms, usable, &sum);
    for (int k = 0; k < group->count; k++) {
        if (!has(usable, k) || !tangent_is_fast(group, k))
            continue;
        const double jvp = rankloss__jvp_of_sum(inputs, &group->sums, &terms, k, (rankloss__dd){sum.hi[k], sum.lo[k]});
        if (!isfinite(jvp))
            continue;
        rankloss__emit_jvp(worker, &group->positions[k], jvp, true);
        emitted |= 1u << k;
    }
    return emitted;
}

/* --- derivatives --- */

/* What multiplies the derivatives of each list. */
typedef struct group_factors {
    const rankloss__factors *factors;
    unsigned moderate;     /* lists, a bit each */
    rankloss__factors own; /* where lists do not share theirs */
} group_factors;

static void find_factors(const rankloss__list_group *group, group_factors *found) {
    const rankloss__plan *plan = group->plan;
    if (plan->shares_upstream) {
        found->factors = &plan->factors;
        found->moderate = plan->upstream.moderate ? (1u << LANES) - 1 : 0;
    } else {
        found->factors = &found->own;
        found->moderate =
            rankloss__plan_factors(plan, group->positions, group->count, group->equally_spaced, &found->own);
    }
}

/* Lists that have a derivative from the sums, a bit each. */
static unsigned lists_with(const rankloss__list_group *group, rankloss__derivative which, const group_factors *factors,
                           unsigned usable) {
    unsigned lists = usable & factors->moderate;
    if (which == RANKLOSS__GRAD_LOGITS || which == RANKLOSS__HESS_LOGITS)
        return lists;
    for (int k = 0; k < group->count; k++) {
        bool fast;
        /* If all coefficients are 0 every product has to be +0, as it is for a list computed alone. */
        if (which == RANKLOSS__HVP_LOGITS)
            fast = has(lists, k) && !rankloss__coefficients_may_be_zero(&group->sums, &group->losses, k) &&
                   tangent_is_fast(group, k);
        else
            fast = has(lists, k) &&
                   rankloss__log_grad_is_fast(&group->plan->inputs, &group->sums, k, factors->factors->labels.at[k]);
        lists &= fast ? lists : ~(1u << k);
    }
    return lists;
}

/* --- all of it --- */

/* Interleaved lists in one step. Returns false, and has done nothing, if they need more. */
static bool run_in_one_step(rankloss__list_group *group, rankloss__worker *worker, unsigned wanted) {
    const rankloss__plan *plan = group->plan;
    const rankloss__inputs *inputs = &plan->inputs;
    rankloss__short_lists *lists = &group->short_lists;
    const unsigned all = (1u << group->count) - 1;
    const unsigned by_logits = 1u << RANKLOSS__GRAD_LOGITS | 1u << RANKLOSS__HESS_LOGITS;
    group_factors factors; /* not by an initialiser, which would clear all of it */
    factors.factors = NULL;
    factors.moderate = all;
    if ((wanted & ~(RANKLOSS__WANT_LOSS | by_logits)) != 0)
        return false;
    if ((wanted & RANKLOSS__WANT_DERIVATIVES) != 0)
        find_factors(group, &factors);
    if ((factors.moderate & all) != all)
        return false;
    if (inputs->batch.ragged)
        for (int k = 0; k < LANES; k++)
            group->starts[k] = group->positions[k].start;
    else
        for (int k = 0; k < LANES; k++)
            group->starts[k] = group->positions[k].index[0] * group->one_step.apart;
    group->interleaved.tangent = NULL;
    lists->extent = group->extent;
    lists->factors = factors.factors;
    lists->grads = has(wanted, RANKLOSS__GRAD_LOGITS) ? plan->derivatives[RANKLOSS__GRAD_LOGITS].data : NULL;
    lists->hesses = has(wanted, RANKLOSS__HESS_LOGITS) ? plan->derivatives[RANKLOSS__HESS_LOGITS].data : NULL;
    if (!group->one_step.nothing_before)
        rankloss__interleaved_read_for_one_step(group);
    else if (group->one_step.converted)
        rankloss__interleaved_convert(group);
    else if (inputs->batch.ragged)
        rankloss__interleaved_set_sizes(group);
    if (!inputs->kernels->short_lists(lists, &group->losses))
        return false;
    if ((wanted & RANKLOSS__WANT_LOSS) != 0)
        emit_losses(group, worker, all);
    return true;
}

/*
 * What the fast path has of the lists. Sets which of them have each output, a bit each, and returns those that have all;
 * the derivatives are written of these alone.
 */
static unsigned run_together(rankloss__list_group *group, rankloss__worker *worker, unsigned wanted,
                             unsigned have[RANKLOSS__NUM_OUTPUTS]) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const bool interleaved = group->layout == RANKLOSS__INTERLEAVED;
    group_factors factors;
    rankloss__terms terms;
    const unsigned finite = interleaved ? rankloss__interleaved_sums(group) : rankloss__side_by_side_sums(group);
    const unsigned usable =
        rankloss__usable_sums(inputs, &group->sums, &group->losses, finite & ((1u << group->count) - 1));
    unsigned complete = usable;
    if ((wanted & RANKLOSS__WANT_LOSS) != 0)
        emit_losses(group, worker, usable);
    have[RANKLOSS__NUM_DERIVATIVES] = usable;
    if ((wanted & RANKLOSS__WANT_JVP) != 0)
        complete &= have[RANKLOSS__NUM_DERIVATIVES + 1] = emit_jvps(group, worker, usable);
    if ((wanted & RANKLOSS__WANT_DERIVATIVES) == 0)
        return complete;

    find_factors(group, &factors);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (has(wanted, which))
            complete &= have[which] = lists_with(group, (rankloss__derivative)which, &factors, usable);
    if (complete == 0)
        return 0;
    inputs->kernels->terms(&group->sums, &group->losses, factors.factors, has(wanted, RANKLOSS__HESS_LOGITS),
                           has(wanted, RANKLOSS__HVP_LOGITS), &terms);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        if (!has(wanted, which))
            continue;
        if (interleaved)
            rankloss__interleaved_write(group, (rankloss__derivative)which, &terms, complete);
        else
            rankloss__side_by_side_write(group, (rankloss__derivative)which, &terms, complete);
    }
    return complete;
}

/*
 * If the fast path cannot give an output of a list, that output is computed alone, and then the list's others in a
 * group of its own: alone and group use the same scratch, and the gradient, which comes last, may overwrite the logits.
 */
unsigned rankloss__list_group_run(rankloss__list_group *group, rankloss__worker *worker, rankloss__layout layout,
                                  const int64_t *lists, int count, unsigned wanted) {
    unsigned have[RANKLOSS__NUM_OUTPUTS] = {0}, again[RANKLOSS__NUM_OUTPUTS];
    group->layout = layout;
    find_lists(group, lists, count);
    if (layout == RANKLOSS__INTERLEAVED && group->streams->count > 0)
        fetch_ahead(group);
    if (layout == RANKLOSS__INTERLEAVED && group->one_step.fits && run_in_one_step(group, worker, wanted))
        return (1u << count) - 1;
    const unsigned complete = run_together(group, worker, wanted, have);
    for (int k = 0; k < count && complete != (1u << count) - 1; k++) {
        unsigned missing = 0;
        if (has(complete, k))
            continue;
        for (int output = 0; wanted >> output != 0; output++)
            if (has(wanted, output) && !has(have[output], k))
                missing |= 1u << output;
        rankloss__single_list_run(worker, lists[k], missing);
        if ((wanted & RANKLOSS__WANT_DERIVATIVES & ~missing) == 0)
            continue;
        find_lists(group, &lists[k], 1);
        (void)run_together(group, worker, wanted & RANKLOSS__WANT_DERIVATIVES & ~missing, again);
    }
    return complete;
}

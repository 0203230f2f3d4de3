/*
 * The derivatives of a list by itself, a chunk at a time: for each output by a kernel, from the sums of the forward pass,
 * or item by item in extended precision.
 *
 * It is fast because everything that a list's derivatives share is computed once, as `terms`, so that an item costs a
 * few multiply-adds, and all outputs of a chunk use one set of exponentials while it is in the cache. It is right
 * because each formula adds terms that are no larger than the scale of its error bound (docs/numerics.md). Only for the
 * argmax would they cancel: its value has a formula of its own in `terms`, and overwrites what the kernel wrote there.
 */
#include "list/gradient.h"

#include <math.h>

#include "cpu/cache.h"
#include "dtype/convert.h"
#include "list/extended_list.h"
#include "list/fast_path.h"
#include "list/float_exps.h"

/* --- the fast path --- */

rankloss__step rankloss__step_of(rankloss__derivative which, const rankloss__kernels *kernels,
                                 const rankloss__terms *terms) {
    if (which == RANKLOSS__HESS_LOGITS)
        return (rankloss__step){kernels->hess, &terms->argmax_hess};
    if (which == RANKLOSS__HVP_LOGITS)
        return (rankloss__step){kernels->hvp, &terms->argmax_hvp};
    if (which == RANKLOSS__GRAD_LOGITS)
        return (rankloss__step){kernels->grad, &terms->argmax_grad};
    return (rankloss__step){NULL, NULL};
}

void rankloss__derivative_step(rankloss__derivative which, const rankloss__kernels *kernels,
                               const rankloss__items *items, const double *exps, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, const rankloss__terms *terms, size_t argmax,
                               rankloss__out out) {
    const rankloss__step step = rankloss__step_of(which, kernels, terms);
    if (step.run == NULL) {
        kernels->log_grad(items, which == RANKLOSS__GRAD_WEIGHTS, sums, losses, terms, out);
        return;
    }
    step.run(items, exps, terms, items->interleaved ? &sums->argmax_row : NULL, out);
    if (argmax < items->count)
        rankloss__store_one(out.dtype, out.data, (int64_t)argmax, step.argmax->at[items->lane]);
}

static const double *exps_of(const rankloss__list *list, const rankloss__forward *forward, const rankloss__items *items,
                             size_t first) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    double *exps = list->scratch->exps;
    if (forward->exps_kept)
        return exps + first;
    if (forward->exps_rounded && list->float_exps != NULL) {
        kernels->floats_to_exps(list->float_exps + first, items->count, exps);
        return exps;
    }
    kernels->exps(items, &forward->range, forward->span, exps);
    if (forward->exps_rounded)
        rankloss__round_exps(list, items->count, exps);
    return exps;
}

/* The largest magnitude of a tangent in each part. */
static void largest_tangent_of_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    double largest = 0.0;
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && fabs(items->tangent[i]) > largest)
                largest = fabs(items->tangent[i]);
    }
    ((double *)context)[part] = largest;
}

bool rankloss__list_tangent_is_fast(rankloss__list *list, const rankloss__forward *forward) {
    double parts[RANKLOSS__PARTS], largest = 0.0;
    rankloss__each_part(list, largest_tangent_of_part, parts);
    for (size_t part = 0; part < rankloss__count_parts(list); part++)
        largest = parts[part] > largest ? parts[part] : largest;
    return rankloss__tangent_is_fast(list->inputs, &forward->sums, &forward->losses, 0, largest);
}

/* --- how each output is computed --- */

typedef enum way { NOTHING, CONSTANT, FAST, EXTENDED } way;

typedef struct output_plan {
    way ways[RANKLOSS__NUM_DERIVATIVES];
    bool any_fast;
    bool grad_in_place; /* computed from the floats saved in its own array, and nothing else needs exponentials */
    bool wants_exps;    /* something else needs them */
    rankloss__terms terms;
    rankloss__extended_sums extended;
} output_plan;

static way way_of(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                  rankloss__derivative which, const rankloss__writer *writer) {
    if (writer->kind == RANKLOSS__WRITER_ABSENT)
        return NOTHING;
    if (forward->path == RANKLOSS__EMPTY || forward->path == RANKLOSS__NAN)
        return CONSTANT;
    if (forward->path == RANKLOSS__EXTENDED || !upstream->moderate)
        return EXTENDED;
    if (!rankloss__is_by_logits(which))
        return rankloss__log_grad_is_fast(list->inputs, &forward->sums, 0, upstream->cotangent) ? FAST : EXTENDED;
    return which != RANKLOSS__HVP_LOGITS || rankloss__list_tangent_is_fast(list, forward) ? FAST : EXTENDED;
}

static void make_plan(output_plan *plan, rankloss__list *list, const rankloss__forward *forward,
                      const rankloss__upstream *upstream, const rankloss__factors *factors,
                      const rankloss__writer *writers) {
    const way *ways = plan->ways;
    bool any_extended = false;
    plan->any_fast = false;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        plan->ways[which] = way_of(list, forward, upstream, (rankloss__derivative)which, &writers[which]);
        plan->any_fast |= ways[which] == FAST;
        any_extended |= ways[which] == EXTENDED;
    }
    const bool hess = ways[RANKLOSS__HESS_LOGITS] == FAST, hvp = ways[RANKLOSS__HVP_LOGITS] == FAST;
    plan->grad_in_place = ways[RANKLOSS__GRAD_LOGITS] == FAST && !hess && !hvp && forward->exps_rounded &&
                          list->float_exps != NULL && (char *)list->float_exps == writers[RANKLOSS__GRAD_LOGITS].at;
    plan->wants_exps = hess || hvp || (ways[RANKLOSS__GRAD_LOGITS] == FAST && !plan->grad_in_place);
    if (plan->any_fast)
        list->inputs->kernels->terms(&forward->sums, &forward->losses, factors, hess, hvp, &plan->terms);
    if (any_extended) {
        plan->extended = rankloss__forward_extended(list, forward);
        rankloss__extended_set_upstream(&plan->extended, upstream);
    }
}

/* --- the outputs, a chunk at a time --- */

static void fill(const rankloss__items *items, double valid, rankloss__out out) {
    for (size_t i = 0; i < items->count; i++)
        rankloss__store_one(out.dtype, out.data, (int64_t)i, rankloss__item_is_valid(items, i) ? valid : 0.0);
}

static void write_extended(const output_plan *plan, rankloss__list *list, rankloss__derivative which, size_t first,
                           rankloss__out out) {
    const rankloss__items *items = rankloss__list_chunk(list, first);
    for (size_t i = 0; i < items->count; i++) {
        double value = 0.0;
        if (rankloss__item_is_valid(items, i))
            value = rankloss__extended_derivative(&plan->extended, list, items, i, first + i == plan->extended.argmax,
                                                  which);
        rankloss__store_one(out.dtype, out.data, (int64_t)i, value);
    }
}

/* exps: NULL for a gradient in place, and where no derivative by the logits is fast. */
static void write_fast(const output_plan *plan, const rankloss__list *list, const rankloss__forward *forward,
                       rankloss__derivative which, const rankloss__items *items, const double *exps, size_t first,
                       rankloss__out out) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    if (rankloss__is_by_logits(which) ? forward->zero : forward->uniform) {
        fill(items, 0.0, out);
        return;
    }
    const size_t argmax = forward->range.argmax - first;
    if (exps != NULL || which != RANKLOSS__GRAD_LOGITS) {
        rankloss__derivative_step(which, kernels, items, exps, &forward->sums, &forward->losses, &plan->terms, argmax,
                                  out);
        return;
    }
    kernels->grad_of_floats(items, list->float_exps + first, &plan->terms, out.data);
    if (argmax < items->count)
        rankloss__store_one(out.dtype, out.data, (int64_t)argmax, plan->terms.argmax_grad.at[0]);
}

static void write_chunk(const output_plan *plan, rankloss__list *list, const rankloss__forward *forward, size_t first,
                        rankloss__writer *writers) {
    rankloss__items uniform;
    const rankloss__items *items = rankloss__forward_chunk(forward, list, first, &uniform);
    const double *exps = plan->wants_exps ? exps_of(list, forward, items, first) : NULL;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        if (plan->ways[which] == NOTHING)
            continue;
        const rankloss__out out = rankloss__writer_buffer(&writers[which], first);
        if (plan->ways[which] == FAST)
            write_fast(plan, list, forward, (rankloss__derivative)which, items, exps, first, out);
        else if (plan->ways[which] == EXTENDED)
            write_extended(plan, list, (rankloss__derivative)which, first, out);
        else
            fill(items, (double)NAN, out);
        rankloss__writer_put(&writers[which], first, items->count);
    }
}

/* What the parts of a list share. */
typedef struct writing {
    const output_plan *plan;
    const rankloss__forward *forward;
    const rankloss__writer *writers;
} writing;

/* Through writers that have this thread's block. */
static void write_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    const writing *shared = context;
    rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES];
    (void)part;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        writers[which] = shared->writers[which];
        writers[which].block = list->scratch->spare.f64;
    }
    for (size_t first = begin; first < end; first += list->chunk)
        write_chunk(shared->plan, list, shared->forward, first, writers);
}

void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           const rankloss__factors *factors, rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES]) {
    output_plan plan;
    bool sums = false;
    /* Nothing fetches ahead of this pass, and the hardware follows short bursts of conversion better than long ones. */
    if (rankloss__exceeds_last_cache(list->position.size) &&
        (list->inputs->label_exps || !rankloss__inputs_are_in_place(list->inputs, list->size)))
        rankloss__list_limit_chunks(list, RANKLOSS__SHORT_CHUNK);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        rankloss__list_limit_chunks(list, rankloss__writer_limit(&writers[which]));
        sums |= writers[which].kind > RANKLOSS__WRITER_STRIDED;
    }
    make_plan(&plan, list, forward, upstream, factors, writers);
    const writing shared = {&plan, forward, writers};
    if (list->runner != NULL && !sums)
        rankloss__each_part(list, write_part, (void *)&shared);
    for (size_t first = 0; first < list->size && (list->runner == NULL || sums); first += list->chunk)
        write_chunk(&plan, list, forward, first, writers);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        rankloss__writer_close(&writers[which]);
}

/* --- the jvp --- */

double rankloss__jvp_of_sum(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                            const rankloss__terms *terms, int lane, rankloss__dd others) {
    const double argmax = sums->argmax_tangent.at[lane] * terms->argmax_grad.at[lane];
    return (others.hi + (argmax + others.lo)) / inputs->temperature + 0.0;
}

/* What all parts share. */
typedef struct jvp_sums {
    const rankloss__forward *forward;
    rankloss__terms terms;
    rankloss__dd parts[RANKLOSS__PARTS];
} jvp_sums;

static void jvp_of_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    jvp_sums *shared = context;
    const rankloss__forward *forward = shared->forward;
    const rankloss__kernels *kernels = list->inputs->kernels;
    rankloss__items uniform;
    rankloss__sums sums;
    kernels->clear(&sums);
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items *items = rankloss__forward_chunk(forward, list, first, &uniform);
        const int64_t skip = (int64_t)forward->range.argmax - (int64_t)first;
        kernels->jvp(items, exps_of(list, forward, items, first), &shared->terms, skip, &sums.exps);
    }
    kernels->fold(&sums);
    shared->parts[part] = (rankloss__dd){sums.exps.hi[0], sums.exps.lo[0]};
}

static double fast_jvp(rankloss__list *list, const rankloss__forward *forward) {
    const rankloss__upstream one = rankloss__upstream_make(1.0, 1.0, 1.0);
    const rankloss__factors factors = rankloss__factors_of(&one);
    jvp_sums shared = {.forward = forward};
    list->inputs->kernels->terms(&forward->sums, &forward->losses, &factors, false, false, &shared.terms);
    rankloss__each_part(list, jvp_of_part, &shared);
    rankloss__dd sum = shared.parts[0];
    for (size_t part = 1; part < rankloss__count_parts(list); part++)
        sum = rankloss__dd_add(sum, shared.parts[part]);
    if (forward->range.argmax >= list->size) /* not at hand: the list is a stretch of another */
        return (sum.hi + sum.lo) / list->inputs->temperature + 0.0;
    return rankloss__jvp_of_sum(list->inputs, &forward->sums, &shared.terms, 0, sum);
}

double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward) {
    if (forward->path == RANKLOSS__EMPTY ||
        (forward->zero && !forward->of_whole && rankloss__tangents_are_finite(&forward->sums, 0)))
        return 0.0;
    if (forward->path == RANKLOSS__NAN)
        return (double)NAN;
    if (forward->path == RANKLOSS__FAST && rankloss__list_tangent_is_fast(list, forward)) {
        const double jvp = fast_jvp(list, forward);
        if (isfinite(jvp))
            return jvp;
    }
    const rankloss__extended_sums sums = rankloss__forward_extended(list, forward);
    return rankloss__extended_jvp(&sums, list);
}

#include "list/gradient.h"

#include <math.h>

#include "list/extended_list.h"

/* --- which path an output takes --- */

/*
 * No sum bounds the tangent, and in float64 small exponentials may stand on the way to a result that is not small.
 */
bool rankloss__tangent_fits(const rankloss__inputs *inputs, double min, double max, double most, double coefs) {
    if (!inputs->is_f64 || most == 0.0)
        return most <= 0x1p200;
    const double size = fabs(coefs);
    return most >= 0x1p-200 && most <= 0x1p200 && size >= 0x1p-200 && size <= 0x1p200 &&
           min - max >= 0.5 * RANKLOSS__EXP_CUTOFF;
}

/* A NaN is no larger than any other tangent, but it is in their sum, if the top item has it not. */
bool rankloss__tangents_are_finite(const rankloss__list_sums *folded, int lane) {
    return isfinite(folded->others.tangents.hi[lane]) && isfinite(folded->argmax_tangent.at[lane]);
}

/*
 * In float64 log p lies between the smallest rest and the farthest score. An infinite one times a cotangent of 0 is
 * NaN, which the careful path makes alike everywhere. Where labels sum to one, the loss is taken off, and float64 has
 * no bits to spare for what cancels.
 */
bool rankloss__logs_fit(const rankloss__inputs *inputs, double min, double max, double rest_exps, double cotangent) {
    if (cotangent == 0.0 && isinf(min))
        return false;
    if (!inputs->is_f64)
        return true;
    const bool rest_fits = rest_exps == 0.0 || rest_exps >= 0x1p-400;
    return !inputs->sum_to_one && rest_fits && (min - max >= -0x1p600 || isinf(min));
}

/* What each part of a list yields. */
typedef struct tangent_sizes {
    double parts[RANKLOSS__PARTS];
} tangent_sizes;

static void find_tangent_size(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    tangent_sizes *shared = context;
    double most = 0.0;
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && fabs(items->tangent[i]) > most)
                most = fabs(items->tangent[i]);
    }
    shared->parts[part] = most;
}

static bool tangent_of_list_fits(rankloss__list *list, const rankloss__forward *forward) {
    tangent_sizes shared;
    double most = 0.0;
    if (!rankloss__tangents_are_finite(&forward->folded, 0))
        return false;
    rankloss__each_part(list, find_tangent_size, &shared);
    for (size_t part = 0; part < rankloss__count_parts(list); part++)
        most = shared.parts[part] > most ? shared.parts[part] : most;
    const double min = forward->peak.min, max = forward->peak.max;
    return rankloss__tangent_fits(list->inputs, min, max, most, forward->sums.coefs.hi[0]);
}

static bool common_path_fits(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                             rankloss__derivative which) {
    const double min = forward->peak.min, max = forward->peak.max;
    if (forward->path != RANKLOSS__FAST || !upstream->ordinary)
        return false;
    if (!rankloss__is_by_logits(which))
        return rankloss__logs_fit(list->inputs, min, max, forward->folded.others.exps.hi[0], upstream->cotangent);
    return which != RANKLOSS__HVP_LOGITS || tangent_of_list_fits(list, forward);
}

/* --- the common path --- */

rankloss__factors rankloss__factors_of(const rankloss__upstream *upstream) {
    return (rankloss__factors){rankloss__dd_in_all_lanes(upstream->first), rankloss__dd_in_all_lanes(upstream->second),
                               rankloss__in_all_lanes(upstream->labels)};
}

/* Rounds exponentials as a list does that keeps them in floats, by way of the block that outputs use later. */
static void round_exps(const rankloss__list *list, size_t count, double *exps) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    float *floats = list->scratch->rows.f32;
    for (size_t i = 0; i < count; i += RANKLOSS__CHUNK) {
        const size_t n = count - i < RANKLOSS__CHUNK ? count - i : RANKLOSS__CHUNK;
        kernels->exps_to_floats(exps + i, n, floats);
        kernels->floats_to_exps(floats, n, exps + i);
    }
}

static const double *exps_of(const rankloss__list *list, const rankloss__forward *forward, const rankloss__items *items,
                             size_t first) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    double *exps = list->scratch->exps;
    if (forward->kept)
        return exps + first;
    if (forward->rounded && list->store != NULL) {
        kernels->floats_to_exps(list->store + first, items->count, exps);
        return exps;
    }
    kernels->exps(items, forward->peak.max, forward->span, exps);
    if (forward->rounded)
        round_exps(list, items->count, exps);
    return exps;
}

static void fill(const rankloss__items *items, double valid, rankloss__out out) {
    for (size_t i = 0; i < items->count; i++)
        rankloss__out_set(out, i, rankloss__item_is_valid(items, i) ? valid : 0.0);
}

void rankloss__fast_step(rankloss__derivative which, const rankloss__kernels *kernels, const rankloss__items *items,
                         const double *exps, const rankloss__list_sums *folded, const rankloss__losses *sums,
                         const rankloss__terms *terms, rankloss__out out) {
    const rankloss__lanes *top = items->interleaved ? &folded->argmax_row : NULL;
    switch (which) {
    case RANKLOSS__GRAD_LABELS:
        kernels->log_grad(items, items->weights, folded, sums, terms, out);
        break;
    case RANKLOSS__GRAD_WEIGHTS:
        kernels->log_grad(items, items->labels, folded, sums, terms, out);
        break;
    case RANKLOSS__HESS_LOGITS:
        kernels->hess(items, exps, terms, top, out);
        break;
    case RANKLOSS__HVP_LOGITS:
        kernels->hvp(items, exps, terms, top, out);
        break;
    default:
        kernels->grad(items, exps, terms, top, out);
        break;
    }
}

/* What the top item gets, which the steps cannot compute without cancellation. */
static void set_top(rankloss__derivative which, const rankloss__terms *terms, size_t i, rankloss__out out) {
    if (which == RANKLOSS__GRAD_LOGITS)
        rankloss__out_set(out, i, terms->argmax_grad.at[0]);
    else if (which == RANKLOSS__HESS_LOGITS)
        rankloss__out_set(out, i, terms->argmax_hess.at[0]);
    else if (which == RANKLOSS__HVP_LOGITS)
        rankloss__out_set(out, i, terms->argmax_hvp.at[0]);
}

/* exps: NULL for slopes that are made of the list's floats. */
static void common_chunk(const rankloss__list *list, const rankloss__forward *forward, const rankloss__terms *terms,
                         rankloss__derivative which, const rankloss__items *items, const double *exps, size_t first,
                         rankloss__out out) {
    if (rankloss__is_by_logits(which) ? forward->zero : forward->uniform) {
        fill(items, 0.0, out);
        return;
    }
    const rankloss__kernels *kernels = list->inputs->kernels;
    if (exps == NULL && which == RANKLOSS__GRAD_LOGITS)
        kernels->grad_of_floats(items, list->store + first, terms, out.data);
    else
        rankloss__fast_step(which, kernels, items, exps, &forward->folded, &forward->sums, terms, out);
    if (forward->peak.argmax - first < items->count)
        set_top(which, terms, forward->peak.argmax - first, out);
}

/* --- the careful path --- */

static double careful_value(rankloss__derivative which, const rankloss__extended_item *item) {
    switch (which) {
    case RANKLOSS__GRAD_LABELS:
        return item->label_log;
    case RANKLOSS__GRAD_WEIGHTS:
        return item->weight_log;
    case RANKLOSS__HESS_LOGITS:
        return item->curve;
    case RANKLOSS__HVP_LOGITS:
        return item->bend;
    default:
        return item->slope;
    }
}

static void careful_chunk(rankloss__list *list, const rankloss__extended_sums *sums, rankloss__derivative which,
                          const rankloss__items *items, size_t first, rankloss__out out) {
    for (size_t i = 0; i < items->count; i++) {
        double value = 0.0;
        if (rankloss__item_is_valid(items, i)) {
            const bool is_top = first + i == sums->top;
            const rankloss__extended_item item = rankloss__extended_item_at(sums, list, items, i, is_top);
            value = careful_value(which, &item);
        }
        rankloss__out_set(out, i, value);
    }
}

/* --- both --- */

typedef enum way { NOTHING, CONSTANT, COMMON, CAREFUL } way;

/* How each output is computed, and what that takes. */
typedef struct output_plan {
    way ways[RANKLOSS__NUM_DERIVATIVES];
    bool any_common;
    /* The slopes are made of the list's floats in their place, and no other output needs exponentials. */
    bool of_floats;
    rankloss__terms terms;
    rankloss__extended_sums careful;
} output_plan;

static way way_of(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                  rankloss__derivative which, const rankloss__writer *sink) {
    if (sink->kind == RANKLOSS__WRITER_ABSENT)
        return NOTHING;
    if (forward->path == RANKLOSS__EMPTY || forward->path == RANKLOSS__NAN)
        return CONSTANT;
    return common_path_fits(list, forward, upstream, which) ? COMMON : CAREFUL;
}

static bool slopes_are_of_floats(const way *ways, const rankloss__list *list, const rankloss__forward *forward,
                                 const rankloss__writer *sinks) {
    const bool alone = ways[RANKLOSS__GRAD_LOGITS] == COMMON && ways[RANKLOSS__HESS_LOGITS] != COMMON &&
                       ways[RANKLOSS__HVP_LOGITS] != COMMON;
    return alone && forward->rounded && list->store != NULL && (char *)list->store == sinks[RANKLOSS__GRAD_LOGITS].at;
}

static void make_plan(output_plan *plan, rankloss__list *list, const rankloss__forward *forward,
                      const rankloss__upstream *upstream, const rankloss__factors *factors,
                      const rankloss__writer *sinks) {
    bool any_common = false, any_careful = false, second = false;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const way chosen = way_of(list, forward, upstream, (rankloss__derivative)which, &sinks[which]);
        plan->ways[which] = chosen;
        any_common |= chosen == COMMON;
        any_careful |= chosen == CAREFUL;
        second |= chosen == COMMON && (which == RANKLOSS__HESS_LOGITS || which == RANKLOSS__HVP_LOGITS);
    }
    plan->any_common = any_common;
    plan->of_floats = slopes_are_of_floats(plan->ways, list, forward, sinks);
    if (any_common)
        list->inputs->kernels->terms(&forward->folded, &forward->sums, factors, second, &plan->terms);
    if (any_careful) {
        plan->careful = rankloss__extended_sums_of(list, &forward->peak);
        rankloss__extended_set_upstream(&plan->careful, upstream);
    }
}

static void write_chunk(const output_plan *plan, rankloss__list *list, const rankloss__forward *forward, size_t first,
                        rankloss__writer *sinks) {
    const rankloss__items items = *rankloss__list_chunk(list, first);
    const rankloss__items known = rankloss__forward_chunk(forward, list, first);
    const bool wants_exps = plan->any_common && !plan->of_floats;
    const double *exps = wants_exps ? exps_of(list, forward, &known, first) : NULL;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        rankloss__writer *sink = &sinks[which];
        if (plan->ways[which] == NOTHING)
            continue;
        const rankloss__out out = rankloss__writer_buffer(sink, first);
        if (plan->ways[which] == COMMON)
            common_chunk(list, forward, &plan->terms, (rankloss__derivative)which, &known, exps, first, out);
        else if (plan->ways[which] == CAREFUL)
            careful_chunk(list, &plan->careful, (rankloss__derivative)which, &items, first, out);
        else
            fill(&items, (double)NAN, out);
        rankloss__writer_put(sink, first, items.count);
    }
}

/* What the parts of a list share. */
typedef struct writing {
    const output_plan *plan;
    const rankloss__forward *forward;
    const rankloss__writer *sinks;
} writing;

/* Through sinks that have this thread's block. */
static void write_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    const writing *shared = context;
    rankloss__writer sinks[RANKLOSS__NUM_DERIVATIVES];
    (void)part;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        sinks[which] = shared->sinks[which];
        sinks[which].block = list->scratch->rows.f64;
    }
    for (size_t first = begin; first < end; first += list->chunk)
        write_chunk(shared->plan, list, shared->forward, first, sinks);
}

void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           const rankloss__factors *factors, rankloss__writer sinks[RANKLOSS__NUM_DERIVATIVES]) {
    output_plan plan;
    size_t chunk = list->chunk;
    bool sums = false;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        if (rankloss__writer_limit(&sinks[which]) < chunk)
            chunk = rankloss__writer_limit(&sinks[which]);
        sums |= sinks[which].kind > RANKLOSS__WRITER_STRIDED;
    }
    if (chunk != list->chunk) {
        list->chunk = chunk;
        list->loaded = SIZE_MAX;
    }
    make_plan(&plan, list, forward, upstream, factors, sinks);
    const writing shared = {&plan, forward, sinks};
    if (list->spread != NULL && !sums)
        rankloss__each_part(list, write_part, (void *)&shared);
    for (size_t first = 0; first < list->size && (list->spread == NULL || sums); first += list->chunk)
        write_chunk(&plan, list, forward, first, sinks);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        rankloss__writer_close(&sinks[which]);
}

/* --- the jvp --- */

/* What all parts share. */
typedef struct dotting {
    const rankloss__forward *forward;
    rankloss__terms terms;
    rankloss__dd parts[RANKLOSS__PARTS];
} dotting;

static void dot_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    dotting *shared = context;
    const rankloss__forward *forward = shared->forward;
    const rankloss__kernels *kernels = list->inputs->kernels;
    rankloss__dd_lanes lanes = {{0.0}, {0.0}};
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        const int64_t skip = (int64_t)forward->peak.argmax - (int64_t)first;
        kernels->jvp(&items, exps_of(list, forward, &items, first), &shared->terms, skip, &lanes);
    }
    rankloss__sums sums = {.exps = lanes};
    kernels->fold(&sums);
    shared->parts[part] = (rankloss__dd){sums.exps.hi[0], sums.exps.lo[0]};
}

static double common_jvp(rankloss__list *list, const rankloss__forward *forward) {
    const rankloss__dd one = {1.0, 0.0};
    const rankloss__factors factors = {.first = rankloss__dd_in_all_lanes(one), .labels = rankloss__in_all_lanes(1.0)};
    dotting shared = {.forward = forward};
    list->inputs->kernels->terms(&forward->folded, &forward->sums, &factors, false, &shared.terms);
    rankloss__each_part(list, dot_part, &shared);
    rankloss__dd sum = shared.parts[0];
    for (size_t part = 1; part < rankloss__count_parts(list); part++)
        sum = rankloss__dd_add(sum, shared.parts[part]);
    const double top = forward->folded.argmax_tangent.at[0] * shared.terms.argmax_grad.at[0];
    return (sum.hi + (top + sum.lo)) / list->inputs->temperature + 0.0;
}

double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward) {
    if (forward->path == RANKLOSS__EMPTY || (forward->zero && rankloss__tangents_are_finite(&forward->folded, 0)))
        return 0.0;
    if (forward->path == RANKLOSS__NAN)
        return (double)NAN;
    if (forward->path == RANKLOSS__FAST && tangent_of_list_fits(list, forward)) {
        const double jvp = common_jvp(list, forward);
        if (isfinite(jvp))
            return jvp;
    }
    const rankloss__extended_sums sums = rankloss__extended_sums_of(list, &forward->peak);
    return rankloss__extended_jvp(&sums, list);
}

#include "forward.h"

#include <math.h>

#include "careful.h"

static rankloss__peak find_peak(rankloss__list *list) {
    rankloss__peak peak = {-(double)INFINITY, (double)INFINITY, list->size, 0};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__peak part = list->inputs->kernels->peak(rankloss__list_chunk(list, first));
        peak.valid += part.valid;
        peak.min = part.min < peak.min ? part.min : peak.min;
        if (part.max > peak.max) {
            peak.max = part.max;
            peak.index = first + part.index;
        }
    }
    return peak;
}

rankloss__items rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first) {
    rankloss__items items = *rankloss__list_chunk(list, first);
    if (forward->uniform)
        items.labels = items.weights = NULL;
    return items;
}

static void read_top(rankloss__forward *forward, rankloss__list *list) {
    const size_t first = forward->peak.index - forward->peak.index % list->chunk;
    const rankloss__items items = rankloss__forward_chunk(forward, list, first);
    const size_t i = forward->peak.index - first;
    const double label = rankloss__list_value(list, items.labels, i);
    const double weight = rankloss__list_value(list, items.weights, i);
    const double coef = label * weight; /* exact in float32 */
    forward->folded.top_coef.hi[0] = coef;
    forward->folded.top_coef.lo[0] = list->inputs->is_f64 ? fma(label, weight, -coef) : 0.0;
    forward->folded.top_tangent.at[0] = items.tangent != NULL ? items.tangent[i] : 0.0;
}

/* The sums of a list that is more than one chunk. */
static void add_chunks(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    rankloss__folded *folded = &forward->folded;
    folded->max.at[0] = forward->peak.max;
    folded->rest = (rankloss__sums){.faint = 0};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        const int64_t skip = (int64_t)forward->peak.index - (int64_t)first;
        double *exps = list->scratch->exps + (forward->kept ? first : 0);
        kernels->sums(&items, forward->peak.max, skip, forward->span, exps, &folded->rest);
        if (forward->rounded && list->store != NULL)
            kernels->shrink(exps, items.count, list->store + first);
    }
    kernels->fold(&folded->rest);
    read_top(forward, list);
}

static void sum_list(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    forward->folded.one = true;
    forward->folded.rest.faint = 0;
    if (list->size <= list->chunk && forward->kept) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, 0);
        kernels->list(&items, list->scratch->exps, &forward->peak, &forward->folded);
    } else {
        add_chunks(forward, list);
    }
    forward->finite = kernels->loss(&forward->folded, &forward->sums) != 0;
    forward->loss = forward->sums.loss.at[0];
}

/*
 * The sum of the coefficients once more, in twofold arithmetic. Where it cancels, what it loses by the rounding of
 * products and lanes would come out multiplied in everything that is divided by it.
 */
static void sum_signed_coefficients(rankloss__forward *forward, rankloss__list *list) {
    rankloss__twofold rest = {0.0, 0.0}, top = {0.0, 0.0};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const double label = rankloss__list_value(list, items->labels, i);
            const rankloss__twofold c = rankloss__two_product(label, rankloss__list_value(list, items->weights, i));
            if (first + i == forward->peak.index)
                top = c;
            else
                rest = rankloss__twofold_add(rest, c);
        }
    }
    forward->folded.rest.coefs = rankloss__in_all_lanes(rest);
    forward->folded.top_coef.hi[0] = top.hi;
    forward->folded.top_coef.lo[0] = top.lo;
}

static bool all_coefficients_are_zero(rankloss__list *list) {
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && rankloss__list_value(list, items->labels, i) != 0.0 &&
                rankloss__list_value(list, items->weights, i) != 0.0)
                return false;
    }
    return true;
}

bool rankloss__sums_hold(const rankloss__folded *folded, const rankloss__loss *sums, int lane, double valid) {
    const double size = fabs(sums->coefs.hi[lane]);
    if ((folded->rest.faint >> lane & 1u) != 0 || !(size >= 0x1p-400 && size <= 0x1p400))
        return false;
    return valid == 1.0 || fabs(sums->loss.at[lane]) >= 0x1p-900;
}

bool rankloss__coefficients_cancel(const rankloss__folded *folded, int lane) {
    const double rest = folded->rest.coefs.hi[lane], top = folded->top_coef.hi[lane];
    return folded->rest.sizes.at[lane] + fabs(top) > 1.001 * fabs(rest + top);
}

/* The sums, with what labels that sum to one and coefficients that cancel make of them. */
static void find_sums(rankloss__forward *forward, rankloss__list *list) {
    const bool is_f64 = list->inputs->is_f64, sum_to_one = list->inputs->sum_to_one;
    const double *coefs = forward->sums.coefs.hi, *dists = forward->folded.rest.dists.hi;
    sum_list(forward, list);
    if (coefs[0] == 0.0 && dists[0] == 0.0)
        forward->zero = all_coefficients_are_zero(list);
    /* In float64 a sum of 0 may also be one that underflowed. */
    const bool sum_is_zero = coefs[0] == 0.0 && isfinite(dists[0]) && (forward->zero || !is_f64);
    if (sum_to_one && sum_is_zero) {
        forward->zero = false;
        forward->uniform = true;
        sum_list(forward, list);
    }
    if (is_f64 && rankloss__coefficients_cancel(&forward->folded, 0)) {
        sum_signed_coefficients(forward, list);
        list->inputs->kernels->loss(&forward->folded, &forward->sums);
        forward->loss = forward->sums.loss.at[0];
    }
}

/* Whether the common path's sums are the list's. */
static bool common_path_holds(const rankloss__forward *forward, bool is_f64) {
    if (!forward->finite || !is_f64)
        return forward->finite;
    if (forward->folded.rest.faint != 0)
        return false;
    return forward->zero || rankloss__sums_hold(&forward->folded, &forward->sums, 0, (double)forward->peak.valid);
}

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward) {
    forward->path = RANKLOSS__EMPTY;
    forward->uniform = forward->zero = false;
    forward->loss = 0.0;
    forward->folded.sum_to_one = list->inputs->sum_to_one;
    /* A tangent may need the end of the scratch. */
    forward->kept = list->size <= RANKLOSS__KEEP - (list->at.tangent != NULL ? RANKLOSS__CHUNK : 0);
    forward->peak = find_peak(list);
    if (forward->peak.valid == 0)
        return;
    if (!isfinite(forward->peak.max)) {
        forward->path = RANKLOSS__NAN;
        forward->loss = (double)NAN;
        return;
    }
    const bool near = forward->peak.min - forward->peak.max >= RANKLOSS__EXP_CUTOFF;
    forward->span = near ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    forward->rounded = !list->inputs->is_f64 && list->size > RANKLOSS__KEEP &&
                       forward->peak.min - forward->peak.max >= RANKLOSS__FLOAT_CUTOFF;
    find_sums(forward, list);
    forward->path = RANKLOSS__COMMON;
    if (!common_path_holds(forward, list->inputs->is_f64)) {
        forward->path = RANKLOSS__CAREFUL;
        forward->loss = rankloss__careful_loss(list, &forward->peak);
    }
}

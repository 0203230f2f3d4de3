#include "forward.h"

#include <math.h>

#include "careful.h"
#include "log1p.h"

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

static double fold_plainly(const rankloss__lanes *lanes) {
    double sum[RANKLOSS__LANES / 2];
    for (int k = 0; k < RANKLOSS__LANES / 2; k++)
        sum[k] = lanes->hi[k] + lanes->hi[k + RANKLOSS__LANES / 2];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

rankloss__twofold rankloss__fold(const rankloss__lanes *lanes, bool compensated) {
    double sum[RANKLOSS__LANES], lost = 0.0;
    if (!compensated)
        return (rankloss__twofold){fold_plainly(lanes), 0.0};
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        sum[k] = lanes->hi[k];
        lost += lanes->lo[k];
    }
    for (int half = RANKLOSS__LANES / 2; half > 0; half /= 2) {
        for (int k = 0; k < half; k++) {
            const rankloss__twofold pair = rankloss__two_sum(sum[k], sum[k + half]);
            sum[k] = pair.hi;
            lost += pair.lo;
        }
    }
    return rankloss__fast_two_sum(sum[0], lost);
}

static void read_top(rankloss__forward *forward, rankloss__list *list) {
    const size_t first = forward->peak.index - forward->peak.index % list->chunk;
    const rankloss__items items = rankloss__forward_chunk(forward, list, first);
    const size_t i = forward->peak.index - first;
    forward->top_coef = rankloss__list_value(list, items.labels, i) * rankloss__list_value(list, items.weights, i);
    forward->top_tangent = items.tangent != NULL ? items.tangent[i] : 0.0;
}

/* What sum_list() finds besides the members of the forward result. */
typedef struct findings {
    rankloss__twofold dists; /* sum of c_i x_i */
    double sizes;            /* float64: sum of |c_i| but the top item's */
    bool faint;
} findings;

static findings sum_list(rankloss__forward *forward, rankloss__list *list) {
    const bool is_f64 = list->inputs->is_f64;
    rankloss__sums sums = {0};
    forward->kept = list->size <= RANKLOSS__KEEP;
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        double *exps = forward->kept ? list->scratch->exps + first : NULL;
        list->inputs->kernels->sums(&items, forward->peak.max, forward->peak.index - first, forward->span, exps, &sums);
    }
    read_top(forward, list);
    forward->rest_exps = rankloss__fold(&sums.exps, is_f64);
    forward->rest_coefs = rankloss__fold(&sums.coefs, is_f64);
    forward->coefs = rankloss__twofold_add(forward->rest_coefs, (rankloss__twofold){forward->top_coef, 0.0});
    if (list->tangent != NULL)
        forward->rest_tangents = rankloss__fold(&sums.tangents, is_f64);
    const double sizes = is_f64 ? fold_plainly(&sums.sizes) : 0.0;
    return (findings){rankloss__fold(&sums.dists, is_f64), sizes, sums.faint};
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
    forward->rest_coefs = rest;
    forward->coefs = rankloss__twofold_add(rest, top);
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

/*
 * Whether double carried the sums. float32 products and sums cannot leave its range, so that only what is not finite is
 * left to the careful path; in float64 the coefficients must also be far from both ends of the range.
 */
static bool sums_hold(const rankloss__forward *forward, rankloss__twofold dists, bool is_f64) {
    if (!isfinite(forward->coefs.hi) || !isfinite(dists.hi) || !isfinite(forward->rest_tangents.hi) ||
        !isfinite(forward->top_tangent))
        return false;
    const double size = fabs(forward->coefs.hi);
    return !is_f64 || forward->zero || (size >= 0x1p-400 && size <= 0x1p400);
}

/* Whether a loss of float64 may have been lost to underflow; a single item's loss is 0. */
static bool loss_is_doubtful(const rankloss__forward *forward, bool is_f64) {
    return is_f64 && !forward->zero && forward->peak.valid > 1 && fabs(forward->loss) < 0x1p-900;
}

/* -sum c_i log p_i = sum c_i (lse - x_i), all of whose terms are >= 0 for coefficients that are */
static double loss_of(const rankloss__forward *forward, rankloss__twofold dists) {
    const rankloss__twofold lse = {forward->lse, 0.0}, minus_dists = {-dists.hi, -dists.lo};
    const rankloss__twofold loss = rankloss__twofold_add(rankloss__twofold_mul(forward->coefs, lse), minus_dists);
    return rankloss__twofold_div(loss, forward->norm).hi + 0.0; /* never -0 */
}

/* The sums, with what labels that sum to one and coefficients that cancel make of them. */
static findings find_sums(rankloss__forward *forward, rankloss__list *list) {
    const bool is_f64 = list->inputs->is_f64, sum_to_one = list->inputs->sum_to_one;
    findings found = sum_list(forward, list);
    if (forward->coefs.hi == 0.0 && found.dists.hi == 0.0)
        forward->zero = all_coefficients_are_zero(list);
    /* In float64 a sum of 0 may also be one that underflowed. */
    const bool sum_is_zero = forward->coefs.hi == 0.0 && isfinite(found.dists.hi) && (forward->zero || !is_f64);
    if (sum_to_one && sum_is_zero) {
        forward->zero = false;
        forward->uniform = true;
        found = sum_list(forward, list);
    }
    if (is_f64 && found.sizes + fabs(forward->top_coef) > 1.001 * fabs(forward->coefs.hi))
        sum_signed_coefficients(forward, list);
    if (sum_to_one)
        forward->norm = forward->coefs;
    return found;
}

rankloss__forward rankloss__forward_list(rankloss__list *list) {
    rankloss__forward forward = {.path = RANKLOSS__EMPTY, .norm = {1.0, 0.0}};
    forward.peak = find_peak(list);
    if (forward.peak.valid == 0)
        return forward;
    if (!isfinite(forward.peak.max)) {
        forward.path = RANKLOSS__NAN;
        forward.loss = (double)NAN;
        return forward;
    }
    const bool near = forward.peak.min - forward.peak.max >= RANKLOSS__EXP_CUTOFF;
    forward.span = near ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    const findings found = find_sums(&forward, list);
    forward.lse = rankloss__log1p(forward.rest_exps.hi) + forward.rest_exps.lo / (1.0 + forward.rest_exps.hi);
    forward.loss = loss_of(&forward, found.dists);
    const bool is_f64 = list->inputs->is_f64;
    const bool holds = !found.faint && sums_hold(&forward, found.dists, is_f64) && !loss_is_doubtful(&forward, is_f64);
    forward.path = holds ? RANKLOSS__COMMON : RANKLOSS__CAREFUL;
    if (!holds)
        forward.loss = rankloss__careful_loss(list, &forward.peak);
    return forward;
}

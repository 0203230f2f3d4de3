#include "gradient.h"

#include <math.h>

#include "careful.h"

/*
 * What the steps of the common path are given, and what the top item gets, which they cannot compute without
 * cancellation.
 */
typedef struct common_terms {
    rankloss__slope slope;
    rankloss__curve curve;
    rankloss__bend bend;
    double log_shift, log_scale;
    double top_slope, top_curve, top_bend;
} common_terms;

static const rankloss__twofold one = {1.0, 0.0};

static bool is_present(const rankloss__sink *sinks, rankloss__derivative which) {
    return sinks[which].kind != RANKLOSS__SINK_ABSENT;
}

/* The sum of all exponentials: the top item's, which is 1, and the rest. */
static rankloss__twofold total_exps(const rankloss__forward *forward) {
    return rankloss__twofold_add(one, forward->rest_exps);
}

/* W / norm / total, where the first quotient is 1 by definition if the coefficients are divided by their sum */
static rankloss__twofold mass_of(const rankloss__list *list, const rankloss__forward *forward) {
    return rankloss__twofold_div(list->inputs->sum_to_one ? one : forward->coefs, total_exps(forward));
}

static rankloss__slope slope_of(const rankloss__list *list, const rankloss__forward *forward,
                                rankloss__twofold factor) {
    return (rankloss__slope){rankloss__twofold_mul(mass_of(list, forward), factor),
                             rankloss__twofold_div(factor, forward->norm)};
}

/* (W - c) p - c (1 - p) of the top item, for p = 1 / total */
static double top_slope(const rankloss__forward *forward, rankloss__twofold factor) {
    const rankloss__twofold minus_coef = {-forward->top_coef, 0.0};
    const rankloss__twofold lost = rankloss__twofold_mul(minus_coef, forward->rest_exps);
    const rankloss__twofold kept = rankloss__twofold_add(forward->rest_coefs, lost);
    const rankloss__twofold slope = rankloss__twofold_div(kept, total_exps(forward));
    return rankloss__twofold_mul(slope, rankloss__twofold_div(factor, forward->norm)).hi + 0.0; /* never -0 */
}

/* What the Hessian diagonal and the HVP need. */
static void add_second_terms(common_terms *terms, const rankloss__list *list, const rankloss__forward *forward,
                             rankloss__twofold factor) {
    const rankloss__twofold total = total_exps(forward), top_tangent = {forward->top_tangent, 0.0};
    const rankloss__twofold bend = rankloss__twofold_mul(mass_of(list, forward), factor);
    const rankloss__twofold curve = rankloss__twofold_div(bend, total);
    const rankloss__twofold tangents = rankloss__twofold_add(forward->rest_tangents, top_tangent);
    terms->curve = (rankloss__curve){total, curve};
    terms->bend = (rankloss__bend){rankloss__twofold_div(tangents, total), bend};
    terms->top_curve = rankloss__twofold_mul(curve, forward->rest_exps).hi;
    terms->top_bend = curve.hi * fma(forward->top_tangent, forward->rest_exps.hi, -forward->rest_tangents.hi);
}

static common_terms terms_of(const rankloss__list *list, const rankloss__forward *forward,
                             const rankloss__upstream *upstream, const rankloss__sink *sinks) {
    common_terms terms = {.slope = slope_of(list, forward, upstream->first)};
    terms.top_slope = top_slope(forward, upstream->first);
    terms.log_shift = list->inputs->sum_to_one ? forward->loss : 0.0;
    terms.log_scale = upstream->labels / forward->norm.hi;
    if (is_present(sinks, RANKLOSS__HESS_LOGITS) || is_present(sinks, RANKLOSS__HVP_LOGITS))
        add_second_terms(&terms, list, forward, upstream->second);
    return terms;
}

/*
 * Whether the common path's products with a tangent stay within double. No sum bounds the tangent, and in float64 small
 * exponentials may stand on the way to a result that is not small.
 */
static bool tangent_fits(rankloss__list *list, const rankloss__forward *forward) {
    double most = 0.0;
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && fabs(items->tangent[i]) > most)
                most = fabs(items->tangent[i]);
    }
    if (!list->inputs->is_f64 || most == 0.0)
        return most <= 0x1p200;
    const double coefs = fabs(forward->coefs.hi);
    return most >= 0x1p-200 && most <= 0x1p200 && coefs >= 0x1p-200 && coefs <= 0x1p200 &&
           forward->peak.min - forward->peak.max >= 0.5 * RANKLOSS__EXP_CUTOFF;
}

/*
 * Likewise for logarithms: in float64 log p lies between the smallest rest and the farthest score. An infinite one
 * times a cotangent of 0 is NaN, which the careful path makes alike everywhere. Where labels sum to one, the loss is
 * taken off, and float64 has no bits to spare for what cancels.
 */
static bool logs_fit(const rankloss__list *list, const rankloss__forward *forward, double cotangent) {
    const double rest = forward->rest_exps.hi, lowest = forward->peak.min;
    if (cotangent == 0.0 && isinf(lowest))
        return false;
    const bool rest_fits = rest == 0.0 || rest >= 0x1p-400;
    if (!list->inputs->is_f64)
        return true;
    return !list->inputs->sum_to_one && rest_fits && (lowest - forward->peak.max >= -0x1p600 || isinf(lowest));
}

static bool common_path_fits(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                             const rankloss__sink *sinks) {
    const bool logs = is_present(sinks, RANKLOSS__GRAD_LABELS) || is_present(sinks, RANKLOSS__GRAD_WEIGHTS);
    const bool bends = is_present(sinks, RANKLOSS__HVP_LOGITS);
    return forward->path == RANKLOSS__COMMON && upstream->ordinary &&
           (!logs || logs_fit(list, forward, upstream->cotangent)) && (!bends || tangent_fits(list, forward));
}

static const double *exps_of(const rankloss__list *list, const rankloss__forward *forward, const rankloss__items *items,
                             size_t first) {
    double *exps = list->scratch->exps;
    if (forward->kept)
        return exps + first;
    list->inputs->kernels->exps(items, forward->peak.max, forward->span, exps);
    return exps;
}

static void fill(const rankloss__items *items, double valid, rankloss__out out) {
    for (size_t i = 0; i < items->count; i++)
        rankloss__out_set(out, i, rankloss__item_is_valid(items, i) ? valid : 0.0);
}

static void common_step(rankloss__derivative which, const rankloss__list *list, const rankloss__forward *forward,
                        const common_terms *terms, const rankloss__items *items, const double *exps,
                        rankloss__out out) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    const bool by_logits = which != RANKLOSS__GRAD_LABELS && which != RANKLOSS__GRAD_WEIGHTS;
    if (by_logits ? forward->zero : forward->uniform) {
        fill(items, 0.0, out);
        return;
    }
    switch (which) {
    case RANKLOSS__GRAD_LABELS:
    case RANKLOSS__GRAD_WEIGHTS:
        kernels->logs(items, which == RANKLOSS__GRAD_LABELS ? items->weights : items->labels, forward->peak.max,
                      forward->lse, terms->log_shift, terms->log_scale, out);
        break;
    case RANKLOSS__HESS_LOGITS:
        kernels->curves(items, exps, &terms->curve, out);
        break;
    case RANKLOSS__HVP_LOGITS:
        kernels->bends(items, exps, &terms->bend, out);
        break;
    default:
        kernels->slopes(items, exps, &terms->slope, out);
        break;
    }
}

static void set_top(rankloss__derivative which, const rankloss__forward *forward, const common_terms *terms, size_t i,
                    rankloss__out out) {
    if (forward->zero)
        return;
    if (which == RANKLOSS__GRAD_LOGITS)
        rankloss__out_set(out, i, terms->top_slope);
    else if (which == RANKLOSS__HESS_LOGITS)
        rankloss__out_set(out, i, terms->top_curve);
    else if (which == RANKLOSS__HVP_LOGITS)
        rankloss__out_set(out, i, terms->top_bend);
}

static void common_derivatives(rankloss__list *list, const rankloss__forward *forward,
                               const rankloss__upstream *upstream, rankloss__sink *sinks, size_t chunk) {
    const common_terms terms = terms_of(list, forward, upstream, sinks);
    for (size_t first = 0; first < list->size; first += chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        const double *exps = exps_of(list, forward, &items, first);
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            rankloss__sink *sink = &sinks[which];
            if (sink->kind == RANKLOSS__SINK_ABSENT)
                continue;
            const rankloss__out out = rankloss__sink_buffer(sink, first);
            common_step((rankloss__derivative)which, list, forward, &terms, &items, exps, out);
            if (forward->peak.index - first < items.count)
                set_top((rankloss__derivative)which, forward, &terms, forward->peak.index - first, out);
            rankloss__sink_put(sink, first, items.count);
        }
    }
}

static double careful_value(rankloss__derivative which, const rankloss__careful_item *item) {
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

static void careful_derivatives(rankloss__list *list, const rankloss__forward *forward,
                                const rankloss__upstream *upstream, rankloss__sink *sinks, size_t chunk) {
    rankloss__careful sums = rankloss__careful_sums(list, &forward->peak);
    rankloss__careful_set_upstream(&sums, upstream);
    for (size_t first = 0; first < list->size; first += chunk) {
        const rankloss__items items = *rankloss__list_chunk(list, first);
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            rankloss__sink *sink = &sinks[which];
            if (sink->kind == RANKLOSS__SINK_ABSENT)
                continue;
            const rankloss__out out = rankloss__sink_buffer(sink, first);
            for (size_t i = 0; i < items.count; i++) {
                double value = 0.0;
                if (rankloss__item_is_valid(&items, i)) {
                    const bool is_top = first + i == forward->peak.index;
                    const rankloss__careful_item item = rankloss__careful_item_at(&sums, list, &items, i, is_top);
                    value = careful_value((rankloss__derivative)which, &item);
                }
                rankloss__out_set(out, i, value);
            }
            rankloss__sink_put(sink, first, items.count);
        }
    }
}

static void constant_derivatives(rankloss__list *list, double valid, rankloss__sink *sinks, size_t chunk) {
    for (size_t first = 0; first < list->size; first += chunk) {
        const rankloss__items items = *rankloss__list_chunk(list, first);
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            if (sinks[which].kind == RANKLOSS__SINK_ABSENT)
                continue;
            fill(&items, valid, rankloss__sink_buffer(&sinks[which], first));
            rankloss__sink_put(&sinks[which], first, items.count);
        }
    }
}

void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           rankloss__sink sinks[RANKLOSS__NUM_DERIVATIVES]) {
    size_t chunk = list->chunk;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (rankloss__sink_limit(&sinks[which]) < chunk)
            chunk = rankloss__sink_limit(&sinks[which]);
    if (chunk != list->chunk) {
        list->chunk = chunk;
        list->loaded = SIZE_MAX;
    }
    if (forward->path == RANKLOSS__EMPTY || forward->path == RANKLOSS__NAN)
        constant_derivatives(list, (double)NAN, sinks, chunk);
    else if (common_path_fits(list, forward, upstream, sinks))
        common_derivatives(list, forward, upstream, sinks, chunk);
    else
        careful_derivatives(list, forward, upstream, sinks, chunk);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        rankloss__sink_close(&sinks[which]);
}

static double common_jvp(rankloss__list *list, const rankloss__forward *forward) {
    const rankloss__slope slope = slope_of(list, forward, one);
    rankloss__lanes lanes = {{0.0}, {0.0}};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        const double *exps = exps_of(list, forward, &items, first);
        list->inputs->kernels->dot(&items, exps, &slope, forward->peak.index - first, &lanes);
    }
    const rankloss__twofold sum = rankloss__fold(&lanes, list->inputs->is_f64);
    const double top = forward->top_tangent * top_slope(forward, one);
    return (sum.hi + (top + sum.lo)) / list->inputs->temperature + 0.0;
}

double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward) {
    if (forward->path == RANKLOSS__EMPTY || forward->zero)
        return 0.0;
    if (forward->path == RANKLOSS__NAN)
        return (double)NAN;
    if (forward->path == RANKLOSS__COMMON && tangent_fits(list, forward)) {
        const double jvp = common_jvp(list, forward);
        if (isfinite(jvp))
            return jvp;
    }
    const rankloss__careful sums = rankloss__careful_sums(list, &forward->peak);
    return rankloss__careful_jvp(&sums, list);
}

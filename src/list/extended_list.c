/*
 * A list in extended precision: the formulas of softmax.h as they are written there, an item at a time, in numbers of
 * 106 bits with an exponent of their own.
 *
 * Nothing here is fast, nor has to be: the fast path leaves only lists that double cannot represent. It needs few
 * special cases to be right. The exponent has the range for every product of inputs, so nothing overflows or
 * underflows; 106 bits leave half of them for cancellation; the coefficients, which may cancel entirely, are added
 * without rounding; and infinities and NaN combine by IEEE arithmetic, as the header promises.
 */
#include "list/extended_list.h"

#include <math.h>

#include "exact/extended_dot.h"
#include "exact/extended_functions.h"

typedef rankloss__extended extended;

static extended from(double x) {
    return rankloss__extended_from(x);
}

/*
 * s_i - max, of logits and biases whose differences lose nothing that counts. Where max is -inf, which only a stretch of a
 * list may have, -inf.
 */
static extended distance(const rankloss__extended_sums *sums, const rankloss__list *list, const rankloss__items *items,
                         size_t i) {
    const extended logit = from(rankloss__value(list->inputs, items->logits, i));
    const bool alone = sums->is_stretch && sums->logit == -(double)INFINITY;
    extended x = alone ? logit : rankloss__extended_sub(logit, from(sums->logit));
    if (list->inputs->scaled)
        x = rankloss__extended_div(x, from(list->inputs->temperature));
    if (items->bias == NULL)
        return x;
    const extended bias = from(rankloss__value(list->inputs, items->bias, i));
    return rankloss__extended_add(x, rankloss__extended_sub(bias, from(sums->bias)));
}

/*
 * With a bias, the argmax anew: beyond the range of a double the scores that the kernels compared may have been
 * infinite. Whether an item is larger shows in its distance from the largest so far. If there is none but -inf, every
 * distance will be NaN, and so are those of a NaN and of +inf.
 */
static void find_argmax(rankloss__extended_sums *sums, rankloss__list *list) {
    sums->logit = -(double)INFINITY;
    sums->bias = 0.0;
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            const double logit = rankloss__value(list->inputs, items->logits, i);
            const double bias = rankloss__value(list->inputs, items->bias, i);
            const bool is_least = logit == -(double)INFINITY || bias == -(double)INFINITY;
            if (!rankloss__item_is_valid(items, i) || is_least)
                continue;
            if (sums->logit != -(double)INFINITY && !(distance(sums, list, items, i).hi > 0.0))
                continue;
            sums->argmax = first + i;
            sums->logit = logit;
            sums->bias = bias;
        }
    }
}

/* Of x <= 0, or a little more where a bias is rounded; far above that are only items of another list than their state. */
static extended exponential(extended x) {
    if (isnan(x.hi) || rankloss__extended_to_double(x) > 1e5)
        return from((double)NAN);
    return isinf(x.hi) ? from(0.0) : rankloss__extended_exp(x);
}

/* A label, or its exponential relative to the largest, before it is divided. */
static extended label(const rankloss__extended_sums *sums, const rankloss__list *list, size_t i) {
    if (sums->uniform)
        return from(1.0);
    const extended y = from(rankloss__raw_label(list->inputs, list->raw_labels, i));
    if (!list->inputs->label_exps)
        return y;
    const double max = list->label_range.max; /* of a stretch of labels of -inf it is -inf, and they count as 0 */
    return exponential(isinf(max) && max < 0.0 ? y : rankloss__extended_sub(y, from(max)));
}

static extended weight(const rankloss__extended_sums *sums, const rankloss__list *list, const rankloss__items *items,
                       size_t i) {
    return from(sums->uniform ? 1.0 : rankloss__value(list->inputs, items->weights, i));
}

static extended coefficient(const rankloss__extended_sums *sums, const rankloss__list *list,
                            const rankloss__items *items, size_t i) {
    return rankloss__extended_mul(label(sums, list, i), weight(sums, list, items, i));
}

/* factor * value, 0 for a factor of 0 */
static extended term(extended factor, extended value) {
    return factor.hi == 0.0 ? from(0.0) : rankloss__extended_mul(factor, value);
}

/*
 * The coefficients are added exactly: where they cancel, every result that is divided by their sum depends on the rest.
 * Those with a softmax of the labels have no end of digits, and are divided by another sum.
 */
static void add_coef(const rankloss__list *list, rankloss__extended_dot *exact, extended *rounded, extended c) {
    if (list->inputs->label_exps)
        *rounded = rankloss__extended_add(*rounded, c);
    else
        rankloss__extended_dot_add(exact, c);
}

static void sum_exps_and_coefs(rankloss__extended_sums *sums, rankloss__list *list) {
    const bool exact = !list->inputs->label_exps;
    rankloss__extended_dot coefs = {.special = 0.0};
    extended rounded = from(0.0);
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const extended x = distance(sums, list, items, i);
            const extended c = coefficient(sums, list, items, i);
            const extended v = from(items->tangent != NULL ? items->tangent[i] : 0.0);
            sums->count++;
            sums->nan |= isnan(x.hi);
            sums->label_total = rankloss__extended_add(sums->label_total, label(sums, list, i));
            if (first + i == sums->argmax) {
                sums->argmax_coef = c;
                sums->argmax_tangent = v;
                continue;
            }
            const extended e = exponential(x);
            sums->other_exps = rankloss__extended_add(sums->other_exps, e);
            add_coef(list, &coefs, &rounded, c);
            sums->other_tangents = rankloss__extended_add(sums->other_tangents, rankloss__extended_mul(e, v));
        }
    }
    sums->other_coefs = exact ? rankloss__extended_dot_value(&coefs) : rounded;
    add_coef(list, &coefs, &rounded, sums->argmax_coef);
    sums->coefs = exact ? rankloss__extended_dot_value(&coefs) : rounded;
}

/* -log p_i = lse - x_i */
static extended minus_log_p(const rankloss__extended_sums *sums, const rankloss__list *list,
                            const rankloss__items *items, size_t i) {
    return rankloss__extended_sub(sums->lse, distance(sums, list, items, i));
}

static extended sum_losses(const rankloss__extended_sums *sums, rankloss__list *list) {
    extended loss = from(0.0);
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const extended c = rankloss__extended_div(coefficient(sums, list, items, i), sums->norm);
            loss = rankloss__extended_add(loss, term(c, minus_log_p(sums, list, items, i)));
        }
    }
    return loss;
}

/* What follows from the sums, but for the loss. */
static void finish(rankloss__extended_sums *sums, const rankloss__list *list) {
    const extended one = from(1.0);
    sums->total_exps = rankloss__extended_add(sums->other_exps, one);
    sums->lse = rankloss__extended_log1p(sums->other_exps);
    sums->norm = one;
    if (list->inputs->sum_to_one || list->inputs->label_exps) {
        sums->uniform = list->inputs->sum_to_one && sums->coefs.hi == 0.0;
        if (sums->uniform) {
            sums->argmax_coef = one;
            sums->coefs = from((double)sums->count);
            sums->other_coefs = rankloss__extended_sub(sums->coefs, one);
        }
        sums->norm = list->inputs->sum_to_one ? sums->coefs : sums->label_total;
        sums->coefs = rankloss__extended_div(sums->coefs, sums->norm);
        sums->other_coefs = rankloss__extended_div(sums->other_coefs, sums->norm);
        sums->argmax_coef = rankloss__extended_div(sums->argmax_coef, sums->norm);
    }
    const extended tangents = rankloss__extended_add(sums->other_tangents, sums->argmax_tangent);
    sums->mean_tangent = rankloss__extended_div(tangents, sums->total_exps);
}

static rankloss__extended_sums start(rankloss__list *list, const rankloss__score_range *range) {
    const extended zero = from(0.0);
    rankloss__extended_sums sums = {.label_total = zero,
                                    .logit = range->logit,
                                    .argmax = range->argmax,
                                    .other_exps = zero,
                                    .other_tangents = zero};
    if (list->inputs->bias.data != NULL)
        find_argmax(&sums, list);
    return sums;
}

rankloss__extended_sums rankloss__extended_sums_of(rankloss__list *list, const rankloss__score_range *range) {
    rankloss__extended_sums sums = start(list, range);
    sum_exps_and_coefs(&sums, list);
    finish(&sums, list);
    sums.loss = sum_losses(&sums, list);
    if (sums.nan)
        sums.loss = from((double)NAN);
    return sums;
}

/* --- stretches --- */

rankloss__extended_sums rankloss__extended_sums_of_whole(const rankloss__list *list, const rankloss__stretch *whole,
                                                         size_t argmax) {
    rankloss__extended_sums sums = {.count = (size_t)whole->valid,
                                    .argmax = argmax,
                                    .logit = whole->logit,
                                    .bias = whole->bias,
                                    .label_total = whole->rest,
                                    .other_exps = whole->other_exps,
                                    .other_coefs = whole->other_coefs,
                                    .argmax_coef = whole->argmax_coef,
                                    .coefs = rankloss__extended_add(whole->other_coefs, whole->argmax_coef),
                                    .other_tangents = whole->other_tangents,
                                    .argmax_tangent = from(whole->argmax_tangent)};
    finish(&sums, list);
    const extended coef_x = rankloss__extended_div(sums.uniform ? whole->rest : whole->coef_x, sums.norm);
    /* Where lse is 0 the others have scores of -inf, and their coefficients, infinite or not, are no factors of it. */
    const extended coefs = sums.lse.hi == 0.0 ? sums.argmax_coef : sums.coefs;
    sums.loss = rankloss__extended_sub(term(coefs, sums.lse), coef_x);
    return sums;
}

/* The sums of all c_i x_i, and, with labels that sum to one, of all x_i. */
static void sum_distances(rankloss__stretch *stretch, const rankloss__extended_sums *sums, rankloss__list *list) {
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i) || first + i == sums->argmax)
                continue;
            const extended x = distance(sums, list, items, i), c = coefficient(sums, list, items, i);
            stretch->has_coefficient |= c.hi != 0.0;
            if (x.hi != 0.0)
                stretch->coef_x = rankloss__extended_add(stretch->coef_x, term(c, x));
            if (list->inputs->sum_to_one)
                stretch->rest = rankloss__extended_add(stretch->rest, x);
        }
    }
}

rankloss__stretch rankloss__extended_stretch(rankloss__list *list, const rankloss__score_range *range) {
    rankloss__extended_sums sums = start(list, range);
    sums.is_stretch = true;
    if (list->inputs->bias.data == NULL)
        sums.logit = range->max; /* infinite where range->logit is not set */
    if (sums.logit == -(double)INFINITY)
        sums.argmax = list->size;
    sum_exps_and_coefs(&sums, list);
    rankloss__stretch stretch = {.kind = rankloss__stretch_kind_of(list->inputs),
                                 .valid = (int64_t)sums.count,
                                 .has_coefficient = sums.argmax_coef.hi != 0.0,
                                 .has_bias = list->inputs->bias.data != NULL,
                                 .logit = sums.logit,
                                 .bias = sums.bias,
                                 .argmax_tangent = rankloss__extended_to_double(sums.argmax_tangent),
                                 .label_max = list->inputs->label_exps ? list->label_range.max : 0.0,
                                 .rest = list->inputs->label_exps ? sums.label_total : from(0.0),
                                 .other_exps = sums.nan ? from((double)NAN) : sums.other_exps,
                                 .other_tangents = sums.other_tangents,
                                 .other_coefs = sums.other_coefs,
                                 .argmax_coef = sums.argmax_coef,
                                 .coef_x = from(0.0)};
    sum_distances(&stretch, &sums, list);
    return stretch;
}

/* A result is never -0, and every NaN is the same one, since processors differ in the sign of those they make. */
static double result_of(extended a) {
    const double value = rankloss__extended_to_double(a);
    return isnan(value) ? (double)NAN : value + 0.0;
}

double rankloss__extended_loss(rankloss__list *list, const rankloss__score_range *range) {
    const rankloss__extended_sums sums = rankloss__extended_sums_of(list, range);
    return result_of(sums.loss);
}

double rankloss__extended_loss_of_whole(const rankloss__list *list, const rankloss__stretch *whole) {
    return result_of(rankloss__extended_sums_of_whole(list, whole, list->size).loss);
}

void rankloss__extended_set_upstream(rankloss__extended_sums *sums, const rankloss__upstream *upstream) {
    const extended temperature = from(upstream->temperature);
    const extended cotangent = rankloss__extended_mul(from(upstream->cotangent), from(upstream->share));
    sums->labels = rankloss__extended_div(cotangent, from(upstream->divisor));
    sums->first = rankloss__extended_div(sums->labels, temperature);
    sums->second = rankloss__extended_div(sums->first, temperature);
}

/* W p_i - c_i. For the argmax p_i may round to 1: (W - c_i) p_i - c_i (1 - p_i), which loses nothing. */
static extended grad(const rankloss__extended_sums *sums, extended e, extended c, bool is_argmax) {
    if (!is_argmax || rankloss__extended_is_special(sums->coefs)) {
        const extended p = rankloss__extended_div(e, sums->total_exps);
        return rankloss__extended_sub(rankloss__extended_mul(sums->coefs, p), c);
    }
    const extended lost = rankloss__extended_mul(c, sums->other_exps);
    return rankloss__extended_div(rankloss__extended_sub(sums->other_coefs, lost), sums->total_exps);
}

/* v_i - sum_j p_j v_j, for the argmax without cancellation in p_i */
static extended tangent_deviation(const rankloss__extended_sums *sums, extended v, bool is_argmax) {
    if (!is_argmax)
        return rankloss__extended_sub(v, sums->mean_tangent);
    const extended others = rankloss__extended_sub(rankloss__extended_mul(v, sums->other_exps), sums->other_tangents);
    return rankloss__extended_div(others, sums->total_exps);
}

static double output(extended factor, extended value) {
    return result_of(rankloss__extended_mul(factor, value));
}

extended rankloss__extended_log_term(const rankloss__extended_sums *sums, const rankloss__list *list,
                                     const rankloss__items *items, size_t i, bool by_weights) {
    const bool weighs = list->inputs->label_exps && !by_weights;
    const extended w = weight(sums, list, items, i);
    const extended outer = by_weights || weighs ? label(sums, list, i) : w;
    if (sums->nan)
        return from((double)NAN);
    if (sums->uniform || outer.hi == 0.0)
        return from(0.0);
    extended log_term = minus_log_p(sums, list, items, i);
    if (weighs)
        log_term = term(w, log_term);
    if (list->inputs->sum_to_one || weighs)
        log_term = rankloss__extended_sub(log_term, sums->loss);
    return rankloss__extended_mul(sums->labels,
                                  rankloss__extended_mul(rankloss__extended_div(outer, sums->norm), log_term));
}

double rankloss__extended_derivative(const rankloss__extended_sums *sums, const rankloss__list *list,
                                     const rankloss__items *items, size_t i, bool is_argmax,
                                     rankloss__derivative which) {
    if (sums->nan)
        return (double)NAN;
    if (!rankloss__is_by_logits(which))
        return result_of(rankloss__extended_log_term(sums, list, items, i, which == RANKLOSS__GRAD_WEIGHTS));
    const extended e = exponential(distance(sums, list, items, i));
    if (which == RANKLOSS__GRAD_LOGITS) {
        const extended c = rankloss__extended_div(coefficient(sums, list, items, i), sums->norm);
        return output(sums->first, grad(sums, e, c, is_argmax));
    }
    const extended mass = rankloss__extended_mul(sums->coefs, rankloss__extended_div(e, sums->total_exps));
    if (which == RANKLOSS__HVP_LOGITS)
        return output(sums->second,
                      rankloss__extended_mul(mass, tangent_deviation(sums, from(items->tangent[i]), is_argmax)));
    const extended others = is_argmax ? sums->other_exps : rankloss__extended_sub(sums->total_exps, e);
    return output(sums->second, rankloss__extended_mul(mass, rankloss__extended_div(others, sums->total_exps)));
}

double rankloss__extended_jvp(const rankloss__extended_sums *sums, rankloss__list *list) {
    extended jvp = from(0.0);
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const bool is_argmax = first + i == sums->argmax;
            const extended c = rankloss__extended_div(coefficient(sums, list, items, i), sums->norm);
            const extended e = exponential(distance(sums, list, items, i));
            jvp = rankloss__extended_add(jvp,
                                         rankloss__extended_mul(from(items->tangent[i]), grad(sums, e, c, is_argmax)));
        }
    }
    if (sums->nan)
        return (double)NAN;
    return output(rankloss__extended_div(from(1.0), from(list->inputs->temperature)), jvp);
}

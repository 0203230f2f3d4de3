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
#include "exact/fma.h"
#include "exact/log1p.h"

typedef rankloss__extended extended;

/* Products of finite inputs never bring an exponential below e^-100000 back into the range of a double. */
static const double FAR = -1e5;

static extended from(double x) {
    return rankloss__extended_from(x);
}

/* a as a double-double; its exponent must not be far from 0 */
static rankloss__dd dd_of(extended a) {
    const double scale = a.hi != 0.0 ? rankloss__power_of_two((int)a.exponent) : 1.0;
    return (rankloss__dd){a.hi * scale, a.lo * scale};
}

/* 1 / k! for k = 1 to 12, and for k = 13 to 22 */
enum { FACTORS = 12, SMALL_FACTORS = 10 };
static const rankloss__dd factors[FACTORS] = {{0x1p0, 0.0},
                                              {0x1p-1, 0.0},
                                              {0x1.5555555555555p-3, 0x1.5555555555555p-57},
                                              {0x1.5555555555555p-5, 0x1.5555555555555p-59},
                                              {0x1.1111111111111p-7, 0x1.1111111111111p-63},
                                              {0x1.6c16c16c16c17p-10, -0x1.f49f49f49f49fp-65},
                                              {0x1.a01a01a01a01ap-13, 0x1.a01a01a01a01ap-73},
                                              {0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-76},
                                              {0x1.71de3a556c734p-19, -0x1.c154f8ddc6cp-73},
                                              {0x1.27e4fb7789f5cp-22, 0x1.cbbc05b4fa99ap-76},
                                              {0x1.ae64567f544e4p-26, -0x1.c062e06d1f209p-80},
                                              {0x1.1eed8eff8d898p-29, -0x1.2aec959e14c06p-83}};
static const double small_factors[SMALL_FACTORS] = {
    0x1.6124613a86d09p-33, 0x1.93974a8c07c9dp-37, 0x1.ae7f3e733b81fp-41, 0x1.ae7f3e733b81fp-45, 0x1.952c77030ad4ap-49,
    0x1.6827863b97d97p-53, 0x1.2f49b46814157p-57, 0x1.e542ba4020225p-62, 0x1.71b8ef6dcf572p-66, 0x1.0ce396db7f853p-70};

/* exp(x) of a double-double x, to some 2^-98 for |x| <= 690, to 2^-90 for |x| <= 10^5 */
static extended exp_dd(rankloss__dd x) {
    const rankloss__dd ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}, one = {1.0, 0.0};
    const double to_integer = 0x1.8p52; /* there doubles are the integers */
    const rankloss__dd n = {to_integer - (x.hi * 0x1.71547652b82fep0 + to_integer), 0.0};
    const rankloss__dd r = rankloss__dd_add(x, rankloss__dd_mul(n, ln2));
    /* Taylor's series to r^22 / 22!: 2^-104 for |r| <= ln 2 / 2. From r^13 on, 2^-52 of it, a double is enough. */
    double tail = 0.0;
    for (int k = SMALL_FACTORS; k-- > 0;)
        tail = rankloss__fma(tail, r.hi, small_factors[k]);
    rankloss__dd p = {tail, 0.0};
    for (int k = FACTORS; k-- > 0;)
        p = rankloss__dd_add(factors[k], rankloss__dd_mul(p, r));
    p = rankloss__dd_add(one, rankloss__dd_mul(p, r));
    return rankloss__extended_make(p, -(int64_t)n.hi);
}

/* exp(x) of a finite x <= 0, never 0 */
static extended exp_extended(extended x) {
    if (rankloss__extended_to_double(x) < FAR)
        return (extended){1.0, 0.0, -200000};
    return x.hi == 0.0 || x.exponent < -200 ? from(1.0) : exp_dd(dd_of(x));
}

/* log(1 + x) of x >= 0 */
static extended log1p_extended(extended x) {
    if (x.hi == 0.0 || rankloss__extended_is_special(x))
        return x;
    if (x.exponent < -30) { /* x - x^2 / 2 + x^3 / 3 */
        const extended square = rankloss__extended_mul(x, x);
        const extended third = rankloss__extended_div(x, from(3.0));
        return rankloss__extended_add(x, rankloss__extended_mul(square, rankloss__extended_sub(third, from(0.5))));
    }
    /* One step of Newton's method from the double nearest: y + ((1 + x) - e^y) / e^y */
    const double y = rankloss__log1p(rankloss__extended_to_double(x));
    const extended e = exp_dd((rankloss__dd){y, 0.0});
    const extended error = rankloss__extended_sub(rankloss__extended_add(from(1.0), x), e);
    return rankloss__extended_add(from(y), rankloss__extended_div(error, e));
}

/* s_i - max, of logits and biases whose differences lose nothing that counts */
static extended distance(const rankloss__extended_sums *sums, const rankloss__list *list, const rankloss__items *items,
                         size_t i) {
    const extended logit = from(rankloss__value(list->inputs, items->logits, i));
    extended x = rankloss__extended_sub(logit, from(sums->logit));
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

static extended exponential(extended x) {
    if (isnan(x.hi))
        return x;
    return isinf(x.hi) ? from(0.0) : exp_extended(x);
}

/* A label, or its exponential relative to the largest, before it is divided. */
static extended label(const rankloss__extended_sums *sums, const rankloss__list *list, size_t i) {
    if (sums->uniform)
        return from(1.0);
    const extended y = from(rankloss__value(list->inputs, list->raw_labels, i));
    return list->inputs->label_exps ? exponential(rankloss__extended_sub(y, from(list->label_range.max))) : y;
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

rankloss__extended_sums rankloss__extended_sums_of(rankloss__list *list, const rankloss__score_range *range) {
    const extended zero = from(0.0), one = from(1.0);
    rankloss__extended_sums sums = {.label_total = zero,
                                    .logit = range->logit,
                                    .argmax = range->argmax,
                                    .norm = one,
                                    .other_exps = zero,
                                    .other_tangents = zero};
    if (list->inputs->bias.data != NULL)
        find_argmax(&sums, list);
    sum_exps_and_coefs(&sums, list);
    sums.total_exps = rankloss__extended_add(sums.other_exps, one);
    sums.lse = log1p_extended(sums.other_exps);
    if (list->inputs->sum_to_one || list->inputs->label_exps) {
        sums.uniform = list->inputs->sum_to_one && sums.coefs.hi == 0.0;
        if (sums.uniform) {
            sums.argmax_coef = one;
            sums.coefs = from((double)sums.count);
            sums.other_coefs = rankloss__extended_sub(sums.coefs, one);
        }
        sums.norm = list->inputs->sum_to_one ? sums.coefs : sums.label_total;
        sums.coefs = rankloss__extended_div(sums.coefs, sums.norm);
        sums.other_coefs = rankloss__extended_div(sums.other_coefs, sums.norm);
        sums.argmax_coef = rankloss__extended_div(sums.argmax_coef, sums.norm);
    }
    const extended tangents = rankloss__extended_add(sums.other_tangents, sums.argmax_tangent);
    sums.mean_tangent = rankloss__extended_div(tangents, sums.total_exps);
    sums.loss = sum_losses(&sums, list);
    if (sums.nan)
        sums.loss = from((double)NAN);
    return sums;
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

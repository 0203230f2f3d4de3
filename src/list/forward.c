/*
 * The forward pass of a list by itself, in chunks: the range of its scores, the sums without the argmax, the loss.
 *
 * Two passes, since the exponentials need the largest score; the first is cheap, and its chunks are often in the cache
 * for the second. The argmax, whose exponential is exactly 1, is left out of the sums: so log1p() of them keeps every
 * digit even where that item dominates, and no sum needs more than double (float32) or double-double (float64).
 *
 * The few lists that this does not suit are found from their sums, which costs the others nothing: if all coefficients
 * are zero and are to sum to one, or if they cancel in float64, the list is summed again by its own rule. Where the sums
 * still do not fit a double, the loss is computed in extended precision.
 */
#include "list/forward.h"

#include <math.h>

#include "exact/double_double.h"
#include "exact/fma.h"
#include "list/fast_path.h"
#include "list/float_exps.h"
#include "list/whole_list.h"

/* --- the range of the scores --- */

/* Joins the ranges of two stretches of a list, the later of which begins at item `first`. */
static void join_ranges(rankloss__score_range *range, const rankloss__score_range *later, size_t first) {
    range->valid += later->valid;
    range->min = later->min < range->min ? later->min : range->min;
    range->unit = later->unit;
    range->most_bias = later->most_bias > range->most_bias ? later->most_bias : range->most_bias;
    if (later->max > range->max) {
        range->max = later->max;
        range->logit = later->logit;
        range->bias = later->bias;
        range->argmax = first + later->argmax;
    }
    range->lowest_x = (range->min - range->max) * range->unit;
}

static rankloss__score_range no_range(const rankloss__list *list) {
    return (rankloss__score_range){.max = -(double)INFINITY, .min = (double)INFINITY, .argmax = list->size};
}

/* What all parts share. */
typedef struct ranging {
    rankloss__comparison comparison;
    rankloss__score_range parts[RANKLOSS__PARTS];
} ranging;

static void range_of_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    ranging *shared = context;
    rankloss__score_range *range = &shared->parts[part];
    *range = no_range(list);
    for (size_t first = begin; first < end; first += list->chunk) {
        rankloss__score_range found;
        list->inputs->kernels->score_ranges(rankloss__list_score_chunk(list, first, shared->comparison), 1, &found);
        join_ranges(range, &found, first);
    }
}

static rankloss__score_range compare(rankloss__list *list, rankloss__comparison comparison) {
    ranging shared; /* not by an initialiser, which would clear the parts */
    shared.comparison = comparison;
    rankloss__score_range range = no_range(list);
    rankloss__each_part(list, range_of_part, &shared);
    for (size_t part = 0; part < rankloss__count_parts(list); part++)
        join_ranges(&range, &shared.parts[part], 0);
    return range;
}

/* Once more in double where a float is not good enough anywhere in the list, as the kernels do for a list in one chunk. */
rankloss__score_range rankloss__find_range(rankloss__list *list) {
    const rankloss__score_range range = compare(list, RANKLOSS__IN_FLOAT);
    const bool biased = list->inputs->bias.data != NULL && !list->inputs->is_f64;
    const bool large = range.most_bias > RANKLOSS__FLOAT_SCORE_LIMIT || fabs(range.max) > RANKLOSS__FLOAT_SCORE_LIMIT;
    return biased && large ? compare(list, RANKLOSS__IN_DOUBLE) : range;
}

/* --- the softmax of the labels --- */

static void label_range_of_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    rankloss__score_range *range = (rankloss__score_range *)context + part;
    *range = no_range(list);
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items labels = rankloss__list_label_chunk(list, first);
        rankloss__score_range found;
        list->inputs->kernels->score_ranges(&labels, 1, &found);
        join_ranges(range, &found, first);
    }
}

__attribute__((noinline)) bool rankloss__find_label_range(rankloss__list *list) {
    rankloss__score_range ranges[RANKLOSS__PARTS];
    rankloss__each_part(list, label_range_of_part, ranges);
    list->label_range = no_range(list);
    for (size_t part = 0; part < rankloss__count_parts(list); part++)
        join_ranges(&list->label_range, &ranges[part], 0);
    return isfinite(list->label_range.max);
}

/* --- the sums --- */

const rankloss__items *rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first,
                                               rankloss__items *uniform) {
    const rankloss__items *items = rankloss__list_chunk(list, first);
    if (!forward->uniform)
        return items;
    *uniform = *items;
    uniform->labels = uniform->weights = NULL;
    uniform->label_exps = false;
    uniform->integer_labels = 0;
    return uniform;
}

static void read_argmax(rankloss__forward *forward, rankloss__list *list) {
    const size_t first = forward->range.argmax - forward->range.argmax % list->chunk;
    rankloss__items uniform;
    const rankloss__items *items = rankloss__forward_chunk(forward, list, first, &uniform);
    const size_t i = forward->range.argmax - first;
    const double label = rankloss__label(list->inputs, items, i);
    const double weight = rankloss__value(list->inputs, items->weights, i);
    const double coef = label * weight; /* exact in float32, but for a label that is an exponential */
    forward->sums.argmax_coef.hi[0] = coef;
    forward->sums.argmax_coef.lo[0] = list->inputs->is_f64 ? rankloss__fma(label, weight, -coef) : 0.0;
    forward->sums.argmax_tangent.at[0] = items->tangent != NULL ? items->tangent[i] : 0.0;
}

/* One sum of each kind, of a part of a list. */
typedef struct part_sums {
    rankloss__dd exps, coefs, coef_x, tangents, label_total;
    double abs_coefs;
    unsigned doubtful, label_underflow;
} part_sums;

/* What all parts share. */
typedef struct summing {
    const rankloss__forward *forward;
    part_sums parts[RANKLOSS__PARTS];
} summing;

static void sum_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    summing *shared = context;
    const rankloss__forward *forward = shared->forward;
    const rankloss__kernels *kernels = list->inputs->kernels;
    rankloss__items uniform;
    rankloss__sums sums, labels;
    kernels->clear(&sums);
    kernels->clear(&labels);
    rankloss__list_sum_labels(list, &labels);
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items *items = rankloss__forward_chunk(forward, list, first, &uniform);
        const int64_t skip = (int64_t)forward->range.argmax - (int64_t)first;
        double *exps = list->scratch->exps + (forward->exps_kept ? first : 0);
        kernels->sums(items, &forward->range, skip, forward->span, exps, &sums);
        if (forward->exps_rounded && list->float_exps != NULL)
            kernels->exps_to_floats(exps, items->count, list->float_exps + first);
    }
    rankloss__list_sum_labels(list, NULL);
    kernels->fold(&sums);
    if (list->inputs->label_exps)
        kernels->fold(&labels);
    shared->parts[part] = (part_sums){.exps = rankloss__first_lane(&sums.exps),
                                      .coefs = rankloss__first_lane(&sums.coefs),
                                      .coef_x = rankloss__first_lane(&sums.coef_x),
                                      .tangents = rankloss__first_lane(&sums.tangents),
                                      .label_total = rankloss__first_lane(&labels.exps),
                                      .abs_coefs = sums.abs_coefs.at[0],
                                      .doubtful = sums.doubtful,
                                      .label_underflow = labels.doubtful != 0};
}

/* Not inlined, to keep the parts off other callers' stacks. */
__attribute__((noinline)) void rankloss__add_parts(rankloss__forward *forward, rankloss__list *list) {
    rankloss__list_sums *list_sums = &forward->sums;
    summing shared; /* as above */
    shared.forward = forward;
    rankloss__each_part(list, sum_part, &shared);
    part_sums total = shared.parts[0];
    for (size_t part = 1; part < rankloss__count_parts(list); part++) {
        const part_sums *sums = &shared.parts[part];
        total.exps = rankloss__dd_add(total.exps, sums->exps);
        total.coefs = rankloss__dd_add(total.coefs, sums->coefs);
        total.coef_x = rankloss__dd_add(total.coef_x, sums->coef_x);
        total.tangents = rankloss__dd_add(total.tangents, sums->tangents);
        total.label_total = rankloss__dd_add(total.label_total, sums->label_total);
        total.abs_coefs += sums->abs_coefs;
        total.doubtful |= sums->doubtful;
        total.label_underflow |= sums->label_underflow;
    }
    rankloss__set_first_lane(&list_sums->others.exps, total.exps);
    rankloss__set_first_lane(&list_sums->others.coefs, total.coefs);
    rankloss__set_first_lane(&list_sums->others.coef_x, total.coef_x);
    rankloss__set_first_lane(&list_sums->others.tangents, total.tangents);
    rankloss__set_first_lane(&list_sums->label_total, total.label_total);
    list_sums->label_underflow = total.label_underflow;
    list_sums->others.abs_coefs.at[0] = total.abs_coefs;
    list_sums->others.doubtful = total.doubtful != 0;
    list_sums->max.at[0] = forward->range.max;
    list_sums->min.at[0] = forward->range.min;
    list_sums->lowest_x.at[0] = forward->range.lowest_x;
    list_sums->logit.at[0] = forward->range.logit;
    list_sums->bias.at[0] = forward->range.bias;
    list_sums->valid.at[0] = (double)forward->range.valid;
}

bool rankloss__sum_list(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    forward->sums.single = true;
    forward->sums.others.doubtful = 0;
    if (list->size <= list->chunk && forward->exps_kept && !list->inputs->label_exps) {
        rankloss__items uniform;
        const rankloss__items *items = rankloss__forward_chunk(forward, list, 0, &uniform);
        double *exps = list->scratch->exps;
        kernels->list_sums(items, 1, &exps, &forward->range, &forward->sums);
    } else {
        rankloss__add_parts(forward, list);
        read_argmax(forward, list);
    }
    return kernels->losses(&forward->sums, &forward->losses) != 0;
}

/* --- lists with rules of their own --- */

void rankloss__sum_signed_coefficients(rankloss__forward *forward, rankloss__list *list) {
    rankloss__dd others = {0.0, 0.0}, argmax = {0.0, 0.0};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const double label = rankloss__label(list->inputs, items, i);
            const rankloss__dd c = rankloss__two_product(label, rankloss__value(list->inputs, items->weights, i));
            if (first + i == forward->range.argmax)
                argmax = c;
            else
                others = rankloss__dd_add(others, c);
        }
    }
    rankloss__set_first_lane(&forward->sums.others.coefs, others);
    rankloss__set_first_lane(&forward->sums.argmax_coef, argmax);
}

static bool all_coefficients_are_zero(rankloss__list *list) {
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && rankloss__label(list->inputs, items, i) != 0.0 &&
                rankloss__value(list->inputs, items->weights, i) != 0.0)
                return false;
    }
    return true;
}

/* The sums by the list's own rules. Returns whether they are usable. */
static bool find_sums(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__inputs *inputs = list->inputs;
    bool finite = rankloss__sum_list(forward, list);
    if (rankloss__coefficients_may_be_zero(&forward->sums, &forward->losses, 0))
        forward->zero = all_coefficients_are_zero(list);
    if (inputs->sum_to_one && forward->zero) {
        forward->zero = false;
        forward->uniform = true;
        finite = rankloss__sum_list(forward, list);
    }
    if (inputs->is_f64 && rankloss__coefficients_cancel(&forward->sums, 0)) {
        rankloss__sum_signed_coefficients(forward, list);
        inputs->kernels->losses(&forward->sums, &forward->losses);
    }
    return finite && rankloss__sums_are_accurate(inputs, &forward->sums, &forward->losses, 0, forward->zero);
}

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward) {
    if (list->inputs->whole != NULL)
        rankloss__forward_whole(list, forward);
    else
        rankloss__forward_own(list, forward);
}

rankloss__extended_sums rankloss__forward_extended(rankloss__list *list, const rankloss__forward *forward) {
    if (forward->of_whole)
        return rankloss__extended_sums_of_whole(list, &forward->whole, forward->range.argmax);
    return rankloss__extended_sums_of(list, &forward->range);
}

void rankloss__forward_own(rankloss__list *list, rankloss__forward *forward) {
    forward->of_whole = false;
    forward->path = RANKLOSS__EMPTY;
    forward->uniform = forward->zero = false;
    forward->loss = 0.0;
    forward->sums.sum_to_one = list->inputs->sum_to_one;
    forward->sums.label_exps = list->inputs->label_exps;
    forward->exps_kept = list->size <= RANKLOSS__TOGETHER;
    forward->range = rankloss__find_range(list);
    if (forward->range.valid == 0)
        return;
    /* With a bias, a double may not have held the score. */
    const bool finite = isfinite(forward->range.max);
    const bool label_exps = list->inputs->label_exps;
    const bool labels_are_nan = label_exps && !rankloss__find_label_range(list);
    if (labels_are_nan || (!finite && list->inputs->bias.data == NULL)) {
        forward->path = RANKLOSS__NAN;
        forward->loss = (double)NAN;
        return;
    }
    const bool near = forward->range.lowest_x >= RANKLOSS__EXP_CUTOFF;
    forward->span = near ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    forward->exps_rounded = rankloss__exps_are_rounded(list, &forward->range);
    bool accurate = false;
    if (finite)
        accurate = find_sums(forward, list);
    else if (label_exps)
        rankloss__add_parts(forward, list); /* for the sum of the labels alone: there may be no argmax */
    if (label_exps && !isfinite(forward->sums.label_total.hi[0])) {
        forward->path = RANKLOSS__NAN;
        forward->loss = (double)NAN;
    } else if (accurate) {
        forward->path = RANKLOSS__FAST;
        forward->loss = forward->losses.loss.at[0];
    } else {
        forward->path = RANKLOSS__EXTENDED;
        forward->loss = rankloss__extended_loss(list, &forward->range);
    }
}

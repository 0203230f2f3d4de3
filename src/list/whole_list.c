/*
 * The sums of a stretch are those of the forward pass where they are accurate, and otherwise come from extended precision, as
 * the loss does. On the way back, the sums of the whole list, which have more bits than any stretch's, take the place of the
 * list's own. The items at hand are read once, to compare their scores; they are summed only where some may be so far below
 * the largest score that the kernels have to say whether any underflows.
 *
 * Which item is the argmax, the states do not tell; but it needs a formula of its own only if the others' exponentials are
 * less than 1 together, so that no other has its score.
 */
#include "list/whole_list.h"

#include <math.h>

#include "list/extended_list.h"
#include "list/fast_path.h"
#include "list/gradient.h"

/* --- the list at hand as a stretch --- */

/* What is in lane 0 of a sum; in float32 kernels its second half is not set. */
static rankloss__extended lane(const rankloss__inputs *inputs, const rankloss__dd_lanes *lanes) {
    const rankloss__dd sum = {lanes->hi[0], inputs->is_f64 ? lanes->lo[0] : 0.0};
    return rankloss__extended_from_dd(sum);
}

/*
 * With labels that sum to one, more of it: the list might be uniform as a whole, and the division asks for all bits. Not
 * inlined, to keep a second forward pass off the stack of others.
 */
__attribute__((noinline)) static void add_sum_to_one(rankloss__stretch *stretch, rankloss__list *list,
                                                     const rankloss__forward *forward) {
    const rankloss__dd zero = {0.0, 0.0};
    rankloss__forward again = *forward;
    again.uniform = true;
    if (!forward->uniform)
        (void)rankloss__sum_list(&again, list);
    stretch->rest = lane(list->inputs, &again.sums.others.coef_x);
    rankloss__set_first_lane(&again.sums.others.coefs, zero);
    rankloss__set_first_lane(&again.sums.argmax_coef, zero);
    if (forward->uniform)
        stretch->coef_x = rankloss__extended_from(0.0);
    else
        rankloss__sum_signed_coefficients(&again, list);
    stretch->other_coefs = rankloss__extended_from_dd(rankloss__first_lane(&again.sums.others.coefs));
    stretch->argmax_coef = rankloss__extended_from_dd(rankloss__first_lane(&again.sums.argmax_coef));
}

rankloss__stretch rankloss__stretch_of(rankloss__list *list, const rankloss__forward *forward) {
    const rankloss__inputs *inputs = list->inputs;
    const rankloss__list_sums *sums = &forward->sums;
    if (forward->path == RANKLOSS__EMPTY)
        return (rankloss__stretch){.valid = 0};
    if (forward->path != RANKLOSS__FAST || (inputs->wants_tangent && !rankloss__list_tangent_is_fast(list, forward)))
        return rankloss__extended_stretch(list, &forward->range);
    rankloss__stretch stretch = {.kind = rankloss__stretch_kind_of(inputs),
                                 .valid = (int64_t)forward->range.valid,
                                 .has_coefficient = !forward->zero && !forward->uniform,
                                 .has_bias = inputs->bias.data != NULL,
                                 .logit = forward->range.logit,
                                 .bias = inputs->bias.data != NULL ? forward->range.bias : 0.0,
                                 .argmax_tangent = inputs->wants_tangent ? sums->argmax_tangent.at[0] : 0.0,
                                 .label_max = inputs->label_exps ? list->label_range.max : 0.0,
                                 .rest = rankloss__extended_from(0.0),
                                 .other_exps = lane(inputs, &sums->others.exps),
                                 .other_tangents = rankloss__extended_from(0.0),
                                 .other_coefs = lane(inputs, &sums->others.coefs),
                                 .argmax_coef = lane(inputs, &sums->argmax_coef),
                                 .coef_x = lane(inputs, &sums->others.coef_x)};
    if (inputs->wants_tangent)
        stretch.other_tangents = lane(inputs, &sums->others.tangents);
    if (inputs->label_exps)
        stretch.rest = lane(inputs, &sums->label_total);
    if (inputs->sum_to_one)
        add_sum_to_one(&stretch, list, forward);
    return stretch;
}

/* --- the forward pass from the whole list's sums --- */

/* The first item at hand with the logit and the bias of the whole list's argmax; the list's size if there is none. */
static size_t find_argmax(rankloss__list *list, const rankloss__stretch *whole) {
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            const double bias = items->bias != NULL ? rankloss__value(list->inputs, items->bias, i) : 0.0;
            if (rankloss__item_is_valid(items, i) && bias == whole->bias &&
                rankloss__value(list->inputs, items->logits, i) == whole->logit)
                return first + i;
        }
    }
    return list->size;
}

/* How far the largest score at hand is above the whole list's; negative if it is not. */
static double height_above(const rankloss__stretch *whole, const rankloss__score_range *at_hand, double bias) {
    const rankloss__stretch top = {.kind = whole->kind, .logit = at_hand->logit, .bias = bias};
    return rankloss__extended_to_double(rankloss__stretch_height(&top, whole));
}

/*
 * The range of the scores at hand, as a part of the whole list's. Returns whether it can be a part: with a bias, which item
 * is the argmax is told by scores that are rounded, and the largest may be up to 1.25 above it.
 */
static bool take_range(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__stretch *whole = &forward->whole;
    const rankloss__inputs *inputs = list->inputs;
    rankloss__score_range *range = &forward->range;
    const bool biased = inputs->bias.data != NULL, any = range->valid > 0;
    const bool may_be_argmax = any && (biased || range->logit == whole->logit);
    const bool others_are_less = whole->other_exps.hi == 0.0 || whole->other_exps.exponent < 0;
    const bool has_score = any && range->max > -(double)INFINITY;
    const double height = has_score ? height_above(whole, range, biased ? range->bias : 0.0) : 0.0;
    if (!may_be_argmax || !others_are_less)
        range->argmax = list->size;
    else if (biased)
        range->argmax = find_argmax(list, whole);
    range->logit = range->max = whole->logit;
    range->bias = whole->bias;
    if (biased)
        range->max = whole->logit * inputs->inverse_temperature.hi + whole->bias;
    range->lowest_x = any ? (range->min - range->max) * range->unit : 0.0;
    return !(height > (biased ? 2.0 : 0.0));
}

/*
 * The same of the labels, whose exponentials are relative to the whole list's largest from here on. lowest: how far the lowest
 * is from it.
 */
static bool take_label_range(rankloss__list *list, const rankloss__stretch *whole, double *lowest) {
    (void)rankloss__find_label_range(list);
    const rankloss__score_range at_hand = list->label_range;
    *lowest = at_hand.min - whole->label_max;
    list->label_range.max = list->label_range.logit = whole->label_max;
    list->label_range.lowest_x = *lowest; /* where the kernels see whether an exponential may underflow */
    return at_hand.valid == 0 || !(at_hand.max > whole->label_max);
}

static void take_dd(rankloss__dd_lanes *lanes, rankloss__extended value) {
    rankloss__set_first_lane(lanes, rankloss__extended_to_dd(value));
}

/* Whether the others' exponentials, all together, are below that of a score so far below the largest. */
static bool others_are_below(const rankloss__stretch *whole, double x) {
    const double log2_e = 1.4426950408889634;
    return whole->other_exps.hi != 0.0 && (double)whole->other_exps.exponent < x * log2_e;
}

/* All sums, as the kernels would have found them in the whole list. */
static void take_sums(rankloss__forward *forward) {
    const rankloss__stretch *whole = &forward->whole;
    const rankloss__score_range *range = &forward->range;
    rankloss__list_sums *sums = &forward->sums;
    const double others = (double)(whole->valid - 1);
    sums->single = true;
    take_dd(&sums->others.exps, whole->other_exps);
    take_dd(&sums->others.tangents, whole->other_tangents);
    take_dd(&sums->others.coefs, forward->uniform ? rankloss__extended_from(others) : whole->other_coefs);
    take_dd(&sums->argmax_coef, forward->uniform ? rankloss__extended_from(1.0) : whole->argmax_coef);
    take_dd(&sums->others.coef_x, forward->uniform ? whole->rest : whole->coef_x);
    take_dd(&sums->label_total, whole->rest);
    sums->others.abs_coefs.at[0] = fabs(sums->others.coefs.hi[0]);
    sums->argmax_tangent.at[0] = whole->argmax_tangent;
    sums->max.at[0] = range->max;
    sums->min.at[0] = range->min;
    sums->lowest_x.at[0] = range->lowest_x;
    if (others_are_below(whole, 0.5 * RANKLOSS__EXP_CUTOFF) && range->lowest_x > RANKLOSS__EXP_CUTOFF)
        sums->lowest_x.at[0] = RANKLOSS__EXP_CUTOFF; /* of an item in another stretch */
    sums->logit.at[0] = range->logit;
    sums->bias.at[0] = range->bias;
    sums->valid.at[0] = (double)whole->valid;
}

static double tangent_at(rankloss__list *list, size_t i) {
    const size_t first = i - i % list->chunk;
    return rankloss__list_chunk(list, first)->tangent[i - first];
}

/* Whether exponentials of items at hand underflow, or of their labels. */
typedef struct underflow {
    unsigned doubtful, labels;
} underflow;

static underflow find_underflow(rankloss__forward *forward, rankloss__list *list, double lowest_label) {
    const bool labels_are_near = !list->inputs->label_exps || lowest_label >= RANKLOSS__EXP_CUTOFF;
    if (forward->range.valid == 0 || (forward->span == RANKLOSS__SPAN_NEAR && labels_are_near))
        return (underflow){0, 0};
    rankloss__add_parts(forward, list);
    return (underflow){forward->sums.others.doubtful, forward->sums.label_underflow};
}

/*
 * Whether the sums carry the results of items that underflow so; and, in float64, of others in other stretches. The limits
 * for scores with a bias are asked for by the state, since a stretch without items has no bias to look at.
 */
static bool are_accurate(rankloss__forward *forward, const rankloss__inputs *inputs, underflow at_hand) {
    rankloss__list_sums *sums = &forward->sums;
    const bool others_underflow = inputs->is_f64 && others_are_below(&forward->whole, RANKLOSS__EXP_CUTOFF);
    const double max = sums->max.at[0];
    sums->others.doubtful = at_hand.doubtful | (others_underflow ? 1u : 0u);
    sums->label_underflow = at_hand.labels;
    sums->max.at[0] = forward->whole.has_bias ? max : 0.0;
    const bool accurate = rankloss__sums_are_accurate(inputs, sums, &forward->losses, 0, forward->zero);
    sums->max.at[0] = max;
    return accurate;
}

static bool has_softmax(const rankloss__stretch *whole, bool label_exps) {
    return isfinite(whole->logit) && !isnan(whole->other_exps.hi) &&
           (!label_exps || (isfinite(whole->label_max) && !isnan(whole->rest.hi)));
}

void rankloss__forward_whole(rankloss__list *list, rankloss__forward *forward) {
    const rankloss__inputs *inputs = list->inputs;
    rankloss__stretch *whole = &forward->whole;
    *whole = rankloss__stretch_load(&inputs->whole[list->position.list]);
    forward->of_whole = true;
    forward->path = whole->valid == 0 ? RANKLOSS__EMPTY : RANKLOSS__NAN;
    forward->uniform = forward->zero = forward->exps_kept = forward->exps_rounded = false;
    forward->loss = whole->valid == 0 ? 0.0 : (double)NAN;
    forward->sums.sum_to_one = inputs->sum_to_one;
    forward->sums.label_exps = inputs->label_exps;
    forward->range = rankloss__find_range(list);
    if (whole->valid == 0 && forward->range.valid > 0) { /* of other items */
        forward->path = RANKLOSS__NAN;
        forward->loss = (double)NAN;
    }
    if (whole->valid == 0 || !has_softmax(whole, inputs->label_exps))
        return;
    double lowest_label = 0.0;
    if ((inputs->label_exps && !take_label_range(list, whole, &lowest_label)) || !take_range(forward, list))
        return;
    const rankloss__extended coefs = rankloss__extended_add(whole->other_coefs, whole->argmax_coef);
    forward->uniform = inputs->sum_to_one && coefs.hi == 0.0;
    forward->zero = !inputs->sum_to_one && !whole->has_coefficient;
    forward->span = forward->range.lowest_x >= RANKLOSS__EXP_CUTOFF && isfinite(forward->range.max)
                        ? RANKLOSS__SPAN_NEAR
                        : RANKLOSS__SPAN_WIDE;
    const underflow none = {0, 0}, at_hand = find_underflow(forward, list, lowest_label);
    take_sums(forward);
    if (inputs->wants_tangent && forward->range.argmax < list->size)
        forward->sums.argmax_tangent.at[0] = tangent_at(list, forward->range.argmax); /* a jvp needs no state's */
    /* The loss is by the sums alone, so that every stretch of a list has the same bits. */
    const bool finite = inputs->kernels->losses(&forward->sums, &forward->losses) != 0;
    forward->loss = finite && are_accurate(forward, inputs, none) ? forward->losses.loss.at[0]
                                                                  : rankloss__extended_loss_of_whole(list, whole);
    forward->path = finite && are_accurate(forward, inputs, at_hand) ? RANKLOSS__FAST : RANKLOSS__EXTENDED;
}

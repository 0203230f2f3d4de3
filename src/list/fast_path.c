/*
 * The predicates of the fast path.
 *
 * The fast path is fast because it computes in double without a test per item. That is right as long as no intermediate
 * result leaves the range of a double and no cancellation takes more bits than the result can spare. Both show in a
 * list's sums, so that one look at these is enough for the whole list. In float32 products of two inputs and sums of
 * them cannot leave the range of a double, so most rules are float64's. A threshold need not be sharp: extended
 * precision is right on both sides of it, so each is chosen with a wide margin, far from where double would fail.
 */
#include "list/fast_path.h"

#include <math.h>

#include "list/list_inputs.h"

int64_t rankloss__most_side_by_side(const rankloss__inputs *inputs) {
    const size_t room = inputs->is_f64 ? RANKLOSS__CONVERTED_F64 : RANKLOSS__CONVERTED_F32;
    size_t converted = 0, most = RANKLOSS__TOGETHER;
    converted += !rankloss__is_in_place(inputs, &inputs->logits, 2);
    converted += !rankloss__is_in_place(inputs, &inputs->bias, 2);
    converted += !rankloss__is_in_place(inputs, &inputs->labels, 2);
    converted += !inputs->label_exps ? 0 : inputs->is_f64 ? 1 : 2;
    converted += !rankloss__is_in_place(inputs, &inputs->weights, 2);
    if (converted > 0 && most > room / converted)
        most = room / converted;
    if (inputs->wants_tangent && !rankloss__is_in_place(inputs, &inputs->tangent, 2) &&
        most > RANKLOSS__CONVERTED_TANGENTS)
        most = RANKLOSS__CONVERTED_TANGENTS;
    if (!rankloss__is_in_place(inputs, &inputs->where, 2) && most > RANKLOSS__CONVERTED_MASK)
        most = RANKLOSS__CONVERTED_MASK;
    return (int64_t)(most / RANKLOSS__LANES * RANKLOSS__LANES);
}

rankloss__layout rankloss__layout_of(int64_t size, int64_t most_side_by_side) {
    if (size == 0 || size > most_side_by_side)
        return RANKLOSS__ALONE;
    return size <= RANKLOSS__SHORT ? RANKLOSS__INTERLEAVED : RANKLOSS__SIDE_BY_SIDE;
}

/* Whether an array is absent, or has the items of each list in a row, one list `apart` elements from the next. */
static bool has_rows(const rankloss__inputs *inputs, const rankloss__view *view, int64_t apart) {
    const bool of_one_item = !inputs->batch.ragged && inputs->batch.list_size == 1;
    return view->data == NULL || ((view->item_stride == 1 || of_one_item) && view->list_strides[0] == apart);
}

/* Bytes of longer dense lists are converted, eight lists at once, which costs less than to transpose four at a time. */
enum { FEW_BYTES = 24 };

static rankloss__reading reading_of(const rankloss__inputs *inputs, const rankloss__view *view, int64_t apart) {
    if (view->data == NULL)
        return RANKLOSS__READ_NOTHING;
    const bool are_few = inputs->batch.ragged || inputs->batch.list_size <= FEW_BYTES;
    const bool is_read =
        view->dtype == RANKLOSS_F32 || view->dtype == RANKLOSS_I32 || (view->dtype == RANKLOSS_U8 && are_few);
    if (is_read && has_rows(inputs, view, apart))
        return RANKLOSS__READ_IN_PLACE;
    const bool is_dense = !inputs->batch.ragged && has_rows(inputs, view, inputs->batch.list_size);
    return is_dense && view->dtype != RANKLOSS_F32 ? RANKLOSS__READ_CONVERTED : RANKLOSS__READ_BEFORE;
}

rankloss__one_step rankloss__one_step_of(const rankloss__plan *plan) {
    const rankloss__inputs *in = &plan->inputs;
    const rankloss__view *grad = &plan->derivatives[RANKLOSS__GRAD_LOGITS];
    const rankloss__view *hess = &plan->derivatives[RANKLOSS__HESS_LOGITS];
    const rankloss__view *laid_out = grad->data != NULL ? grad : hess->data != NULL ? hess : &in->logits;
    const int64_t apart = laid_out->list_strides[0];
    const bool fits = !in->is_f64 && in->batch.ndim <= 1 && in->labels.data != NULL && in->is_moderate &&
                      has_rows(in, grad, apart) && has_rows(in, hess, apart) && grad->dtype != RANKLOSS_F64 &&
                      hess->dtype != RANKLOSS_F64;
    rankloss__one_step step = {
        .fits = fits,
        .apart = apart,
        .readings = {reading_of(in, &in->logits, apart),
                     in->label_exps ? RANKLOSS__READ_BEFORE : reading_of(in, &in->labels, apart),
                     reading_of(in, &in->weights, apart), reading_of(in, &in->bias, apart)},
        .nothing_before = in->where.data == NULL,
    };
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++) {
        step.nothing_before &= step.readings[which] != RANKLOSS__READ_BEFORE;
        step.converted |= step.readings[which] == RANKLOSS__READ_CONVERTED;
    }
    return step;
}

/* --- sums --- */

/* Whether the sum of the coefficients' magnitudes is more than `times` the magnitude of their sum. */
static bool coefficients_exceed(const rankloss__list_sums *sums, int lane, double times) {
    const double others = sums->others.coefs.hi[lane], argmax = sums->argmax_coef.hi[lane];
    return sums->others.abs_coefs.at[lane] + fabs(argmax) > times * fabs(others + argmax);
}

bool rankloss__coefficients_may_be_zero(const rankloss__list_sums *sums, const rankloss__losses *losses, int lane) {
    return losses->coefs.hi[lane] == 0.0 && sums->others.coef_x.hi[lane] == 0.0;
}

bool rankloss__coefficients_cancel(const rankloss__list_sums *sums, int lane) {
    return coefficients_exceed(sums, lane, 1.001);
}

/*
 * Whether the coefficients may be divided by their sum: it has lost too few digits by cancellation to show in a result.
 * Each of n coefficients loses at most 2^-53 of itself in float32, 2^-104 in float64.
 */
static bool sum_to_one_is_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane) {
    return !inputs->sum_to_one ||
           !coefficients_exceed(sums, lane, inputs->is_f64 ? 0x1p40 : RANKLOSS__CANCELLATION_F32);
}

/*
 * Whether the exponentials of labels are: one that underflows shows beside a score of -inf, and in float64. They have
 * lost 2^-29 in float32, and in float64 as much as a double does, which must not grow by cancellation in their sum.
 */
static bool label_softmax_is_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane) {
    if (!inputs->label_exps)
        return true;
    if ((sums->label_underflow >> lane & 1u) != 0 && (inputs->is_f64 || isinf(sums->min.at[lane])))
        return false;
    return !coefficients_exceed(sums, lane, inputs->is_f64 ? 1.001 : RANKLOSS__EXP_CANCELLATION_F32);
}

/*
 * Whether every x_i is accurate: the temperature can be divided by, no bias is too large beside what it is added to, that
 * of the argmax included, which can be told from others, and in float64 no exponential has underflowed.
 */
static bool x_is_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane) {
    const double limit = inputs->is_f64 ? RANKLOSS__BIAS_LIMIT_F64 : RANKLOSS__BIAS_LIMIT_F32;
    if (!inputs->is_moderate || (sums->others.doubtful >> lane & 1u) != 0)
        return false;
    return inputs->bias.data == NULL ||
           (fabs(sums->bias.at[lane]) <= limit && fabs(sums->max.at[lane]) <= RANKLOSS__BIAS_LIMIT_F64);
}

/*
 * float64: whether the sums fit a double. Coefficients must be far from both ends of its range, and a tiny loss may have
 * lost bits to underflow (but that of a single valid item is exactly 0).
 */
static bool double_carries(const rankloss__list_sums *sums, const rankloss__losses *losses, int lane) {
    const double size = fabs(losses->coefs.hi[lane]);
    if (!(size >= 0x1p-400 && size <= 0x1p400))
        return false;
    return sums->valid.at[lane] == 1.0 || fabs(losses->loss.at[lane]) >= 0x1p-900;
}

/* A list has rules of its own if its coefficients may all be 0, or cancel, or have a sum that cannot be divided by. */
static bool is_usable(const rankloss__inputs *inputs, const rankloss__list_sums *sums, const rankloss__losses *losses,
                      int lane) {
    if (!(sums->valid.at[lane] > 0.0) || !x_is_accurate(inputs, sums, lane))
        return false;
    if (losses->coefs.hi[lane] == 0.0 && (inputs->is_f64 || inputs->sum_to_one))
        return false;
    if (!sum_to_one_is_accurate(inputs, sums, lane) || !label_softmax_is_accurate(inputs, sums, lane))
        return false;
    return !inputs->is_f64 || (!rankloss__coefficients_cancel(sums, lane) && double_carries(sums, losses, lane));
}

unsigned rankloss__usable_sums(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, unsigned finite) {
    unsigned usable = 0;
    if (!inputs->is_f64 && !inputs->scaled && !inputs->sum_to_one && !inputs->label_exps && inputs->where.data == NULL)
        return finite;
    for (int lane = 0; finite >> lane != 0; lane++)
        if ((finite >> lane & 1u) != 0 && is_usable(inputs, sums, losses, lane))
            usable |= 1u << lane;
    return usable;
}

bool rankloss__sums_are_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                                 const rankloss__losses *losses, int lane, bool zero) {
    if (!sum_to_one_is_accurate(inputs, sums, lane) || !label_softmax_is_accurate(inputs, sums, lane) ||
        !x_is_accurate(inputs, sums, lane))
        return false;
    return !inputs->is_f64 || zero || double_carries(sums, losses, lane);
}

/* --- outputs --- */

/*
 * No sum bounds the tangent, and in float64 a small exponential times a large tangent may not be small.
 */
bool rankloss__tangent_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, int lane, double largest) {
    if (!rankloss__tangents_are_finite(sums, lane))
        return false;
    if (!inputs->is_f64 || largest == 0.0)
        return largest <= 0x1p200;
    const double size = fabs(losses->coefs.hi[lane]);
    return largest >= 0x1p-200 && largest <= 0x1p200 && size >= 0x1p-200 && size <= 0x1p200 &&
           sums->lowest_x.at[lane] >= 0.5 * RANKLOSS__EXP_CUTOFF;
}

/* The largest magnitude misses a NaN, which compares as not larger. The sum over the others shows it. */
bool rankloss__tangents_are_finite(const rankloss__list_sums *sums, int lane) {
    return isfinite(sums->others.tangents.hi[lane]) && isfinite(sums->argmax_tangent.at[lane]);
}

/*
 * In float64 the magnitude of log p is bounded from below by the sum of the other exponentials, and from above by the
 * lowest score. An infinite log p times a cotangent of 0 is NaN, for which extended precision has the one rule. Where
 * labels sum to one, the loss is subtracted, and float64 has no bits to spare for that cancellation.
 */
bool rankloss__log_grad_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane,
                                double cotangent) {
    const double lowest_x = sums->lowest_x.at[lane], exps = sums->others.exps.hi[lane];
    const bool is_infinite = isinf(sums->min.at[lane]);
    if (cotangent == 0.0 && is_infinite)
        return false;
    if (!inputs->is_f64)
        return true;
    const bool exps_are_carried = exps == 0.0 || exps >= 0x1p-400;
    const bool by_bias = inputs->bias.data != NULL; /* then min may be infinite because a double cannot hold it */
    return !inputs->sum_to_one && exps_are_carried && (lowest_x >= -0x1p600 || (is_infinite && !by_bias));
}

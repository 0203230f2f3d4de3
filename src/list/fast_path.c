/*
 * The predicates of the fast path. float32 products and sums cannot leave the range of a double, which is why most of the
 * rules are float64's.
 */
#include "list/fast_path.h"

#include <math.h>

#include "list/list_inputs.h"

int64_t rankloss__most_side_by_side(const rankloss__inputs *inputs) {
    const int32_t dtype = rankloss__compute_dtype(inputs);
    const size_t room = inputs->is_f64 ? RANKLOSS__CONVERTED_F64 : RANKLOSS__CONVERTED_F32;
    size_t converted = 0, most = RANKLOSS__TOGETHER;
    converted += inputs->scaled || !rankloss__is_in_place(&inputs->logits, dtype, 2);
    converted += !rankloss__is_in_place(&inputs->labels, dtype, 2);
    converted += !rankloss__is_in_place(&inputs->weights, dtype, 2);
    if (converted > 0 && most > room / converted)
        most = room / converted;
    if (inputs->wants_tangent && !rankloss__is_in_place(&inputs->tangent, RANKLOSS_F64, 2) &&
        most > RANKLOSS__CONVERTED_TANGENTS)
        most = RANKLOSS__CONVERTED_TANGENTS;
    if (!rankloss__is_mask_in_place(&inputs->where, 2) && most > RANKLOSS__CONVERTED_MASK)
        most = RANKLOSS__CONVERTED_MASK;
    return (int64_t)(most / RANKLOSS__LANES * RANKLOSS__LANES);
}

/* --- sums --- */

/* Whether the magnitudes of the coefficients are more than so many times their sum. */
static bool coefficients_exceed(const rankloss__list_sums *sums, int lane, double times) {
    const double others = sums->others.coefs.hi[lane], argmax = sums->argmax_coef.hi[lane];
    return sums->others.abs_coefs.at[lane] + fabs(argmax) > times * fabs(others + argmax);
}

bool rankloss__coefficients_cancel(const rankloss__list_sums *sums, int lane) {
    return coefficients_exceed(sums, lane, 1.001);
}

/*
 * Whether the coefficients may be divided by their sum: so much of them is left in it that the result keeps its digits.
 * 2^-53 of n coefficients is lost at most in float32, 2^-104 in float64.
 */
static bool sum_to_one_is_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane) {
    return !inputs->sum_to_one || !coefficients_exceed(sums, lane, inputs->is_f64 ? 0x1p40 : 0x1p10);
}

/*
 * float64: whether double carried the sums. Coefficients must be far from both ends of its range, no exponential may have
 * underflowed, and a loss may have been lost to underflow (a single item's is 0).
 */
static bool double_carries(const rankloss__list_sums *sums, const rankloss__losses *losses, int lane) {
    const double size = fabs(losses->coefs.hi[lane]);
    if ((sums->others.underflow >> lane & 1u) != 0 || !(size >= 0x1p-400 && size <= 0x1p400))
        return false;
    return sums->valid.at[lane] == 1.0 || fabs(losses->loss.at[lane]) >= 0x1p-900;
}

/* Where coefficients may all be 0, or cancel, or add up to what cannot be divided by, a list has rules of its own. */
static bool is_usable(const rankloss__inputs *inputs, const rankloss__list_sums *sums, const rankloss__losses *losses,
                      int lane) {
    if (!(sums->valid.at[lane] > 0.0))
        return false;
    if (losses->coefs.hi[lane] == 0.0 && (inputs->is_f64 || inputs->sum_to_one))
        return false;
    if (!sum_to_one_is_accurate(inputs, sums, lane))
        return false;
    return !inputs->is_f64 || (!rankloss__coefficients_cancel(sums, lane) && double_carries(sums, losses, lane));
}

unsigned rankloss__usable_sums(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, unsigned finite) {
    unsigned usable = 0;
    if (!inputs->is_f64 && !inputs->sum_to_one && inputs->where.data == NULL)
        return finite;
    for (int lane = 0; finite >> lane != 0; lane++)
        if ((finite >> lane & 1u) != 0 && is_usable(inputs, sums, losses, lane))
            usable |= 1u << lane;
    return usable;
}

bool rankloss__sums_are_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                                 const rankloss__losses *losses, int lane, bool zero) {
    if (!sum_to_one_is_accurate(inputs, sums, lane))
        return false;
    if (!inputs->is_f64)
        return true;
    return zero ? (sums->others.underflow >> lane & 1u) == 0 : double_carries(sums, losses, lane);
}

/* --- outputs --- */

/*
 * No sum bounds the tangent, and in float64 small exponentials may stand on the way to a result that is not small.
 */
bool rankloss__tangent_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, int lane, double largest) {
    if (!rankloss__tangents_are_finite(sums, lane))
        return false;
    if (!inputs->is_f64 || largest == 0.0)
        return largest <= 0x1p200;
    const double size = fabs(losses->coefs.hi[lane]);
    return largest >= 0x1p-200 && largest <= 0x1p200 && size >= 0x1p-200 && size <= 0x1p200 &&
           sums->min.at[lane] - sums->max.at[lane] >= 0.5 * RANKLOSS__EXP_CUTOFF;
}

/* A NaN is no larger than any other tangent, but it is in their sum, if the argmax has it not. */
bool rankloss__tangents_are_finite(const rankloss__list_sums *sums, int lane) {
    return isfinite(sums->others.tangents.hi[lane]) && isfinite(sums->argmax_tangent.at[lane]);
}

/*
 * In float64 log p lies between the smallest sum of exponentials and the lowest score. An infinite one times a cotangent of
 * 0 is NaN, which extended precision makes alike everywhere. Where labels sum to one, the loss is taken off, and float64
 * has no bits to spare for what cancels.
 */
bool rankloss__log_grad_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane,
                                double cotangent) {
    const double min = sums->min.at[lane], max = sums->max.at[lane], exps = sums->others.exps.hi[lane];
    if (cotangent == 0.0 && isinf(min))
        return false;
    if (!inputs->is_f64)
        return true;
    const bool exps_are_carried = exps == 0.0 || exps >= 0x1p-400;
    return !inputs->sum_to_one && exps_are_carried && (min - max >= -0x1p600 || isinf(min));
}

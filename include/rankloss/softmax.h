/*
 * The ranking softmax loss: what goes in, what comes out, and the calls that compute.
 *
 * A list is the items of one query. The valid items of a list are those that `where` allows; for each of them let
 *
 *     s_i = logits_i / temperature + bias_i          its score, in the reals: it is rounded nowhere
 *     c_i = labels_i * weights_i                     its coefficient
 *     p   = softmax(s),   W = sum_i c_i              over the valid items alone
 *
 * Then, with g the upstream cotangent of the list (1 unless the caller gives one, and under RANKLOSS_MEAN divided by the
 * divisor, or by the number of counted lists where none is given) and v a tangent on the logits,
 *
 *     loss           = -sum_i c_i log p_i
 *     grad_logits_i  =  g (W p_i - c_i) / temperature
 *     grad_labels_i  = -g weights_i log p_i
 *     grad_weights_i = -g labels_i  log p_i
 *     hess_logits_i  =  g W p_i (1 - p_i) / temperature^2                  the diagonal of the Hessian
 *     jvp            =  sum_i v_i (W p_i - c_i) / temperature              reduced as the loss is
 *     hvp_logits_i   =  g W p_i (v_i - sum_j p_j v_j) / temperature^2      the Hessian times v
 *
 * It is the listwise softmax cross entropy of Cao et al., "Learning to rank: from pairwise approach to listwise
 * approach" (ICML 2007), with the coefficients in the place of the target distribution. RANKLOSS_LABELS_SOFTMAX has that of
 * the paper, the top-one probabilities of the labels.
 *
 * Labels      are coefficients, used as they are: not normalised, of any dtype, negative ones allowed. With
 *             RANKLOSS_LABELS_SUM_TO_ONE the coefficients of a list are divided by their sum over its valid items (each
 *             is 1 / their number where that sum is 0), as normalize_probabilities of Rax does. grad_labels and
 *             grad_weights then are the derivatives through that division: -g (w_i / sum) (log p_i + loss) for the
 *             labels, likewise for the weights, and 0 where the sum is 0.
 *             With RANKLOSS_LABELS_SOFTMAX labels are scores themselves, as in ListNet: for t = softmax(labels) over the
 *             valid items the coefficients are c_i = t_i weights_i. Then grad_weights_i = -g t_i log p_i, and
 *             grad_labels_i = -g t_i (weights_i log p_i + loss) with the loss of the list itself.
 *
 * Types       The compute dtype is float64 for float64 logits and float32 otherwise. Labels, weights and bias are cast
 *             to it, tangent and cotangent to float64. From there on the score is logits / temperature + bias in the
 *             reals, rounded nowhere (as far as 106 bits can tell: 2^300 and 2^300 + 1 may count as equal). A result is
 *             rounded once, to the dtype of its output.
 *
 * Special     A masked item is never used, whatever any input has there, NaN and infinity included; its entry in
 * cases       every gradient and in the Hessian is +0.
 *             A list without a valid item (all masked, or empty) has loss 0 and derivatives 0 whatever its cotangent,
 *             and the mean does not count it. The mean over no counted list is 0, with a divisor and without.
 *             The term of a zero coefficient is 0, also where log p is -inf (a valid score of -inf beside a finite one
 *             has p = 0).
 *             A valid score that is NaN or +inf, or valid scores that are all -inf: the loss of that list and the
 *             derivatives of its valid items are NaN, whatever the labels. No other list is touched. A score is infinite
 *             or NaN by its logit or its bias alone (+inf on -inf is NaN): one beyond the range of double is a number.
 *             RANKLOSS_LABELS_SOFTMAX: a valid label of -inf has t = 0, and so derivatives of 0 by that label and its
 *             weight. A valid label that is NaN or +inf, in the compute dtype, or valid labels that are all -inf make the
 *             loss of the list and the derivatives of its valid items NaN, whatever the weights.
 *             Other NaN or infinite labels, weights, cotangents and tangents of valid items follow IEEE arithmetic within
 *             their list, a tangent in jvp and hvp_logits alone; mean and sum propagate them, +inf and -inf in one mean
 *             give NaN.
 *             Huge, tiny and subnormal numbers are ordinary inputs: no intermediate result overflows or underflows. But
 *             what is added over lists or broadcast axes is rounded to float64 first: a term beyond its range makes the
 *             sum infinite or NaN, and each subnormal one may lose half of the smallest number.
 *             Masked items, lists without valid items and lists of zero coefficients give +0, never -0.
 *
 * Accuracy    For finite inputs, in units in the last place, in the compute dtype, of the sum of the magnitudes of a
 *             result's terms (the result itself where nothing cancels): float32 loss 1, derivatives 2; float64 loss 4,
 *             derivatives 4. A list in which one item dominates is no exception. docs/numerics.md has the formulas,
 *             their bounds and the errors measured. The magnitudes are, with A = sum_i |c_i| and L = sum_i |c_i log p_i|,
 *
 *                 loss              L
 *                 grad_logits_i     |g| ((A - |c_i|) p_i + |c_i| (1 - p_i)) / temperature
 *                 grad_labels_i     |g weights_i log p_i|
 *                     sum to one    |g weights_i / sum| (|log p_i| + L)
 *                     softmax       |g| t_i (|weights_i log p_i| + L)
 *                 grad_weights_i    |g labels_i log p_i|
 *                     sum to one    |g labels_i / sum| (|log p_i| + L)
 *                     softmax       |g| t_i |log p_i|
 *                 hess_logits_i     |g| A p_i (1 - p_i) / temperature^2
 *                 jvp               sum_i |v_i| ((A - |c_i|) p_i + |c_i| (1 - p_i)) / temperature
 *                 hvp_logits_i      |g| A p_i (|v_i| (1 - p_i) + sum_(j != i) p_j |v_j|) / temperature^2
 *
 *             and of what is added over lists or broadcast axes their sum.
 *
 * Same bits   A list's results depend on its own items and on the options alone: not on the number of threads, the
 *             instruction set, the size of the batch, its place in it, alignment or strides. Mean and sum are the exact
 *             sum of the per-list losses (each a double), or its quotient, rounded once. The caller's
 *             floating-point environment (rounding, flush to zero, traps, flags) neither changes a result nor is
 *             changed.
 *
 * Threads     Every function may be called from any number of threads at once. A call shares out its lists, or the parts
 *             of a very long one, over an OpenMP team, and computes on its own thread alone when the work is small,
 *             inside a parallel region, or in a child of fork(). Where the threads of a team come late, because others
 *             have their cores, the next calls from the same thread use fewer for a while. A shared library that is
 *             unloaded stays in memory (ELF), for the threads of its team.
 *
 * Memory      Everything is borrowed for the call. The heap is used for two things only: RANKLOSS_CUSTOM (17 bytes a
 *             list), and grad_labels or grad_weights summed over lists (at most 1 MiB). Stack use is under 64 KiB a
 *             thread; on aarch64 with RANKLOSS_ISA=portable under 72 KiB.
 *
 * Errors      Every argument is checked before any work. On an error nothing is written to any output, and
 *             rankloss_last_error() says which argument is wrong and why. No function prints, exits, aborts or changes
 *             errno. What cannot be detected: a pointer to less memory than its view says. What cannot be reported: an
 *             OpenMP runtime that fails to start a thread ends the process (libgomp); num_threads = 1 starts none.
 */
#ifndef RANKLOSS_SOFTMAX_H
#define RANKLOSS_SOFTMAX_H

#include <stdint.h>

#include <rankloss/accumulator.h>
#include <rankloss/array.h>
#include <rankloss/export.h>
#include <rankloss/list_state.h>
#include <rankloss/reduction.h>
#include <rankloss/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What becomes of the labels. */
typedef enum rankloss_label_mode {
    RANKLOSS_LABELS_RAW = 0,        /**< coefficients are used as they are */
    RANKLOSS_LABELS_SUM_TO_ONE = 1, /**< the coefficients of each list are divided by their sum */
    /**
     * The coefficients of each list are the softmax of its valid labels, times the weights: the top-one probabilities of
     * ListNet (Cao et al. 2007). Labels may be any numbers, -inf among them; derivatives by labels go through the softmax.
     */
    RANKLOSS_LABELS_SOFTMAX = 2
} rankloss_label_mode;

/**
 * The inputs of a call. Zero-initialise it, then set what you have: the zero value of each member is its default.
 *
 * Dense batches: logits have shape (..., list_size). The last axis is the list, the leading axes (none: one list) are
 * the batch. Labels, where, weights, bias and tangent broadcast to that shape by NumPy's rules.
 *
 * Ragged batches: offsets are given and logits have shape (num_items); list k is the items from offsets[k] to before
 * offsets[k + 1]. Every other input is (num_items), or (num_lists, 1): one value for each list, or one number.
 *
 * Inputs may overlap one another.
 */
typedef struct rankloss_problem {
    /** Required. F32, F64, F16 or BF16. */
    rankloss_array logits;
    /** Required. Any dtype. */
    rankloss_array labels;
    /** Optional. BOOL, U8 or I8; non-zero marks a valid item. Absent: all items are valid. */
    rankloss_array where;
    /** Optional. Any dtype. Absent: 1. */
    rankloss_array weights;
    /** Optional. F32, F64, F16 or BF16. Added to the scaled logits. Absent: 0. */
    rankloss_array bias;
    /**
     * Optional. I32, I64, U32 or U64; shape (num_lists + 1). Starts at 0, never decreases, ends at num_items. lists.h
     * makes them from the sizes of the lists, or from an id for each item.
     */
    rankloss_array offsets;
    /**
     * Optional. F32, F64, F16 or BF16. Under RANKLOSS_NONE one per list: it broadcasts to the shape of the loss.
     * Otherwise one number, ndim 0 or shape (1). It scales the gradients, the Hessian and hvp_logits, not loss and
     * jvp; where none of those is asked for it is checked and not used.
     */
    rankloss_array cotangent;
    /** Optional. F32, F64, F16 or BF16. The direction v of jvp and hvp_logits. */
    rankloss_array tangent;
    /** Required for RANKLOSS_CUSTOM, otherwise NULL. */
    const rankloss_reducer *reducer;
    /** Positive, finite and not subnormal. 0 means 1. */
    double temperature;
    /** A rankloss_reduction. */
    int32_t reduction;
    /** A rankloss_label_mode. */
    int32_t label_mode;
    /** The most threads to use. 0: OpenMP's own choice; 1: this thread alone. No bit of a result depends on it. */
    int32_t num_threads;
    /** 0. */
    int32_t padding;
    /**
     * RANKLOSS_MEAN: what the sums over the lists, and with them the cotangent of each list, are divided by; positive and
     * finite, subnormal or not. 0: the number of lists that have a valid item. Under other reductions 0.
     *
     * With the number of all counted lists (rankloss_count_lists() has that of a part) a batch may be given in parts: the
     * gradient, the Hessian and hvp_logits of each have the very bits that one call on the whole batch would give, and an
     * accumulator has its loss. With weights of shape (num_lists, 1) and their sum for the divisor it is the weighted mean.
     */
    double divisor;
    /**
     * Optional; one for each list of the batch, in row-major order. The lists at hand are stretches of longer ones, and these
     * are the merged states of the whole lists, which result.state gave for the stretches: they are taken in the place of the
     * lists' own sums. The losses are those of the whole lists, and it is they that are counted, also where no item is at
     * hand; derivatives are those of the items at hand, and so is the jvp, which adds up over the stretches. For hvp_logits
     * the states must be of calls with the tangent. States of other items than those at hand are a mistake that is found
     * only where a state has no valid item and its list has, or an item is above the largest score of its state (with a bias,
     * by more than 2): that list is NaN. See list_state.h.
     */
    const rankloss_list_state *state;
    /** 0. */
    uint64_t reserved[6];
} rankloss_problem;

/**
 * The outputs of a call. Zero-initialise it, then set what you want: all of it is computed in one pass over the lists.
 *
 * Each output is F32, F64, F16 or BF16, is overwritten (not added to), and has any strides under which its elements
 * do not overlap; the accumulator alone is none of this. Outputs may interleave, but no element of an output may overlap
 * another output, an input, or the structs of the call, with one exception: grad_logits may be the very array of the
 * logits (same data, dtype, shape and strides), and then replaces them.
 */
typedef struct rankloss_result {
    /**
     * RANKLOSS_NONE: one per list, with the shape of the logits less its last axis; ragged: shape (num_lists).
     * Otherwise, and for a single list without batch axes, one number: ndim 0 or shape (1).
     */
    rankloss_array loss;
    /** The shape of the logits. */
    rankloss_array grad_logits;
    /**
     * The shape of the logits, or any shape that broadcasts to it: then summed over the broadcast axes. Ragged: one
     * of the shapes of an input. What is summed over lists is computed on one thread.
     */
    rankloss_array grad_labels;
    /** As grad_labels. The weights themselves may be absent. */
    rankloss_array grad_weights;
    /**
     * The shape of the logits. Reduction and cotangent scale it as they scale the gradient. Boosted trees want
     * RANKLOSS_SUM: the 1 / num_lists of a mean drowns in XGBoost's lambda and min_child_weight.
     */
    rankloss_array hess_logits;
    /**
     * The shape of the loss. Needs a tangent. RANKLOSS_CUSTOM: the reducer's derivative times each list's jvp,
     * summed.
     */
    rankloss_array jvp;
    /**
     * The shape of the logits. Needs a tangent. RANKLOSS_CUSTOM: the Hessian of each list's loss, scaled by the
     * reducer's derivative; the reducer's own curvature is not in it.
     */
    rankloss_array hvp_logits;
    /**
     * Optional; not under RANKLOSS_CUSTOM. The losses of the call's lists, each held as a double, as they are (neither
     * divided nor multiplied by a cotangent), and the number of the counted ones are added to it, exactly, whatever the
     * reduction, and also where nothing else is asked for. Like every output it may overlap no other and no input, and is
     * as it was after an error. RANKLOSS_ERROR_OVERFLOW where it counts more lists than an int64_t. See accumulator.h.
     */
    rankloss_accumulator *accumulator;
    /**
     * Optional; one for each list of the batch, in row-major order: written with what is to be known of the list's items at
     * hand where they are a stretch of a longer list. It depends on nothing that problem.state has, and changes no bit of
     * other outputs. See list_state.h.
     */
    rankloss_list_state *state;
    /** 0. */
    uint64_t reserved[6];
} rankloss_result;

/**
 * Computes everything that result asks for. Asking for nothing checks the arguments and succeeds.
 *
 * Returns RANKLOSS_OK or the first error found; every status but RANKLOSS_OK leaves all outputs untouched.
 */
RANKLOSS_API rankloss_status rankloss_softmax(const rankloss_problem *problem, const rankloss_result *result);

/**
 * Counts the lists that have a valid item, which are those that a mean and an accumulator count, whatever the reduction
 * is. Computes nothing, and reads nothing of the items but where. Checks every argument as rankloss_softmax() does; count
 * may overlap none of them. On an error it is left as it is.
 */
RANKLOSS_API rankloss_status rankloss_count_lists(const rankloss_problem *problem, int64_t *count);

/* --- Flat functions ----------------------------------------------------------------------------------------------- */

/**
 * The common dense case, flat: num_lists lists of list_size items in row-major order. where (0 or not), weights, loss,
 * grad_logits and hess_logits may be NULL. loss is [num_lists] for RANKLOSS_NONE and [1] otherwise; RANKLOSS_CUSTOM is
 * an RANKLOSS_ERROR_OPTION here. grad_logits may be logits. Everything else is as for rankloss_softmax.
 */
RANKLOSS_API rankloss_status rankloss_softmax_f32(int64_t num_lists, int64_t list_size, const float *logits,
                                                  const float *labels, const uint8_t *where, const float *weights,
                                                  rankloss_reduction reduction, float *loss, float *grad_logits,
                                                  float *hess_logits);

/** As rankloss_softmax_f32, but in double. */
RANKLOSS_API rankloss_status rankloss_softmax_f64(int64_t num_lists, int64_t list_size, const double *logits,
                                                  const double *labels, const uint8_t *where, const double *weights,
                                                  rankloss_reduction reduction, double *loss, double *grad_logits,
                                                  double *hess_logits);

/** As rankloss_softmax_f32, but ragged: list k is items offsets[k] to before offsets[k + 1] of offsets[num_lists]. */
RANKLOSS_API rankloss_status rankloss_softmax_ragged_f32(int64_t num_lists, const int64_t *offsets, const float *logits,
                                                         const float *labels, const uint8_t *where,
                                                         const float *weights, rankloss_reduction reduction,
                                                         float *loss, float *grad_logits, float *hess_logits);

/** As rankloss_softmax_ragged_f32, but in double. */
RANKLOSS_API rankloss_status rankloss_softmax_ragged_f64(int64_t num_lists, const int64_t *offsets,
                                                         const double *logits, const double *labels,
                                                         const uint8_t *where, const double *weights,
                                                         rankloss_reduction reduction, double *loss,
                                                         double *grad_logits, double *hess_logits);

#ifdef __cplusplus
}
#endif

#endif

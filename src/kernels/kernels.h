/*
 * The kernel table: the steps of the loss over the items of one list, of a chunk of one, or of eight short lists
 * together.
 *
 * Items come in one of two layouts. Side by side, as a list lies in memory: item i is summed in lane i mod
 * RANKLOSS__LANES. Interleaved, up to RANKLOSS__LANES lists, list k in lane k: element RANKLOSS__LANES i + k is item i
 * of list k, and the items i of all lists are row i. Most steps work on lanes and cannot tell the layouts apart. What
 * is known of lists, their sums and losses, has one lane for each list in both layouts.
 *
 * A kernel may assume that 1 <= count, that every pointer is valid for count items and aligned for its type, that no
 * output overlaps an input unless a step allows it, and that the floating-point environment is the default one. It
 * promises that results depend on the items alone: chunks of a list start at multiples of RANKLOSS__LANES items, so
 * that neither the size of chunks nor the instruction set changes a bit, and nothing in a lane depends on the lists in
 * the others. Kernels know of no batch, thread, option or error.
 *
 * Everything is computed in double. x_i is score_i - max, and exp(x_i) is called an exponential; c_i = labels_i *
 * weights_i is a coefficient. The argmax of a list is its first valid item with the largest score.
 */
#ifndef RANKLOSS_SRC_KERNELS_KERNELS_H
#define RANKLOSS_SRC_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

#include "exact/double_double.h"

enum {
    RANKLOSS__LANES = 8,      /* virtual lanes of double in every vocabulary */
    RANKLOSS__SHORT = 64,     /* items of the longest lists that are interleaved */
    RANKLOSS__FEW = 16,       /* items up to which short lists of one size are faster together than others */
    RANKLOSS__SPLIT_PARTS = 3 /* of a term of an exact sum */
};

/* The room that so many items take, in whole lanes. */
#define RANKLOSS__WHOLE_LANES(size) (((size) + RANKLOSS__LANES - 1) / RANKLOSS__LANES * RANKLOSS__LANES)

/* The size of a cache line and of the widest vector: what is loaded or stored at once should not cross such a line. */
#define RANKLOSS__ALIGNED _Alignas(64)

/*
 * Below the first of these an exponential counts as 0. In float32 that changes no result. In float64 a list that has
 * an x between the first two underflows, and has to be computed in extended precision; below the second, no product of
 * finite inputs could show the difference. Below the third, a term c_i x_i may be large although c_i has lost bits to
 * underflow: that is underflow too, unless the label or the weight is 0, as it is where a low score serves as a mask.
 */
#define RANKLOSS__EXP_CUTOFF (-690.0)
#define RANKLOSS__UNDERFLOW_CUTOFF (-2000.0)
#define RANKLOSS__FAR_CUTOFF (-0x1p40)

/* Below this an exponential has no normal float, even scaled by 2^64: exp(-130) 2^64 is 2^-123.6. */
#define RANKLOSS__FLOAT_CUTOFF (-130.0)

/*
 * A bias up to this costs x no more than 2^-26 in float32 and 2^-62 in float64, even if it cancels the logit. Where it is
 * larger and x below -1, x may be off by as much of itself; nearer to the argmax, the list is computed in extended
 * precision. In lists with scores and biases up to the third, float scores are good enough to find an argmax by: each is
 * within .63, so that no x is above 1.25, nor as far below a cutoff that its exponential would be wrong.
 */
#define RANKLOSS__BIAS_LIMIT_F32 0x1p24
#define RANKLOSS__BIAS_LIMIT_F64 0x1p40
#define RANKLOSS__FLOAT_SCORE_LIMIT 0x1p21

/* A factor is moderate if it is 0, or its magnitude lies between these, far from the ends of the range of double. */
#define RANKLOSS__FACTOR_LEAST 0x1p-200
#define RANKLOSS__FACTOR_MOST 0x1p200

/*
 * How many times the sum of float32 coefficients their magnitudes may be: where they are divided by it, or have a factor
 * that is an exponential.
 */
#define RANKLOSS__CANCELLATION_F32 0x1p10
#define RANKLOSS__EXP_CANCELLATION_F32 2.0

/* How float32 scores with a bias are compared; the whole of a list has to be compared in one way. */
typedef enum rankloss__comparison {
    RANKLOSS__AS_NEEDED, /* the items are whole lists: as RANKLOSS__FLOAT_SCORE_LIMIT says */
    RANKLOSS__IN_FLOAT,
    RANKLOSS__IN_DOUBLE
} rankloss__comparison;

enum { RANKLOSS__AHEAD = 4 }; /* addresses that are fetched from, at most */

/*
 * Items in the compute dtype (float or double, as the table that they are given to), contiguous. Labels may be integers
 * in float32, if items are else plain.
 */
typedef struct rankloss__items {
    const void *logits;    /* the scores, unless these are scaled */
    const void *bias;      /* of scaled scores; NULL: all 0 */
    const void *labels;    /* NULL: all 1; then weights are NULL too. label_exps and integer_labels tell other dtypes */
    const void *weights;   /* NULL: all 1 */
    const uint8_t *where;  /* non-zero marks a valid item; NULL: all valid, and unmasked == count */
    const double *tangent; /* NULL where no step needs it */
    size_t count;          /* of interleaved lists a multiple of RANKLOSS__LANES */
    size_t unmasked;       /* of the first so many items all are valid, and where need not be read */
    rankloss__dd inverse;  /* of the temperature, if scores are scaled */
    bool scaled;           /* a score is logit * inverse + bias, in the reals */
    bool label_exps;       /* labels are exponentials, in double: see rankloss__list_sums.label_total */
    int32_t integer_labels; /* RANKLOSS_I32 or RANKLOSS_U8: the dtype of labels that are to be floats; otherwise 0 */
    rankloss__comparison comparison;
    bool interleaved;
    bool wants_abs_coefs; /* whether float32 kernels sum |c_i|; float64 ones always do */
    unsigned lane;        /* of a list by itself: the lane for what is known of it */
    int num_ahead;        /* addresses that the loop of the sums fetches from, as many bytes as logits have */
    uintptr_t ahead[RANKLOSS__AHEAD]; /* the addresses to begin at; all are set if num_ahead > 0 */
} rankloss__items;

/* Label i of integers. */
static inline double rankloss__integer_label(int32_t dtype, const void *labels, size_t i) {
    return dtype == RANKLOSS_U8 ? (double)((const uint8_t *)labels)[i] : (double)(float)((const int32_t *)labels)[i];
}

/* One value a lane. */
typedef struct rankloss__lanes {
    RANKLOSS__ALIGNED double at[RANKLOSS__LANES];
} rankloss__lanes;

/* One unevaluated sum hi + lo a lane. In float32 kernels lo is neither read, nor written but by clear(). */
typedef struct rankloss__dd_lanes {
    RANKLOSS__ALIGNED double hi[RANKLOSS__LANES];
    double lo[RANKLOSS__LANES];
} rankloss__dd_lanes;

/*
 * The range of the valid scores. A NaN counts as valid and is otherwise ignored here: it shows in its list's sums.
 * Without a bias scores are compared by their logits, and max and min are logits; with one, by scores that are rounded to
 * the compute dtype, or to double where floats would not do: the argmax may lie some roundings below the largest score.
 */
typedef struct rankloss__score_range {
    double max;         /* -inf where no valid score is above it */
    double min;         /* -inf also where there is a large bias, for the list to be RANKLOSS__SPAN_WIDE */
    double unit;        /* of max and min: 1 / temperature if they are logits that are scaled, otherwise 1 */
    double lowest_x;    /* the x of the lowest score */
    double logit, bias; /* of the argmax; all that x_i needs */
    double most_bias;   /* the largest magnitude of a bias */
    size_t argmax;      /* the first valid item whose score is max; count where there is none */
    size_t valid;       /* number of valid items */
} rankloss__score_range;

/* Sums over the valid items, without the argmax where a step leaves it out; v is the tangent. */
typedef struct rankloss__sums {
    rankloss__dd_lanes exps;     /* exp(x_i) */
    rankloss__dd_lanes coefs;    /* c_i */
    rankloss__dd_lanes coef_x;   /* c_i x_i */
    rankloss__dd_lanes tangents; /* exp(x_i) v_i, where there is a tangent; otherwise 0 */
    rankloss__lanes abs_coefs;   /* |c_i|, in float64 or if items.wants_abs_coefs; otherwise undefined */
    unsigned doubtful; /* one bit per lane: some x_i underflows in float64, see the cutoffs, or has too large a bias */
} rankloss__sums;

/* How far the scores of a list lie apart, so that the common case need not test for the rare one. */
typedef enum rankloss__span {
    RANKLOSS__SPAN_NEAR, /* every x_i >= RANKLOSS__EXP_CUTOFF, and no bias is large */
    RANKLOSS__SPAN_WIDE  /* some are not, -inf included */
} rankloss__span;

/*
 * What is known of up to eight lists, one lane each. The argmax of a list is kept apart from the sums over the others,
 * so that the loss keeps its digits where that one item dominates.
 */
typedef struct rankloss__list_sums {
    bool single;                     /* there is one list, in lane 0; the other lanes are not read */
    bool sum_to_one;                 /* the coefficients are to be divided by their sum */
    bool label_exps;                 /* by label_total: the labels of the call are to be a softmax of themselves */
    rankloss__lanes max, min, valid; /* as in rankloss__score_range */
    rankloss__lanes lowest_x;
    rankloss__lanes bias, logit;    /* of the argmax, where there is a bias; otherwise logit is max */
    rankloss__dd_lanes label_total; /* the sum of the valid items' labels, which are exponentials */
    unsigned label_underflow;       /* one bit per lane: some of them underflowed */
    rankloss__lanes argmax_row;     /* of interleaved lists: the row of the argmax, -1 where there is none */
    rankloss__sums others;          /* over all valid items but the argmax */
    rankloss__dd_lanes argmax_coef;
    rankloss__lanes argmax_tangent;
} rankloss__list_sums;

typedef struct rankloss__losses {
    rankloss__dd_lanes coefs; /* the sum of all coefficients, the argmax included */
    rankloss__lanes lse;      /* log-sum-exp minus the largest score: log1p of the sum of the other exponentials */
    rankloss__lanes loss;
} rankloss__losses;

/*
 * What multiplies the derivatives of a list, g being its cotangent and T the temperature: g of those by labels and
 * weights, g / T of the first and g / T^2 of the second derivatives by logits.
 */
typedef struct rankloss__factors {
    rankloss__dd_lanes first, second;
    rankloss__lanes labels;
} rankloss__factors;

/*
 * What the derivatives of a list's items are computed from, and the derivatives of its argmax, of which these formulas
 * would cancel.
 *
 * grad_i     = exp(x_i) exp - c_i coef
 * hess_i     = exp(x_i) (total - exp(x_i)) hess
 * hvp_i      = exp(x_i) (v_i - mean) hvp
 * log_grad_i = factors_i log_scale ((lse - x_i) - log_shift)
 *
 * log_grad_i is the derivative by a label, where factors_i is the weight, or by a weight, where it is the label. With a
 * softmax of the labels factors_i is its exponential in both, and the derivative by a label is
 * factors_i log_scale (weight_i (lse - x_i) - loss).
 */
typedef struct rankloss__terms {
    rankloss__dd_lanes exp, coef, total, hess, mean, hvp;
    rankloss__dd_lanes log_scale;
    rankloss__lanes log_shift;
    rankloss__lanes argmax_grad, argmax_hess, argmax_hvp;
} rankloss__terms;

/* Where a step writes: values in a dtype of floating point, each rounded once to it. */
typedef struct rankloss__out {
    void *data;
    int32_t dtype;
} rankloss__out;

/* The smallest and the largest of the sizes of eight lists. */
typedef struct rankloss__extent {
    size_t least, most;
} rankloss__extent;

/* An input of short lists that the kernel reads from an array, where each list is contiguous, into a block of floats. */
typedef struct rankloss__short_input {
    int32_t dtype;         /* of the array: RANKLOSS_F32, RANKLOSS_I32 or RANKLOSS_U8 */
    void *array;           /* NULL: the block has the items already, or there is no such input */
    const int64_t *starts; /* of each list in the array, in elements */
    float *block;
} rankloss__short_input;

enum {
    RANKLOSS__SHORT_LOGITS,
    RANKLOSS__SHORT_LABELS,
    RANKLOSS__SHORT_WEIGHTS,
    RANKLOSS__SHORT_BIAS,
    RANKLOSS__SHORT_INPUTS
};

/* Eight lists of 1 to RANKLOSS__SHORT items in float32, without a tangent. */
typedef struct rankloss__short_lists {
    const rankloss__items *items; /* in blocks, of which `inputs` may be to be read */
    rankloss__short_input inputs[RANKLOSS__SHORT_INPUTS];
    bool masked;                           /* items other than those behind the ends of lists */
    bool sum_to_one;                       /* the coefficients are divided by their sum */
    const rankloss__dd_lanes *label_total; /* of the labels, if they are exponentials; otherwise NULL */
    void *grads, *hesses;                  /* NULL: not wanted */
    int32_t grad_dtype, hess_dtype;        /* RANKLOSS_F32, or one of 16 bits */
    const int64_t *starts;                 /* of each list, in elements, in these two, in which each is contiguous */
    const size_t *sizes;
    rankloss__extent extent;
    const rankloss__factors *factors; /* of the derivatives */
    uint16_t *half_block;             /* room for a derivative of 16 bits */
    double *exps;
} rankloss__short_lists;

typedef struct rankloss__kernels {
    /* --- preparing inputs --- */

    /* Converts contiguous elements of a dtype, each rounded once to the compute dtype. */
    void (*convert)(int32_t dtype, const void *data, size_t count, void *block);

    /* --- a list, or a chunk of one --- */

    /* The ranges of several lists, or of a chunk of one. */
    void (*score_ranges)(const rankloss__items *lists, unsigned count, rankloss__score_range *ranges);

    /*
     * Adds the items to sums, except the one at `skip`, which may lie outside the chunk. exps receives every exp(x_i),
     * 0 for masked items; what it gets for the item left out is undefined.
     */
    void (*sums)(const rankloss__items *items, const rankloss__score_range *range, int64_t skip, rankloss__span span,
                 double *exps, rankloss__sums *sums);

    /* exps[i] = exp(x_i), 0 for masked items, with the same bits as from sums(). */
    void (*exps)(const rankloss__items *items, const rankloss__score_range *range, rankloss__span span, double *exps);

    /*
     * Exponentials to floats and back, for long lists, whose doubles would not stay in the cache. They are rounded to
     * 24 bits. Each must be 0 or have x_i >= RANKLOSS__FLOAT_CUTOFF.
     */
    void (*exps_to_floats)(const double *exps, size_t count, float *floats);
    void (*floats_to_exps)(const float *floats, size_t count, double *exps);

    /* Sets all sums to 0, in less time than an initialiser. */
    void (*clear)(rankloss__sums *sums);

    /* Adds up the lanes of one list's sums, in a fixed order; every lane gets the result. */
    void (*fold)(rankloss__sums *sums);

    /*
     * All sums of lists that are one chunk each, folded: sets the lane of each, its items->lane, of list_sums, but not
     * where the largest score is not finite. Other lanes' bits of others.doubtful stay. Returns the lanes that are set, one
     * bit each.
     */
    unsigned (*list_sums)(const rankloss__items *lists, unsigned count, double *const *exps,
                          const rankloss__score_range *ranges, rankloss__list_sums *list_sums);

    /*
     * Labels, given as logits, to exponentials of their differences from the largest, as exps() would; those of masked
     * items are 0. Adds them to sums->exps; sums->doubtful has the lanes in which one underflows to 0.
     * NULL where neither is needed.
     */
    void (*label_exps)(const rankloss__items *items, const rankloss__score_range *range, double *exps,
                       rankloss__sums *sums);

    /*
     * The same of the labels, as the caller gave them, of a list that is one chunk. Sets label_total in its lane, and its bit
     * of label_underflow if one underflows.
     */
    void (*list_label_exps)(const rankloss__items *items, double *exps, rankloss__list_sums *list_sums);

    /* Adds v_i grad_i to sum, except for the item at `skip`. */
    void (*jvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms, int64_t skip,
                rankloss__dd_lanes *sum);

    /* --- interleaved lists --- */

    /*
     * Range, sums and losses in one step: sets all of list_sums but sum_to_one, which it reads. exps as from sums().
     * Returns the lanes, one bit each, in which everything but the tangents is finite.
     */
    unsigned (*interleaved_sums)(const rankloss__items *items, double *exps, rankloss__list_sums *list_sums,
                                 rankloss__losses *losses);

    /* As label_exps(), from range to total, which is infinite or NaN if a list's labels have no softmax. */
    void (*interleaved_label_exps)(const rankloss__items *items, double *exps, rankloss__dd_lanes *total,
                                   unsigned *doubtful);

    /* The sum of v_i grad_i of each list, except for its argmax. */
    void (*interleaved_jvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                            const rankloss__lanes *argmax_row, rankloss__dd_lanes *sum);

    /*
     * Copies lists to an interleaved block, block[RANKLOSS__LANES i + k] = lists[k][i], and back. Elements have 1, 2,
     * 4 or 8 bytes; on the way back, 2, 4 or 8. The block has as many rows as the longest list, rounded up to
     * RANKLOSS__LANES, and 0 where a list has ended.
     */
    void (*interleave)(const void *const lists[RANKLOSS__LANES], const size_t sizes[RANKLOSS__LANES],
                       rankloss__extent extent, int64_t element_size, void *block);
    void (*deinterleave)(const void *block, const size_t sizes[RANKLOSS__LANES], rankloss__extent extent,
                         int64_t element_size, void *const lists[RANKLOSS__LANES]);

    /*
     * Losses and derivatives by the logits in one step; NULL in float64. Returns false, and has written no derivative,
     * if anything is not finite, the lists are not all RANKLOSS__SPAN_NEAR, or coefficients cancel too far.
     * The gradients may overwrite the logits.
     */
    bool (*short_lists)(const rankloss__short_lists *lists, rankloss__losses *losses);

    /* --- both layouts --- */

    /* The losses. Returns the lanes, one bit each, in which everything but the tangents is finite. */
    unsigned (*losses)(const rankloss__list_sums *list_sums, rankloss__losses *losses);

    /*
     * Adds the terms that wait to the sums of their parts, a lane each: multiples of 2^-14, 2^-50 and 2^-66; then `terms`
     * wait. Exact for 2^15 times, see reduction/exact_sum.h. Returns false, and has done nothing, if the magnitude of one
     * that waits is 2^18 or more, or one has bits below 2^-66.
     */
    bool (*add_split)(const double terms[RANKLOSS__LANES], double waiting[RANKLOSS__LANES],
                      double parts[RANKLOSS__SPLIT_PARTS][RANKLOSS__LANES]);

    /*
     * The factors of lists whose derivatives nothing but a cotangent multiplies: those at eight places of an array of
     * the compute dtype, the first eight where `at` is NULL. Returns the lanes, one bit each, in which it is moderate.
     */
    unsigned (*factors_of_cotangents)(const void *cotangents, const int64_t at[RANKLOSS__LANES],
                                      rankloss__factors *factors);

    /*
     * What the derivatives are computed from. total, hess and argmax_hess are set if `hess` or `hvp`; hvp, mean and
     * argmax_hvp if `hvp`.
     */
    void (*terms)(const rankloss__list_sums *list_sums, const rankloss__losses *losses,
                  const rankloss__factors *factors, bool hess, bool hvp, rankloss__terms *terms);

    /*
     * The steps below write +0 for masked items. Of interleaved lists, the argmax, at argmax_row, gets its value from
     * terms. For a list by itself argmax_row is NULL, and the caller overwrites that item.
     */

    /* out[i] = grad_i. out may be the scores. */
    void (*grad)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                 const rankloss__lanes *argmax_row, rankloss__out out);

    /* The same for a list by itself, with exponentials from exps_to_floats(); out may be these, or the scores. */
    void (*grad_of_floats)(const rankloss__items *items, const float *floats, const rankloss__terms *terms, float *out);

    /* out[i] = hess_i. */
    void (*hess)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                 const rankloss__lanes *argmax_row, rankloss__out out);

    /* out[i] = hvp_i. */
    void (*hvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                const rankloss__lanes *argmax_row, rankloss__out out);

    /* out[i] = log_grad_i, by the weights or by the labels, and +0 where factors_i is 0. */
    void (*log_grad)(const rankloss__items *items, bool by_weights, const rankloss__list_sums *list_sums,
                     const rankloss__losses *losses, const rankloss__terms *terms, rankloss__out out);
} rankloss__kernels;

#endif

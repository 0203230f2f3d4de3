/*
 * The kernel table: the steps of the loss over the items of one list, of a chunk of one, or of eight short ones together.
 *
 * Items come in one of two layouts. Side by side, as a list lies in memory: item i is summed in lane i mod RANKLOSS__LANES.
 * Interleaved: up to RANKLOSS__LANES lists, list k in lane k, so that element RANKLOSS__LANES i + k is item i of list k, in
 * row i. Every step works on lanes and cannot tell the two apart, but where it says so. What is known of lists is kept a
 * lane a list in both layouts.
 *
 * What a kernel may assume: 1 <= count <= the caller's buffers, every pointer valid for count items and aligned for its
 * type, no output overlapping an input except where a step says so, and the default floating-point environment. What it
 * must keep: results depend on the items alone. Chunks of a list start at multiples of RANKLOSS__LANES items, so that
 * neither the chunk size nor the instruction set can change a bit; and an interleaved list knows nothing of its neighbours.
 * Kernels know no batch, thread, option or error. Everything is computed in double; x_i = score_i - max, and exp(x_i) is
 * called an exponential. The argmax of a list is its first valid item with the largest score.
 */
#ifndef RANKLOSS_SRC_KERNELS_KERNELS_H
#define RANKLOSS_SRC_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

enum { RANKLOSS__LANES = 8 }; /* virtual lanes of double in every vocabulary */

/* A line of cache, and the widest vector: what vectors load and store at once should not cross one. */
#define RANKLOSS__ALIGNED _Alignas(64)

/*
 * Exponentials of x below the first are 0 to the kernels. No float can tell. In float64 a list with a score between the
 * first two underflows, and is computed in extended precision; below the second no product of finite inputs can tell.
 * Below the third a term c_i x_i may be large although c_i has lost bits to underflow: that is underflow too, unless its
 * label or weight is 0, as it is where a low score serves as a mask.
 */
#define RANKLOSS__EXP_CUTOFF (-690.0)
#define RANKLOSS__UNDERFLOW_CUTOFF (-2000.0)
#define RANKLOSS__FAR_CUTOFF (-0x1p40)

/* Below this an exponential has no float, although it is scaled by 2^64: exp(-130) 2^64 is 2^-123.6. */
#define RANKLOSS__FLOAT_CUTOFF (-130.0)

/* Items in the compute dtype (float or double, as the table that they are given to), contiguous. */
typedef struct rankloss__items {
    const void *scores;
    const void *labels;    /* NULL: all 1; then weights are NULL too */
    const void *weights;   /* NULL: all 1 */
    const uint8_t *where;  /* non-zero marks a valid item; NULL: all valid, and unmasked == count */
    const double *tangent; /* NULL where no step needs it */
    size_t count;          /* of interleaved lists a multiple of RANKLOSS__LANES */
    size_t unmasked;       /* so many items come first that are all valid: where is not read for them */
    bool interleaved;
    bool wants_abs_coefs; /* the sums of |c_i| are wanted; float64 has them anyway */
    unsigned lane;        /* not of interleaved lists: where what is known of the list is kept */
} rankloss__items;

/* One value a lane. */
typedef struct rankloss__lanes {
    RANKLOSS__ALIGNED double at[RANKLOSS__LANES];
} rankloss__lanes;

/* One unevaluated sum hi + lo a lane. In float32 kernels lo is neither read nor written. */
typedef struct rankloss__dd_lanes {
    RANKLOSS__ALIGNED double hi[RANKLOSS__LANES];
    double lo[RANKLOSS__LANES];
} rankloss__dd_lanes;

/*
 * The range of the valid scores. A NaN counts as valid and is otherwise passed over: the sums of its list show it.
 */
typedef struct rankloss__score_range {
    double max; /* -inf where no valid score is above it */
    double min;
    size_t argmax; /* the first valid item whose score is max; count where there is none */
    size_t valid;  /* number of valid items */
} rankloss__score_range;

/* Sums over the valid items, without the argmax where a step says so. c_i = labels_i * weights_i; v is the tangent. */
typedef struct rankloss__sums {
    rankloss__dd_lanes exps;     /* exp(x_i) */
    rankloss__dd_lanes coefs;    /* c_i */
    rankloss__dd_lanes coef_x;   /* c_i x_i */
    rankloss__dd_lanes tangents; /* exp(x_i) v_i, where there is a tangent; otherwise 0 */
    rankloss__lanes abs_coefs;   /* |c_i|, in float64 and where items.wants_abs_coefs; otherwise without meaning */
    unsigned underflow; /* float64, a bit a lane: some x_i is where the kernels cannot carry it, see the cutoffs */
} rankloss__sums;

/* Which scores the lists hold: chosen so that the common case carries no test for the rare one. */
typedef enum rankloss__span {
    RANKLOSS__SPAN_NEAR, /* every x_i >= RANKLOSS__EXP_CUTOFF */
    RANKLOSS__SPAN_WIDE  /* some are below, -inf included */
} rankloss__span;

/*
 * What is known of up to eight lists, a lane each. The argmax of a list is left out of its sums: so its loss keeps its
 * digits where that one item dominates.
 */
typedef struct rankloss__list_sums {
    bool single;                     /* there is one list: lane 0 alone is set, and read */
    bool sum_to_one;                 /* the coefficients are to be divided by their sum */
    rankloss__lanes max, min, valid; /* as in rankloss__score_range */
    rankloss__lanes argmax_row;      /* of interleaved lists: where the argmax is, -1 where there is none */
    rankloss__sums others;           /* without the argmax */
    rankloss__dd_lanes argmax_coef;
    rankloss__lanes argmax_tangent;
} rankloss__list_sums;

typedef struct rankloss__losses {
    rankloss__dd_lanes coefs; /* the sum of all coefficients, that of the argmax included */
    rankloss__lanes lse;      /* log-sum-exp less the largest score: log1p of the sum of the other exponentials */
    rankloss__lanes loss;
} rankloss__losses;

/* What multiplies a list's derivatives: g by the labels and weights, g / T and g / T^2 by the logits. */
typedef struct rankloss__factors {
    rankloss__dd_lanes first, second;
    rankloss__lanes labels;
} rankloss__factors;

/*
 * What the derivatives of a list's items are computed from, and those of its argmax, which the steps cannot compute
 * without cancellation.
 *
 * grad_i     = exp(x_i) exp - c_i coef
 * hess_i     = exp(x_i) (total - exp(x_i)) hess
 * hvp_i      = exp(x_i) (v_i - mean) hvp
 * log_grad_i = factors_i log_scale ((lse - x_i) - log_shift)           by labels or weights; factors_i is the other
 */
typedef struct rankloss__terms {
    rankloss__dd_lanes exp, coef, total, hess, mean, hvp;
    rankloss__lanes log_shift, log_scale;
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

typedef struct rankloss__kernels {
    /* --- before the items are what the steps want --- */

    /* Contiguous elements of a dtype, each rounded once to the compute dtype. */
    void (*convert)(int32_t dtype, const void *data, size_t count, void *block);

    /*
     * scores[i] = logits[i] * factor + bias[i], rounded once to the compute dtype; all are of it, and scores may be one of
     * the others. bias NULL: all 0.
     */
    void (*scale)(const void *logits, double factor, const void *bias, size_t count, void *scores);

    /* --- a list, or a chunk of one --- */

    void (*score_range)(const rankloss__items *items, rankloss__score_range *range);

    /*
     * Adds the items to sums, leaving out the one at `skip` (outside the chunk: none). exps receives every exp(x_i), 0 for
     * masked items; what it has for the one left out is without meaning.
     */
    void (*sums)(const rankloss__items *items, double max, int64_t skip, rankloss__span span, double *exps,
                 rankloss__sums *sums);

    /* exps[i] = exp(x_i), 0 for masked items: the same bits as sums() gives. */
    void (*exps)(const rankloss__items *items, double max, rankloss__span span, double *exps);

    /*
     * Exponentials to floats and back, for long lists, whose exponentials would not stay in the cache: rounded to a
     * float's 24 bits. Needs every x_i >= RANKLOSS__FLOAT_CUTOFF, or 0 for the exponential.
     */
    void (*exps_to_floats)(const double *exps, size_t count, float *floats);
    void (*floats_to_exps)(const float *floats, size_t count, double *exps);

    /* Adds up the lanes of a list's sums, in a fixed order; every lane gets the result. */
    void (*fold)(rankloss__sums *sums);

    /*
     * What is known of a list that is one chunk: sets its lane, items->lane, of list_sums. Where no valid score is finite,
     * nothing is set, and the answer is false.
     */
    bool (*list_sums)(const rankloss__items *items, double *exps, const rankloss__score_range *range,
                      rankloss__list_sums *list_sums);

    /* Adds v_i grad_i to sum, leaving out the item at `skip`. */
    void (*jvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms, int64_t skip,
                rankloss__dd_lanes *sum);

    /* --- interleaved lists --- */

    /*
     * All of the above, and the losses: sets list_sums but for its sum_to_one, which it reads. exps as from sums(). Returns
     * the lanes, a bit each, in which everything but the tangents is finite.
     */
    unsigned (*interleaved_sums)(const rankloss__items *items, double *exps, rankloss__list_sums *list_sums,
                                 rankloss__losses *losses);

    /* The sum of v_i grad_i of each list but for its argmax. */
    void (*interleaved_jvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                            const rankloss__lanes *argmax_row, rankloss__dd_lanes *sum);

    /*
     * Lists to an interleaved block, block[RANKLOSS__LANES i + k] = lists[k][i], and back; elements of 1, 2, 4 or 8 bytes,
     * back of 2, 4 or 8. The block has as many rows as the longest list, rounded up to RANKLOSS__LANES; where a list has
     * no item it gets 0.
     */
    void (*interleave)(const void *const lists[RANKLOSS__LANES], const size_t sizes[RANKLOSS__LANES],
                       rankloss__extent extent, int64_t element_size, void *block);
    void (*deinterleave)(const void *block, const size_t sizes[RANKLOSS__LANES], rankloss__extent extent,
                         int64_t element_size, void *const lists[RANKLOSS__LANES]);

    /* --- both --- */

    /* The losses. Returns the lanes, a bit each, in which everything but the tangents is finite. */
    unsigned (*losses)(const rankloss__list_sums *list_sums, rankloss__losses *losses);

    /* What the derivatives are computed from; that of the second derivatives only where asked for. */
    void (*terms)(const rankloss__list_sums *list_sums, const rankloss__losses *losses,
                  const rankloss__factors *factors, bool second, rankloss__terms *terms);

    /*
     * The steps below write +0 for masked items. Of interleaved lists argmax_row says where each argmax is, which gets its
     * own value from terms. It is NULL for a list by itself, whose caller overwrites that item.
     */

    /* out[i] = grad_i. out may be the scores. */
    void (*grad)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                 const rankloss__lanes *argmax_row, rankloss__out out);

    /* The same of exponentials from exps_to_floats(), which may lie where out does. For a list; out may be the scores. */
    void (*grad_of_floats)(const rankloss__items *items, const float *floats, const rankloss__terms *terms, float *out);

    /* out[i] = hess_i. */
    void (*hess)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                 const rankloss__lanes *argmax_row, rankloss__out out);

    /* out[i] = hvp_i. */
    void (*hvp)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                const rankloss__lanes *argmax_row, rankloss__out out);

    /* out[i] = log_grad_i, and +0 where factors_i is 0; factors is in the compute dtype, NULL: all 1. */
    void (*log_grad)(const rankloss__items *items, const void *factors, const rankloss__list_sums *list_sums,
                     const rankloss__losses *losses, const rankloss__terms *terms, rankloss__out out);
} rankloss__kernels;

#endif

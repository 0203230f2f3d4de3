/*
 * The kernel table: the steps of the loss over the items of one list, or of one chunk of a list.
 *
 * Items come in one of two forms. As a list, or a chunk of one: item i is summed in lane i mod RANKLOSS__LANES. As a
 * bundle: up to RANKLOSS__LANES lists side by side, lane k holding list k, so that element RANKLOSS__LANES i + k is item i
 * of list k, in row i. Every step works on lanes and cannot tell the two apart, but where it says so. What is known of
 * lists is kept a lane a list in both forms.
 *
 * What a kernel may assume: 1 <= count <= the caller's buffers, every pointer valid for count items and aligned for
 * its type, no output overlapping an input except where a step says so, and the default floating-point environment.
 * What it must keep: results depend on the items alone. Chunks of a list start at multiples of RANKLOSS__LANES items,
 * so that neither the chunk size nor the instruction set can change a bit; and a lane of a bundle knows no other.
 * Kernels know no batch, thread, option or error. Everything is computed in double; x_i = score_i - max, and exp(x_i)
 * is called an exponential.
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
 * Exponentials of x below the first are 0 to the kernels. No float can tell. In float64 a list with a score
 * between the first two is faint, and the careful path takes it; below the second no product of finite inputs can tell.
 * Below the third a term c_i x_i may be large although c_i has lost bits to underflow: faint too, unless its label or
 * weight is 0, as it is where a low score serves as a mask.
 */
#define RANKLOSS__EXP_CUTOFF (-690.0)
#define RANKLOSS__FAINT_CUTOFF (-2000.0)
#define RANKLOSS__FAR_CUTOFF (-0x1p40)

/* Below this an exponential has no float, although it is scaled by 2^64: exp(-130) 2^64 is 2^-123.6. */
#define RANKLOSS__FLOAT_CUTOFF (-130.0)

/* Items in the compute dtype (float or double, as the table that they are given to), contiguous. */
typedef struct rankloss__items {
    const void *scores;
    const void *labels;    /* NULL: all 1; then weights are NULL too */
    const void *weights;   /* NULL: all 1 */
    const uint8_t *where;  /* non-zero marks a valid item; NULL: all valid, and whole == count */
    const double *tangent; /* NULL where no step needs it */
    size_t count;          /* of a bundle a multiple of RANKLOSS__LANES */
    size_t whole;          /* so many items come first that are all valid: where is not read for them */
    bool bundle;
    bool sized;    /* the sums of |c_i| are wanted; float64 has them anyway */
    unsigned lane; /* not of a bundle: where what is known of the list is kept */
} rankloss__items;

/* One value a lane. */
typedef struct rankloss__lane {
    RANKLOSS__ALIGNED double at[RANKLOSS__LANES];
} rankloss__lane;

/* One unevaluated sum hi + lo a lane. In float32 kernels lo is neither read nor written. */
typedef struct rankloss__lanes {
    RANKLOSS__ALIGNED double hi[RANKLOSS__LANES];
    double lo[RANKLOSS__LANES];
} rankloss__lanes;

/* The largest and smallest valid score. A NaN counts as valid and is passed over: the sums of the list show it. */
typedef struct rankloss__peak {
    double max; /* -inf where no valid score is above it */
    double min;
    size_t index; /* of the first valid item with score max; count where there is none */
    size_t valid; /* number of valid items */
} rankloss__peak;

/* Sums over the valid items but the one that is left out. With c_i = labels_i * weights_i and v the tangent: */
typedef struct rankloss__sums {
    rankloss__lanes exps;     /* exp(x_i) */
    rankloss__lanes coefs;    /* c_i */
    rankloss__lanes dists;    /* c_i x_i */
    rankloss__lanes tangents; /* exp(x_i) v_i, where there is a tangent; otherwise 0 */
    rankloss__lane sizes;     /* |c_i|, in float64 and where items.sized; otherwise without meaning */
    unsigned faint; /* float64, a bit a lane: some x_i is where the kernels cannot carry it, see the cutoffs */
} rankloss__sums;

/* Which scores the lists hold: chosen so that the common case carries no test for the rare one. */
typedef enum rankloss__span {
    RANKLOSS__SPAN_NEAR, /* every x_i >= RANKLOSS__EXP_CUTOFF */
    RANKLOSS__SPAN_WIDE  /* some are below, -inf included */
} rankloss__span;

/*
 * What is known of whole lists. The top item, the first valid one with the largest score, is left out of the sums, of
 * which each list has one.
 */
typedef struct rankloss__folded {
    bool one;        /* of one list: lane 0 alone is set, and read */
    bool sum_to_one; /* the coefficients are to be divided by their sum */
    rankloss__lane max;
    rankloss__lane min, valid; /* of a bundle: as in rankloss__peak */
    rankloss__lane top;        /* of a bundle: the top item's row; -1 where there is none */
    rankloss__sums rest;
    rankloss__lanes top_coef;
    rankloss__lane top_tangent;
} rankloss__folded;

typedef struct rankloss__loss {
    rankloss__lanes coefs; /* the sum of all, the top item's too */
    rankloss__lane lse;    /* log-sum-exp less the largest score: log1p(rest of the exponentials) */
    rankloss__lane loss;
} rankloss__loss;

/* What multiplies a list's derivatives: g by the labels and weights, g / T and g / T^2 by the logits. */
typedef struct rankloss__factors {
    rankloss__lanes first, second;
    rankloss__lane labels;
} rankloss__factors;

/*
 * Factors of the derivatives, and the top item's, which the steps cannot compute without cancellation.
 *
 * slope_i = exp(x_i) exp - c_i coef
 * curve_i = exp(x_i) (total - exp(x_i)) curve
 * bend_i  = exp(x_i) (v_i - mean) bend
 * log_i   = factors_i log_scale ((lse - x_i) - log_shift)
 */
typedef struct rankloss__terms {
    rankloss__lanes exp, coef, total, curve, mean, bend;
    rankloss__lane log_shift, log_scale;
    rankloss__lane top_slope, top_curve, top_bend;
} rankloss__terms;

/* Where a step writes: values in a dtype of floating point, each rounded once to it. */
typedef struct rankloss__out {
    void *data;
    int32_t dtype;
} rankloss__out;

/* The smallest and the largest of the sizes of eight lanes. */
typedef struct rankloss__extent {
    size_t least, most;
} rankloss__extent;

typedef struct rankloss__kernels {
    /* --- before the items are what the steps want --- */

    /* Elements of a dtype that lie side by side, each rounded once to the compute dtype. */
    void (*convert)(int32_t dtype, const void *data, size_t count, void *block);

    /*
     * scores[i] = logits[i] * factor + bias[i], rounded once to the compute dtype; all are of it, and scores may be one of
     * the others. bias NULL: all 0.
     */
    void (*scale)(const void *logits, double factor, const void *bias, size_t count, void *scores);

    /* --- a list, or a chunk of one --- */

    void (*peak)(const rankloss__items *items, rankloss__peak *peak);

    /*
     * Adds the items to sums, leaving out the one at `skip` (a place outside the chunk: none). exps receives every
     * exp(x_i), 0 for masked items; what it has for the one left out is without meaning.
     */
    void (*sums)(const rankloss__items *items, double max, int64_t skip, rankloss__span span, double *exps,
                 rankloss__sums *sums);

    /* exps[i] = exp(x_i), 0 for masked items: the same bits as sums() gives. */
    void (*exps)(const rankloss__items *items, double max, rankloss__span span, double *exps);

    /*
     * Exponentials to floats and back, for long lists, whose exponentials would not stay in the cache: rounded to a
     * float's 24 bits. Needs every x_i >= RANKLOSS__FLOAT_CUTOFF, or 0 for the exponential.
     */
    void (*shrink)(const double *exps, size_t count, float *floats);
    void (*grow)(const float *floats, size_t count, double *exps);

    /* Folds the sums of a list into one, in every lane. */
    void (*fold)(rankloss__sums *sums);

    /*
     * The sums of a list that is one chunk, folded: sets its lane of folded. Where no valid score is finite, nothing is
     * set, and the answer is false.
     */
    bool (*list)(const rankloss__items *items, double *exps, const rankloss__peak *peak, rankloss__folded *folded);

    /* Adds v_i slope_i to lanes, leaving out the item at `skip`. */
    void (*dot)(const rankloss__items *items, const double *exps, const rankloss__terms *terms, int64_t skip,
                rankloss__lanes *lanes);

    /* --- a bundle --- */

    /*
     * All of the above, and the losses: sets folded but for its sum_to_one, which it reads. exps as from sums(). Returns
     * the lanes, a bit each, in which everything but the tangents is finite.
     */
    unsigned (*bundle)(const rankloss__items *items, double *exps, rankloss__folded *folded, rankloss__loss *loss);

    /* The sum of v_i slope_i of each list but for its top item. */
    void (*bundle_dot)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                       const rankloss__lane *top, rankloss__lanes *lanes);

    /*
     * Rows to a bundle's block, block[RANKLOSS__LANES i + l] = rows[l][i], and back; elements of 1, 2, 4 or 8 bytes, back
     * of 2, 4 or 8. The block has as many rows as the longest lane, rounded up to RANKLOSS__LANES; where a lane has no
     * item it gets 0.
     */
    void (*interleave)(const void *const rows[RANKLOSS__LANES], const size_t sizes[RANKLOSS__LANES],
                       rankloss__extent extent, int64_t element_size, void *block);
    void (*separate)(const void *block, const size_t sizes[RANKLOSS__LANES], rankloss__extent extent,
                     int64_t element_size, void *const rows[RANKLOSS__LANES]);

    /* --- both --- */

    /* The losses. Returns the lanes, a bit each, in which everything but the tangents is finite. */
    unsigned (*loss)(const rankloss__folded *folded, rankloss__loss *loss);

    /* The factors of the derivatives; those of the second derivatives only where asked for. */
    void (*terms)(const rankloss__folded *folded, const rankloss__loss *loss, const rankloss__factors *factors,
                  bool second, rankloss__terms *terms);

    /*
     * The steps below write +0 for masked items. Top items get their own terms in a bundle, where top says which they
     * are; that of a list, where it is NULL, is for the caller to overwrite.
     */

    /* out[i] = slope_i. out may be the scores. */
    void (*slopes)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                   const rankloss__lane *top, rankloss__out out);

    /* The same of exponentials from shrink(), which may lie where out does. For a list; out may be the scores. */
    void (*slopes_of_floats)(const rankloss__items *items, const float *floats, const rankloss__terms *terms,
                             float *out);

    /* out[i] = curve_i. */
    void (*curves)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                   const rankloss__lane *top, rankloss__out out);

    /* out[i] = bend_i. */
    void (*bends)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                  const rankloss__lane *top, rankloss__out out);

    /* out[i] = log_i, and +0 where factors_i is 0; factors is in the compute dtype, NULL: all 1. */
    void (*logs)(const rankloss__items *items, const void *factors, const rankloss__folded *folded,
                 const rankloss__loss *loss, const rankloss__terms *terms, rankloss__out out);
} rankloss__kernels;

#endif

/*
 * The kernel table: the steps of the loss over the items of one list, or of one chunk of a list.
 *
 * What a kernel may assume: 1 <= count <= the caller's buffers, every pointer valid for count items and aligned for
 * its type, no output overlapping an input except where a step says so, and the default floating-point environment.
 * What it must keep: a chunk's results depend on its items alone; item i of a list is summed in lane i mod
 * RANKLOSS__LANES, and chunks start at multiples of RANKLOSS__LANES items, so that neither the chunk size nor the
 * instruction set can change a bit. Kernels know no batch, thread, option or error. Everything is computed in double;
 * x_i = score_i - max, and exp(x_i) is called an exponential.
 */
#ifndef RANKLOSS_SRC_KERNELS_KERNELS_H
#define RANKLOSS_SRC_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twofold.h"

enum { RANKLOSS__LANES = 8 }; /* virtual lanes of double in every vocabulary */

/*
 * Exponentials of x below the first are 0 to the kernels. In float32 nothing can tell. In float64 a list with a score
 * between the first two is faint, and the careful path takes it; below the second no product of finite inputs can tell.
 * Below the third a term c_i x_i may be large although c_i has lost bits to underflow: faint too, unless its label or
 * weight is 0, as it is where a low score serves as a mask.
 */
#define RANKLOSS__EXP_CUTOFF (-690.0)
#define RANKLOSS__FAINT_CUTOFF (-2000.0)
#define RANKLOSS__FAR_CUTOFF (-0x1p40)

/* Items in the compute dtype (float or double, as the table that they are given to), contiguous. */
typedef struct rankloss__items {
    const void *scores;
    const void *labels;    /* NULL: all 1 */
    const void *weights;   /* NULL: all 1 */
    const uint8_t *where;  /* NULL: all valid; otherwise non-zero marks a valid item */
    const double *tangent; /* NULL where no step needs it */
    size_t count;
} rankloss__items;

/* The largest and smallest valid score. A NaN counts as valid and is passed over: the sums of the list show it. */
typedef struct rankloss__peak {
    double max; /* -inf where no valid score is above it */
    double min;
    size_t index; /* of the first valid item with score max; count where there is none */
    size_t valid; /* number of valid items */
} rankloss__peak;

typedef struct rankloss__lanes {
    double hi[RANKLOSS__LANES];
    double lo[RANKLOSS__LANES]; /* what rounding took from hi; stays 0 in float32 kernels */
} rankloss__lanes;

/* Sums over the valid items but the one that is left out. With c_i = labels_i * weights_i and v the tangent: */
typedef struct rankloss__sums {
    rankloss__lanes exps;     /* exp(x_i) */
    rankloss__lanes coefs;    /* c_i */
    rankloss__lanes dists;    /* c_i x_i */
    rankloss__lanes tangents; /* exp(x_i) v_i, where there is a tangent */
    rankloss__lanes sizes;    /* |c_i|, in float64 kernels alone */
    bool faint;               /* float64: some x_i is where the kernels cannot carry it, see the cutoffs */
} rankloss__sums;

/* Which scores the list holds: chosen once a list, so that the common case carries no test for the rare one. */
typedef enum rankloss__span {
    RANKLOSS__SPAN_NEAR, /* every x_i >= RANKLOSS__EXP_CUTOFF */
    RANKLOSS__SPAN_WIDE  /* some are below, -inf included */
} rankloss__span;

/*
 * Factors of the derivatives. Those that decide the last places of float64 come in two parts, of which float32 kernels
 * leave the second out.
 *
 * slope_i = exp(x_i) exp - c_i coef
 * curve_i = exp(x_i) (total - exp(x_i)) scale
 * bend_i  = exp(x_i) (v_i - mean) scale
 */
typedef struct rankloss__slope {
    rankloss__twofold exp, coef;
} rankloss__slope;

typedef struct rankloss__curve {
    rankloss__twofold total, scale;
} rankloss__curve;

typedef struct rankloss__bend {
    rankloss__twofold mean, scale;
} rankloss__bend;

/* A buffer that a step writes: count values as float or as double. */
typedef struct rankloss__out {
    void *data;
    bool is_double;
} rankloss__out;

typedef struct rankloss__kernels {
    rankloss__peak (*peak)(const rankloss__items *items);

    /*
     * Adds the chunk to sums, leaving item `skip` out (count or more: none). exps, where not NULL, receives every
     * exp(x_i), 0 for masked items.
     */
    void (*sums)(const rankloss__items *items, double max, size_t skip, rankloss__span span, double *exps,
                 rankloss__sums *sums);

    /* exps[i] = exp(x_i), 0 for masked items: the same bits as sums() gives. */
    void (*exps)(const rankloss__items *items, double max, rankloss__span span, double *exps);

    /* The steps below write +0 for masked items. The item that sums() left out is for the caller to overwrite. */

    /* out[i] = slope_i. out may be the scores. */
    void (*slopes)(const rankloss__items *items, const double *exps, const rankloss__slope *slope, rankloss__out out);

    /* Adds v_i slope_i to lanes, leaving item `skip` out. */
    void (*dot)(const rankloss__items *items, const double *exps, const rankloss__slope *slope, size_t skip,
                rankloss__lanes *lanes);

    /* out[i] = curve_i. */
    void (*curves)(const rankloss__items *items, const double *exps, const rankloss__curve *curve, rankloss__out out);

    /* out[i] = bend_i. */
    void (*bends)(const rankloss__items *items, const double *exps, const rankloss__bend *bend, rankloss__out out);

    /*
     * out[i] = factors_i scale ((lse - x_i) - shift), and +0 where factors_i is 0; factors is in the compute dtype,
     * NULL: all 1.
     */
    void (*logs)(const rankloss__items *items, const void *factors, double max, double lse, double shift, double scale,
                 rankloss__out out);
} rankloss__kernels;

#endif

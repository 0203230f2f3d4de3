/*
 * Which lists and outputs take the fast path, by their sizes and sums: the one place with its thresholds. (Which
 * cotangents are moderate: plan/plan.c.)
 *
 * Lists of up to 64 items are computed interleaved, and of up to 2048 side by side (fewer where inputs are converted,
 * which changes no bit), eight at a time where there are so many; interleaved ones in one step, if all that is wanted
 * are losses and derivatives by the logits, as floats. Longer lists are computed alone; so is a list
 * that has rules of its own, because its coefficients are all zero or cancel, or whose sums do not fit a double. Each
 * output of a list takes the fast path or extended precision for itself, so that none depends on which others are asked
 * for. All of it depends on a list's own items and on the options, never on its neighbours.
 */
#ifndef RANKLOSS_SRC_LIST_FAST_PATH_H
#define RANKLOSS_SRC_LIST_FAST_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "list/scratch.h"
#include "plan/plan.h"

/* --- how a list is computed --- */

typedef enum rankloss__layout { RANKLOSS__INTERLEAVED, RANKLOSS__SIDE_BY_SIDE, RANKLOSS__ALONE } rankloss__layout;

/* The items that lists side by side may have in all: fewer than 2048 where many inputs have to be converted. */
int64_t rankloss__most_side_by_side(const rankloss__inputs *inputs);

rankloss__layout rankloss__layout_of(int64_t size, int64_t most_side_by_side);

/* Who interleaves an input of such lists. */
typedef enum rankloss__reading {
    RANKLOSS__READ_NOTHING,   /* there is no such input */
    RANKLOSS__READ_BEFORE,    /* not the kernel */
    RANKLOSS__READ_IN_PLACE,  /* the kernel, from the array */
    RANKLOSS__READ_CONVERTED, /* the kernel, from floats, where eight lists are one behind the other; otherwise not */
} rankloss__reading;

/*
 * Whether the call's interleaved lists can be computed in one step, by the kernel short_lists, if nothing but losses and
 * derivatives by the logits is wanted: these must not be doubles.
 */
typedef struct rankloss__one_step {
    bool fits;
    int64_t apart; /* elements from one list to the next in the outputs, and in inputs that the kernel reads in place */
    rankloss__reading readings[RANKLOSS__SHORT_INPUTS];
    bool nothing_before; /* the kernel reads all there is, and there is no mask */
    bool converted;      /* not all of it in place */
} rankloss__one_step;

rankloss__one_step rankloss__one_step_of(const rankloss__plan *plan);

/* --- whether a list's sums may be used, in any lane of list_sums --- */

/* Of the lanes in `finite`, a bit each: those whose lists need not be computed alone. */
unsigned rankloss__usable_sums(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, unsigned finite);

/* Whether all coefficients may be 0: neither of their sums shows one that is not. */
bool rankloss__coefficients_may_be_zero(const rankloss__list_sums *sums, const rankloss__losses *losses, int lane);

/* Whether coefficients cancel in their sum, so that it has to be computed again from double-double products. */
bool rankloss__coefficients_cancel(const rankloss__list_sums *sums, int lane);

/*
 * For a list alone, after its own rules have been applied: whether its finite sums are accurate. zero: all its
 * coefficients are 0.
 */
bool rankloss__sums_are_accurate(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                                 const rankloss__losses *losses, int lane, bool zero);

/* --- whether an output of a list with usable sums may be computed from them --- */

/* largest: the largest magnitude of a tangent among the list's valid items. */
bool rankloss__tangent_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, int lane, double largest);

/* Whether the sum of the others' tangents, and the argmax's tangent, are finite. */
bool rankloss__tangents_are_finite(const rankloss__list_sums *sums, int lane);

/* The gradients by labels and weights, whose factors are moderate. */
bool rankloss__log_grad_is_fast(const rankloss__inputs *inputs, const rankloss__list_sums *sums, int lane,
                                double cotangent);

#endif

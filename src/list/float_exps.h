/*
 * The exponentials of a float32 list that are too many for the scratch, saved as floats from the forward pass to the
 * derivatives, in an output that has no values yet. This is the one place where an output serves as memory: it makes
 * gradients of long lists 1.25 times as fast as computing the exponentials again.
 *
 * A float has 24 bits of an exponential, which costs a gradient up to one unit in its last place. So that no bit
 * depends on which outputs a call has, a list without such an output computes its exponentials again and rounds them
 * alike.
 */
#ifndef RANKLOSS_SRC_LIST_FLOAT_EXPS_H
#define RANKLOSS_SRC_LIST_FLOAT_EXPS_H

#include <stdbool.h>
#include <stddef.h>

#include "list/list_chunks.h"
#include "plan/plan.h"

/* Whether the derivatives of a list with this range of scores use exponentials rounded to floats. */
bool rankloss__exps_are_rounded(const rankloss__list *list, const rankloss__score_range *range);

/*
 * A contiguous float32 output for the list's exponentials, NULL where there is none: a derivative by the logits, but not
 * in the array of the logits itself.
 */
float *rankloss__find_float_exps(const rankloss__plan *plan, const rankloss__list *list, unsigned wanted);

/* Rounds exponentials to floats and back, by way of the spare block. */
void rankloss__round_exps(const rankloss__list *list, size_t count, double *exps);

#endif

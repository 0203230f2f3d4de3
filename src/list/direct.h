/*
 * Lists that the kernels can take as they lie in memory, with what most calls ask for: loss, gradient and Hessian
 * diagonal by the logits, written in place. What forward.c and gradient.c do of a list, without the ways that such a
 * list does not need; to the same bits.
 */
#ifndef RANKLOSS_SRC_LIST_DIRECT_H
#define RANKLOSS_SRC_LIST_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "list/list_inputs.h"

/* What is computed, and where it goes: views of the logits' shape. */
typedef struct rankloss__direct {
    const rankloss__inputs *inputs;
    const rankloss__view *slopes, *curves;          /* NULL: not wanted */
    const rankloss__factors *factors;               /* of every list; NULL where no derivative is wanted */
    bool scores_ready, labels_ready, weights_ready; /* in place, or absent: nothing is converted */
    int64_t most; /* items that the lists of a group may have in all; 0: no list can be taken */
} rankloss__direct;

/* factors: those of an ordinary upstream, or NULL where it is not the same for every list. */
rankloss__direct rankloss__direct_make(const rankloss__inputs *inputs, const rankloss__view *slopes,
                                       const rankloss__view *curves, const rankloss__factors *factors);

/*
 * Computes a group of 1 to RANKLOSS__LANES lists, none empty, in a scratch. Returns those that it computed, a bit each:
 * the others take more than this, and nothing was written of them. The losses come a lane a list.
 */
unsigned rankloss__direct_run(const rankloss__direct *direct, const int64_t *lists, int count,
                              rankloss__scratch *scratch, rankloss__losses *sums);

#endif

/*
 * Gradients that are summed over lists: by labels or weights that broadcast over the batch. One thread, lists in
 * their order, in a window of compensated sums, so that no bit depends on anything but the lists.
 */
#ifndef RANKLOSS_SRC_SCATTER_H
#define RANKLOSS_SRC_SCATTER_H

#include <rankloss/status.h>

#include "call.h"

/* Sums to make at once: more elements than these take more rounds over the lists. */
enum { RANKLOSS__SCATTER_WINDOW = 32768 };

/* The sums' memory, allocated before anything is written; empty where no gradient is summed over lists. */
rankloss_status rankloss__scatter_allocate(rankloss__accumulator *window, const rankloss__call *call);

/* Computes and writes every gradient that is summed over lists. The logits are still what they were. */
void rankloss__scatter(const rankloss__call *call, rankloss__accumulator *window);

#endif

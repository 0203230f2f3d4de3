/*
 * Gradients that are summed over lists: by labels or weights that broadcast over the batch. One thread, lists in
 * their order, in a window of compensated sums, so that no bit depends on anything but the lists.
 */
#ifndef RANKLOSS_SRC_LIST_SUM_OVER_LISTS_H
#define RANKLOSS_SRC_LIST_SUM_OVER_LISTS_H

#include <rankloss/status.h>

#include "list/compensated_sums.h"
#include "plan/plan.h"

/* Sums to make at once: more elements than these take more rounds over the lists. */
enum { RANKLOSS__WINDOW = 32768 };

/* The sums' memory, allocated before anything is written; empty where no gradient is summed over lists. */
rankloss_status rankloss__sum_over_lists_allocate(rankloss__sum_window *window, const rankloss__plan *plan);

/* Computes and writes every gradient that is summed over lists. The logits are still what they were. */
void rankloss__sum_over_lists(const rankloss__plan *plan, rankloss__sum_window *window);

#endif

/*
 * None, mean, sum and the caller's own over the per-list values. Knows no softmax.
 */
#ifndef RANKLOSS_SRC_REDUCTION_REDUCTION_H
#define RANKLOSS_SRC_REDUCTION_REDUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/reduction.h>
#include <rankloss/status.h>

#include "batch/batch.h"
#include "reduction/exact_sum.h"

/* Exact sums of what the lists yield, of one thread or of all. */
typedef struct rankloss__totals {
    rankloss__exact_sum loss, jvp;
} rankloss__totals;

void rankloss__totals_merge(void *totals, void *part);

/* Lists with a valid item. */
int64_t rankloss__count_lists(const rankloss__batch *batch, const rankloss__view *where);

/* The per-list values that a caller's reducer is given, and what it answers. */
typedef struct rankloss__custom {
    double *losses, *d_losses; /* num_lists; d_losses NULL where no derivative is asked for */
    uint8_t *counted;
    double reduced;
} rankloss__custom;

/* RANKLOSS_ERROR_MEMORY where there is not enough. */
rankloss_status rankloss__custom_allocate(rankloss__custom *custom, int64_t num_lists, bool derivative);
rankloss_status rankloss__custom_reduce(rankloss__custom *custom, const rankloss_reducer *reducer, int64_t num_lists);
void rankloss__custom_free(rankloss__custom *custom);

#endif

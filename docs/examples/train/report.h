/*
 * What the run says: a line for each epoch, and at its end what was learnt, how much it helps and how fast the loss was.
 */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "objective.h"

/** How good the model is. An NDCG is NAN where no list has a relevant item. */
struct metrics {
    double loss;
    double ndcg_train;
    double ndcg_held_out;
};

/** The model of all-zero weights. */
void report_zero(const struct metrics *metrics);

/** A line that on a terminal takes the place of the one before; elsewhere each has its own. */
void report_epoch(int epoch, int epochs, const struct metrics *metrics);

/** After the last epoch: lets its line stand, says whether there was no further one to take, and sums up. */
void report_metrics(bool converged, const struct metrics *before, const struct metrics *after);

/** The weights that move a ranking most, at most ten. */
void report_weights(const double *weights, size_t count);

void report_speed(const struct objective *objective);

#endif

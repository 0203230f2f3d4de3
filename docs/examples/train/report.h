/*
 * What the run says at its end: what was learnt, how much it helps, and how fast the loss was.
 */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include <stddef.h>

#include "objective.h"
#include "progress.h"

void report_metrics(const struct metrics *before, const struct metrics *after);

/** The weights that move a ranking most, at most ten. */
void report_weights(const double *weights, size_t count);

void report_speed(const struct objective *objective);

#endif

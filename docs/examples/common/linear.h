/*
 * A linear ranker: an item's score is the sum of its columns times their weights. It has no intercept: adding the same
 * to all scores of a list changes neither the ranking nor the loss.
 */
#ifndef COMMON_LINEAR_H
#define COMMON_LINEAR_H

#include "../letor/dataset.h"

/** scores = X weights, one score for each item of data. */
void linear_scores(const struct dataset *data, const double *weights, float *scores);

#endif

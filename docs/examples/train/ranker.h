/*
 * The model: a score is the sum of an item's columns times their weights. No intercept: adding the same to all scores
 * of a list changes neither the ranking nor the loss.
 */
#ifndef TRAIN_RANKER_H
#define TRAIN_RANKER_H

#include <stddef.h>

#include "dataset.h"

/** scores = X weights, one score for each item of data. */
void ranker_scores(const struct dataset *data, const double *weights, float *scores);

/** grad_weights = X^T grad_scores: the chain rule from what the loss says of scores to what the model can change. */
void ranker_gradient(const struct dataset *data, const float *grad_scores, double *grad_weights, size_t num_weights);

#endif

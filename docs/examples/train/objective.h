/*
 * What training makes small: the mean ranking softmax loss of a linear ranker over the training lists, and its gradient.
 * The only file that calls RankLoss to compute, and so the one to read for how that is done.
 *
 * The ranker's score is the sum of an item's columns times their weights. It has no intercept: adding the same to all
 * scores of a list changes neither the ranking nor the loss.
 */
#ifndef TRAIN_OBJECTIVE_H
#define TRAIN_OBJECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include "../letor/dataset.h"

struct objective {
    const struct dataset *train;
    size_t num_weights;
    int32_t num_threads;
    float *scores;      /**< of the weights evaluated last */
    float *grad_scores; /**< of the mean loss, by those scores */
    size_t calls;       /**< of RankLoss */
    double fastest;     /**< of those calls, in seconds: the one that nothing else on the machine held up */
};

/** train must outlive the objective. Release with objective_free(). */
struct objective objective_make(const struct dataset *train, size_t num_weights, int32_t num_threads);

void objective_free(struct objective *objective);

/** scores = X weights, one score for each item of data. */
void objective_scores(const struct dataset *data, const double *weights, float *scores);

/** The mean loss with these weights. */
double objective_loss(struct objective *objective, const double *weights);

/** The gradient by the weights that objective_loss() was last called with. */
void objective_gradient(const struct objective *objective, double *grad_weights);

#endif

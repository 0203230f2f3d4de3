/*
 * Full-batch gradient descent with backtracking: a step that does not lower the loss enough is halved until it does
 * (Armijo's rule), and the next epoch tries twice the step. So the loss falls in every epoch, on any data, without a
 * learning rate tuned to it; the one given is only the first step tried.
 */
#ifndef TRAIN_DESCENT_H
#define TRAIN_DESCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "objective.h"

struct descent {
    struct objective *objective;
    double *weights;
    double *gradient;
    double *trial; /**< the weights of the step being tried */
    double loss;   /**< of weights */
    double step;
};

/** Starts from all weights zero. Release with descent_free(). */
struct descent descent_make(struct objective *objective, double learning_rate);

void descent_free(struct descent *descent);

/** One epoch. False, and nothing has changed, where no step lowers the loss any more. */
bool descent_epoch(struct descent *descent);

#endif

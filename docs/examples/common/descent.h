/*
 * Full-batch gradient descent with backtracking: a step that does not lower the loss enough is halved until it does
 * (Armijo's rule), and the next epoch tries twice the step. So the loss falls in every epoch, on any data, without a
 * learning rate tuned to it; the one given is only the first step tried.
 */
#ifndef COMMON_DESCENT_H
#define COMMON_DESCENT_H

#include <stdbool.h>
#include <stddef.h>

/** What is made small: a loss as a function of weights. */
struct loss_function {
    size_t num_weights;
    double (*loss)(void *objective, const double *weights);
    void (*gradient)(void *objective, double *gradient); /**< by the weights that loss() was last called with */
    void *objective;                                     /**< what both are called with; outlives the descent */
};

struct descent {
    struct loss_function function;
    double *weights;
    double *gradient;
    double *trial; /**< the weights of the step being tried */
    double loss;   /**< of weights */
    double step;
};

/** Starts from all weights zero. Release with descent_free(). */
struct descent descent_make(const struct loss_function *function, double learning_rate);

void descent_free(struct descent *descent);

/** One epoch. False, and nothing has changed, where no step lowers the loss any more. */
bool descent_epoch(struct descent *descent);

#endif

#include "descent.h"

#include <stdlib.h>

#include "../letor/memory.h"

/* How much of the fall that the slope promises a step must deliver. */
#define SUFFICIENT 0.25

/* A fall below this part of the loss says more about the rounding of the scores, which are floats, than about the
 * model. */
#define LEAST_FALL 1e-7

/* From a step of any size down to one that is lost in the rounding of the weights. */
enum { MOST_HALVINGS = 100 };

struct descent descent_make(const struct loss_function *function, double learning_rate) {
    const size_t count = function->num_weights;
    struct descent descent = {.function = *function,
                              .weights = new_array(count, sizeof(double)),
                              .gradient = new_array(count, sizeof(double)),
                              .trial = new_array(count, sizeof(double)),
                              .step = learning_rate};
    descent.loss = function->loss(function->objective, descent.weights);
    function->gradient(function->objective, descent.gradient);
    return descent;
}

void descent_free(struct descent *descent) {
    free(descent->weights);
    free(descent->gradient);
    free(descent->trial);
    *descent = (struct descent){0};
}

static double squared_norm(const double *vector, size_t count) {
    double sum = 0.0;
    for (size_t j = 0; j < count; j++) {
        sum += vector[j] * vector[j];
    }
    return sum;
}

static double try_step(const struct descent *descent) {
    const struct loss_function *const function = &descent->function;
    for (size_t j = 0; j < function->num_weights; j++) {
        descent->trial[j] = descent->weights[j] - descent->step * descent->gradient[j];
    }
    return function->loss(function->objective, descent->trial);
}

static void accept(struct descent *descent, double loss) {
    double *const weights = descent->weights;
    descent->weights = descent->trial;
    descent->trial = weights;
    descent->loss = loss;
    descent->step *= 2.0;
    descent->function.gradient(descent->function.objective, descent->gradient);
}

bool descent_epoch(struct descent *descent) {
    const double slope = squared_norm(descent->gradient, descent->function.num_weights);
    for (int i = 0; i <= MOST_HALVINGS; i++) {
        const double loss = try_step(descent);
        const double fall = descent->loss - loss;
        /* A step so large that the scores overflow gives the loss NaN, which passes neither comparison. */
        if (fall >= SUFFICIENT * descent->step * slope && fall > LEAST_FALL * descent->loss) {
            accept(descent, loss);
            return true;
        }
        descent->step /= 2.0;
    }
    return false;
}

/*
 * What training makes small: the mean ranking softmax loss of a linear ranker over the training lists, and its gradient.
 * The only file that calls RankLoss to compute, and so the one to read for how that is done.
 */
#ifndef TRAIN_OBJECTIVE_H
#define TRAIN_OBJECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/descent.h"
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

/** The mean loss as a function of the ranker's weights. */
struct loss_function objective_function(struct objective *objective);

#endif

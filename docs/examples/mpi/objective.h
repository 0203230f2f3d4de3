/*
 * The mean loss of a linear ranker over the lists of all ranks, and its gradient. The only file here that calls
 * RankLoss to compute. Every function is called by all ranks, and has the same results on each, to the bit.
 */
#ifndef EXAMPLES_MPI_OBJECTIVE_H
#define EXAMPLES_MPI_OBJECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include <rankloss/accumulator.h>

#include "../common/descent.h"
#include "../letor/dataset.h"

struct objective {
    const struct dataset *lists; /**< those of this rank */
    size_t num_weights;
    int32_t num_threads;
    int64_t all_items;        /**< of all ranks */
    int64_t all_lists;        /**< those of all ranks that have an item which takes part: what the mean is over */
    float *scores;            /**< of the weights evaluated last */
    float *grad_scores;       /**< of the mean over all lists, by those scores */
    rankloss_accumulator sum; /**< the losses of all lists, with those weights */
};

/** lists must outlive the objective. Release with objective_free(). */
struct objective objective_make(const struct dataset *lists, size_t num_weights, int32_t num_threads);

void objective_free(struct objective *objective);

double objective_loss(struct objective *objective, const double *weights);

/** The mean loss as a function of the ranker's weights. */
struct loss_function objective_function(struct objective *objective);

/** The mean over the losses that an accumulator has. */
double objective_mean(const rankloss_accumulator *sum);

#endif

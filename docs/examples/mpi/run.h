/*
 * A training run on the lists that the ranks share: from all weights zero or from a checkpoint, epoch by epoch. Every
 * rank takes the same steps, since all have the same numbers; rank 0 prints them, and has the checkpoints.
 */
#ifndef EXAMPLES_MPI_RUN_H
#define EXAMPLES_MPI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/sets.h"
#include "ranks.h"

struct run_settings {
    uint64_t epochs, threads;
    double learning_rate;
    const char *checkpoint; /**< written after every epoch; NULL: none */
    const char *resume;     /**< a checkpoint; NULL: from the beginning */
};

/**
 * Trains with this rank's share of the sets. lists is a hash of those of all ranks. False, on every rank, if the
 * checkpoint is refused.
 */
bool run_training(struct ranks ranks, const struct run_settings *settings, const struct sets *share, size_t num_weights,
                  uint64_t lists);

#endif

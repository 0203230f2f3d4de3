#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpi.h>

#include "../common/descent.h"
#include "checkpoint.h"
#include "hash.h"
#include "objective.h"

struct run {
    struct ranks ranks;
    const struct run_settings *settings;
    struct objective train;
    struct objective held_out;
    struct descent descent;
    uint64_t epoch;
    struct checkpoint *checkpoint;
};

/* --- Checkpoints --- */

/* After an epoch, when the weights evaluated last are those of the descent. */
static void save(struct run *run) {
    struct checkpoint *const checkpoint = run->checkpoint;
    const size_t count = run->train.num_weights;
    checkpoint->epoch = run->epoch;
    checkpoint->step = run->descent.step;
    checkpoint->sum = run->train.sum;
    memcpy(checkpoint->numbers, run->descent.weights, count * sizeof(double));
    memcpy(checkpoint->numbers + count, run->descent.gradient, count * sizeof(double));
    checkpoint_write(checkpoint, run->settings->checkpoint);
}

/* The file need only be where rank 0 is. */
static bool resume(struct run *run) {
    struct checkpoint *const checkpoint = run->checkpoint;
    const size_t count = run->train.num_weights;
    struct report report = {.length = 0};
    const bool done = run->ranks.own > 0 || checkpoint_read(checkpoint, run->settings->resume, &report);
    ranks_report(run->ranks, &report);
    if (!ranks_all(done)) {
        return false;
    }
    MPI_Bcast(checkpoint, (int)checkpoint_size(checkpoint), MPI_BYTE, 0, MPI_COMM_WORLD);
    run->epoch = checkpoint->epoch;
    run->descent.step = checkpoint->step;
    run->descent.loss = objective_mean(&checkpoint->sum);
    memcpy(run->descent.weights, checkpoint->numbers, count * sizeof(double));
    memcpy(run->descent.gradient, checkpoint->numbers + count, count * sizeof(double));
    return true;
}

/* --- What is printed --- */

static void print_ranks(const struct run *run) {
    const int64_t own = (int64_t)run->train.lists->num_items;
    int64_t fewest = 0;
    int64_t most = 0;
    MPI_Reduce(&own, &fewest, 1, MPI_INT64_T, MPI_MIN, 0, MPI_COMM_WORLD);
    MPI_Reduce(&own, &most, 1, MPI_INT64_T, MPI_MAX, 0, MPI_COMM_WORLD);
    if (run->ranks.own == 0) {
        printf("ranks       %6d, with %" PRId64 " to %" PRId64 " items for training\n\n", run->ranks.count, fewest,
               most);
    }
}

static void print_losses(struct run *run) {
    const double held_out = objective_loss(&run->held_out, run->descent.weights);
    if (run->ranks.own > 0) {
        return;
    }
    char head[48] = "all weights zero";
    if (run->epoch > 0) {
        snprintf(head, sizeof(head), "epoch %" PRIu64 "/%" PRIu64, run->epoch, run->settings->epochs);
    }
    printf("%-16s  mean loss %.6f  held out %.6f\n", head, run->descent.loss, held_out);
    fflush(stdout);
}

/* To the last bit, for runs to be compared. */
static void print_result(const struct run *run) {
    const size_t count = run->train.num_weights;
    if (run->ranks.own > 0) {
        return;
    }
    if (run->epoch < run->settings->epochs) {
        printf("converged: no step lowers the loss by more than its rounding\n");
    }
    printf("\nmean loss  %a\n", run->descent.loss);
    printf("gradient   hash %016" PRIx64 "\n", hash_words(0, run->descent.gradient, count));
    printf("weights    hash %016" PRIx64 "\n", hash_words(0, run->descent.weights, count));
}

/* --- The epochs --- */

static void train(struct run *run) {
    print_ranks(run);
    print_losses(run);
    while (run->epoch < run->settings->epochs && descent_epoch(&run->descent)) {
        run->epoch++;
        if (run->ranks.own == 0 && run->settings->checkpoint != NULL) {
            save(run);
        }
        print_losses(run);
    }
    print_result(run);
}

bool run_training(struct ranks ranks, const struct run_settings *settings, const struct sets *share, size_t num_weights,
                  uint64_t lists) {
    struct run run = {.ranks = ranks,
                      .settings = settings,
                      .train = objective_make(&share->train, num_weights, (int32_t)settings->threads),
                      .held_out = objective_make(&share->held_out, num_weights, (int32_t)settings->threads),
                      .checkpoint = checkpoint_make(lists, num_weights)};
    const struct loss_function function = objective_function(&run.train);
    run.descent = descent_make(&function, settings->learning_rate);
    const bool ready = settings->resume == NULL || resume(&run);
    if (ready) {
        train(&run);
    }
    free(run.checkpoint);
    descent_free(&run.descent);
    objective_free(&run.held_out);
    objective_free(&run.train);
    return ready;
}

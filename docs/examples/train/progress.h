/*
 * One line for each epoch: on a terminal each takes the place of the one before, elsewhere each has its own.
 */
#ifndef TRAIN_PROGRESS_H
#define TRAIN_PROGRESS_H

#include <stdbool.h>

/** How good the model is. An NDCG is NAN where no list has a relevant item. */
struct metrics {
    double loss;
    double ndcg_train;
    double ndcg_held_out;
};

struct progress {
    bool in_place;
    int epochs;
};

/** Begins a run of so many epochs with a line that stays, on stdout: the model of all-zero weights. */
struct progress progress_begin(int epochs, const struct metrics *zero);

void progress_show(const struct progress *progress, int epoch, const struct metrics *metrics);

/** Leaves the last line standing. */
void progress_end(const struct progress *progress);

#endif

/*
 * The file from which a run goes on, with whatever number of ranks. Knows nothing of them: one rank writes it, and
 * reads it for all.
 *
 * The loss is kept as the accumulator that it was read from, which is exact, and has the number of lists beside it. As
 * an accumulator is, the file is for machines of one byte order and for one version of RankLoss.
 */
#ifndef EXAMPLES_MPI_CHECKPOINT_H
#define EXAMPLES_MPI_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/accumulator.h>

#include "../letor/text.h"

/** The file, byte for byte; there is no padding. */
struct checkpoint {
    char name[16];    /**< that of the format */
    char version[16]; /**< of RankLoss */
    uint64_t hash;    /**< of all that follows */
    uint64_t lists;   /**< a hash of the lists of all ranks */
    uint64_t epoch;
    double step;
    rankloss_accumulator sum; /**< the losses of all lists with these weights */
    uint64_t num_weights;
    double numbers[]; /**< the weights, then their gradient */
};

/** With room for the numbers, and all of it 0 but for their number and the lists. Release with free(). */
struct checkpoint *checkpoint_make(uint64_t lists, size_t num_weights);

/** In bytes. */
size_t checkpoint_size(const struct checkpoint *checkpoint);

/** Writes it, with name, version and hash, into the place of the file, which stays as it was until all is written. */
void checkpoint_write(struct checkpoint *checkpoint, const char *path);

/** Reads one of the same lists and as many weights. False if the file is refused, for the reason in the report. */
bool checkpoint_read(struct checkpoint *checkpoint, const char *path, struct report *report);

#endif

/*
 * Accumulators of several ranks, merged by MPI.
 */
#ifndef EXAMPLES_MPI_ACCUMULATORS_H
#define EXAMPLES_MPI_ACCUMULATORS_H

#include <rankloss/accumulator.h>

/** The accumulators of all ranks, merged, on each of them. */
void accumulators_merge(rankloss_accumulator *accumulator);

#endif

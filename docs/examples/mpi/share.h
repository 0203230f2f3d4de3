/*
 * Which lists are whose. Each rank has a run of whole lists, with about as many items as every other: it is for items
 * that scores, losses and gradients take their time.
 */
#ifndef EXAMPLES_MPI_SHARE_H
#define EXAMPLES_MPI_SHARE_H

#include "../letor/dataset.h"
#include "ranks.h"

/** A copy of the lists that are this rank's: those that begin in its part of all items. Release with dataset_free(). */
struct dataset share_of(const struct dataset *all, struct ranks ranks);

#endif

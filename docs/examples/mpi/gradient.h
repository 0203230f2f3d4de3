/*
 * The gradient by the ranker's weights, summed over the items of all ranks, with the same bits for every number of
 * ranks.
 *
 *     gradient_j = sum over items i of grad_scores_i * value_ij
 *
 * Sums of doubles depend on the order, and so on how the items are cut up: each rank would round its part of the sum,
 * and MPI_SUM the sums of these parts. Integers are added without rounding, in any order. So
 *
 *     1  each term is a product of two floats, and as a double exact;
 *     2  the largest term of each weight, over all ranks, gives its terms a common unit: the power of two with which
 *        num_items terms, where num_items is of all ranks, have a sum within 62 bits;
 *     3  each term is rounded to a multiple of this unit, an int64_t;
 *     4  these are added, in each rank and over the ranks, and the sum is made a double.
 *
 * A term's rounding depends on the term and on the unit alone, the unit on a maximum and a number, and maxima and sums
 * of integers on no order: so nothing depends on which rank has which lists, nor on the way that MPI goes.
 *
 * What it costs is two messages of 8 bytes a weight, where MPI_SUM of doubles would send one, and half a unit a term.
 * With a million items the unit is at most 2^-41 of the largest term, and a term comes of a float, which is rounded to
 * 2^-24 of its own size.
 */
#ifndef EXAMPLES_MPI_GRADIENT_H
#define EXAMPLES_MPI_GRADIENT_H

#include "../letor/dataset.h"

/**
 * The gradient, on every rank, by the gradients by the scores of this rank's lists, in which an item has no column
 * twice. num_items is the number of items of all ranks. NAN where a term is not finite.
 */
void gradient_of_weights(const struct dataset *lists, const float *grad_scores, size_t num_items, size_t num_weights,
                         double *gradient);

#endif

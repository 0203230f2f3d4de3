/*
 * NDCG@k, how good a ranking is: the discounted gain of the first k items, relative to the best ranking of the list.
 *
 *     DCG@k = sum over ranks r = 1 .. k of gain(label) / log2(r + 1)
 *
 * Items of equal scores share the discounts of their ranks evenly, so a tie counts what random tie-breaking would give
 * on average (McSherry and Najork, "Computing information retrieval performance measures efficiently in the presence of
 * tied scores", ECIR 2008). Breaking ties by position instead would credit a model that knows nothing, such as one of
 * all-zero weights, with the order that the items happen to have in the file.
 */
#ifndef COMMON_NDCG_H
#define COMMON_NDCG_H

#include <stdbool.h>
#include <stddef.h>

#include "../letor/dataset.h"
#include "gain.h"

/**
 * NDCG@k of one list, 0 to 1; NAN for a list without a relevant item: no ranking of it is better. Items that where
 * (NULL: all take part) leaves out are not there. No score is NaN, and no label of an item that takes part below 0.
 */
double ndcg(const float *scores, const float *labels, const bool *where, size_t list_size, size_t k, enum gain gain);

/** NDCG@k of each list, to values, which has room for data->num_lists. */
void ndcg_of_lists(const struct dataset *data, const float *scores, size_t k, enum gain gain, double *values);

/** The mean over the lists that have a relevant item; NAN where none has. */
double ndcg_mean(const struct dataset *data, const float *scores, size_t k, enum gain gain);

#endif

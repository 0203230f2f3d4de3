/*
 * NDCG@k, how good a ranking is: the discounted gain of the first k items, relative to the best ranking of the list.
 *
 *     DCG@k = sum over ranks r = 1 .. k of (2^label - 1) / log2(r + 1)
 *
 * Items of equal scores share the discounts of their ranks evenly, so a tie counts what random tie-breaking would give
 * on average (McSherry and Najork, "Computing information retrieval performance measures efficiently in the presence of
 * tied scores", ECIR 2008). Breaking ties by position instead would credit a model that knows nothing, such as one of
 * all-zero weights, with the order that the items happen to have in the file.
 */
#ifndef TRAIN_NDCG_H
#define TRAIN_NDCG_H

#include <stddef.h>

#include "dataset.h"

/** NDCG@k of one list, 0 to 1; NAN for a list without a relevant item: no ranking of it is better. No score is NaN. */
double ndcg(const float *scores, const float *labels, size_t list_size, size_t k);

/** The mean over the lists that have a relevant item; NAN where none has. */
double ndcg_mean(const struct dataset *data, const float *scores, size_t k);

#endif

/*
 * How the lists of a batch follow one another: dense, in an n-d array whose last axis is the list, or ragged, by offsets;
 * and where they find their elements in an array: broadcast, with any strides. Knows no loss.
 */
#ifndef RANKLOSS_SRC_BATCH_BATCH_H
#define RANKLOSS_SRC_BATCH_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

#include "dtype/convert.h"

enum { RANKLOSS__MAX_BATCH_NDIM = RANKLOSS_MAX_NDIM - 1 };

typedef struct rankloss__batch {
    int64_t num_lists;
    int64_t list_size; /* dense */
    bool ragged;
    rankloss_array offsets; /* ragged */
    int32_t ndim;           /* batch axes that are left after merging; 1 where ragged */
    int64_t shape[RANKLOSS__MAX_BATCH_NDIM];
} rankloss__batch;

/* One list of a batch, and where it is. */
typedef struct rankloss__position {
    int64_t list;
    int64_t start; /* ragged: the items before it; otherwise 0 */
    int64_t size;
    int64_t index[RANKLOSS__MAX_BATCH_NDIM]; /* by the batch's axes; set up to its ndim */
} rankloss__position;

/* Strides count elements. */
typedef struct rankloss__view {
    char *data; /* NULL: absent, or without elements */
    int32_t dtype;
    bool present;
    bool per_list; /* all items of a list share one element */
    int64_t element_size;
    int64_t item_stride;
    int64_t list_strides[RANKLOSS__MAX_BATCH_NDIM];
    int64_t start_stride; /* ragged: from each item before the list; otherwise 0 */
} rankloss__view;

bool rankloss__is_absent(const rankloss_array *array);

rankloss__batch rankloss__batch_make(const rankloss_array *logits, const rankloss_array *offsets);

/* Dense lists without items, of which there may be too many to loop over. */
bool rankloss__has_no_items(const rankloss__batch *batch);

/* The cost of all lists before a list, its items and `per_list` for each list: never decreasing, and never wrapped. */
int64_t rankloss__cost_before(const rankloss__batch *batch, int64_t list, int64_t per_list);

/* The first list from `low` on before which there is this cost; `high` where there is none. */
int64_t rankloss__find_by_cost(const rankloss__batch *batch, int64_t low, int64_t high, int64_t per_list, int64_t cost);

/* Whether no extent of the shape is 0. */
bool rankloss__has_elements(const rankloss_array *array);

/* A view of an array that broadcasts to the shape of the logits (dense) or has one of a ragged input's shapes. */
rankloss__view rankloss__view_of_items(const rankloss__batch *batch, const rankloss_array *array);

/* A view of an array with one element per list, or one for all. */
rankloss__view rankloss__view_of_lists(const rankloss__batch *batch, const rankloss_array *array);

/* Merges batch axes that every one of the views steps through as through one. */
void rankloss__merge_axes(rankloss__batch *batch, rankloss__view *views[], int count);

/* Inline, since every list needs these. */

static inline int64_t rankloss__offset(const rankloss__batch *batch, int64_t i) {
    const rankloss_array *offsets = &batch->offsets;
    const int64_t element = i * offsets->strides[0];
    return offsets->dtype == RANKLOSS_I64 ? ((const int64_t *)offsets->data)[element]
                                          : rankloss__load_integer(offsets->dtype, offsets->data, element);
}

static inline int64_t rankloss__list_size(const rankloss__batch *batch, int64_t list) {
    return batch->ragged ? rankloss__offset(batch, list + 1) - rankloss__offset(batch, list) : batch->list_size;
}

static inline void rankloss__position_of(const rankloss__batch *batch, int64_t list, rankloss__position *position) {
    position->list = list;
    position->start = 0;
    position->size = batch->list_size;
    if (batch->ragged) {
        position->start = rankloss__offset(batch, list);
        position->size = rankloss__offset(batch, list + 1) - position->start;
    }
    for (int32_t k = batch->ndim - 1; k > 0; k--) {
        position->index[k] = list % batch->shape[k];
        list /= batch->shape[k];
    }
    position->index[0] = list;
}

/* The first item of the list at a position; NULL where the view has no data. */
static inline char *rankloss__view_at(const rankloss__view *view, const rankloss__batch *batch,
                                      const rankloss__position *position) {
    if (view->data == NULL)
        return NULL;
    int64_t element = position->start * view->start_stride + position->index[0] * view->list_strides[0];
    for (int32_t k = 1; k < batch->ndim; k++)
        // Of a batch with more axes than one, rankloss__position_of() sets the index of each.
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
        element += position->index[k] * view->list_strides[k];
    return view->data + element * view->element_size;
}

#endif

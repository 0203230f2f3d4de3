/*
 * Where the lists of a batch find their elements in an array: dense or ragged, broadcast, with any strides. Knows no
 * loss.
 */
#ifndef RANKLOSS_SRC_BATCH_STRIDED_VIEW_H
#define RANKLOSS_SRC_BATCH_STRIDED_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

#include "batch/batch.h"

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

/* Whether no extent of the shape is 0. */
bool rankloss__has_elements(const rankloss_array *array);

/* A view of an array that broadcasts to the shape of the logits (dense) or has one of a ragged input's shapes. */
rankloss__view rankloss__view_of_items(const rankloss__batch *batch, const rankloss_array *array);

/* A view of an array with one element per list, or one for all. */
rankloss__view rankloss__view_of_lists(const rankloss__batch *batch, const rankloss_array *array);

/* Merges batch axes that every one of the views steps through as through one. */
void rankloss__merge_axes(rankloss__batch *batch, rankloss__view *views[], int count);

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

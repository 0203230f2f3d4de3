/*
 * One list of a batch, in chunks of items for the kernels.
 */
#ifndef RANKLOSS_SRC_LIST_H
#define RANKLOSS_SRC_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inputs.h"

typedef struct rankloss__list {
    const rankloss__inputs *inputs;
    rankloss__scratch *scratch;
    rankloss__place place;
    size_t size;
    size_t chunk; /* items in a chunk, the last excepted */
    rankloss__list_inputs at;
    float *store;          /* where a long list may keep its exponentials for the derivatives; NULL: nowhere */
    size_t loaded;         /* the first item of the chunk at hand; SIZE_MAX: none */
    rankloss__items items; /* that chunk */
} rankloss__list;

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch);

/* The chunk that begins at item `first`, a multiple of list->chunk. Valid until the next one is asked for. */
const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first);

/* Element i of items in the compute dtype; 1 where data is NULL. */
static inline double rankloss__list_value(const rankloss__list *list, const void *data, size_t i) {
    return rankloss__value(list->inputs, data, i);
}

static inline bool rankloss__item_is_valid(const rankloss__items *items, size_t i) {
    return items->where == NULL || items->where[i] != 0;
}

#endif

/*
 * One list of a batch, in chunks of items for the kernels.
 */
#ifndef RANKLOSS_SRC_LIST_LIST_CHUNKS_H
#define RANKLOSS_SRC_LIST_LIST_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/list_inputs.h"

/*
 * A very long list is cut into parts, by its size alone, whose sums are added in their order; so any number of threads
 * can share it without a bit changing.
 */
enum {
    RANKLOSS__SPLIT_SIZE = 65536, /* items from which on a list is cut */
    RANKLOSS__PARTS = 32          /* at most */
};

typedef struct rankloss__list rankloss__list;

/* Works on the items from `first` to before `end`, through a list of its own whose chunks no other thread uses. */
typedef void (*rankloss__part_body)(void *context, rankloss__list *list, size_t part, size_t first, size_t end);

/* Who shares the parts out among threads. */
typedef struct rankloss__part_runner {
    void (*run)(const struct rankloss__part_runner *spread, const rankloss__list *list, rankloss__part_body body,
                void *context);
    int32_t threads;
} rankloss__part_runner;

struct rankloss__list {
    const rankloss__inputs *inputs;
    rankloss__scratch *scratch;
    rankloss__position place;
    size_t size;
    size_t chunk; /* items in a chunk, the last excepted */
    rankloss__list_inputs at;
    float *store; /* where a long list may keep its exponentials for the derivatives; NULL: nowhere */
    const rankloss__part_runner *spread; /* NULL: this thread does everything */
    size_t loaded;                       /* the first item of the chunk at hand; SIZE_MAX: none */
    rankloss__items items;               /* that chunk */
};

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch);

/* The chunk that begins at item `first`, a multiple of list->chunk. Valid until the next one is asked for. */
const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first);

/* The number of parts, and a call of body for each of them. */
size_t rankloss__count_parts(const rankloss__list *list);
void rankloss__run_part(rankloss__list *list, size_t part, rankloss__part_body body, void *context);
void rankloss__each_part(rankloss__list *list, rankloss__part_body body, void *context);

/* Element i of items in the compute dtype; 1 where data is NULL. */
static inline double rankloss__list_value(const rankloss__list *list, const void *data, size_t i) {
    return rankloss__value(list->inputs, data, i);
}

static inline bool rankloss__item_is_valid(const rankloss__items *items, size_t i) {
    return items->where == NULL || items->where[i] != 0;
}

#endif

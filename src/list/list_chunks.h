/*
 * One list of a batch by itself, in chunks of items for the kernels; a very long one in parts that threads may share.
 *
 * A very long list is split into parts by its size alone, and the sums of the parts are added in order, so that any
 * number of threads gives the same bits.
 */
#ifndef RANKLOSS_SRC_LIST_LIST_CHUNKS_H
#define RANKLOSS_SRC_LIST_LIST_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/fetch_ahead.h"
#include "list/list_inputs.h"
#include "list/scratch.h"

enum {
    RANKLOSS__SPLIT_SIZE = 65536, /* items from which on a list is split */
    RANKLOSS__PARTS = 32          /* at most */
};

typedef struct rankloss__list rankloss__list;

/* Works on the items from `first` to before `end`, through a list of its own whose chunks no other thread uses. */
typedef void (*rankloss__part_body)(void *context, rankloss__list *list, size_t part, size_t first, size_t end);

/* Who shares the parts out among threads. */
typedef struct rankloss__part_runner {
    void (*run)(const struct rankloss__part_runner *runner, const rankloss__list *list, rankloss__part_body body,
                void *context);
    int threads;
} rankloss__part_runner;

/* Where the scratch has what is not read in place, in items of the compute dtype for one item of a chunk. */
typedef struct rankloss__chunk_blocks {
    size_t label_exps, tangent, logits, bias, labels, weights;
} rankloss__chunk_blocks;

struct rankloss__list {
    const rankloss__inputs *inputs;
    rankloss__chunk_scratch *scratch;
    rankloss__position position;
    size_t size;
    size_t chunk; /* items in a chunk, the last excepted */
    struct {
        const char *logits, *labels, *where, *weights, *bias, *tangent;
    } at; /* the first element in each of the inputs; NULL where absent */
    rankloss__chunk_blocks blocks;
    float *float_exps;                   /* see list/float_exps.h; NULL: not saved */
    const rankloss__part_runner *runner; /* NULL: this thread does everything */
    const rankloss__streams *streams;    /* what its sums fetch ahead of time; NULL: nothing */
    rankloss__score_range label_range;   /* if labels are to be a softmax: of them. valid is 0 until it is known */
    rankloss__sums *label_sums;          /* gets their exponentials as chunks are loaded; NULL: not needed */
    size_t loaded;                       /* the first item of the loaded chunk; SIZE_MAX: none */
    rankloss__items items;               /* that chunk */
    const void *raw_labels;              /* its labels as kernels read them, before any exponentials */
};

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__chunk_scratch *scratch);

/* The chunk that begins at item `first`, a multiple of list->chunk. Valid until the next one is asked for. */
const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first);

/*
 * The scores and the mask of the chunk at `first`, to be compared in a way. If the list has several chunks, its labels,
 * weights and tangent are not to be read, and another chunk is no longer valid.
 */
const rankloss__items *rankloss__list_score_chunk(rankloss__list *list, size_t first, rankloss__comparison comparison);

/*
 * The labels of the chunk at `first` in the place of logits, of which list->label_range is to be found. Another chunk is
 * no longer valid.
 */
rankloss__items rankloss__list_label_chunk(rankloss__list *list, size_t first);

/* From the next chunk on, sums gets the exponentials of labels; NULL: no longer. */
void rankloss__list_sum_labels(rankloss__list *list, rankloss__sums *sums);

/* Makes chunks no longer than `most` items, a multiple of RANKLOSS__LANES. */
void rankloss__list_limit_chunks(rankloss__list *list, size_t most);

/* One for a list of less than RANKLOSS__SPLIT_SIZE items, none for one without items. */
size_t rankloss__count_parts(const rankloss__list *list);

/* Calls body for every part: through the list's runner where it has one and there are several. */
void rankloss__each_part(rankloss__list *list, rankloss__part_body body, void *context);

/* Calls body for the parts from `begin` to before `end`, through a copy of the list that uses this scratch. */
void rankloss__run_parts(const rankloss__list *list, size_t begin, size_t end, rankloss__chunk_scratch *scratch,
                         rankloss__part_body body, void *context);

static inline bool rankloss__item_is_valid(const rankloss__items *items, size_t i) {
    return items->where == NULL || items->where[i] != 0;
}

#endif

/*
 * Which memory is fetched into the first cache ahead of time.
 *
 * Lists are computed eight at a time, a few lines of one array and then of another, which no hardware prefetcher can
 * predict. So while a loop of the sums computes its items, it fetches as many of each array that will be wanted soon: at
 * the pace of the arithmetic, since a core has places for some twenty lines on their way, and a burst of more stands in
 * the pipeline. Nothing but speed depends on it.
 */
#ifndef RANKLOSS_SRC_LIST_FETCH_AHEAD_H
#define RANKLOSS_SRC_LIST_FETCH_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "plan/plan.h"

/* An array in which the items of each list are contiguous. */
typedef struct rankloss__stream {
    uintptr_t data;
    int64_t item_bytes, list_bytes; /* from item to item; of a dense batch from list to list, otherwise 0 */
    bool is_upper; /* of elements twice as wide as the compute dtype: what lies behind the first half of the bytes */
} rankloss__stream;

typedef struct rankloss__streams {
    int count; /* 0: nothing is fetched, and nothing else here need be set */
    bool is_ragged;
    bool is_packed; /* the lists of a dense batch follow one another everywhere */
    int64_t pace;   /* bytes of each array for an item of the loop */
    int64_t front;  /* of a ragged batch: the first item that has not been fetched */
    int64_t end;    /* of a dense batch the list, of a ragged one the item behind the thread's last */
    rankloss__stream of[RANKLOSS__AHEAD]; /* where there are fewer, the first again */
} rankloss__streams;

/* Of a thread that has the lists from `begin` to before `end`, in a call that exceeds a core's own cache. */
void rankloss__streams_make(rankloss__streams *streams, const rankloss__plan *plan, int64_t begin, int64_t end);

/* A list of a ragged batch that begins with this item waits to be computed. */
void rankloss__streams_pass(rankloss__streams *streams, int64_t first_item);

/*
 * For a group: has the loop over `count` items, or over these in rows with some padding, fetch, of a dense batch, what
 * `lists` lists have from `list` on, if these are the thread's; of a ragged batch as many items from the front on.
 */
void rankloss__fetch_lists(rankloss__streams *streams, int64_t list, int64_t lists, size_t count,
                           rankloss__items *items);

/* For a list alone: has the loop over the chunk at its item `first` fetch its next chunk, or the same of the next list. */
void rankloss__fetch_within(const rankloss__streams *streams, const rankloss__position *list, size_t first,
                            rankloss__items *items);

#endif

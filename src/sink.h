/*
 * Where one output's values for one list go: straight into the caller's array, through a conversion, or into a sum
 * over the items. Knows no loss.
 */
#ifndef RANKLOSS_SRC_SINK_H
#define RANKLOSS_SRC_SINK_H

#include <stddef.h>

#include "accumulator.h"
#include "convert.h"
#include "kernels/kernels.h"
#include "twofold.h"
#include "view.h"

typedef enum rankloss__sink_kind {
    RANKLOSS__SINK_ABSENT,
    RANKLOSS__SINK_DIRECT,  /* contiguous: written in place */
    RANKLOSS__SINK_STRIDED, /* written by way of a block */
    RANKLOSS__SINK_SUMMED,  /* one value for the list: the sum over its items */
    RANKLOSS__SINK_ADDED    /* summed over lists */
} rankloss__sink_kind;

typedef struct rankloss__sink {
    rankloss__sink_kind kind;
    const rankloss__view *view;
    char *at; /* item 0 of the list */
    double *block;
    rankloss__twofold sum;             /* SUMMED */
    rankloss__accumulator *totals;     /* ADDED */
    int64_t first_total, total_stride; /* ADDED: where item 0 goes, and how far apart items are */
} rankloss__sink;

/* A sink for a list of an output whose view is one of items. block: RANKLOSS__CHUNK doubles. */
rankloss__sink rankloss__sink_make(const rankloss__view *view, const rankloss__batch *batch,
                                   const rankloss__place *place, double *block);

/* A sink that adds a list to totals, laid out as `layout`, a view whose elements are numbered from 0. */
rankloss__sink rankloss__sink_into_totals(rankloss__accumulator *totals, const rankloss__view *layout,
                                          const rankloss__batch *batch, const rankloss__place *place, double *block);

/* Items per chunk that the sink takes at most: the block's size unless it writes in place. */
size_t rankloss__sink_limit(const rankloss__sink *sink);

/* Where to write the values of the items from `first` on; then take them over with put. */
rankloss__out rankloss__sink_buffer(const rankloss__sink *sink, size_t first);
void rankloss__sink_put(rankloss__sink *sink, size_t first, size_t count);

/* Ends the list: writes what is a sum. */
void rankloss__sink_close(rankloss__sink *sink);

static inline void rankloss__out_set(rankloss__out out, size_t i, double value) {
    rankloss__store_one(out.dtype, out.data, (int64_t)i, value);
}

#endif

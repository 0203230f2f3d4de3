/*
 * Where one output's values for one list go: straight into the caller's array, through a conversion, or into a sum
 * over the items. Knows no loss.
 */
#ifndef RANKLOSS_SRC_LIST_OUTPUT_WRITER_H
#define RANKLOSS_SRC_LIST_OUTPUT_WRITER_H

#include <stddef.h>

#include "batch/batch.h"
#include "exact/double_double.h"
#include "kernels/kernels.h"
#include "list/compensated_sums.h"

typedef enum rankloss__writer_kind {
    RANKLOSS__WRITER_ABSENT,
    RANKLOSS__WRITER_DIRECT,  /* contiguous: written in place */
    RANKLOSS__WRITER_STRIDED, /* written by way of a block */
    RANKLOSS__WRITER_SUMMED,  /* one value for the list: the sum over its items */
    RANKLOSS__WRITER_ADDED    /* summed over lists */
} rankloss__writer_kind;

typedef struct rankloss__writer {
    rankloss__writer_kind kind;
    const rankloss__view *view;
    char *at; /* item 0 of the list */
    double *block;
    rankloss__dd sum;                  /* SUMMED */
    rankloss__sum_window *totals;      /* ADDED */
    int64_t first_total, total_stride; /* ADDED: where item 0 goes, and how far apart items are */
} rankloss__writer;

/*
 * A writer for a list of an output whose view is one of items. block: room for the items put at once,
 * RANKLOSS__CHUNK_F64 at most.
 */
rankloss__writer rankloss__writer_make(const rankloss__view *view, const rankloss__batch *batch,
                                       const rankloss__position *position, double *block);

/* A writer that adds a list to totals, laid out as `layout`, a view whose elements are numbered from 0. */
rankloss__writer rankloss__writer_into_totals(rankloss__sum_window *totals, const rankloss__view *layout,
                                              const rankloss__batch *batch, const rankloss__position *position,
                                              double *block);

/* Items per chunk that the writer takes at most: the block's size unless it writes in place. */
size_t rankloss__writer_limit(const rankloss__writer *writer);

/* Where to write the values of the items from `first` on; then put passes them to the output. */
rankloss__out rankloss__writer_buffer(const rankloss__writer *writer, size_t first);
void rankloss__writer_put(rankloss__writer *writer, size_t first, size_t count);

/* Ends the list: writes the sum of a SUMMED writer. */
void rankloss__writer_close(rankloss__writer *writer);

#endif

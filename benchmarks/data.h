/*
 * The batches that are timed: columns of numbers for every argument, in every dtype that is asked for.
 *
 * Knows nothing of calls; a column becomes an argument in call.c.
 */
#ifndef BENCHMARKS_DATA_H
#define BENCHMARKS_DATA_H

#include <stdint.h>

#include <rankloss/array.h>

typedef enum bench_field {
    BENCH_LOGITS,     /**< 2 N(0, 1) */
    BENCH_LABELS,     /**< 0..4 at 52, 32, 13, 2 and 1 per cent, as in MSLR-WEB10K */
    BENCH_WHERE,      /**< true for four items of five */
    BENCH_WEIGHTS,    /**< uniform in 0.5..1.5 */
    BENCH_BIAS,       /**< N(0, 1) / 2 */
    BENCH_COTANGENTS, /**< one for each list, uniform in 0.5..1.5 */
    BENCH_GRAD,       /**< an output */
    BENCH_HESS,       /**< an output */
    BENCH_LOSSES,     /**< an output, one for each list */
    BENCH_SCRATCH,    /**< where the gradient in place starts from a copy of the logits */
    BENCH_NUM_FIELDS
} bench_field;

enum { BENCH_NUM_DTYPES = RANKLOSS_BOOL + 1 };

typedef struct bench_data {
    const char *name; /**< "dense", "mslr", "tiny" */
    int64_t num_lists;
    int64_t list_size; /**< 0 where the batch is ragged */
    int64_t num_items;
    int64_t *offsets;                                  /**< num_lists + 1, or NULL where the batch is dense */
    void *columns[BENCH_NUM_FIELDS][BENCH_NUM_DTYPES]; /**< made when first asked for */
} bench_data;

/** At most num_items items, and one list at least. */
bench_data *bench_data_dense(int64_t list_size, int64_t num_items);

/** Shaped like MSLR-WEB30K: 31,531 lists, lengths LogNormal(ln 100, 0.6) cut to 1..1250, about 3.76 million items. */
bench_data *bench_data_mslr(void);

/** About num_items items in lists of 1..20, uniformly: as logs of clicks have them. */
bench_data *bench_data_tiny(int64_t num_items);

void bench_data_free(bench_data *data);

/** A field in a dtype: a number for each item, or for each list. Inputs have their values from the first call on. */
void *bench_data_column(bench_data *data, bench_field field, rankloss_dtype dtype);

/** Where list k starts and ends. */
int64_t bench_data_begin(const bench_data *data, int64_t k);
int64_t bench_data_end(const bench_data *data, int64_t k);

#endif

/*
 * The inputs that all lists of a call share, and their items as the kernels want them: contiguous, in the compute
 * dtype. What lies in memory as such is handed on as it is; the rest is converted into a block that stays in the
 * first-level cache.
 */
#ifndef RANKLOSS_SRC_LIST_LIST_INPUTS_H
#define RANKLOSS_SRC_LIST_LIST_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/strided_view.h"
#include "kernels/kernels.h"
#include "plan/inputs.h"

enum {
    RANKLOSS__CHUNK = 512,     /* items that are converted at once; a multiple of RANKLOSS__LANES */
    RANKLOSS__TOGETHER = 2048, /* exponentials that are kept from the forward pass for the gradient */
    RANKLOSS__INTERLEAVED_SIZE =
        RANKLOSS__CHUNK / RANKLOSS__LANES /* items of the longest list that goes into a bundle */
};

/* Items in the compute dtype. */
typedef union rankloss__block {
    float f32[RANKLOSS__CHUNK];
    double f64[RANKLOSS__CHUNK];
} rankloss__block;

/*
 * One for each thread; about 34 KiB, on its stack. rows and spare serve reading, then what is written. A tangent is
 * converted into the last RANKLOSS__CHUNK doubles of exps.
 */
typedef struct rankloss__scratch {
    RANKLOSS__ALIGNED double exps[RANKLOSS__TOGETHER];
    rankloss__block scores, labels, weights, rows;
    double spare[RANKLOSS__INTERLEAVED_SIZE];
    uint8_t where[RANKLOSS__CHUNK];
} rankloss__scratch;

/* A list's first element in each of the inputs; NULL where absent. */
typedef struct rankloss__list_inputs {
    const char *logits, *labels, *where, *weights, *bias, *tangent;
} rankloss__list_inputs;

rankloss__list_inputs rankloss__inputs_at(const rankloss__inputs *inputs, const rankloss__position *place);

/* Whether no item of a list of this size has to be converted. */
bool rankloss__inputs_are_direct(const rankloss__inputs *inputs, size_t size);

/*
 * The items from `first` to before first + count of one input of a list of `size` items that begins at `at`; NULL where
 * that is NULL. The block is used where they have to be converted.
 */
const void *rankloss__read(const rankloss__inputs *inputs, const rankloss__view *view, const char *at, size_t size,
                           size_t first, size_t count, void *block);

/* The same for the scores: the logits with temperature and bias. spare: another block, for what the scaling needs. */
const void *rankloss__read_scores(const rankloss__inputs *inputs, const rankloss__list_inputs *at, size_t size,
                                  size_t first, size_t count, void *block, void *spare);

const uint8_t *rankloss__read_where(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                    size_t count, uint8_t *block);

/*
 * Tells the kernels how many items come before the first masked one: lists that are padded are masked at their end alone,
 * and need no look at the mask before it. Which steps look changes no bit.
 */
void rankloss__find_unmasked(rankloss__items *items);

/* In float64, whatever the compute dtype. */
const double *rankloss__read_tangent(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                     size_t count, double *block);

/* Fetches inputs and up to two outputs of `count` lists from `first` on into the cache, for some time later. */
void rankloss__prefetch(const rankloss__inputs *inputs, const rankloss__view *const outputs[2], int64_t first,
                        int64_t count);

/* Element i of items in the compute dtype; 1 where data is NULL. */
static inline double rankloss__value(const rankloss__inputs *inputs, const void *data, size_t i) {
    if (data == NULL)
        return 1.0;
    return inputs->is_f64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

#endif

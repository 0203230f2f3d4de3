/*
 * One list of a batch as the kernels want it: chunks of contiguous items in the compute dtype. An input that lies in
 * memory as such is handed on as it is; others are converted, a chunk at a time, into a scratch that stays in the
 * first-level cache.
 */
#ifndef RANKLOSS_SRC_LIST_H
#define RANKLOSS_SRC_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "view.h"

enum {
    RANKLOSS__CHUNK = 512, /* items that the scratch converts at once; a multiple of RANKLOSS__LANES */
    RANKLOSS__KEEP = 2048, /* exponentials that are kept from the forward pass for the gradient */
};

/* What all lists of a call share. */
typedef struct rankloss__inputs {
    rankloss__batch batch;
    rankloss__view logits, labels, where, weights, bias, tangent;
    const rankloss__kernels *kernels;
    double inverse_temperature;
    double temperature;
    bool is_f64;        /* the compute dtype */
    bool scaled;        /* scores are not the logits themselves: a temperature or a bias */
    bool sum_to_one;    /* RANKLOSS_LABELS_SUM_TO_ONE */
    bool wants_tangent; /* an output needs it */
} rankloss__inputs;

typedef union rankloss__block {
    float f32[RANKLOSS__CHUNK];
    double f64[RANKLOSS__CHUNK];
} rankloss__block;

/* One for each thread; about 36 KiB, on its stack. */
typedef struct rankloss__scratch {
    double exps[RANKLOSS__KEEP];
    rankloss__block scores, labels, weights;
    double tangent[RANKLOSS__CHUNK];
    double out[RANKLOSS__CHUNK];
    uint8_t where[RANKLOSS__CHUNK];
} rankloss__scratch;

typedef struct rankloss__list {
    const rankloss__inputs *inputs;
    rankloss__scratch *scratch;
    rankloss__place place;
    size_t size;
    size_t chunk;                                                   /* items in a chunk, the last excepted */
    const char *logits, *labels, *where, *weights, *bias, *tangent; /* item 0; NULL where absent */
    size_t loaded;         /* the first item of the chunk in the scratch; SIZE_MAX: none */
    rankloss__items items; /* that chunk */
} rankloss__list;

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch);

/* The chunk that begins at item `first`, a multiple of list->chunk. Valid until the next one is asked for. */
const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first);

/* Element i of a block in the compute dtype; 1 where data is NULL. */
double rankloss__list_value(const rankloss__list *list, const void *data, size_t i);

static inline bool rankloss__item_is_valid(const rankloss__items *items, size_t i) {
    return items->where == NULL || items->where[i] != 0;
}

#endif

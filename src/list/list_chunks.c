/*
 * Chunks and parts of a list. A chunk stays loaded until another one is asked for; only this file knows which one it
 * is.
 */
#include "list/list_chunks.h"

static void forget_chunk(rankloss__list *list) {
    list->loaded = SIZE_MAX;
}

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__chunk_scratch *scratch) {
    const rankloss__batch *batch = &inputs->batch;
    const rankloss__position *position = &list->position;
    rankloss__position_of(batch, index, &list->position);
    list->inputs = inputs;
    list->scratch = scratch;
    list->size = (size_t)list->position.size;
    list->chunk = inputs->is_f64 ? RANKLOSS__CHUNK_F64 : RANKLOSS__CHUNK_F32;
    if (rankloss__inputs_are_in_place(inputs, list->size))
        list->chunk = RANKLOSS__TOGETHER;
    else if (inputs->label_exps)
        list->chunk = RANKLOSS__CHUNK_F64;
    list->at.logits = rankloss__view_at(&inputs->logits, batch, position);
    list->at.labels = rankloss__view_at(&inputs->labels, batch, position);
    list->at.where = rankloss__view_at(&inputs->where, batch, position);
    list->at.weights = rankloss__view_at(&inputs->weights, batch, position);
    list->at.bias = rankloss__view_at(&inputs->bias, batch, position);
    list->at.tangent = inputs->wants_tangent ? rankloss__view_at(&inputs->tangent, batch, position) : NULL;
    list->label_range.valid = 0;
    list->label_sums = NULL;
    list->float_exps = NULL;
    list->runner = NULL;
    list->streams = NULL;
    forget_chunk(list);
}

/* The items of a chunk, of which the mask is read. */
static void read_mask(rankloss__list *list, size_t first, rankloss__items *items) {
    const rankloss__inputs *inputs = list->inputs;
    const size_t left = list->size - first, count = left < list->chunk ? left : list->chunk;
    *items = (rankloss__items){.count = count, .inverse = inputs->inverse_temperature, .scaled = inputs->scaled};
    items->where = rankloss__read_where(inputs, list->at.where, list->size, first, count, list->scratch->where);
    rankloss__find_unmasked(items);
}

static void read_scores(rankloss__list *list, size_t first, rankloss__items *items) {
    const rankloss__inputs *inputs = list->inputs;
    rankloss__chunk_scratch *scratch = list->scratch;
    const size_t size = list->size, count = items->count;
    items->logits = rankloss__read(inputs, &inputs->logits, list->at.logits, size, first, count, &scratch->logits);
    items->bias = rankloss__read(inputs, &inputs->bias, list->at.bias, size, first, count, &scratch->bias);
}

static const void *read_labels(rankloss__list *list, size_t first, size_t count) {
    const rankloss__inputs *inputs = list->inputs;
    return rankloss__read(inputs, &inputs->labels, list->at.labels, list->size, first, count, &list->scratch->labels);
}

/* Where there is one chunk, it is wanted again, whole. */
rankloss__items rankloss__list_score_chunk(rankloss__list *list, size_t first) {
    rankloss__items items;
    if (list->size <= list->chunk)
        return *rankloss__list_chunk(list, first);
    read_mask(list, first, &items);
    read_scores(list, first, &items);
    forget_chunk(list);
    return items;
}

rankloss__items rankloss__list_label_chunk(rankloss__list *list, size_t first) {
    rankloss__items items;
    read_mask(list, first, &items);
    forget_chunk(list);
    return rankloss__labels_as_logits(&items, read_labels(list, first, items.count));
}

static void take_label_exps(rankloss__list *list) {
    rankloss__items *items = &list->items;
    const rankloss__items labels = rankloss__labels_as_logits(items, items->labels);
    list->inputs->kernels->label_exps(&labels, &list->label_range, list->scratch->own.small.label_exps,
                                      list->label_sums);
    items->labels = list->scratch->own.small.label_exps;
    items->label_exps = true;
}

const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first) {
    if (list->loaded == first)
        return &list->items;
    const rankloss__inputs *inputs = list->inputs;
    rankloss__chunk_scratch *scratch = list->scratch;
    rankloss__items *items = &list->items;
    read_mask(list, first, items);
    read_scores(list, first, items);
    const size_t size = list->size, count = items->count;
    items->labels = read_labels(list, first, count);
    list->loaded = first;
    list->raw_labels = items->labels;
    items->weights = rankloss__read(inputs, &inputs->weights, list->at.weights, size, first, count, &scratch->weights);
    items->tangent = rankloss__read_tangent(inputs, list->at.tangent, size, first, count, scratch->own.tangent);
    items->wants_abs_coefs = inputs->sum_to_one || inputs->label_exps;
    if (inputs->label_exps && list->label_range.valid != 0)
        take_label_exps(list);
    return items;
}

/* A chunk whose exponentials have been taken would not be summed. */
void rankloss__list_sum_labels(rankloss__list *list, rankloss__sums *sums) {
    list->label_sums = sums;
    if (sums != NULL && list->inputs->label_exps)
        forget_chunk(list);
}

void rankloss__list_limit_chunks(rankloss__list *list, size_t most) {
    if (most >= list->chunk)
        return;
    list->chunk = most;
    forget_chunk(list);
}

/* All parts but the last are of one size, a multiple of every chunk's. */
static size_t part_size(const rankloss__list *list) {
    const size_t share = (list->size + RANKLOSS__PARTS - 1) / RANKLOSS__PARTS;
    if (list->size < RANKLOSS__SPLIT_SIZE)
        return list->size;
    return (share + RANKLOSS__TOGETHER - 1) / RANKLOSS__TOGETHER * RANKLOSS__TOGETHER;
}

size_t rankloss__count_parts(const rankloss__list *list) {
    return list->size == 0 ? 0 : (list->size + part_size(list) - 1) / part_size(list);
}

static void run_part(rankloss__list *list, size_t part, rankloss__part_body body, void *context) {
    const size_t size = part_size(list), first = part * size, left = list->size - first;
    body(context, list, part, first, first + (left < size ? left : size));
}

void rankloss__run_parts(const rankloss__list *list, size_t begin, size_t end, rankloss__chunk_scratch *scratch,
                         rankloss__part_body body, void *context) {
    rankloss__list own = *list;
    own.scratch = scratch;
    own.runner = NULL;
    forget_chunk(&own);
    for (size_t part = begin; part < end; part++)
        run_part(&own, part, body, context);
}

void rankloss__each_part(rankloss__list *list, rankloss__part_body body, void *context) {
    const size_t parts = rankloss__count_parts(list);
    if (list->runner != NULL && parts > 1) {
        forget_chunk(list); /* the parts use its scratch */
        list->runner->run(list->runner, list, body, context);
        return;
    }
    for (size_t part = 0; part < parts; part++)
        run_part(list, part, body, context);
}

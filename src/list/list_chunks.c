/*
 * Chunks and parts of a list. A chunk stays loaded until another one is asked for; only this file knows which one it
 * is.
 */
#include "list/list_chunks.h"

static void forget_chunk(rankloss__list *list) {
    list->loaded = SIZE_MAX;
}

/* Takes room in each of a chunk's items, if it is needed. Returns where it begins. */
static size_t take(size_t *taken, bool needed, size_t room) {
    const size_t begin = *taken;
    *taken += needed ? room : 0;
    return begin;
}

/* Label exponentials, a tangent and four inputs. */
_Static_assert((2 + 2 + 4) * 256 <= 2 * RANKLOSS__CHUNK_ROOM && (1 + 1 + 4) * 256 <= RANKLOSS__CHUNK_ROOM,
               "a chunk of 256 items has room for all there can be");

/* As large as the room allows, since a chunk costs as much as dozens of items, and a power of two. Doubles come first. */
static void plan_chunks(rankloss__list *list) {
    const rankloss__inputs *in = list->inputs;
    const size_t size = list->size, per_double = in->is_f64 ? 1 : 2, room = per_double * RANKLOSS__CHUNK_ROOM;
    const bool tangent_in_place = !in->wants_tangent || rankloss__is_in_place(in, &in->tangent, size);
    size_t taken = 0;
    list->chunk = RANKLOSS__TOGETHER;
    list->blocks = (rankloss__chunk_blocks){0, 0, 0, 0, 0, 0};
    if (rankloss__inputs_are_in_place(in, size) && !in->label_exps)
        return;
    list->blocks.label_exps = take(&taken, in->label_exps, per_double);
    list->blocks.tangent = take(&taken, !tangent_in_place, per_double);
    list->blocks.logits = take(&taken, !rankloss__is_in_place(in, &in->logits, size), 1);
    list->blocks.bias = take(&taken, !rankloss__is_in_place(in, &in->bias, size), 1);
    list->blocks.labels = take(&taken, !rankloss__is_in_place(in, &in->labels, size), 1);
    list->blocks.weights = take(&taken, !rankloss__is_in_place(in, &in->weights, size), 1);
    if (!rankloss__is_in_place(in, &in->where, size))
        list->chunk = RANKLOSS__SHORT_CHUNK;
    while (taken * list->chunk > room)
        list->chunk /= 2;
}

/* Before the first chunk, which sets the rest. One by one: an initialiser would take longer, to clear all of it first. */
static void open_items(rankloss__items *items, const rankloss__inputs *inputs) {
    items->labels = items->weights = NULL;
    items->tangent = NULL;
    items->inverse = inputs->inverse_temperature;
    items->scaled = inputs->scaled;
    items->label_exps = false;
    items->integer_labels = inputs->integer_labels;
    items->comparison = RANKLOSS__AS_NEEDED;
    items->interleaved = false;
    items->wants_abs_coefs = inputs->sum_to_one || inputs->label_exps;
    items->lane = 0;
    items->num_ahead = 0;
}

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__chunk_scratch *scratch) {
    const rankloss__batch *batch = &inputs->batch;
    const rankloss__position *position = &list->position;
    rankloss__position_of(batch, index, &list->position);
    list->inputs = inputs;
    list->scratch = scratch;
    list->size = (size_t)list->position.size;
    plan_chunks(list);
    list->at.logits = rankloss__view_at(&inputs->logits, batch, position);
    list->at.labels = rankloss__view_at(&inputs->labels, batch, position);
    list->at.where = rankloss__view_at(&inputs->where, batch, position);
    list->at.weights = rankloss__view_at(&inputs->weights, batch, position);
    list->at.bias = rankloss__view_at(&inputs->bias, batch, position);
    list->at.tangent = inputs->wants_tangent ? rankloss__view_at(&inputs->tangent, batch, position) : NULL;
    open_items(&list->items, inputs);
    list->label_range.valid = 0;
    list->label_sums = NULL;
    list->float_exps = NULL;
    list->runner = NULL;
    list->streams = NULL;
    forget_chunk(list);
}

/* The items of a chunk, of which the mask is read. */
static void read_mask(rankloss__list *list, size_t first) {
    const size_t left = list->size - first, count = left < list->chunk ? left : list->chunk;
    rankloss__items *items = &list->items;
    items->count = count;
    items->where = rankloss__read_where(list->inputs, list->at.where, list->size, first, count, list->scratch->where);
    rankloss__find_unmasked(items);
}

static const void *read(rankloss__list *list, const rankloss__view *view, const char *at, size_t block, size_t first,
                        size_t count) {
    const rankloss__inputs *inputs = list->inputs;
    rankloss__chunk_scratch *scratch = list->scratch;
    void *const room = inputs->is_f64 ? (void *)(scratch->blocks.f64 + block * list->chunk)
                                      : (void *)(scratch->blocks.f32 + block * list->chunk);
    return rankloss__read(inputs, view, at, list->size, first, count, room);
}

static double *block_of_doubles(rankloss__list *list, size_t block) {
    const size_t per_double = list->inputs->is_f64 ? 1 : 2;
    return list->scratch->blocks.f64 + block / per_double * list->chunk;
}

static void read_scores(rankloss__list *list, size_t first) {
    const rankloss__inputs *inputs = list->inputs;
    rankloss__items *items = &list->items;
    items->logits = read(list, &inputs->logits, list->at.logits, list->blocks.logits, first, items->count);
    items->bias = read(list, &inputs->bias, list->at.bias, list->blocks.bias, first, items->count);
}

static const void *read_labels(rankloss__list *list, size_t first, size_t count) {
    return read(list, &list->inputs->labels, list->at.labels, list->blocks.labels, first, count);
}

/* Where there is one chunk, it is wanted again, whole. */
const rankloss__items *rankloss__list_score_chunk(rankloss__list *list, size_t first, rankloss__comparison comparison) {
    list->items.comparison = comparison;
    if (list->size <= list->chunk)
        return rankloss__list_chunk(list, first);
    forget_chunk(list);
    read_mask(list, first);
    read_scores(list, first);
    return &list->items;
}

rankloss__items rankloss__list_label_chunk(rankloss__list *list, size_t first) {
    forget_chunk(list);
    read_mask(list, first);
    return rankloss__labels_as_logits(&list->items, read_labels(list, first, list->items.count));
}

static void take_label_exps(rankloss__list *list) {
    rankloss__items *items = &list->items;
    const rankloss__items labels = rankloss__labels_as_logits(items, items->labels);
    double *exps = block_of_doubles(list, list->blocks.label_exps);
    list->inputs->kernels->label_exps(&labels, &list->label_range, exps, list->label_sums);
    items->labels = exps;
    items->label_exps = true;
}

const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first) {
    if (list->loaded == first)
        return &list->items;
    const rankloss__inputs *inputs = list->inputs;
    rankloss__items *items = &list->items;
    read_mask(list, first);
    read_scores(list, first);
    const size_t size = list->size, count = items->count;
    items->labels = read_labels(list, first, count);
    items->label_exps = false;
    list->loaded = first;
    list->raw_labels = items->labels;
    items->weights = read(list, &inputs->weights, list->at.weights, list->blocks.weights, first, count);
    items->tangent = rankloss__read_tangent(inputs, list->at.tangent, size, first, count,
                                            block_of_doubles(list, list->blocks.tangent));
    if (list->streams != NULL)
        rankloss__fetch_within(list->streams, &list->position, first, items);
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

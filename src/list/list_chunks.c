#include "list/list_chunks.h"

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch) {
    list->inputs = inputs;
    list->scratch = scratch;
    rankloss__position_of(&inputs->batch, index, &list->place);
    list->size = (size_t)list->place.size;
    list->chunk = rankloss__inputs_are_direct(inputs, list->size) ? RANKLOSS__TOGETHER : RANKLOSS__CHUNK;
    list->at = rankloss__inputs_at(inputs, &list->place);
    list->store = NULL;
    list->spread = NULL;
    list->loaded = SIZE_MAX;
}

const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first) {
    if (list->loaded == first)
        return &list->items;
    const rankloss__inputs *inputs = list->inputs;
    const rankloss__list_inputs *at = &list->at;
    rankloss__scratch *scratch = list->scratch;
    const size_t size = list->size, left = size - first, count = left < list->chunk ? left : list->chunk;
    rankloss__items *items = &list->items;
    list->loaded = first;
    items->scores = rankloss__read_scores(inputs, at, size, first, count, &scratch->scores, &scratch->rows);
    items->labels = rankloss__read(inputs, &inputs->labels, at->labels, size, first, count, &scratch->labels);
    items->weights = rankloss__read(inputs, &inputs->weights, at->weights, size, first, count, &scratch->weights);
    items->where = rankloss__read_where(inputs, at->where, size, first, count, scratch->where);
    items->tangent = rankloss__read_tangent(inputs, at->tangent, size, first, count,
                                            scratch->exps + RANKLOSS__TOGETHER - RANKLOSS__CHUNK);
    items->count = count;
    rankloss__find_unmasked(items);
    items->interleaved = false;
    items->wants_abs_coefs = inputs->sum_to_one;
    items->lane = 0;
    return items;
}

/* All but the last are of one size, a multiple of every chunk's. */
static size_t part_size(const rankloss__list *list) {
    const size_t share = (list->size + RANKLOSS__PARTS - 1) / RANKLOSS__PARTS;
    return list->size < RANKLOSS__SPLIT_SIZE
               ? list->size
               : (share + RANKLOSS__TOGETHER - 1) / RANKLOSS__TOGETHER * RANKLOSS__TOGETHER;
}

size_t rankloss__count_parts(const rankloss__list *list) {
    return list->size == 0 ? 0 : (list->size + part_size(list) - 1) / part_size(list);
}

void rankloss__run_part(rankloss__list *list, size_t part, rankloss__part_body body, void *context) {
    const size_t size = part_size(list), first = part * size, left = list->size - first;
    body(context, list, part, first, first + (left < size ? left : size));
}

void rankloss__each_part(rankloss__list *list, rankloss__part_body body, void *context) {
    const size_t parts = rankloss__count_parts(list);
    if (list->spread != NULL && parts > 1) {
        list->loaded = SIZE_MAX; /* the scratch is used for the parts */
        list->spread->run(list->spread, list, body, context);
        return;
    }
    for (size_t part = 0; part < parts; part++)
        rankloss__run_part(list, part, body, context);
}

#include "list.h"

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch) {
    list->inputs = inputs;
    list->scratch = scratch;
    rankloss__place_of(&inputs->batch, index, &list->place);
    list->size = (size_t)list->place.size;
    list->chunk = rankloss__inputs_are_direct(inputs, list->size) ? RANKLOSS__KEEP : RANKLOSS__CHUNK;
    list->at = rankloss__inputs_at(inputs, &list->place);
    list->store = NULL;
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
                                            scratch->exps + RANKLOSS__KEEP - RANKLOSS__CHUNK);
    items->count = count;
    items->whole = items->where != NULL ? 0 : count;
    items->bundle = false;
    items->lane = 0;
    return items;
}

/*
 * Where the loops of the sums fetch from.
 */
#include "list/fetch_ahead.h"

#include "cpu/cache.h"
#include "list/list_inputs.h"
#include "list/scratch.h"

enum {
    /* Items of a ragged batch from where a list waits: as many as the next group has at most, so that all of it is there. */
    FROM_WAITING = RANKLOSS__TOGETHER,
    /* And at most, since lists that are computed twice count twice: more than can wait in all bins. */
    FARTHEST = 8 * FROM_WAITING,
    /* What groups of lists read of an array, if it is no more than this, the hardware fetches as fast by itself. */
    PAGE = 4096,
    /* A list alone up to this size fetches the next, and both fit the second cache. A longer one fetches its next chunk. */
    FETCHES_NEXT = 16384
};

/* An array twice as wide as the compute dtype takes two addresses; a narrower one is fetched more than once. */
static void add_stream(rankloss__streams *streams, const rankloss__batch *batch, const rankloss__view *view) {
    const int64_t apart = batch->ragged ? 0 : view->list_strides[0];
    const bool walks = batch->ragged ? view->start_stride == 1 : apart != 0 || batch->num_lists == 1;
    const int addresses = view->element_size > streams->pace ? 2 : 1;
    if (view->data == NULL || batch->ndim > 1 || view->item_stride != 1 || !walks ||
        streams->count + addresses > RANKLOSS__AHEAD)
        return;
    streams->is_packed = streams->is_packed && apart == batch->list_size;
    for (int k = 0; k < addresses; k++)
        streams->of[streams->count++] =
            (rankloss__stream){(uintptr_t)view->data, view->element_size, apart * view->element_size, k == 1};
}

/* Whether the lists are so long that the last cache would lose their outputs before they are written. */
static bool writes_late(const rankloss__batch *batch, int64_t begin, int64_t end) {
    if (!batch->ragged)
        return rankloss__exceeds_last_cache(batch->list_size);
    const int64_t items = rankloss__offset(batch, end) - rankloss__offset(batch, begin);
    return end > begin && rankloss__exceeds_last_cache(items / (end - begin));
}

/* Whether the lists of an array follow one another, as they are computed. */
static bool is_packed(const rankloss__inputs *inputs, const rankloss__view *view) {
    return rankloss__is_in_place(inputs, view, 2) && view->list_strides[0] == inputs->batch.list_size;
}

/*
 * Whether a call does nothing but read logits and labels in place, of dense lists side by side, of which eight lie within
 * a page. Anything more, and it gains by being fetched.
 */
static bool needs_no_fetching(const rankloss__plan *plan, int64_t pace) {
    const rankloss__inputs *inputs = &plan->inputs;
    const int64_t size = inputs->batch.list_size;
    if (inputs->batch.ragged || size <= RANKLOSS__SHORT || size > PAGE / (RANKLOSS__LANES * pace))
        return false;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (plan->derivatives[which].data != NULL)
            return false;
    return inputs->weights.data == NULL && inputs->bias.data == NULL && inputs->where.data == NULL &&
           !inputs->wants_tangent && !inputs->label_exps && inputs->batch.ndim <= 1 &&
           is_packed(inputs, &inputs->logits) && is_packed(inputs, &inputs->labels);
}

/* What most calls have comes first; a call with more leaves the rest to the hardware. */
void rankloss__streams_make(rankloss__streams *streams, const rankloss__plan *plan, int64_t begin, int64_t end) {
    const rankloss__inputs *inputs = &plan->inputs;
    const rankloss__batch *batch = &inputs->batch;
    const rankloss__view *const views[] = {&inputs->logits,
                                           &inputs->labels,
                                           &plan->derivatives[RANKLOSS__GRAD_LOGITS],
                                           &plan->derivatives[RANKLOSS__HESS_LOGITS],
                                           &inputs->weights,
                                           &inputs->bias,
                                           &inputs->where};
    enum { FIRST_OUTPUT = 2, BEHIND_OUTPUTS = 4, VIEWS = 7 };
    streams->is_ragged = batch->ragged;
    streams->is_packed = !batch->ragged;
    streams->pace = inputs->is_f64 ? (int64_t)sizeof(double) : (int64_t)sizeof(float);
    streams->front = batch->ragged ? rankloss__offset(batch, begin) : 0;
    streams->end = batch->ragged ? rankloss__offset(batch, end) : end;
    streams->count = 0;
    if (needs_no_fetching(plan, streams->pace))
        return;
    const bool without_outputs = writes_late(batch, begin, end);
    for (int k = 0; k < VIEWS; k++)
        if (k < FIRST_OUTPUT || k >= BEHIND_OUTPUTS || !without_outputs)
            add_stream(streams, batch, views[k]);
    for (int k = streams->count; k < RANKLOSS__AHEAD && streams->count > 0; k++)
        streams->of[k] = streams->of[0];
}

void rankloss__streams_pass(rankloss__streams *streams, int64_t first_item) {
    if (streams->front < first_item + FROM_WAITING || streams->front > first_item + FARTHEST)
        streams->front = first_item + FROM_WAITING;
}

/* An item of a dense batch by its list and its place there, of a ragged one by its place in the batch (and list 0). */
static void aim(const rankloss__streams *streams, int64_t list, int64_t item, size_t count, rankloss__items *items) {
    items->num_ahead = streams->count;
    for (int k = 0; k < RANKLOSS__AHEAD; k++) {
        const rankloss__stream *stream = &streams->of[k];
        const int64_t upper = stream->is_upper ? (int64_t)count * streams->pace : 0;
        items->ahead[k] = stream->data + (uintptr_t)(list * stream->list_bytes + item * stream->item_bytes + upper);
    }
}

void rankloss__fetch_lists(rankloss__streams *streams, int64_t list, int64_t lists, size_t count,
                           rankloss__items *items) {
    items->num_ahead = 0;
    if (streams->count == 0)
        return;
    if (!streams->is_ragged) {
        if (list + lists <= streams->end && (lists == 1 || streams->is_packed))
            aim(streams, list, 0, count, items);
        return;
    }
    const int64_t first = streams->front;
    streams->front += (int64_t)count;
    if (streams->front <= streams->end)
        aim(streams, 0, first, count, items);
}

void rankloss__fetch_within(const rankloss__streams *streams, const rankloss__position *list, size_t first,
                            rankloss__items *items) {
    items->num_ahead = 0;
    if (streams->count == 0)
        return;
    const bool next = list->size <= FETCHES_NEXT;
    const int64_t last = list->size - (int64_t)items->count;
    int64_t item = (int64_t)first + (next ? 0 : (int64_t)items->count), number = list->list + (next ? 1 : 0);
    item = item < last ? item : last;
    if (streams->is_ragged) {
        item += list->start + (next ? list->size : 0);
        number = 0;
    }
    if ((streams->is_ragged ? item + (int64_t)items->count : number + 1) <= streams->end)
        aim(streams, number, item, items->count, items);
}

/*
 * Reads a list's inputs: in place, converted by a kernel where elements are contiguous, or one by one.
 */
#include "list/list_inputs.h"

#include <string.h>

#include "dtype/convert.h"

/* A list of one item has no stride. */
bool rankloss__is_in_place(const rankloss__view *view, int32_t dtype, size_t size) {
    return !view->present || (view->dtype == dtype && (view->item_stride == 1 || size == 1));
}

bool rankloss__is_mask_in_place(const rankloss__view *view, size_t size) {
    return !view->present || view->item_stride == 1 || size == 1;
}

bool rankloss__inputs_are_in_place(const rankloss__inputs *inputs, size_t size) {
    const int32_t dtype = inputs->dtype;
    return rankloss__is_in_place(&inputs->logits, dtype, size) && rankloss__is_in_place(&inputs->bias, dtype, size) &&
           rankloss__is_in_place(&inputs->labels, dtype, size) &&
           rankloss__is_in_place(&inputs->weights, dtype, size) && rankloss__is_mask_in_place(&inputs->where, size) &&
           (!inputs->wants_tangent || rankloss__is_in_place(&inputs->tangent, RANKLOSS_F64, size));
}

static const void *skip_items(const rankloss__view *view, const char *at, size_t first) {
    return at + (int64_t)first * view->item_stride * view->element_size;
}

const void *rankloss__read(const rankloss__inputs *inputs, const rankloss__view *view, const char *at, size_t size,
                           size_t first, size_t count, void *block) {
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (rankloss__is_in_place(view, inputs->dtype, size))
        return from;
    if (view->item_stride == 1)
        inputs->kernels->convert(view->dtype, from, count, block);
    else if (inputs->is_f64)
        rankloss__load_f64(view->dtype, from, view->item_stride, count, block);
    else
        rankloss__load_f32(view->dtype, from, view->item_stride, count, block);
    return block;
}

const uint8_t *rankloss__read_where(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                    size_t count, uint8_t *block) {
    const rankloss__view *view = &inputs->where;
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (rankloss__is_mask_in_place(view, size))
        return from;
    rankloss__load_where(from, view->item_stride, count, block);
    return block;
}

const double *rankloss__read_tangent(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                     size_t count, double *block) {
    const rankloss__view *view = &inputs->tangent;
    if (at == NULL || !inputs->wants_tangent)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (rankloss__is_in_place(view, RANKLOSS_F64, size))
        return from;
    rankloss__load_f64(view->dtype, from, view->item_stride, count, block);
    return block;
}

void rankloss__find_unmasked(rankloss__items *items) {
    items->unmasked = items->count;
    if (items->where == NULL)
        return;
    const uint8_t *masked = memchr(items->where, 0, items->count);
    if (masked == NULL)
        items->where = NULL;
    else
        items->unmasked = (size_t)(masked - items->where) / RANKLOSS__LANES * RANKLOSS__LANES;
}

#if defined(__GNUC__)
#define FETCH(address, writes, near) \
    ((near) ? __builtin_prefetch(address, writes, 3) : __builtin_prefetch(address, writes, 2))
#else
#define FETCH(address, writes, near) (void)(address)
#endif

/*
 * The address and the bytes of `items` items of `lists` lists in a view; 0 bytes where they are not contiguous. A
 * hardware prefetcher cannot predict this access: a short list in one array, then in another, then the next list.
 */
static int64_t stretch_of(const rankloss__view *view, const rankloss__batch *batch, const rankloss__position *position,
                          int64_t lists, int64_t items, const char **at) {
    const bool joined = lists == 1 || batch->ragged || (batch->ndim == 1 && view->list_strides[0] == batch->list_size);
    *at = rankloss__view_at(view, batch, position);
    return *at != NULL && view->item_stride == 1 && joined ? items * view->element_size : 0;
}

/* The loops are not in a function of their own, since GCC removes calls of functions that only prefetch. */
void rankloss__prefetch(const rankloss__plan *plan, int64_t first, int64_t count, unsigned what, bool near) {
    const rankloss__inputs *inputs = &plan->inputs;
    const rankloss__batch *batch = &inputs->batch;
    const rankloss__view *const read[] = {&inputs->logits, &inputs->labels, &inputs->weights, &inputs->where,
                                          &inputs->bias};
    rankloss__position position;
    rankloss__position_of(batch, first, &position);
    const int64_t items =
        batch->ragged ? rankloss__offset(batch, first + count) - position.start : count * position.size;
    for (int k = 0; k < 5 && (what & RANKLOSS__PREFETCH_INPUTS) != 0; k++) {
        const char *at;
        const int64_t bytes = stretch_of(read[k], batch, &position, count, items, &at);
        for (int64_t i = 0; i < bytes; i += 64)
            FETCH(at + i, 0, near);
    }
    for (int which = RANKLOSS__HESS_LOGITS; which <= RANKLOSS__GRAD_LOGITS; which++) {
        const char *at;
        if ((what & RANKLOSS__PREFETCH_OUTPUTS) == 0 || which == RANKLOSS__HVP_LOGITS ||
            !rankloss__wants(plan->wanted, (rankloss__derivative)which))
            continue;
        const int64_t bytes = stretch_of(&plan->derivatives[which], batch, &position, count, items, &at);
        for (int64_t i = 0; i < bytes; i += 64)
            FETCH(at + i, 1, near);
    }
}

static void add_stream(rankloss__streams *streams, const rankloss__view *view) {
    if (view->data == NULL || view->item_stride != 1 || view->start_stride != 1)
        return;
    streams->of[streams->all].data = view->data;
    streams->of[streams->all++].item_size = view->element_size;
}

void rankloss__streams_make(rankloss__streams *streams, const rankloss__plan *plan) {
    const rankloss__inputs *inputs = &plan->inputs;
    streams->all = 0;
    add_stream(streams, &inputs->logits);
    add_stream(streams, &inputs->labels);
    add_stream(streams, &inputs->weights);
    add_stream(streams, &inputs->where);
    add_stream(streams, &inputs->bias);
    streams->inputs = streams->all;
    add_stream(streams, &plan->derivatives[RANKLOSS__GRAD_LOGITS]);
    add_stream(streams, &plan->derivatives[RANKLOSS__HESS_LOGITS]);
}

/*
 * The last line of each list, which short ones share with the next, and those 64 bytes apart before it. Not only those
 * that the list before has not fetched: which these are is as good as random, and a mispredicted branch costs more.
 */
void rankloss__streams_fetch(const rankloss__streams *streams, int64_t begin, int64_t end) {
    const int64_t lines = (end - begin + 15) / 16; /* of 4 bytes an item */
    for (int k = 0; k < streams->inputs; k++)
        FETCH(streams->of[k].data + end * streams->of[k].item_size - 1, 0, true);
    for (int k = streams->inputs; k < streams->all; k++)
        FETCH(streams->of[k].data + end * streams->of[k].item_size - 1, 1, true);
    for (int64_t line = 1; line < lines; line++)
        for (int k = 0; k < streams->all; k++)
            FETCH(streams->of[k].data + (end - 16 * line) * streams->of[k].item_size - 1, 0, true);
}

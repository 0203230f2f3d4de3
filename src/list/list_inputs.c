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

/* Where the items of each list are contiguous, and not the same for all lists. */
static void add_stream(rankloss__streams *streams, const rankloss__batch *batch, const rankloss__view *view) {
    const int64_t apart = batch->ragged ? 0 : view->list_strides[0];
    const bool walks = batch->ragged ? view->start_stride == 1 : apart != 0;
    if (view->data == NULL || batch->ndim > 1 || view->item_stride != 1 || !walks)
        return;
    if (64 / view->element_size < streams->line)
        streams->line = 64 / view->element_size;
    streams->is_packed = streams->is_packed && apart == batch->list_size;
    streams->of[streams->all++] = (rankloss__stream){view->data, view->element_size, apart * view->element_size};
}

void rankloss__streams_make(rankloss__streams *streams, const rankloss__plan *plan) {
    const rankloss__inputs *inputs = &plan->inputs;
    const rankloss__batch *batch = &inputs->batch;
    const rankloss__view *const views[RANKLOSS__STREAMS] = {&inputs->logits,
                                                            &inputs->labels,
                                                            &inputs->weights,
                                                            &inputs->where,
                                                            &inputs->bias,
                                                            &plan->derivatives[RANKLOSS__GRAD_LOGITS],
                                                            &plan->derivatives[RANKLOSS__HESS_LOGITS]};
    streams->all = 0;
    streams->line = 64;
    streams->is_packed = !batch->ragged;
    for (int k = 0; k < RANKLOSS__STREAMS; k++) {
        if (k == RANKLOSS__STREAM_INPUTS)
            streams->inputs = streams->all;
        add_stream(streams, batch, views[k]);
    }
}

/*
 * The last line of each stretch, which short lists share with the next, and those before it. Not only those that the list
 * before has not fetched: which these are is as good as random, and a mispredicted branch costs more. The loops are not in
 * a function of their own, since GCC removes calls of functions that only prefetch.
 */
#define FETCH_ALL(near)                                                                                              \
    for (int64_t i = 0; i < items; i += streams->line) {                                                             \
        for (int k = 0; k < streams->inputs; k++)                                                                    \
            FETCH(streams->of[k].data + list * streams->of[k].list_bytes + (end - i) * streams->of[k].item_size - 1, \
                  0, near);                                                                                          \
        for (int k = streams->inputs; k < streams->all; k++)                                                         \
            FETCH(streams->of[k].data + list * streams->of[k].list_bytes + (end - i) * streams->of[k].item_size - 1, \
                  1, near);                                                                                          \
    }

void rankloss__streams_fetch(const rankloss__streams *streams, const rankloss__batch *batch, int64_t list,
                             int64_t count, bool near) {
    const int64_t begin = batch->ragged ? rankloss__offset(batch, list) : 0;
    const int64_t end = batch->ragged ? rankloss__offset(batch, list + count) : count * batch->list_size;
    const int64_t items = end - begin;
    if (near)
        FETCH_ALL(true)
    else
        FETCH_ALL(false)
}

#undef FETCH_ALL
#undef FETCH

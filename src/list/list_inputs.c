/*
 * Reads a list's inputs: in place, converted by a kernel where elements are contiguous, or one by one.
 */
#include "list/list_inputs.h"

#include <string.h>

#include "dtype/convert.h"

/* The dtype in which kernels read an input. */
static int32_t dtype_of_kernels(const rankloss__inputs *inputs, const rankloss__view *view) {
    if (view == &inputs->where)
        return view->dtype;
    if (view == &inputs->tangent)
        return RANKLOSS_F64;
    return view == &inputs->labels && inputs->integer_labels != 0 ? inputs->integer_labels : inputs->dtype;
}

/* A list of one item has no stride. */
bool rankloss__is_in_place(const rankloss__inputs *inputs, const rankloss__view *view, size_t size) {
    return !view->present || ((view->item_stride == 1 || size == 1) && view->dtype == dtype_of_kernels(inputs, view));
}

bool rankloss__inputs_are_in_place(const rankloss__inputs *inputs, size_t size) {
    return rankloss__is_in_place(inputs, &inputs->logits, size) && rankloss__is_in_place(inputs, &inputs->bias, size) &&
           rankloss__is_in_place(inputs, &inputs->labels, size) &&
           rankloss__is_in_place(inputs, &inputs->weights, size) &&
           rankloss__is_in_place(inputs, &inputs->where, size) &&
           (!inputs->wants_tangent || rankloss__is_in_place(inputs, &inputs->tangent, size));
}

static const void *skip_items(const rankloss__view *view, const char *at, size_t first) {
    return at + (int64_t)first * view->item_stride * view->element_size;
}

const void *rankloss__read(const rankloss__inputs *inputs, const rankloss__view *view, const char *at, size_t size,
                           size_t first, size_t count, void *block) {
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (rankloss__is_in_place(inputs, view, size))
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
    if (rankloss__is_in_place(inputs, view, size))
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
    if (rankloss__is_in_place(inputs, view, size))
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

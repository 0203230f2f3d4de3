/*
 * The lists of a batch, found by number or by the work before them, and views of the arrays that they are in:
 * broadcasting by strides of 0, and batch axes that every view steps through as through one.
 */
#include "batch/batch.h"

#include <stddef.h>

#include "dtype/convert.h"

bool rankloss__is_absent(const rankloss_array *array) {
    return array->data == NULL && array->ndim == 0;
}

rankloss__batch rankloss__batch_make(const rankloss_array *logits, const rankloss_array *offsets) {
    rankloss__batch batch = {.num_lists = 1, .ndim = 0};
    if (!rankloss__is_absent(offsets)) {
        batch.ragged = true;
        batch.offsets = *offsets;
        batch.ndim = 1;
        batch.num_lists = batch.shape[0] = offsets->shape[0] - 1;
        return batch;
    }
    batch.ndim = logits->ndim - 1;
    batch.list_size = logits->shape[batch.ndim];
    for (int32_t k = 0; k < batch.ndim; k++) {
        batch.shape[k] = logits->shape[k];
        batch.num_lists *= logits->shape[k];
    }
    return batch;
}

bool rankloss__has_no_items(const rankloss__batch *batch) {
    return !batch->ragged && batch->list_size == 0;
}

int64_t rankloss__cost_before(const rankloss__batch *batch, int64_t list, int64_t per_list) {
    const int64_t items = batch->ragged ? rankloss__offset(batch, list) : list * batch->list_size;
    /* So many lists have no items, and are only counted. */
    if (list < INT64_MAX / (4 * (per_list + 1)) && items < INT64_MAX / 2)
        return items + list * per_list;
    return INT64_MAX / 2 + list / 2;
}

int64_t rankloss__find_by_cost(const rankloss__batch *batch, int64_t low, int64_t high, int64_t per_list,
                               int64_t cost) {
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (rankloss__cost_before(batch, middle, per_list) < cost)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- views --- */

bool rankloss__has_elements(const rankloss_array *array) {
    for (int32_t k = 0; k < array->ndim; k++)
        if (array->shape[k] == 0)
            return false;
    return true;
}

static rankloss__view view_base(const rankloss_array *array) {
    return (rankloss__view){.data = rankloss__has_elements(array) ? array->data : NULL,
                            .dtype = array->dtype,
                            .present = !rankloss__is_absent(array),
                            .element_size = rankloss__dtype_size(array->dtype)};
}

/* The stride of an axis as broadcasting steps through it. Those of an array without elements may be anything. */
static int64_t step(const rankloss_array *array, int32_t axis) {
    return axis < 0 || array->shape[axis] == 1 || !rankloss__has_elements(array) ? 0 : array->strides[axis];
}

rankloss__view rankloss__view_of_items(const rankloss__batch *batch, const rankloss_array *array) {
    rankloss__view view = view_base(array);
    if (!view.present)
        return view;
    if (!batch->ragged) {
        view.item_stride = step(array, array->ndim - 1);
        view.per_list = array->ndim == 0 || array->shape[array->ndim - 1] == 1;
        for (int32_t k = 0; k < batch->ndim; k++)
            view.list_strides[k] = step(array, k + array->ndim - 1 - batch->ndim);
    } else if (array->ndim == 2) {
        view.list_strides[0] = step(array, 0);
        view.per_list = true;
    } else {
        view.item_stride = view.start_stride = step(array, array->ndim - 1);
    }
    return view;
}

rankloss__view rankloss__view_of_lists(const rankloss__batch *batch, const rankloss_array *array) {
    rankloss__view view = view_base(array);
    for (int32_t k = 0; view.present && k < batch->ndim; k++)
        view.list_strides[k] = step(array, k + array->ndim - batch->ndim);
    return view;
}

static bool mergeable(const rankloss__batch *batch, rankloss__view *const views[], int count, int32_t axis) {
    for (int i = 0; i < count; i++)
        if (views[i]->list_strides[axis] != views[i]->list_strides[axis + 1] * batch->shape[axis + 1])
            return false;
    return true;
}

static void drop_axis(rankloss__batch *batch, rankloss__view *views[], int count, int32_t axis) {
    batch->ndim--;
    for (int32_t k = axis; k < batch->ndim; k++) {
        batch->shape[k] = batch->shape[k + 1];
        for (int i = 0; i < count; i++)
            views[i]->list_strides[k] = views[i]->list_strides[k + 1];
    }
}

void rankloss__merge_axes(rankloss__batch *batch, rankloss__view *views[], int count) {
    if (batch->num_lists == 0)
        return;
    for (int32_t axis = batch->ndim - 2; axis >= 0; axis--) {
        if (batch->shape[axis] == 1) { /* all strides of an axis of one element are 0 */
            drop_axis(batch, views, count, axis);
        } else if (batch->shape[axis + 1] == 1) {
            drop_axis(batch, views, count, axis + 1);
        } else if (mergeable(batch, views, count, axis)) {
            batch->shape[axis + 1] *= batch->shape[axis];
            drop_axis(batch, views, count, axis);
        }
    }
}

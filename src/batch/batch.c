/*
 * The lists of a batch, found by number or by the work before them.
 */
#include "batch/batch.h"

#include <stddef.h>

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

/*
 * Counts the lists of a mean, adds what threads have summed, and calls the caller's own reducer.
 */
#include "reduction/reduction.h"

#include <inttypes.h>
#include <stdlib.h>

#include "status/error.h"

void rankloss__totals_merge(void *totals, void *part) {
    rankloss__totals *into = totals, *from = part;
    rankloss__exact_sum_merge(&into->loss, &from->loss);
    rankloss__exact_sum_merge(&into->jvp, &from->jvp);
}

static bool has_valid_item(const rankloss__batch *batch, const rankloss__view *where, int64_t list) {
    rankloss__position place;
    rankloss__position_of(batch, list, &place);
    const char *at = rankloss__view_at(where, batch, &place);
    if (at == NULL)
        return place.size > 0;
    for (int64_t i = 0; i < place.size; i++)
        if (at[i * where->item_stride] != 0)
            return true;
    return false;
}

int64_t rankloss__count_lists(const rankloss__batch *batch, const rankloss__view *where) {
    int64_t counted = 0;
    if (rankloss__has_no_items(batch))
        return 0;
    if (!where->present && !batch->ragged)
        return batch->num_lists;
    for (int64_t list = 0; list < batch->num_lists; list++)
        counted += has_valid_item(batch, where, list);
    return counted;
}

rankloss_status rankloss__custom_allocate(rankloss__custom *custom, int64_t num_lists, bool derivative) {
    const size_t count = num_lists > 0 ? (size_t)num_lists : 1;
    *custom = (rankloss__custom){0};
    if ((uint64_t)num_lists < SIZE_MAX / sizeof(double)) {
        custom->losses = calloc(count, sizeof(double));
        custom->counted = calloc(count, 1);
        custom->d_losses = derivative ? calloc(count, sizeof(double)) : NULL;
    }
    if (custom->losses != NULL && custom->counted != NULL && (custom->d_losses != NULL || !derivative))
        return RANKLOSS_OK;
    rankloss__custom_free(custom);
    return rankloss__fail(RANKLOSS_ERROR_MEMORY, "reducer: no memory for the losses of %" PRId64 " lists", num_lists);
}

rankloss_status rankloss__custom_reduce(rankloss__custom *custom, const rankloss_reducer *reducer, int64_t num_lists) {
    int failure = reducer->reduce(custom->losses, custom->counted, num_lists, &custom->reduced, reducer->user);
    if (failure != 0)
        return rankloss__fail(RANKLOSS_ERROR_CALLBACK, "reducer: reduce returned %d", failure);
    if (custom->d_losses == NULL)
        return RANKLOSS_OK;
    failure = reducer->derivative(custom->losses, custom->counted, num_lists, custom->d_losses, reducer->user);
    if (failure != 0)
        return rankloss__fail(RANKLOSS_ERROR_CALLBACK, "reducer: derivative returned %d", failure);
    return RANKLOSS_OK;
}

void rankloss__custom_free(rankloss__custom *custom) {
    free(custom->losses);
    free(custom->counted);
    free(custom->d_losses);
    *custom = (rankloss__custom){0};
}

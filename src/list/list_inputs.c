#include "list/list_inputs.h"

#include <string.h>

#include "dtype/convert.h"

/* Whether the kernels can read a view as it lies in memory; a list of one item has no stride. */
static bool is_direct(const rankloss__view *view, int32_t dtype, size_t size) {
    return !view->present || (view->dtype == dtype && (view->item_stride == 1 || size == 1));
}

static bool is_direct_mask(const rankloss__view *view, size_t size) {
    return !view->present || view->item_stride == 1 || size == 1;
}

bool rankloss__inputs_are_direct(const rankloss__inputs *inputs, size_t size) {
    const int32_t dtype = rankloss__compute_dtype(inputs);
    return !inputs->scaled && is_direct(&inputs->logits, dtype, size) && is_direct(&inputs->labels, dtype, size) &&
           is_direct(&inputs->weights, dtype, size) && is_direct_mask(&inputs->where, size) &&
           (!inputs->wants_tangent || is_direct(&inputs->tangent, RANKLOSS_F64, size));
}

rankloss__list_inputs rankloss__inputs_at(const rankloss__inputs *inputs, const rankloss__position *place) {
    const rankloss__batch *batch = &inputs->batch;
    return (rankloss__list_inputs){
        .logits = rankloss__view_at(&inputs->logits, batch, place),
        .labels = rankloss__view_at(&inputs->labels, batch, place),
        .where = rankloss__view_at(&inputs->where, batch, place),
        .weights = rankloss__view_at(&inputs->weights, batch, place),
        .bias = rankloss__view_at(&inputs->bias, batch, place),
        .tangent = inputs->wants_tangent ? rankloss__view_at(&inputs->tangent, batch, place) : NULL,
    };
}

static const void *skip_items(const rankloss__view *view, const char *data, size_t first) {
    return data + (int64_t)first * view->item_stride * view->element_size;
}

static void convert(const rankloss__inputs *inputs, const rankloss__view *view, const void *from, size_t count,
                    void *block) {
    if (view->item_stride == 1)
        inputs->kernels->convert(view->dtype, from, count, block);
    else if (inputs->is_f64)
        rankloss__load_f64(view->dtype, from, view->item_stride, count, block);
    else
        rankloss__load_f32(view->dtype, from, view->item_stride, count, block);
}

const void *rankloss__read(const rankloss__inputs *inputs, const rankloss__view *view, const char *at, size_t size,
                           size_t first, size_t count, void *block) {
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (is_direct(view, rankloss__compute_dtype(inputs), size))
        return from;
    convert(inputs, view, from, count, block);
    return block;
}

const void *rankloss__read_scores(const rankloss__inputs *inputs, const rankloss__list_inputs *at, size_t size,
                                  size_t first, size_t count, void *block, void *spare) {
    const rankloss__view *logits = &inputs->logits, *bias = &inputs->bias;
    if (!inputs->scaled)
        return rankloss__read(inputs, logits, at->logits, size, first, count, block);
    const void *unscaled = rankloss__read(inputs, logits, at->logits, size, first, count, spare);
    const void *added = rankloss__read(inputs, bias, at->bias, size, first, count, block);
    inputs->kernels->scale(unscaled, inputs->inverse_temperature, added, count, block);
    return block;
}

const uint8_t *rankloss__read_where(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                    size_t count, uint8_t *block) {
    const rankloss__view *view = &inputs->where;
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (is_direct_mask(view, size))
        return from;
    rankloss__load_where(from, view->item_stride, count, block);
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

const double *rankloss__read_tangent(const rankloss__inputs *inputs, const char *at, size_t size, size_t first,
                                     size_t count, double *block) {
    const rankloss__view *view = &inputs->tangent;
    if (at == NULL)
        return NULL;
    const void *from = skip_items(view, at, first);
    if (is_direct(view, RANKLOSS_F64, size))
        return from;
    rankloss__load_f64(view->dtype, from, view->item_stride, count, block);
    return block;
}

#if defined(__GNUC__)
#define FETCH(address, writes) __builtin_prefetch(address, writes)
#else
#define FETCH(address, writes) (void)(address)
#endif

/* The bytes of `lists` lists of a view from a place on, `items` in all; none where these do not lie side by side. */
typedef struct stretch {
    const char *at;
    int64_t bytes;
} stretch;

static stretch stretch_of(const rankloss__view *view, const rankloss__batch *batch, const rankloss__position *place,
                          int64_t lists, int64_t items) {
    const char *at = rankloss__view_at(view, batch, place);
    const bool joined = lists == 1 || batch->ragged || (batch->ndim == 1 && view->list_strides[0] == batch->list_size);
    return (stretch){at, at != NULL && view->item_stride == 1 && joined ? items * view->element_size : 0};
}

/*
 * Short lists side by side, and the labels of one after its scores, are no steps that a hardware prefetcher foresees.
 * (The loop is here, and not in a function of its own, since GCC leaves out calls of functions that only prefetch.)
 */
void rankloss__prefetch(const rankloss__inputs *inputs, const rankloss__view *const outputs[2], int64_t first,
                        int64_t count) {
    const rankloss__batch *batch = &inputs->batch;
    rankloss__position place;
    rankloss__position_of(batch, first, &place);
    const int64_t items = batch->ragged ? rankloss__offset(batch, first + count) - place.start : count * place.size;
    const rankloss__view *const views[] = {&inputs->logits, &inputs->labels, &inputs->weights, &inputs->where,
                                           &inputs->bias};
    for (int k = 0; k < 5; k++) {
        const stretch read = stretch_of(views[k], batch, &place, count, items);
        for (int64_t i = 0; i < read.bytes; i += 64)
            FETCH(read.at + i, 0);
    }
    for (int k = 0; k < 2 && outputs[k] != NULL; k++) {
        const stretch written = stretch_of(outputs[k], batch, &place, count, items);
        for (int64_t i = 0; i < written.bytes; i += 64)
            FETCH(written.at + i, 1);
    }
}

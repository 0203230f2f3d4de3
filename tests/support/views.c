/*
 * Views by plain index arithmetic.
 */
#include "views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

enum { FILLER = 0xA5 };

void *pool_bytes(pool *p, int64_t bytes) {
    void *block = p->count < POOL_BLOCKS ? malloc((size_t)bytes + 1) : NULL;
    if (!block) {
        fprintf(stderr, "the tests are out of memory, or a pool out of blocks\n");
        exit(EXIT_FAILURE);
    }
    memset(block, FILLER, (size_t)bytes + 1);
    p->bytes[p->count] = bytes;
    p->block[p->count++] = block;
    return block;
}

void pool_free(pool *p) {
    for (int i = 0; i < p->count; i++) {
        free(p->block[i]);
    }
    p->count = 0;
}

/* The axes in the order of their strides, the innermost first. */
static void axis_order(int32_t ndim, layout how, random_state *random, int32_t *order) {
    for (int32_t i = 0; i < ndim; i++) {
        order[i] = ndim - 1 - i;
    }
    for (int32_t i = ndim - 1; how == LAYOUT_ANY && i > 0; i--) {
        const int64_t other = random_below(random, i + 1);
        const int32_t moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
}

rankloss_array view_new(pool *p, int32_t dtype, int32_t ndim, const int64_t *shape, layout how, random_state *random) {
    rankloss_array view = {.dtype = dtype, .ndim = ndim};
    int32_t order[RANKLOSS_MAX_NDIM];
    axis_order(ndim, how, random, order);
    int64_t start = how == LAYOUT_ANY ? random_below(random, 9) : 0;
    int64_t elements = 1;
    for (int32_t i = 0; i < ndim; i++) {
        const int32_t axis = order[i];
        const int64_t steps = shape[axis] > 0 ? shape[axis] - 1 : 0;
        const int64_t stride = elements + (how == LAYOUT_ANY ? random_below(random, 3) : 0);
        const bool backwards = how == LAYOUT_ANY && random_chance(random, 0.5);
        view.shape[axis] = shape[axis];
        view.strides[axis] = backwards ? -stride : stride;
        start += backwards ? steps * stride : 0;
        elements = shape[axis] > 0 ? elements + steps * stride : elements;
    }
    const int64_t size = (int64_t)number_size(dtype);
    view.data = (char *)pool_bytes(p, (start + elements) * size) + start * size;
    return view;
}

rankloss_array view_vector(pool *p, int32_t dtype, int64_t extent) {
    return view_new(p, dtype, 1, &extent, LAYOUT_ROW_MAJOR, NULL);
}

rankloss_array view_cast(pool *p, const rankloss_array *source, int32_t dtype) {
    rankloss_array view = view_new(p, dtype, source->ndim, source->shape, LAYOUT_ROW_MAJOR, NULL);
    const int64_t count = view_count(source);
    for (int64_t i = 0; i < count; i++) {
        view_set(&view, i, view_get(source, i));
    }
    return view;
}

rankloss_array view_copy(pool *p, const rankloss_array *source) {
    const int64_t size = (int64_t)number_size(source->dtype);
    int64_t before = 0;
    int64_t behind = 0;
    for (int32_t axis = 0; axis < source->ndim; axis++) {
        const int64_t reach = source->shape[axis] > 0 ? (source->shape[axis] - 1) * source->strides[axis] : 0;
        before -= reach < 0 ? reach : 0;
        behind += reach > 0 ? reach : 0;
    }
    rankloss_array view = *source;
    view.data = (char *)pool_bytes(p, (before + behind + 1) * size) + before * size;
    const int64_t count = view_count(source);
    for (int64_t i = 0; i < count; i++) {
        const int64_t place = view_place(source, i) * size;
        memcpy((char *)view.data + place, (const char *)source->data + place, (size_t)size);
    }
    return view;
}

bool view_is_absent(const rankloss_array *view) {
    return !view->data && view->ndim == 0;
}

int64_t view_count(const rankloss_array *view) {
    int64_t count = 1;
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        count *= view->shape[axis];
    }
    return count;
}

int64_t view_place(const rankloss_array *view, int64_t i) {
    int64_t place = 0;
    for (int32_t axis = view->ndim - 1; axis >= 0; axis--) {
        place += i % view->shape[axis] * view->strides[axis];
        i /= view->shape[axis];
    }
    return place;
}

long double view_get(const rankloss_array *view, int64_t i) {
    return number_load(view->dtype, view->data, view_place(view, i));
}

void view_set(const rankloss_array *view, int64_t i, long double value) {
    number_store(view->dtype, view->data, view_place(view, i), value);
}

void view_fill(const rankloss_array *view, long double value) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        view_set(view, i, value);
    }
}

void view_assign(const rankloss_array *view, const double *values) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        view_set(view, i, (long double)values[i]);
    }
}

bool view_same_bits(const rankloss_array *a, const rankloss_array *b) {
    const int64_t size = (int64_t)number_size(a->dtype);
    const int64_t count = view_count(a);
    for (int64_t i = 0; i < count; i++) {
        const char *at_a = (const char *)a->data + view_place(a, i) * size;
        const char *at_b = (const char *)b->data + view_place(b, i) * size;
        if (memcmp(at_a, at_b, (size_t)size) != 0) {
            return false;
        }
    }
    return a->dtype == b->dtype && count == view_count(b);
}

bool pool_untouched_outside(pool *p, const rankloss_array *const *views, int count) {
    for (int v = 0; v < count; v++) {
        const size_t size = number_size(views[v]->dtype);
        const int64_t elements = view_count(views[v]);
        for (int64_t i = 0; i < elements; i++) {
            memset((char *)views[v]->data + view_place(views[v], i) * (int64_t)size, FILLER, size);
        }
    }
    for (int b = 0; b < p->count; b++) {
        for (int64_t i = 0; i < p->bytes[b]; i++) {
            if (((const unsigned char *)p->block[b])[i] != FILLER) {
                return false;
            }
        }
    }
    return true;
}

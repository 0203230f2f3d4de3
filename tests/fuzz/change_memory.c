/*
 * Sizes at the end of memory, elements that share some, and what leaves open how a call ends.
 */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "number.h"
#include "views.h"

/* --- sizes --- */

bool huge_extent(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_wide_elements, &which);
    if (view) {
        view->ndim = view->ndim > 0 ? view->ndim : 1;
        view->shape[choose_axis(c, view)] = INT64_MAX - input_byte(c->in);
    }
    return view != NULL;
}

bool huge_stride(change *c) {
    static const int64_t values[] = {INT64_MAX, INT64_MIN, -INT64_MAX};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_long_axis, &which);
    if (view) {
        view->strides[choose_long_axis(c, view)] = values[input_below(c->in, 3)];
    }
    return view != NULL;
}

/* The last element but one of the address space, and one more behind it. */
bool end_of_memory(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_long_axis, &which);
    if (view) {
        view_row_major(view);
        view->data = (void *)(UINTPTR_MAX - number_size(view->dtype) + 1); // NOLINT(performance-no-int-to-ptr)
    }
    return view != NULL;
}

/* 2^61 empty lists: the reducer's losses fit in no memory. */
bool more_lists_than_memory(change *c) {
    sample *s = c->s;
    if (c->touched != 0) {
        return false;
    }
    c->touched = ~0U;
    const rankloss_array one = {.data = sample_block(s, 8, INPUT_FILLER), .dtype = RANKLOSS_F32};
    for (int which = 0; which < NUM_PARTS; which++) {
        *sample_array(s, (part)which) = (rankloss_array){.data = NULL};
    }
    s->in_place = false;
    s->problem->reduction = RANKLOSS_CUSTOM;
    s->problem->reducer = s->reducer;
    s->problem->labels = s->result->loss = one;
    s->result->loss.data = sample_block(s, 4, OUTPUT_FILLER);
    s->problem->logits =
        (rankloss_array){.dtype = RANKLOSS_F16, .ndim = 2, .shape = {INT64_C(1) << 61, 0}, .strides = {1, 1}};
    return true;
}

/* --- elements that meet --- */

/* Whether two elements of an array have a byte in common. `seen` has a place for each byte from the first element on. */
static bool mark_elements(const rankloss_array *view, int64_t first, unsigned char *seen) {
    const int64_t size = (int64_t)number_size(view->dtype);
    const int64_t count = view_count(view);
    bool met = false;
    for (int64_t i = 0; i < count; i++) {
        unsigned char *element = seen + first + view_place(view, i) * size;
        for (int64_t byte = 0; byte < size; byte++) {
            met |= element[byte] != 0;
            element[byte] = 1;
        }
    }
    return met;
}

/* The bytes from the first of a view to behind its last, and how many of them lie before data. */
static size_t bytes_of(const rankloss_array *view, int64_t *first) {
    const int64_t size = (int64_t)number_size(view->dtype);
    int64_t before;
    int64_t behind;
    view_reach(view, &before, &behind);
    *first = before * size;
    return (size_t)((before + behind + 1) * size);
}

/* Strides that are multiples of one another, or next to that: some keep the elements apart and some do not. */
bool other_output_strides(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_OUTPUTS, has_long_axis, &which);
    if (!view || (which == GRAD_LOGITS && c->s->in_place)) {
        return false;
    }
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        const int64_t stride = input_byte(c->in) % 41;
        view->strides[axis] = input_one_in(c->in, 3) ? -stride : stride;
    }
    int64_t first;
    unsigned char *seen = calloc(bytes_of(view, &first), 1);
    c->may = !seen || mark_elements(view, first, seen) ? MAY_STRIDE : MAY_OK;
    free(seen);
    sample_place(c->s, view, 0, OUTPUT_FILLER);
    return true;
}

bool output_on_struct(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_OUTPUTS, has_elements, &which);
    if (view) {
        void *const structs[] = {c->s->problem, c->s->result, c->s->reducer};
        const int known = c->s->problem->reducer ? 3 : 2;
        c->touched |= ONE(OPTIONS);
        view->data = structs[input_below(c->in, known)];
    }
    return view != NULL;
}

bool output_on_input(change *c) {
    part of_output = LOSS;
    part of_input;
    rankloss_array *output = choose(c, ALL_OUTPUTS, has_elements, &of_output);
    const unsigned inputs = ALL_INPUTS & ~(of_output == GRAD_LOGITS ? ONE(LOGITS) : 0);
    const rankloss_array *on = output ? choose(c, inputs, has_elements, &of_input) : NULL;
    if (on) {
        output->data = on->data;
    }
    return on != NULL;
}

/* Inputs may be the same array; but not where the gradient replaces it. */
bool input_twice(change *c) {
    static const part twins[][2] = {{WEIGHTS, LABELS}, {LABELS, LOGITS}, {TANGENT, LOGITS}, {BIAS, LOGITS}};
    const part *twin = twins[input_below(c->in, 4)];
    if (!is_given(sample_array(c->s, twin[0])) || c->touched & (ONE(twin[0]) | ONE(twin[1]))) {
        return false;
    }
    c->touched |= together(c->s, ONE(twin[0]) | ONE(twin[1]));
    *sample_array(c->s, twin[0]) = *sample_array(c->s, twin[1]);
    if (twin[1] == LOGITS && c->s->in_place && has_elements(&c->s->problem->logits)) {
        c->may = MAY_OVERLAP;
    }
    return true;
}

static void widen(rankloss_array *view, int factor) {
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        view->strides[axis] *= view->shape[axis] > 1 ? factor : 1;
    }
}

/* Moves a view to `data`, with its elements. */
static void move_elements(rankloss_array *view, const rankloss_array *from, void *data) {
    const int64_t size = (int64_t)number_size(view->dtype);
    const int64_t count = view_count(view);
    view->data = data;
    for (int64_t i = 0; i < count; i++) {
        memcpy((char *)data + view_place(view, i) * size, (const char *)from->data + view_place(from, i) * size,
               (size_t)size);
    }
}

/* The one overlap that is allowed. */
static bool is_same_view(const rankloss_array *a, const rankloss_array *b) {
    bool same = a->data == b->data && a->dtype == b->dtype && a->ndim == b->ndim;
    for (int32_t axis = 0; axis < a->ndim && same; axis++) {
        same = a->shape[axis] == b->shape[axis] && (a->shape[axis] < 2 || a->strides[axis] == b->strides[axis]);
    }
    return same;
}

/* An output and another array, woven into one another or not, in one block. */
bool share_block(change *c) {
    part of_output;
    part of_other;
    const unsigned in_place = c->s->in_place ? ONE(LOGITS) | ONE(GRAD_LOGITS) : 0;
    rankloss_array *output = choose(c, ALL_OUTPUTS & ~in_place, has_elements, &of_output);
    rankloss_array *other = output ? choose(c, ALL_ARRAYS & ~in_place, has_elements, &of_other) : NULL;
    if (!other) {
        return false;
    }
    const rankloss_array from = *other;
    const bool pair = of_output == GRAD_LOGITS && of_other == LOGITS;
    const int factor = 1 + input_below(c->in, 3);
    widen(output, factor);
    widen(other, factor);
    int64_t first;
    int64_t other_first;
    const size_t bytes = bytes_of(output, &first);
    const size_t other_bytes = bytes_of(other, &other_first);
    const size_t at = input_byte(c->in) * number_size(other->dtype);
    const size_t all = bytes > at + other_bytes ? bytes : at + other_bytes;
    unsigned char *memory = sample_block(c->s, all, OUTPUT_FILLER);
    unsigned char *seen = calloc(all, 1);
    /* An input may repeat elements: it is marked first, and what it says of itself is not asked. */
    const bool met =
        !seen || (mark_elements(other, (int64_t)at + other_first, seen), mark_elements(output, first, seen));
    free(seen);
    output->data = memory + first;
    move_elements(other, &from, memory + at + other_first);
    c->may = met && !(pair && is_same_view(output, other)) ? MAY_OVERLAP : MAY_OK;
    return true;
}

/* --- undecided --- */

bool other_reduction(change *c) {
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->reduction = (int32_t)input_below(c->in, 4);
    return true;
}

bool other_dtype_of_that_size(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, is_given, &which);
    if (view) {
        const size_t size = number_size(view->dtype);
        do {
            view->dtype = 1 + (view->dtype + input_below(c->in, 3)) % RANKLOSS_BOOL;
        } while (number_size(view->dtype) != size);
    }
    return view != NULL;
}

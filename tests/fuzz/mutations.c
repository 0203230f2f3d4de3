/*
 * Mutations. Each is one broken rule, or one that is only just kept.
 *
 * A changed array that cannot be valid any more needs no memory: nothing may be read through it. One that may still be
 * valid gets memory anew. Whether elements meet is found out by looking at every byte of them.
 */
#include "mutations.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "number.h"
#include "views.h"

/* An extent that is no other one's. */
enum { FOREIGN_EXTENT = 1000003 };

/* --- choosing what to change --- */

/* What shares the memory of a part. */
static unsigned together(const sample *s, unsigned parts) {
    const unsigned both = ONE(LOGITS) | ONE(GRAD_LOGITS);
    return s->in_place && parts & both ? parts | both : parts;
}

static bool has_axis(const rankloss_array *view) {
    return view->ndim > 0;
}

static bool has_long_axis(const rankloss_array *view) {
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        if (view->shape[axis] > 1) {
            return has_elements(view);
        }
    }
    return false;
}

static bool has_wide_elements(const rankloss_array *view) {
    return number_size(view->dtype) > 1 && has_elements(view);
}

static bool may_grow(const rankloss_array *view) {
    return is_given(view) && view->ndim < RANKLOSS_MAX_NDIM;
}

static bool has_axis_and_elements(const rankloss_array *view) {
    return view->ndim > 0 && has_elements(view);
}

/* An array of the set that fits, and which is touched from now on; NULL where there is none. */
static rankloss_array *choose(change *c, unsigned set, bool (*fits)(const rankloss_array *), part *chosen) {
    part fitting[NUM_PARTS];
    int count = 0;
    for (int which = 0; which < NUM_PARTS; which++) {
        if (set & ONE(which) & ~c->touched && fits(sample_array(c->s, (part)which))) {
            fitting[count++] = (part)which;
        }
    }
    if (count == 0) {
        return NULL;
    }
    *chosen = fitting[input_below(c->in, count)];
    c->touched |= together(c->s, ONE(*chosen));
    return sample_array(c->s, *chosen);
}

static bool take_options(change *c) {
    const bool untouched = !(c->touched & ONE(OPTIONS));
    c->touched |= ONE(OPTIONS);
    return untouched;
}

static int32_t choose_axis(change *c, const rankloss_array *view) {
    return (int32_t)input_below(c->in, view->ndim);
}

/* An axis of more than one element. */
static int32_t choose_long_axis(change *c, const rankloss_array *view) {
    int32_t axis = choose_axis(c, view);
    while (view->shape[axis] < 2) {
        axis = (axis + 1) % view->ndim;
    }
    return axis;
}

/* Data that is not NULL, aligned for every dtype, and row-major: all that is wrong is the shape. */
static void make_plain(change *c, rankloss_array *view) {
    view_row_major(view);
    view->data = sample_block(c->s, 16, INPUT_FILLER);
}

static bool asks_for(const sample *s, unsigned outputs) {
    for (int which = LOSS; which < NUM_PARTS; which++) {
        if (outputs & ONE(which) && is_given(sample_array(s, (part)which))) {
            return true;
        }
    }
    return false;
}

/* --- NULL --- */

static bool no_problem(change *c) {
    c->s->problem_given = NULL;
    return true;
}

static bool no_result(change *c) {
    c->s->result_given = NULL;
    return true;
}

static bool required_absent(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(LOGITS) | ONE(LABELS), is_given, &which);
    if (view) {
        *view = (rankloss_array){.data = NULL};
    }
    return view != NULL;
}

static bool tangent_absent(change *c) {
    const unsigned needing = ONE(JVP) | ONE(HVP_LOGITS);
    if (!asks_for(c->s, needing) || c->touched & (ONE(TANGENT) | needing)) {
        return false;
    }
    c->touched |= ONE(TANGENT) | needing;
    c->s->problem->tangent = (rankloss_array){.data = NULL};
    return true;
}

static bool data_null(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_axis_and_elements, &which);
    if (view) {
        view->data = NULL;
    }
    return view != NULL;
}

/* --- dtypes --- */

static bool no_dtype(change *c) {
    static const int32_t values[] = {0, 14, -1, 255, 33, 64, 65537, INT32_MAX, INT32_MIN};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, is_given, &which);
    if (view) {
        view->dtype = values[input_below(c->in, 9)];
    }
    return view != NULL;
}

static bool wrong_dtype(change *c) {
    static const int32_t no_float[] = {RANKLOSS_I8,  RANKLOSS_I16, RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U8,
                                       RANKLOSS_U16, RANKLOSS_U32, RANKLOSS_U64, RANKLOSS_BOOL};
    static const int32_t no_mask[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_I16,
                                      RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U16, RANKLOSS_U64};
    static const int32_t no_index[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_I8,
                                       RANKLOSS_I16, RANKLOSS_U8,  RANKLOSS_U16, RANKLOSS_BOOL};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS & ~(ONE(LABELS) | ONE(WEIGHTS)), is_given, &which);
    if (view) {
        const int32_t *wrong = which == WHERE ? no_mask : which == OFFSETS ? no_index : no_float;
        view->dtype = wrong[input_below(c->in, 9)];
    }
    return view != NULL;
}

/* --- shapes --- */

static bool bad_ndim(change *c) {
    static const int32_t values[] = {-1, 9, 64, INT32_MAX, INT32_MIN};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, is_given, &which);
    if (view) {
        view->ndim = values[input_below(c->in, 5)];
    }
    return view != NULL;
}

static bool negative_extent(change *c) {
    static const int64_t values[] = {-1, -2, INT64_MIN, -INT64_MAX};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_axis, &which);
    if (view) {
        view->shape[choose_axis(c, view)] = values[input_below(c->in, 4)];
    }
    return view != NULL;
}

static bool foreign_extent(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS & ~(ONE(LOGITS) | ONE(OFFSETS)), has_axis, &which);
    if (view) {
        view->shape[choose_axis(c, view)] = FOREIGN_EXTENT;
        make_plain(c, view);
    }
    return view != NULL;
}

static bool foreign_axis(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS & ~(ONE(LOGITS) | ONE(OFFSETS)), may_grow, &which);
    if (view) {
        view->shape[view->ndim++] = FOREIGN_EXTENT;
        make_plain(c, view);
    }
    return view != NULL;
}

static bool logits_without_axis(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(LOGITS), is_given, &which);
    if (view) {
        view->ndim = 0;
        make_plain(c, view);
    }
    return view != NULL;
}

static bool matrix_beside_offsets(change *c) {
    part which;
    rankloss_array *view = is_given(&c->s->problem->offsets) ? choose(c, ONE(LOGITS), is_given, &which) : NULL;
    if (view) {
        view->ndim = 2;
        view->shape[1] = 1;
        make_plain(c, view);
    }
    return view != NULL;
}

static bool offsets_no_vector(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(OFFSETS), is_given, &which);
    if (view) {
        const int kind = input_below(c->in, 3);
        view->ndim = kind;
        view->shape[1] = 1;
        view->shape[0] = kind == 1 ? 0 : view->shape[0];
        make_plain(c, view);
    }
    return view != NULL;
}

/* --- strides --- */

static bool output_repeats(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_OUTPUTS, has_long_axis, &which);
    if (view) {
        c->may |= c->s->in_place && which == GRAD_LOGITS ? MAY_OVERLAP : 0;
        view->strides[choose_long_axis(c, view)] = 0;
    }
    return view != NULL;
}

static bool misaligned(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_wide_elements, &which);
    if (view) {
        const int size = (int)number_size(view->dtype);
        view->data = (char *)view->data + 1 + input_below(c->in, size - 1);
    }
    return view != NULL;
}

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
static bool other_output_strides(change *c) {
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

/* --- offsets --- */

static bool change_offset(change *c, int64_t least, int64_t at, long double added) {
    part which;
    rankloss_array *view = choose(c, ONE(OFFSETS), is_given, &which);
    if (!view || view->shape[0] < least) {
        return false;
    }
    const int64_t i = at < 0 ? view->shape[0] + at : at;
    view_set(view, i, view_get(view, i) + added);
    return true;
}

static bool offsets_start_late(change *c) {
    return change_offset(c, 1, 0, 1);
}

static bool offsets_end_late(change *c) {
    return change_offset(c, 2, -1, (long double)(1 + input_byte(c->in)));
}

/* Entry 1 jumps over all behind it. */
static bool offsets_decrease(change *c) {
    return change_offset(c, 3, 1, MOST_ITEMS + 1);
}

/* The last bits of a large number: a negative one where the dtype has a sign. */
static bool offsets_huge(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(OFFSETS), is_given, &which);
    if (!view) {
        return false;
    }
    const int64_t i = (int64_t)input_byte(c->in) % view->shape[0];
    const size_t size = number_size(view->dtype);
    unsigned char *element = (unsigned char *)view->data + view_place(view, i) * (int64_t)size;
    element[size - 1] = (unsigned char)(0x40 | input_byte(c->in));
    return true;
}

/* --- options --- */

static bool bad_reduction(change *c) {
    static const int32_t values[] = {-1, 4, INT32_MAX, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->reduction = values[input_below(c->in, 4)];
    return true;
}

static bool bad_label_mode(change *c) {
    static const int32_t values[] = {-1, 2, INT32_MAX, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->label_mode = values[input_below(c->in, 4)];
    return true;
}

static bool bad_temperature(change *c) {
    static const double values[] = {-1,        -DBL_MIN, DBL_MIN / 2, -DBL_MIN / 2,
                                    0x1p-1074, HUGE_VAL, -HUGE_VAL,   (double)NAN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->temperature = values[input_below(c->in, 8)];
    return true;
}

static bool bad_num_threads(change *c) {
    static const int32_t values[] = {-1, -2, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->num_threads = values[input_below(c->in, 3)];
    return true;
}

static bool reserved_in_use(change *c) {
    if (!take_options(c)) {
        return false;
    }
    const int k = input_below(c->in, 17);
    const uint64_t value = UINT64_C(1) << input_below(c->in, 64);
    if (k < 8) {
        c->s->problem->reserved[k] = value;
    } else if (k < 16) {
        c->s->result->reserved[k - 8] = value;
    } else {
        c->s->problem->padding = (int32_t)(1 + input_byte(c->in));
    }
    return true;
}

static bool any_temperature(change *c) {
    if (!take_options(c)) {
        return false;
    }
    const uint64_t bits = input_word(c->in, 8);
    double temperature;
    memcpy(&temperature, &bits, sizeof temperature);
    c->s->problem->temperature = temperature;
    c->may = temperature == 0 || (temperature >= DBL_MIN && temperature <= DBL_MAX) ? MAY_OK : MAY_OPTION;
    return true;
}

static bool any_num_threads(change *c) {
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->num_threads = (int32_t)(input_word(c->in, 4) & INT32_MAX);
    return true;
}

/* --- the reducer --- */

static bool is_custom(change *c) {
    return c->s->problem->reduction == RANKLOSS_CUSTOM && take_options(c);
}

static bool reducer_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->problem->reducer = NULL;
    return true;
}

static bool reducer_unasked(change *c) {
    if (c->s->problem->reduction == RANKLOSS_CUSTOM || !take_options(c)) {
        return false;
    }
    c->s->problem->reducer = c->s->reducer;
    return true;
}

static bool reduce_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reducer->reduce = NULL;
    return true;
}

static bool derivative_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reducer->derivative = NULL;
    c->may = asks_for(c->s, ALL_OUTPUTS & ~ONE(LOSS)) ? MAY_NULL : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

static bool reduce_fails(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reduce_returns = 1 + input_byte(c->in);
    c->may = asks_for(c->s, ALL_OUTPUTS) ? MAY_CALLBACK : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

static bool derivative_fails(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->derivative_returns = -1 - input_byte(c->in);
    c->may = asks_for(c->s, ALL_OUTPUTS & ~ONE(LOSS)) ? MAY_CALLBACK : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

/* --- sizes --- */

static bool huge_extent(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_wide_elements, &which);
    if (view) {
        view->ndim = view->ndim > 0 ? view->ndim : 1;
        view->shape[choose_axis(c, view)] = INT64_MAX - input_byte(c->in);
    }
    return view != NULL;
}

static bool huge_stride(change *c) {
    static const int64_t values[] = {INT64_MAX, INT64_MIN, -INT64_MAX};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_long_axis, &which);
    if (view) {
        view->strides[choose_long_axis(c, view)] = values[input_below(c->in, 3)];
    }
    return view != NULL;
}

/* The last element but one of the address space, and one more behind it. */
static bool end_of_memory(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_long_axis, &which);
    if (view) {
        view_row_major(view);
        view->data = (void *)(UINTPTR_MAX - number_size(view->dtype) + 1); // NOLINT(performance-no-int-to-ptr)
    }
    return view != NULL;
}

/* 2^61 empty lists: the reducer's losses fit in no memory. */
static bool more_lists_than_memory(change *c) {
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

/* --- overlaps --- */

static bool output_on_struct(change *c) {
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

static bool output_on_input(change *c) {
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
static bool input_twice(change *c) {
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
static bool share_block(change *c) {
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

static bool other_reduction(change *c) {
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->reduction = (int32_t)input_below(c->in, 4);
    return true;
}

static bool other_dtype_of_that_size(change *c) {
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

/* --- the table --- */

const mutation mutations[] = {
    {"any num_threads", MAY_OK, any_num_threads},
    {"any temperature", UNDECIDED, any_temperature},
    {"an input twice", MAY_OK, input_twice},
    {"other strides of an output", UNDECIDED, other_output_strides},
    {"two arrays in one block", UNDECIDED, share_block},
    {"another reduction", UNDECIDED, other_reduction},
    {"another dtype of that size", UNDECIDED, other_dtype_of_that_size},

    {"no problem", MAY_NULL, no_problem},
    {"no result", MAY_NULL, no_result},
    {"a required input absent", MAY_NULL, required_absent},
    {"the tangent absent", MAY_NULL, tangent_absent},
    {"data NULL", MAY_NULL, data_null},
    {"the reducer missing", MAY_NULL, reducer_missing},
    {"reduce missing", MAY_NULL, reduce_missing},
    {"derivative missing", MAY_NULL, derivative_missing},

    {"no dtype", MAY_DTYPE, no_dtype},
    {"a dtype of another argument", MAY_DTYPE, wrong_dtype},

    {"ndim out of range", MAY_SHAPE, bad_ndim},
    {"a negative extent", MAY_SHAPE, negative_extent},
    {"an extent of nothing else", MAY_SHAPE, foreign_extent},
    {"an axis of nothing else", MAY_SHAPE, foreign_axis},
    {"logits without an axis", MAY_SHAPE, logits_without_axis},
    {"a matrix beside offsets", MAY_SHAPE, matrix_beside_offsets},
    {"offsets that are no vector", MAY_SHAPE, offsets_no_vector},

    {"an output that repeats elements", MAY_STRIDE, output_repeats},
    {"misaligned data", MAY_STRIDE, misaligned},

    {"offsets that start late", MAY_OFFSETS, offsets_start_late},
    {"offsets that end late", MAY_OFFSETS, offsets_end_late},
    {"offsets that decrease", MAY_OFFSETS, offsets_decrease},
    {"an offset far away", MAY_OFFSETS, offsets_huge},

    {"no reduction", MAY_OPTION, bad_reduction},
    {"no label mode", MAY_OPTION, bad_label_mode},
    {"a bad temperature", MAY_OPTION, bad_temperature},
    {"num_threads negative", MAY_OPTION, bad_num_threads},
    {"a reserved field in use", MAY_OPTION, reserved_in_use},
    {"a reducer that is not asked for", MAY_OPTION, reducer_unasked},

    {"an output on a struct", MAY_OVERLAP, output_on_struct},
    {"an output on an input", MAY_OVERLAP | MAY_STRIDE, output_on_input},

    {"a huge extent", MAY_OVERFLOW | MAY_SHAPE, huge_extent},
    {"a huge stride", MAY_OVERFLOW, huge_stride},
    {"the end of memory", MAY_OVERFLOW, end_of_memory},

    {"more lists than memory", MAY_MEMORY, more_lists_than_memory},
    {"reduce fails", MAY_CALLBACK, reduce_fails},
    {"derivative fails", MAY_CALLBACK, derivative_fails},
};

const int num_mutations = (int)(sizeof mutations / sizeof *mutations);

/* --- what a call has come to --- */

static void join(verdict *v, unsigned may) {
    const bool was_good = v->may & MAY_OK;
    v->judged &= may != UNDECIDED;
    if (v->may == UNDECIDED || may == UNDECIDED) {
        v->may = UNDECIDED;
    } else {
        v->may |= may;
        /* One broken rule is enough. */
        v->may &= was_good && may & MAY_OK ? UNDECIDED : UNDECIDED & ~(unsigned)MAY_OK;
    }
}

verdict mutate(sample *s, input *in) {
    verdict v = {.may = MAY_OK, .judged = true};
    change c = {.s = s, .touched = 0};
    input choices = input_cut(in, 3);
    const int wanted = input_below(&choices, MOST_MUTATIONS + 1);
    c.in = in;
    for (int i = 0; i < wanted; i++) {
        const mutation *m = &mutations[input_below(&choices, num_mutations)];
        c.may = m->may;
        if (m->apply(&c)) {
            join(&v, c.may);
            v.done[v.count++] = m;
        }
    }
    return v;
}

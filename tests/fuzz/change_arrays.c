/*
 * Arrays changed: what they point to, dtypes, shapes, strides, offsets.
 */
#include "changes.h"

#include "decode.h"
#include "number.h"
#include "views.h"

/* An extent that is no other one's. */
enum { FOREIGN_EXTENT = 1000003 };

/* --- NULL --- */

bool no_problem(change *c) {
    c->s->problem_given = NULL;
    return true;
}

bool no_result(change *c) {
    c->s->result_given = NULL;
    return true;
}

bool required_absent(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(LOGITS) | ONE(LABELS), is_given, &which);
    if (view) {
        *view = (rankloss_array){.data = NULL};
    }
    return view != NULL;
}

bool tangent_absent(change *c) {
    const unsigned needing = ONE(JVP) | ONE(HVP_LOGITS);
    if (!asks_for(c->s, needing) || c->touched & (ONE(TANGENT) | needing)) {
        return false;
    }
    c->touched |= ONE(TANGENT) | needing;
    c->s->problem->tangent = (rankloss_array){.data = NULL};
    return true;
}

bool data_null(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_axis_and_elements, &which);
    if (view) {
        view->data = NULL;
    }
    return view != NULL;
}

/* --- dtypes --- */

bool no_dtype(change *c) {
    static const int32_t values[] = {0, 14, -1, 255, 33, 64, 65537, INT32_MAX, INT32_MIN};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, is_given, &which);
    if (view) {
        view->dtype = values[input_below(c->in, 9)];
    }
    return view != NULL;
}

bool wrong_dtype(change *c) {
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

bool bad_ndim(change *c) {
    static const int32_t values[] = {-1, 9, 64, INT32_MAX, INT32_MIN};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, is_given, &which);
    if (view) {
        view->ndim = values[input_below(c->in, 5)];
    }
    return view != NULL;
}

bool negative_extent(change *c) {
    static const int64_t values[] = {-1, -2, INT64_MIN, -INT64_MAX};
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_axis, &which);
    if (view) {
        view->shape[choose_axis(c, view)] = values[input_below(c->in, 4)];
    }
    return view != NULL;
}

bool foreign_extent(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS & ~(ONE(LOGITS) | ONE(OFFSETS)), has_axis, &which);
    if (view) {
        view->shape[choose_axis(c, view)] = FOREIGN_EXTENT;
        make_plain(c, view);
    }
    return view != NULL;
}

bool foreign_axis(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS & ~(ONE(LOGITS) | ONE(OFFSETS)), may_grow, &which);
    if (view) {
        view->shape[view->ndim++] = FOREIGN_EXTENT;
        make_plain(c, view);
    }
    return view != NULL;
}

bool logits_without_axis(change *c) {
    part which;
    rankloss_array *view = choose(c, ONE(LOGITS), is_given, &which);
    if (view) {
        view->ndim = 0;
        make_plain(c, view);
    }
    return view != NULL;
}

bool matrix_beside_offsets(change *c) {
    part which;
    rankloss_array *view = is_given(&c->s->problem->offsets) ? choose(c, ONE(LOGITS), is_given, &which) : NULL;
    if (view) {
        view->ndim = 2;
        view->shape[1] = 1;
        make_plain(c, view);
    }
    return view != NULL;
}

bool offsets_no_vector(change *c) {
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

bool output_repeats(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_OUTPUTS, has_long_axis, &which);
    if (view) {
        c->may |= c->s->in_place && which == GRAD_LOGITS ? MAY_OVERLAP : 0;
        view->strides[choose_long_axis(c, view)] = 0;
    }
    return view != NULL;
}

bool misaligned(change *c) {
    part which;
    rankloss_array *view = choose(c, ALL_ARRAYS, has_wide_elements, &which);
    if (view) {
        const int size = (int)number_size(view->dtype);
        view->data = (char *)view->data + 1 + input_below(c->in, size - 1);
    }
    return view != NULL;
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

bool offsets_start_late(change *c) {
    return change_offset(c, 1, 0, 1);
}

bool offsets_end_late(change *c) {
    return change_offset(c, 2, -1, (long double)(1 + input_byte(c->in)));
}

/* Entry 1 jumps over all behind it. */
bool offsets_decrease(change *c) {
    return change_offset(c, 3, 1, MOST_ITEMS + 1);
}

/* The last bits of a large number: a negative one where the dtype has a sign. */
bool offsets_huge(change *c) {
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

/*
 * The choice of what to change.
 */
#include "change.h"

#include "decode.h"
#include "number.h"
#include "views.h"

unsigned together(const sample *s, unsigned parts) {
    const unsigned both = ONE(LOGITS) | ONE(GRAD_LOGITS);
    return s->in_place && parts & both ? parts | both : parts;
}

bool has_axis(const rankloss_array *view) {
    return view->ndim > 0;
}

bool has_long_axis(const rankloss_array *view) {
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        if (view->shape[axis] > 1) {
            return has_elements(view);
        }
    }
    return false;
}

bool has_wide_elements(const rankloss_array *view) {
    return number_size(view->dtype) > 1 && has_elements(view);
}

bool may_grow(const rankloss_array *view) {
    return is_given(view) && view->ndim < RANKLOSS_MAX_NDIM;
}

bool has_axis_and_elements(const rankloss_array *view) {
    return view->ndim > 0 && has_elements(view);
}

rankloss_array *choose(change *c, unsigned set, fitting *fits, part *chosen) {
    part found[NUM_PARTS];
    int count = 0;
    for (int which = 0; which < NUM_PARTS; which++) {
        if (set & ONE(which) & ~c->touched && fits(sample_array(c->s, (part)which))) {
            found[count++] = (part)which;
        }
    }
    if (count == 0) {
        return NULL;
    }
    *chosen = found[input_below(c->in, count)];
    c->touched |= together(c->s, ONE(*chosen));
    return sample_array(c->s, *chosen);
}

bool take_options(change *c) {
    const bool untouched = !(c->touched & ONE(OPTIONS));
    c->touched |= ONE(OPTIONS);
    return untouched;
}

int32_t choose_axis(change *c, const rankloss_array *view) {
    return (int32_t)input_below(c->in, view->ndim);
}

int32_t choose_long_axis(change *c, const rankloss_array *view) {
    int32_t axis = choose_axis(c, view);
    while (view->shape[axis] < 2) {
        axis = (axis + 1) % view->ndim;
    }
    return axis;
}

void make_plain(change *c, rankloss_array *view) {
    view_row_major(view);
    view->data = sample_block(c->s, 16, INPUT_FILLER);
}

bool asks_for(const sample *s, unsigned outputs) {
    for (int which = LOSS; which < NUM_PARTS; which++) {
        if (outputs & ONE(which) && is_given(sample_array(s, (part)which))) {
            return true;
        }
    }
    return false;
}

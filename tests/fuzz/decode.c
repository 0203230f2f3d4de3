/*
 * Shapes, dtypes, layouts and options of a valid call.
 */
#include "decode.h"

#include <float.h>
#include <string.h>

#include "number.h"
#include "views.h"

/* Entries that nobody looks at. */
enum { UNUSED_ENTRY = -7 };

static void spoil_unused(rankloss_array *view) {
    for (int32_t axis = view->ndim; axis < RANKLOSS_MAX_NDIM; axis++) {
        view->shape[axis] = view->strides[axis] = UNUSED_ENTRY;
    }
}

/* --- shapes --- */

/* The size of a list, most of them short, some beyond the blocks of the kernels. */
static int64_t decode_list_size(input *in) {
    const int kind = input_below(in, 8);
    return kind < 6 ? input_below(in, 28) : kind == 6 ? input_byte(in) : (int64_t)input_word(in, 2) % MOST_ITEMS;
}

static int32_t decode_ndim(input *in) {
    const int kind = input_below(in, 16);
    return kind < 9 ? 2 : kind < 11 ? 1 : kind < 14 ? 3 : 4 + input_below(in, RANKLOSS_MAX_NDIM - 3);
}

static void decode_dense(input *in, rankloss_array *logits) {
    int64_t lists = 1;
    logits->ndim = decode_ndim(in);
    for (int32_t axis = 0; axis + 1 < logits->ndim; axis++) {
        const int byte = input_byte(in);
        const int64_t extent = byte == 255 ? 0 : 1 + byte % (logits->ndim > 3 ? 3 : 11);
        logits->shape[axis] = lists * extent > MOST_ITEMS / 4 ? 1 : extent;
        lists *= logits->shape[axis];
    }
    const int64_t most = MOST_ITEMS / (lists > 0 ? lists : 1);
    const int64_t size = decode_list_size(in);
    logits->shape[logits->ndim - 1] = size < most ? size : most;
}

/* Up to 12 lists; the ends are kept for decode_offsets(). */
static void decode_ragged(input *in, rankloss_array *logits, rankloss_array *offsets, int64_t *ends) {
    const int64_t num_lists = input_below(in, 13);
    ends[0] = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        const int64_t end = ends[k] + decode_list_size(in);
        ends[k + 1] = end < MOST_ITEMS ? end : ends[k];
    }
    logits->ndim = offsets->ndim = 1;
    logits->shape[0] = ends[num_lists];
    offsets->shape[0] = num_lists + 1;
}

/* A shape that broadcasts to that of the logits, or one of those for ragged items. */
static void decode_broadcast(input *in, const rankloss_problem *p, rankloss_array *view) {
    const rankloss_array *logits = &p->logits;
    const int kind = input_below(in, 8);
    if (p->offsets.ndim != 0) {
        view->ndim = kind == 4 ? 0 : kind == 5 ? 2 : 1;
        view->shape[0] = kind == 5 ? p->offsets.shape[0] - 1 : kind == 6 ? 1 : logits->shape[0];
        view->shape[1] = 1;
        return;
    }
    const int32_t dropped = kind == 4 || kind == 5 ? (int32_t)input_below(in, logits->ndim + 1) : 0;
    const int ones = kind >= 5 ? input_byte(in) : 0;
    view->ndim = logits->ndim - dropped;
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        view->shape[axis] = ones >> axis & 1 ? 1 : logits->shape[axis + dropped];
    }
}

/* One number per list, or one; a cotangent may broadcast. */
static void decode_list_shape(input *in, const rankloss_problem *p, rankloss_array *view, bool broadcast) {
    rankloss_problem leading = {.logits = p->logits};
    leading.logits.ndim--;
    const bool no_axis = p->offsets.ndim == 0 && leading.logits.ndim == 0;
    if (p->reduction != RANKLOSS_NONE || no_axis) {
        view->ndim = input_below(in, 2);
        view->shape[0] = 1;
    } else if (p->offsets.ndim != 0) {
        view->ndim = 1;
        view->shape[0] = broadcast && input_one_in(in, 4) ? 1 : p->offsets.shape[0] - 1;
        view->ndim = broadcast && view->shape[0] == 1 && input_one_in(in, 2) ? 0 : 1;
    } else if (broadcast) {
        decode_broadcast(in, &leading, view);
    } else {
        view->ndim = leading.logits.ndim;
        memcpy(view->shape, leading.logits.shape, sizeof view->shape);
    }
}

/* --- layouts --- */

/* The axes in the order of their strides, the innermost first. */
static void decode_order(input *in, int32_t ndim, bool any, int32_t *order) {
    for (int32_t i = 0; i < ndim; i++) {
        order[i] = ndim - 1 - i;
    }
    for (int32_t i = ndim - 1; any && i > 0; i--) {
        const int32_t other = input_below(in, i + 1);
        const int32_t moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
}

static int64_t decode_stride(input *in, int64_t extent, int64_t elements, bool repeats) {
    static const int64_t extremes[] = {INT64_MAX, INT64_MIN, 0, -1};
    const int byte = input_byte(in);
    if (extent < 2 && byte & 8) {
        return extremes[byte >> 6];
    }
    const int64_t stride = elements + (byte & 3) % 3;
    return repeats && byte >> 4 == 15 ? 0 : byte & 4 ? -stride : stride;
}

/* Strides under which no two elements meet, but for repetitions where the view may have them. */
static void decode_strides(input *in, rankloss_array *view, bool repeats) {
    const int kind = input_below(in, 4);
    int32_t order[RANKLOSS_MAX_NDIM];
    int64_t elements = 1;
    view_row_major(view);
    if (kind < 2) {
        return;
    }
    decode_order(in, view->ndim, kind == 3, order);
    for (int32_t i = 0; i < view->ndim; i++) {
        const int32_t axis = order[i];
        const int64_t extent = view->shape[axis];
        const int64_t stride = decode_stride(in, extent, elements, repeats);
        view->strides[axis] = stride;
        elements += extent > 1 ? (extent - 1) * (stride < 0 ? -stride : stride) : 0;
    }
}

/* Strides, memory, and numbers for an input. */
static void decode_memory(sample *s, input *in, part which) {
    rankloss_array *view = sample_array(s, which);
    decode_strides(in, view, which < LOSS && which != OFFSETS && !(which == LOGITS && s->in_place));
    sample_place(s, view, input_one_in(in, 4) ? 1 + input_below(in, 7) : 0,
                 which < LOSS ? INPUT_FILLER : OUTPUT_FILLER);
    if (view_count(view) == 0 && input_one_in(in, 2)) {
        view->data = NULL;
    }
    spoil_unused(view);
}

static void decode_absent(input *in, rankloss_array *view) {
    if (input_one_in(in, 4)) {
        view->dtype = 99;
        spoil_unused(view);
    }
}

/* --- the arrays --- */

static int32_t decode_float(input *in) {
    return 1 + input_below(in, 4);
}

static int32_t decode_dtype(input *in, part which) {
    static const int32_t masks[] = {RANKLOSS_BOOL, RANKLOSS_U8, RANKLOSS_I8};
    static const int32_t indices[] = {RANKLOSS_I64, RANKLOSS_I32, RANKLOSS_U32, RANKLOSS_U64};
    switch (which) {
    case LABELS:
    case WEIGHTS:
        return 1 + input_below(in, 13);
    case WHERE:
        return masks[input_below(in, 3)];
    case OFFSETS:
        return indices[input_below(in, 4)];
    default:
        return decode_float(in);
    }
}

static void decode_input(sample *s, input *in, part which) {
    rankloss_array *view = sample_array(s, which);
    view->dtype = decode_dtype(in, which);
    if (which == COTANGENT) {
        decode_list_shape(in, s->problem, view, true);
    } else if (which != LOGITS && which != OFFSETS) {
        decode_broadcast(in, s->problem, view);
    }
    decode_memory(s, in, which);
    if (which != OFFSETS && view->data) {
        decode_numbers(in, view, which);
    }
}

static void decode_output(sample *s, input *in, part which) {
    rankloss_array *view = sample_array(s, which);
    if (which == GRAD_LOGITS && s->in_place) {
        *view = s->problem->logits;
        return;
    }
    view->dtype = decode_float(in);
    if (which == LOSS || which == JVP) {
        decode_list_shape(in, s->problem, view, false);
    } else if (which == GRAD_LABELS || which == GRAD_WEIGHTS) {
        decode_broadcast(in, s->problem, view);
    } else {
        view->ndim = s->problem->logits.ndim;
        memcpy(view->shape, s->problem->logits.shape, sizeof view->shape);
    }
    decode_memory(s, in, which);
}

/* --- options --- */

/*
 * A linear reduction, so that the error of its result is that of the losses: sum of (i mod 3 - 1) losses[i]. `user` is
 * the sample.
 */
static int reduce(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    long double sum = 0;
    for (int64_t i = 0; i < num_lists; i++) {
        const long double factor = (long double)(i % 3 - 1);
        sum += counted[i] && factor != 0 ? factor * (long double)losses[i] : 0;
    }
    *reduced = (double)sum;
    return ((const sample *)user)->reduce_returns;
}

static int derivative(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user) {
    (void)losses;
    (void)counted;
    for (int64_t i = 0; i < num_lists; i++) {
        d_losses[i] = (double)(i % 3 - 1);
    }
    return ((const sample *)user)->derivative_returns;
}

static void decode_options(sample *s, input *in) {
    static const double temperatures[] = {0, 0, 0, 1, -0.0, 0.5, 0.7, 2, 1e-3, 1e4, 0x1p-40, 0x1p60};
    static const int32_t label_modes[] = {RANKLOSS_LABELS_RAW, RANKLOSS_LABELS_RAW, RANKLOSS_LABELS_SOFTMAX,
                                          RANKLOSS_LABELS_SUM_TO_ONE};
    static const int32_t threads[] = {0, 1, 2, 3, INT32_MAX};
    rankloss_problem *p = s->problem;
    p->reduction = (int32_t)input_below(in, 4);
    p->label_mode = label_modes[input_below(in, 4)];
    p->temperature = temperatures[input_below(in, 12)];
    p->num_threads = threads[input_below(in, 5)];
    s->whole_reducer = (rankloss_reducer){reduce, derivative, s};
    *s->reducer = s->whole_reducer;
    p->reducer = p->reduction == RANKLOSS_CUSTOM ? s->reducer : NULL;
}

static void decode_offsets(sample *s, input *in, const int64_t *ends) {
    decode_input(s, in, OFFSETS);
    for (int64_t k = 0; k < s->problem->offsets.shape[0]; k++) {
        view_set(&s->problem->offsets, k, (long double)ends[k]);
    }
}

void decode(sample *s, input *in) {
    int64_t ends[16];
    const bool ragged = input_one_in(in, 3);
    const unsigned given = (unsigned)input_word(in, 2);
    decode_options(s, in);
    s->in_place = input_one_in(in, 4) && given & ONE(GRAD_LOGITS);
    if (ragged) {
        decode_ragged(in, &s->problem->logits, &s->problem->offsets, ends);
        decode_offsets(s, in, ends);
    } else {
        decode_dense(in, &s->problem->logits);
    }
    for (int which = LOGITS; which < NUM_PARTS; which++) {
        const bool needed =
            which == LOGITS || which == LABELS || (which == TANGENT && given & (ONE(JVP) | ONE(HVP_LOGITS)));
        if (which == OFFSETS) {
            continue;
        }
        if (!needed && !(given & ONE(which))) {
            decode_absent(in, sample_array(s, (part)which));
        } else if (which < LOSS) {
            decode_input(s, in, (part)which);
        } else {
            decode_output(s, in, (part)which);
        }
    }
}

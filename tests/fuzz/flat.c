/*
 * The flat call of a sample, and its flaws.
 */
#include "flat.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "decode.h"
#include "reference.h"
#include "views.h"
#include "wrong.h"

enum { ERRNO_BEFORE = 4712 };

/* --- the arrays --- */

/* An array of the flat call, of items or of lists, if the sample has the part. */
static void flatten_array(const sample *s, sample *flat, part which, int32_t dtype, int32_t ndim,
                          const int64_t *shape) {
    const rankloss_array *source = sample_array(s, which);
    rankloss_array *view = sample_array(flat, which);
    if (!is_given(source)) {
        return;
    }
    *view = (rankloss_array){.dtype = dtype, .ndim = ndim};
    for (int32_t axis = 0; axis < ndim; axis++) {
        view->shape[axis] = shape[axis];
    }
    view_row_major(view);
    sample_place(flat, view, 0, which < LOSS ? INPUT_FILLER : OUTPUT_FILLER);
    /* Any numbers will do: what broadcasts is repeated as it comes. */
    const int64_t count = which < LOSS && has_elements(source) ? view_count(view) : 0;
    for (int64_t i = 0; i < count; i++) {
        const long double value = view_get(source, i % view_count(source));
        view_set(view, i, which == WHERE ? value != 0 : value);
    }
}

/* What the flat functions take of a sample, dense in two dimensions or ragged in one. */
static void flatten(const sample *s, sample *flat) {
    static const part of_items[] = {LOGITS, LABELS, WHERE, WEIGHTS, GRAD_LOGITS, HESS_LOGITS};
    const rankloss_array *logits = &s->problem->logits;
    const rankloss_array *offsets = &s->problem->offsets;
    const int32_t dtype = reference_compute_dtype(s->problem);
    const int64_t items = view_count(logits);
    const bool ragged = is_given(offsets);
    const int64_t list_size = logits->shape[logits->ndim - 1];
    int64_t shape[2] = {1, list_size};
    for (int32_t axis = 0; axis + 1 < logits->ndim; axis++) {
        shape[0] *= logits->shape[axis];
    }
    const int64_t num_lists = ragged ? offsets->shape[0] - 1 : shape[0];
    const int64_t losses = s->problem->reduction == RANKLOSS_NONE ? num_lists : 1;
    sample_begin(flat);
    for (int i = 0; i < (int)(sizeof of_items / sizeof *of_items); i++) {
        flatten_array(s, flat, of_items[i], of_items[i] == WHERE ? RANKLOSS_U8 : dtype, ragged ? 1 : 2,
                      ragged ? &items : shape);
    }
    flatten_array(s, flat, OFFSETS, RANKLOSS_I64, 1, offsets->shape);
    flatten_array(s, flat, LOSS, dtype, 1, &losses);
    flat->in_place = s->in_place;
    if (flat->in_place) {
        flat->result->grad_logits = flat->problem->logits;
    }
    flat->problem->reduction = s->problem->reduction;
}

/* --- the call --- */

typedef struct arguments {
    int32_t dtype;
    bool ragged;
    int64_t num_lists, list_size;
    int32_t reduction;
    void *data[NUM_PARTS];
} arguments;

static arguments arguments_of(const sample *flat) {
    const rankloss_array *logits = &flat->problem->logits;
    arguments a = {
        .dtype = logits->dtype, .ragged = is_given(&flat->problem->offsets), .reduction = flat->problem->reduction};
    a.num_lists = a.ragged ? flat->problem->offsets.shape[0] - 1 : logits->shape[0];
    a.list_size = a.ragged ? 0 : logits->shape[1];
    for (int which = 0; which < NUM_PARTS; which++) {
        a.data[which] = sample_array(flat, (part)which)->data;
    }
    return a;
}

static rankloss_status call(const arguments *a) {
    void *const *d = a->data;
    const rankloss_reduction reduction = (rankloss_reduction)a->reduction;
    if (a->dtype == RANKLOSS_F32 && a->ragged) {
        return rankloss_softmax_ragged_f32(a->num_lists, d[OFFSETS], d[LOGITS], d[LABELS], d[WHERE], d[WEIGHTS],
                                           reduction, d[LOSS], d[GRAD_LOGITS], d[HESS_LOGITS]);
    }
    if (a->dtype == RANKLOSS_F32) {
        return rankloss_softmax_f32(a->num_lists, a->list_size, d[LOGITS], d[LABELS], d[WHERE], d[WEIGHTS], reduction,
                                    d[LOSS], d[GRAD_LOGITS], d[HESS_LOGITS]);
    }
    if (a->ragged) {
        return rankloss_softmax_ragged_f64(a->num_lists, d[OFFSETS], d[LOGITS], d[LABELS], d[WHERE], d[WEIGHTS],
                                           reduction, d[LOSS], d[GRAD_LOGITS], d[HESS_LOGITS]);
    }
    return rankloss_softmax_f64(a->num_lists, a->list_size, d[LOGITS], d[LABELS], d[WHERE], d[WEIGHTS], reduction,
                                d[LOSS], d[GRAD_LOGITS], d[HESS_LOGITS]);
}

/* --- the flaws --- */

/* False where there is nothing to break in this way. */
typedef bool break_call(arguments *a, const sample *flat, input *in);

typedef struct flaw {
    const char *name;
    rankloss_status status;
    break_call *apply;
} flaw;

static int64_t draw_negative(input *in) {
    return -1 - (int64_t)(input_word(in, 8) >> 1);
}

static bool negative_count(arguments *a, const sample *flat, input *in) {
    (void)flat;
    const bool of_items = !a->ragged && input_one_in(in, 2);
    *(of_items ? &a->list_size : &a->num_lists) = draw_negative(in);
    return true;
}

/* More bytes than 2^63; without an item the pointers may be NULL, which would be found first. */
static bool count_beyond_memory(arguments *a, const sample *flat, input *in) {
    a->num_lists = INT64_MAX - (int64_t)input_word(in, 3);
    a->list_size = INT64_MAX - (int64_t)input_word(in, 3);
    return has_elements(&flat->problem->logits);
}

static bool no_memory(arguments *a, const sample *flat, input *in) {
    static const part needed[] = {LOGITS, LABELS, OFFSETS};
    const part which = needed[input_below(in, 3)];
    a->data[which] = NULL;
    return has_elements(sample_array(flat, which));
}

static bool between_elements(arguments *a, const sample *flat, input *in) {
    static const part of_numbers[] = {LOGITS, LABELS, WEIGHTS, OFFSETS, LOSS, GRAD_LOGITS, HESS_LOGITS};
    const part which = of_numbers[input_below(in, 7)];
    if (!has_elements(sample_array(flat, which))) {
        return false;
    }
    a->data[which] = (char *)a->data[which] + 1 + input_below(in, 3);
    return true;
}

/* One of the offsets but the last, by which the length of the arrays goes, is not between its neighbours. */
static bool offsets_out_of_order(arguments *a, const sample *flat, input *in) {
    (void)flat;
    if (!a->ragged || a->num_lists < 1) {
        return false;
    }
    int64_t *offsets = a->data[OFFSETS];
    const int64_t k = input_byte(in) % a->num_lists;
    const int64_t most = k > 0 ? offsets[k + 1] : 0;
    offsets[k] = input_one_in(in, 2) ? draw_negative(in) : most + 1 + (int64_t)input_word(in, 7);
    return true;
}

static bool no_reduction(arguments *a, const sample *flat, input *in) {
    (void)flat;
    a->reduction = RANKLOSS_CUSTOM + (int32_t)input_byte(in);
    return true;
}

static bool output_over_labels(arguments *a, const sample *flat, input *in) {
    static const part outputs[] = {LOSS, GRAD_LOGITS, HESS_LOGITS};
    const part which = outputs[input_below(in, 3)];
    a->data[which] = a->data[LABELS];
    return has_elements(sample_array(flat, which)) && has_elements(&flat->problem->labels);
}

static const flaw flaws[] = {
    {"a count is negative", RANKLOSS_ERROR_SHAPE, negative_count},
    {"a count goes beyond memory", RANKLOSS_ERROR_OVERFLOW, count_beyond_memory},
    {"logits, labels or offsets are NULL", RANKLOSS_ERROR_NULL, no_memory},
    {"a pointer is between two elements", RANKLOSS_ERROR_STRIDE, between_elements},
    {"offsets are out of order", RANKLOSS_ERROR_OFFSETS, offsets_out_of_order},
    {"no such reduction, or the caller's own", RANKLOSS_ERROR_OPTION, no_reduction},
    {"an output is over the labels", RANKLOSS_ERROR_OVERLAP, output_over_labels},
};

const int num_flaws = sizeof flaws / sizeof *flaws;

const char *flaw_name(int which) {
    return which < num_flaws ? flaws[which].name : "none";
}

/* The flaw that the bytes ask for, num_flaws for none. */
static int apply_flaw(arguments *a, const sample *flat, input *in) {
    const int which = input_below(in, 2 * num_flaws);
    const arguments whole = *a;
    if (which < num_flaws && flaws[which].apply(a, flat, in)) {
        return which;
    }
    *a = whole;
    return num_flaws;
}

/* --- the judgement --- */

static rankloss_status expected_status(const arguments *a, int which) {
    if (which < num_flaws) {
        return flaws[which].status;
    }
    return a->reduction == RANKLOSS_CUSTOM ? RANKLOSS_ERROR_OPTION : RANKLOSS_OK;
}

/* The outputs hold what rankloss_softmax() writes. */
static void judge_bits(const sample *s, const verdict *v, const sample *flat) {
    sample general;
    flatten(s, &general);
    const rankloss_status status = rankloss_softmax(general.problem, general.result);
    if (status != RANKLOSS_OK) {
        wrong(s, v, "made flat, the call fails with status %d (%s)", (int)status, rankloss_last_error());
    }
    for (int which = LOSS; which < NUM_PARTS; which++) {
        const rankloss_array *got = sample_array(flat, (part)which);
        if (has_elements(got) && !view_same_bits(got, sample_array(&general, (part)which))) {
            wrong(s, v, "%s of the flat function has other bits", part_name((part)which));
        }
    }
    sample_free(&general);
}

int judge_flat(const sample *s, const verdict *v, input *in) {
    sample flat;
    flatten(s, &flat);
    arguments a = arguments_of(&flat);
    const int which = a.reduction == RANKLOSS_CUSTOM ? num_flaws : apply_flaw(&a, &flat, in);
    const rankloss_status expected = expected_status(&a, which);
    sample_remember(&flat);
    errno = ERRNO_BEFORE;
    const rankloss_status status = call(&a);
    if (errno != ERRNO_BEFORE) {
        wrong(s, v, "errno of the flat function is %d", errno);
    }
    if (status != expected || (status != RANKLOSS_OK && rankloss_last_error()[0] == '\0')) {
        wrong(s, v, "status %d (%s) of the flat function, not %d; flaw: %s", (int)status, rankloss_last_error(),
              (int)expected, flaw_name(which));
    }
    if (!sample_unchanged(&flat, status == RANKLOSS_OK)) {
        wrong(s, v, "the flat function has written outside the elements of the outputs; flaw: %s", flaw_name(which));
    }
    if (status == RANKLOSS_OK) {
        judge_bits(s, v, &flat);
    }
    sample_free(&flat);
    return which;
}

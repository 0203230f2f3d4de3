/*
 * Arrays by index arithmetic on guarded memory. Two calls with other fillers in their outputs show what was not written.
 */
#include "guarded_call.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guarded.h"
#include "number.h"
#include "views.h"

enum { MAX_ELEMENTS = GUARDED_LONG_ITEMS, MAX_BYTES = 8 * MAX_ELEMENTS, MARGIN = 512 };

static guarded inputs[NUM_INPUTS], outputs[2][OUTPUT_KINDS];
static char running[80];

const char *guarded_calls_running(void) {
    return running;
}

void guarded_calls_begin(void) {
    for (int which = 0; which < NUM_INPUTS; which++)
        inputs[which] = guarded_new(MAX_BYTES);
    for (int which = 0; which < OUTPUT_KINDS; which++)
        for (int at_end = 0; at_end < 2; at_end++)
            outputs[at_end][which] = guarded_new(MAX_BYTES);
}

/* One call, with its arrays at one end of their memory. */
typedef struct trial {
    const guarded_kind *k;
    bool at_end;
    rankloss_problem problem;
    rankloss_result result;
    size_t window[OUTPUT_KINDS]; /* bytes of an output's memory that are looked at, from that end */
} trial;

static rankloss_array *input_of(rankloss_problem *problem, int which) {
    rankloss_array *const members[] = {&problem->logits, &problem->labels,  &problem->where,     &problem->weights,
                                       &problem->bias,   &problem->offsets, &problem->cotangent, &problem->tangent};
    return members[which];
}

/* --- shapes --- */

typedef struct shapes {
    int32_t reduction;
    int32_t ndim, lists_ndim;
    int64_t items[2], shared[2];
    int64_t lists[1];
    int64_t ends[GUARDED_MOST_ITEMS + 2]; /* ragged */
} shapes;

static int64_t cut_ragged(random_state *r, int64_t n, int64_t *ends) {
    int64_t num_lists = 0;
    ends[0] = 0;
    while (num_lists < GUARDED_MOST_ITEMS && ends[num_lists] < n) {
        const int64_t most = n - ends[num_lists];
        const int64_t size = random_below(r, random_chance(r, 0.1) ? 200 : 40);
        ends[num_lists + 1] = ends[num_lists] + (size < most ? size : most);
        num_lists++;
    }
    ends[num_lists] = n;
    return num_lists;
}

static shapes make_shapes(const guarded_kind *k, random_state *r, int64_t n) {
    static const int64_t sizes[] = {[LISTS_OF_1] = 1, [LISTS_OF_2] = 2, [LISTS_OF_3] = 3, [LISTS_OF_7] = 7};
    static const int32_t reductions[] = {RANKLOSS_NONE, RANKLOSS_MEAN, RANKLOSS_NONE, RANKLOSS_SUM};
    shapes s = {.reduction = reductions[(n + n / 4) % 4], .ndim = 2};
    s.items[0] = n;
    s.lists_ndim = s.reduction == RANKLOSS_NONE;
    switch (k->how) {
    case ONE_LIST:
        s.ndim = 1;
        s.lists_ndim = 0;
        break;
    case RAGGED_LISTS:
        s.ndim = 1;
        s.lists[0] = cut_ragged(r, n, s.ends);
        break;
    case THREE_LISTS:
    case NINE_LISTS:
    case COLUMNS:
        s.items[0] = s.lists[0] = k->how == NINE_LISTS ? 9 : 3;
        s.items[1] = n;
        break;
    default:
        s.items[1] = sizes[k->how];
        s.lists[0] = n;
    }
    s.shared[0] = s.ndim == 2 ? 1 : s.lists[0];
    s.shared[1] = s.ndim == 2 ? s.items[1] : 1;
    return s;
}

/* --- arrays --- */

static size_t bytes_of(const rankloss_array *view, int64_t spacing) {
    const int64_t count = view_count(view);
    const int64_t gap = spacing < 0 ? -spacing : spacing;
    return count > 0 ? (size_t)((count - 1) * gap + 1) * number_size(view->dtype) : 0;
}

/* A view whose elements end with the guarded memory, or begin with it. */
static rankloss_array place(const trial *t, const guarded *memory, int32_t dtype, int32_t ndim, const int64_t *shape) {
    const int64_t spacing = t->k->spacing;
    rankloss_array view = rankloss_array_make((rankloss_dtype)dtype, NULL, ndim, shape);
    const size_t bytes = bytes_of(&view, spacing);
    if (t->k->how == COLUMNS && ndim == 2) {
        view.strides[0] = 1;
        view.strides[1] = shape[0];
    }
    for (int32_t axis = 0; axis < ndim; axis++)
        view.strides[axis] *= spacing;
    char *const first = t->at_end ? guarded_last(memory, bytes) : guarded_first(memory, bytes);
    view.data = first + (spacing < 0 && bytes > 0 ? bytes - number_size(dtype) : 0);
    return view;
}

static unsigned char *window(const trial *t, int which) {
    const guarded *memory = &outputs[t->at_end][which];
    return t->at_end ? guarded_last(memory, t->window[which]) : guarded_first(memory, t->window[which]);
}

static unsigned char filler(const trial *t) {
    return t->at_end ? 0xA5 : 0x5A;
}

static void place_output(trial *t, const shapes *s, int which) {
    const bool per_list = which == OUTPUT_LOSS || which == OUTPUT_JVP;
    const bool shared = (t->k->flags & SHARED) != 0 && (which == OUTPUT_GRAD_LABELS || which == OUTPUT_GRAD_WEIGHTS);
    rankloss_array *view = output_of(&t->result, (output_kind)which);
    if ((t->k->wanted & 1u << which) == 0)
        return;
    *view = place(t, &outputs[t->at_end][which], t->k->outputs,
                  per_list ? s->lists_ndim
                  : shared ? 2
                           : s->ndim,
                  per_list ? s->lists
                  : shared ? s->shared
                           : s->items);
    t->window[which] = bytes_of(view, t->k->spacing) + MARGIN;
    memset(window(t, which), filler(t), t->window[which]);
}

static int32_t input_dtype(const guarded_kind *k, int which) {
    switch (which) {
    case OFFSETS: /* any integer that an index can be; otherwise the usual one */
        return k->labels == RANKLOSS_I32 || k->labels == RANKLOSS_U32 || k->labels == RANKLOSS_U64 ? k->labels
                                                                                                   : RANKLOSS_I64;
    case WHERE:
        return k->labels == RANKLOSS_U8 || k->labels == RANKLOSS_I8 ? k->labels : RANKLOSS_BOOL;
    case LABELS:
    case WEIGHTS:
        return k->labels;
    case BIAS:
        return k->outputs;
    default:
        return k->logits;
    }
}

static void place_input(trial *t, const shapes *s, int which) {
    const bool shared = (t->k->flags & SHARED) != 0 && (which == LABELS || which == WEIGHTS);
    const int64_t ends[] = {s->lists[0] + 1};
    const int32_t dtype = input_dtype(t->k, which);
    rankloss_array *view = input_of(&t->problem, which);
    if (which == OFFSETS)
        *view = place(t, &inputs[which], dtype, 1, ends);
    else if (which == COTANGENT)
        *view = place(t, &inputs[which], dtype, s->lists_ndim, s->lists);
    else
        *view = place(t, &inputs[which], dtype, shared ? 2 : s->ndim, shared ? s->shared : s->items);
    if (which == LOGITS && (t->k->flags & IN_PLACE) != 0)
        *view = t->result.grad_logits;
}

/* Numbers for each input in its dtype, without gaps. */
static unsigned char numbers[NUM_INPUTS][MAX_ELEMENTS * 8];

static long double draw_number(const guarded_kind *k, random_state *r, int which) {
    static const long double far[] = {-(long double)INFINITY, -1e30L, 1e30L, 1e-40L, -1500, 0};
    static const long double factors[] = {1e35L, 1e-40L, 1e-30L, 0, 7, 1};
    const bool is_factor = which == LABELS || which == WEIGHTS;
    if (which == WHERE)
        return random_chance(r, 0.8) ? 1 : 0;
    if (is_factor && !number_is_float(k->labels))
        return (long double)random_below(r, k->labels == RANKLOSS_BOOL ? 2 : 5);
    if ((k->flags & EXTREME) != 0 && which != BIAS && random_chance(r, which == LOGITS ? 0.02 : 0.2))
        return is_factor ? factors[random_below(r, 6)]
                         : far[random_below(r, which == LOGITS ? 6 : 4) + (which != LOGITS)];
    return is_factor ? (long double)random_below(r, 5) : (long double)random_normal(r);
}

void guarded_calls_draw(const guarded_kind *k) {
    random_state r = random_new(random_run_seed(), 71);
    const int64_t count = (k->flags & LONG) != 0 ? GUARDED_LONG_ITEMS : 9 * GUARDED_MOST_ITEMS;
    for (int which = 0; which < NUM_INPUTS; which++)
        for (int64_t i = 0; i < count && which != OFFSETS; i++)
            number_store(input_dtype(k, which), numbers[which], i, draw_number(k, &r, which));
}

static void fill_input(const rankloss_array *view, int which, const shapes *s) {
    const int64_t count = view_count(view);
    const size_t size = number_size(view->dtype);
    for (int64_t i = 0; i < count; i++) {
        if (which == OFFSETS)
            view_set(view, i, (long double)s->ends[i]);
        else
            memcpy((char *)view->data + view_place(view, i) * (int64_t)size, &numbers[which][(size_t)i * size], size);
    }
}

/* --- the trials --- */

/* Whether an output's memory holds its filler outside the elements. Overwrites them. */
static bool untouched_outside(trial *t, int which) {
    const rankloss_array *view = output_of(&t->result, (output_kind)which);
    const int64_t count = view_count(view);
    const size_t size = number_size(view->dtype);
    const unsigned char *const begin = window(t, which);
    for (int64_t i = 0; i < count; i++)
        memset((char *)view->data + view_place(view, i) * (int64_t)size, filler(t), size);
    return begin[0] == filler(t) && memcmp(begin, begin + 1, t->window[which] - 1) == 0;
}

static trial run(const guarded_kind *k, const shapes *s, bool at_end) {
    trial t = {.k = k, .at_end = at_end};
    t.problem.reduction = s->reduction;
    t.problem.label_mode = (k->flags & NORMED) != 0    ? RANKLOSS_LABELS_SUM_TO_ONE
                           : (k->flags & SOFTMAX) != 0 ? RANKLOSS_LABELS_SOFTMAX
                                                       : RANKLOSS_LABELS_RAW;
    t.problem.temperature = (k->inputs & INPUT(BIAS)) != 0 ? 0.75 : 0;
    for (int which = 0; which < OUTPUT_KINDS; which++)
        place_output(&t, s, which);
    for (int which = 0; which < NUM_INPUTS; which++) {
        if ((k->inputs & INPUT(which)) == 0 && !(which == OFFSETS && k->how == RAGGED_LISTS))
            continue;
        guarded_protect(&inputs[which], GUARDED_WRITE);
        place_input(&t, s, which);
        fill_input(input_of(&t.problem, which), which, s);
        guarded_protect(&inputs[which], GUARDED_READ);
    }
    const rankloss_status status = rankloss_softmax(&t.problem, &t.result);
    if (status != RANKLOSS_OK)
        fail_msg("%s: %d: %s", running, (int)status, rankloss_last_error());
    return t;
}

/* The two trials began with other fillers, so that what neither has written differs. */
static void check_outputs(trial *at_begin, trial *at_end) {
    for (int which = 0; which < OUTPUT_KINDS; which++) {
        const rankloss_array *view = output_of(&at_begin->result, (output_kind)which);
        if (view_is_absent(view))
            continue;
        if (!view_same_bits(view, output_of(&at_end->result, (output_kind)which)))
            fail_msg("%s: %s is not fully written, or depends on its place", running, output_name((output_kind)which));
        if (!untouched_outside(at_begin, which) || !untouched_outside(at_end, which))
            fail_msg("%s: something outside the elements of %s was written", running, output_name((output_kind)which));
    }
}

void guarded_calls_check(const guarded_kind *k, random_state *r, int64_t n) {
    const shapes s = make_shapes(k, r, n);
    (void)snprintf(running, sizeof running, "%s, n = %d", k->name, (int)n);
    trial at_begin = run(k, &s, false);
    trial at_end = run(k, &s, true);
    check_outputs(&at_begin, &at_end);
    running[0] = '\0';
}

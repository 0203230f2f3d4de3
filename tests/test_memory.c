/*
 * No access outside the arrays: every input and output lies flush with an inaccessible page, once at its end and once at
 * its beginning, for lists of 0 to 600 items. Inputs are read-only. Outputs hold all their elements afterwards and
 * nothing else has changed around and between them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "guarded.h"
#include "number.h"
#include "random.h"
#include "reference.h"
#include "run.h"
#include "views.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { MAX_ITEMS = 600, MAX_ELEMENTS = 7 * MAX_ITEMS, MAX_BYTES = 5 * 4096, MARGIN = 512, LISTS = 3 };

/* The inputs in the order of rankloss_problem. */
enum { LOGITS, LABELS, WHERE, WEIGHTS, BIAS, OFFSETS, COTANGENT, TANGENT, NUM_INPUTS };

#define INPUT(which) (1u << (which))
#define OUTPUT(which) (1u << (OUTPUT_##which))

enum {
    PLAIN = INPUT(LOGITS) | INPUT(LABELS),
    MASKED = PLAIN | INPUT(WHERE) | INPUT(WEIGHTS),
    ALL_INPUTS = MASKED | INPUT(BIAS) | INPUT(COTANGENT) | INPUT(TANGENT),
    FIRST = OUTPUT(LOSS) | OUTPUT(GRAD_LOGITS),
    FLAT = FIRST | OUTPUT(HESS_LOGITS),
    ALL_OUTPUTS = (1 << OUTPUT_KINDS) - 1
};

/* How the n items of a trial are cut into lists. */
typedef enum cut {
    ONE_LIST,    /* (n) */
    THREE_LISTS, /* (3, n) */
    LISTS_OF_1,  /* (n, 1) */
    LISTS_OF_2,
    LISTS_OF_3,
    LISTS_OF_7,
    COLUMNS,     /* (n, 3) in which the lists are the columns: (3, n) with strides (1, 3) */
    RAGGED_LISTS /* lists of 0 to 40 items */
} cut;

typedef struct kind {
    const char *name;
    int32_t logits, labels, outputs; /* dtypes; weights are like labels, and other inputs like logits */
    cut how;
    int64_t spacing; /* elements from one to the next; negative: backwards */
    unsigned inputs, wanted;
    unsigned flags;
} kind;

enum {
    SHARED = 1, /* labels, weights and their gradients are one list for all, or where ragged one number for each list */
    IN_PLACE = 2, /* the gradient replaces the logits */
    SPARSE = 4    /* every third number of items, since there is much to compute */
};

static const kind kinds[] = {
    {"f32", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN, FIRST, 0},
    {"f64", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, PLAIN, FIRST, 0},
    {"f32 loss", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, OUTPUT(LOSS), 0},
    {"f32 mask", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN | INPUT(WHERE), FLAT, 0},
    {"f64 mask", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, PLAIN | INPUT(WHERE), FLAT, 0},
    {"f32 weights", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f64 weights", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f32 all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 all", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 all", RANKLOSS_F16, RANKLOSS_F16, RANKLOSS_F16, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"bf16 all", RANKLOSS_BF16, RANKLOSS_BF16, RANKLOSS_BF16, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 to f64", RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 to f32", RANKLOSS_F64, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"u8 labels", RANKLOSS_F32, RANKLOSS_U8, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i16 labels", RANKLOSS_F32, RANKLOSS_I16, RANKLOSS_F16, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i32 labels", RANKLOSS_F32, RANKLOSS_I32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i64 labels", RANKLOSS_F64, RANKLOSS_I64, RANKLOSS_BF16, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f32 gaps", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 3, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 gaps", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 gaps", RANKLOSS_F16, RANKLOSS_I8, RANKLOSS_F16, ONE_LIST, 2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 backwards", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, -1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 backwards", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, -2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 lists", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, MASKED, FLAT, 0},
    {"f64 lists", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, THREE_LISTS, 1, MASKED, FLAT, 0},
    {"f32 lists, all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SPARSE},
    {"f32 shared", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
    {"f64 shared", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, THREE_LISTS, -1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
    {"f32 of 1", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_1, 1, MASKED, FLAT, 0},
    {"f32 of 2", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_2, 1, MASKED, FLAT, 0},
    {"f32 of 3", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_3, 1, PLAIN, FLAT, 0},
    {"f64 of 3", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, LISTS_OF_3, 1, MASKED, FLAT, 0},
    {"f32 of 7, all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_7, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 in place", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, IN_PLACE},
    {"f64 in place", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, IN_PLACE},
    {"f32 gaps, in place", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 2, MASKED, FLAT, IN_PLACE},
    {"f16 ragged, in place", RANKLOSS_F16, RANKLOSS_F16, RANKLOSS_F16, RAGGED_LISTS, 1, MASKED, FLAT, IN_PLACE},
    {"f32 columns", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, COLUMNS, 1, MASKED, FLAT, 0},
    {"f64 columns, all", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, COLUMNS, 1, ALL_INPUTS, ALL_OUTPUTS, SPARSE},
    {"f32 ragged", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT, 0},
    {"f64 ragged", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, 1, MASKED, FLAT, 0},
    {"f32 ragged, all", RANKLOSS_F32, RANKLOSS_I32, RANKLOSS_F64, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 ragged gaps", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, -2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 ragged", RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_F16, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
};

static guarded inputs[NUM_INPUTS], outputs[2][OUTPUT_KINDS];
static char running[80];

/* One call, with its arrays at one end of their memory. */
typedef struct trial {
    const kind *k;
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
    int32_t reduction; /* RANKLOSS_NONE where n is even, else RANKLOSS_MEAN */
    int32_t ndim, lists_ndim;
    int64_t items[2], shared[2];
    int64_t lists[1];
    int64_t ends[MAX_ITEMS + 2]; /* ragged */
} shapes;

static int64_t cut_ragged(random_state *r, int64_t n, int64_t *ends) {
    int64_t num_lists = 0;
    ends[0] = 0;
    while (ends[num_lists] < n && num_lists < MAX_ITEMS) {
        const int64_t most = n - ends[num_lists];
        const int64_t size = random_below(r, random_chance(r, 0.1) ? 200 : 40);
        ends[num_lists + 1] = ends[num_lists] + (size < most ? size : most);
        num_lists++;
    }
    ends[num_lists] = n;
    return num_lists;
}

static shapes make_shapes(const kind *k, random_state *r, int64_t n) {
    static const int64_t sizes[] = {[LISTS_OF_1] = 1, [LISTS_OF_2] = 2, [LISTS_OF_3] = 3, [LISTS_OF_7] = 7};
    shapes s = {.reduction = n % 2 == 0 ? RANKLOSS_NONE : RANKLOSS_MEAN, .ndim = 2};
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
    case COLUMNS:
        s.items[0] = LISTS;
        s.items[1] = n;
        s.lists[0] = LISTS;
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

static int32_t input_dtype(const kind *k, int which) {
    if (which == OFFSETS)
        return k->labels == RANKLOSS_I32 ? RANKLOSS_I32 : RANKLOSS_I64;
    if (which == WHERE)
        return RANKLOSS_BOOL;
    return which == LABELS || which == WEIGHTS ? k->labels : k->logits;
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

static void draw_numbers(const kind *k) {
    random_state r = random_new(random_run_seed(), 71);
    for (int which = 0; which < NUM_INPUTS; which++) {
        for (int64_t i = 0; i < MAX_ELEMENTS; i++) {
            long double value = (long double)random_normal(&r);
            if (which == WHERE)
                value = random_chance(&r, 0.8) ? 1 : 0;
            else if (which == LABELS || which == WEIGHTS)
                value = (long double)random_below(&r, 5);
            number_store(input_dtype(k, which), numbers[which], i, value);
        }
    }
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

static trial run(const kind *k, const shapes *s, bool at_end) {
    trial t = {.k = k, .at_end = at_end};
    t.problem.reduction = s->reduction;
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

static void stays_inside(void **state) {
    const kind *k = *state;
    random_state r = random_new(random_run_seed(), 70);
    draw_numbers(k);
    for (int64_t n = 0; n <= MAX_ITEMS; n += (k->flags & SPARSE) != 0 ? 3 : 1) {
        const shapes s = make_shapes(k, &r, n);
        (void)snprintf(running, sizeof running, "%s, n = %d", k->name, (int)n);
        trial at_begin = run(k, &s, false);
        trial at_end = run(k, &s, true);
        check_outputs(&at_begin, &at_end);
    }
    running[0] = '\0';
}

static int say_where(void **state) {
    (void)state;
    if (running[0])
        printf("the test ended at: %s\n", running);
    return 0;
}

int main(void) {
    static kind copies[LENGTH(kinds)];
    struct CMUnitTest tests[LENGTH(kinds)];
    const int refused = run_refused();
    if (refused)
        return refused;
    memcpy(copies, kinds, sizeof kinds);
    for (size_t i = 0; i < LENGTH(kinds); i++)
        tests[i] = (struct CMUnitTest){kinds[i].name, stays_inside, NULL, say_where, &copies[i]};
    for (int which = 0; which < NUM_INPUTS; which++)
        inputs[which] = guarded_new(MAX_BYTES);
    for (int which = 0; which < OUTPUT_KINDS; which++)
        for (int at_end = 0; at_end < 2; at_end++)
            outputs[at_end][which] = guarded_new(MAX_BYTES);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Dtypes, strides, broadcasting and ragged lists: every dtype of every argument and every layout against the long double
 * reference. Outputs are written where their views say and nowhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "number.h"
#include "run.h"

static const rankloss_array none;

/* Numbers for a dtype that fill its range now and then. */
static void draw_any(random_state *r, const rankloss_array *view) {
    const int64_t count = view_count(view);
    const size_t size = number_size(view->dtype);
    if (number_is_float(view->dtype)) {
        draw_normal(r, view);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits = random_bits(r);
        bits >>= random_below(r, 64);
        memcpy((char *)view->data + view_place(view, i) * (int64_t)size, &bits, size);
    }
}

/* A random shape that broadcasts to full: fewer axes, or extents of 1. */
static int32_t draw_broadcast(random_state *r, int32_t ndim, const int64_t *full, int64_t *shape) {
    const int32_t dropped = random_chance(r, 0.4) ? (int32_t)random_below(r, ndim + 1) : 0;
    for (int32_t axis = dropped; axis < ndim; axis++) {
        shape[axis - dropped] = random_chance(r, 0.25) ? 1 : full[axis];
    }
    return ndim - dropped;
}

static int32_t draw_float(random_state *r) {
    return (int32_t)(1 + random_below(r, 4));
}

static int32_t draw_dtype(random_state *r) {
    return (int32_t)(1 + random_below(r, 13));
}

/* A new view of a shape that broadcasts to that of the problem, dense or ragged. */
static rankloss_array new_input(pool *p, random_state *r, const rankloss_problem *problem, int32_t dtype) {
    int64_t shape[RANKLOSS_MAX_NDIM];
    int32_t ndim;
    if (view_is_absent(&problem->offsets)) {
        ndim = draw_broadcast(r, problem->logits.ndim, problem->logits.shape, shape);
    } else {
        const int64_t num_lists = problem->offsets.shape[0] - 1;
        const int64_t choice = random_below(r, 5);
        ndim = choice == 0 ? 2 : choice == 1 ? 0 : 1;
        shape[0] = choice == 0 ? num_lists : choice == 2 ? 1 : problem->logits.shape[0];
        shape[1] = 1;
    }
    return view_new(p, dtype, ndim, shape, LAYOUT_ANY, r);
}

static rankloss_array new_numbers(pool *p, random_state *r, const rankloss_problem *problem, int32_t dtype) {
    const rankloss_array view = new_input(p, r, problem, dtype);
    draw_any(r, &view);
    return view;
}

/* Turns some axes of an input into repetitions by stride 0. */
static void repeat_axes(random_state *r, rankloss_array *view) {
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        view->strides[axis] = random_chance(r, 0.15) ? 0 : view->strides[axis];
    }
}

static rankloss_array new_cotangent(pool *p, random_state *r, const rankloss_problem *problem) {
    rankloss_problem leading = *problem;
    leading.logits.ndim -= view_is_absent(&problem->offsets);
    const int32_t dtype = draw_float(r);
    const bool single = random_chance(r, 0.2);
    const bool no_axis = random_chance(r, 0.5);
    rankloss_array view;
    if (problem->reduction != RANKLOSS_NONE || leading.logits.ndim == 0) {
        view = view_new(p, dtype, no_axis ? 0 : 1, (const int64_t[]){1}, LAYOUT_ANY, r);
    } else if (view_is_absent(&problem->offsets)) {
        view = new_input(p, r, &leading, dtype);
    } else {
        const int64_t extent = single ? 1 : problem->offsets.shape[0] - 1;
        view = view_new(p, dtype, single && no_axis ? 0 : 1, &extent, LAYOUT_ANY, r);
    }
    draw_normal(r, &view);
    return view;
}

static void add_optional_inputs(pool *p, random_state *r, rankloss_problem *problem) {
    static const int32_t where_dtypes[] = {RANKLOSS_BOOL, RANKLOSS_U8, RANKLOSS_I8};
    if (random_chance(r, 0.5)) {
        problem->where = new_input(p, r, problem, where_dtypes[random_below(r, 3)]);
        draw_where(r, &problem->where, 0.8);
        repeat_axes(r, &problem->where);
    }
    if (random_chance(r, 0.5)) {
        problem->weights = new_numbers(p, r, problem, draw_dtype(r));
        repeat_axes(r, &problem->weights);
    }
    if (random_chance(r, 0.3)) {
        problem->bias = new_numbers(p, r, problem, draw_float(r));
        repeat_axes(r, &problem->bias);
    }
    if (random_chance(r, 0.5)) {
        problem->cotangent = new_cotangent(p, r, problem);
    }
    if (random_chance(r, 0.5)) {
        problem->tangent = new_numbers(p, r, problem, draw_float(r));
        repeat_axes(r, &problem->tangent);
    }
    problem->temperature = random_chance(r, 0.3) ? 0.5 + random_unit(r) : 0;
    problem->label_mode = random_chance(r, 0.3) ? (int32_t)(1 + random_below(r, 2)) : RANKLOSS_LABELS_RAW;
    problem->num_threads = (int32_t)random_below(r, 3);
}

static rankloss_problem new_dense(pool *p, random_state *r) {
    int64_t shape[RANKLOSS_MAX_NDIM];
    const int32_t ndim = random_chance(r, 0.1) ? RANKLOSS_MAX_NDIM : (int32_t)(1 + random_below(r, 4));
    for (int32_t axis = 0; axis < ndim; axis++) {
        shape[axis] = random_chance(r, 0.03) ? 0 : 1 + random_below(r, ndim > 4 ? 3 : 6);
    }
    shape[ndim - 1] = random_chance(r, 0.1) ? random_below(r, 700) : shape[ndim - 1] + random_below(r, 20);
    rankloss_problem problem = {.logits = view_new(p, draw_float(r), ndim, shape, LAYOUT_ANY, r)};
    draw_logits(r, &problem.logits, (logit_kind)random_below(r, LOGITS_OFFSET_1E4));
    repeat_axes(r, &problem.logits);
    return problem;
}

static rankloss_problem new_ragged(pool *p, random_state *r) {
    static const int32_t offset_dtypes[] = {RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U32, RANKLOSS_U64};
    const int64_t num_lists = random_below(r, 12);
    const rankloss_array ends = draw_offsets(p, r, num_lists, random_chance(r, 0.1) ? 700 : 25);
    const int64_t items = (int64_t)view_get(&ends, num_lists);
    rankloss_problem problem = {.logits = view_new(p, draw_float(r), 1, &items, LAYOUT_ANY, r)};
    problem.offsets = view_new(p, offset_dtypes[random_below(r, 4)], 1, ends.shape, LAYOUT_ANY, r);
    for (int64_t k = 0; k <= num_lists; k++) {
        view_set(&problem.offsets, k, view_get(&ends, k));
    }
    draw_logits(r, &problem.logits, (logit_kind)random_below(r, LOGITS_OFFSET_1E4));
    return problem;
}

/* A bit for each that the problem can have. */
static int outputs_of(const rankloss_problem *problem) {
    return view_is_absent(&problem->tangent) ? OUTPUTS_WITHOUT_TANGENT : OUTPUTS_ALL;
}

/* Most outputs, each in a dtype and layout of its own, the two that may be in a shape that broadcasts. */
static rankloss_result new_outputs(pool *p, random_state *r, const rankloss_problem *problem) {
    rankloss_result result = {.reserved = {0}};
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        if (random_chance(r, 0.9) && (outputs_of(problem) >> kind & 1) != 0) {
            rankloss_result one = make_outputs(p, problem, draw_float(r), 1 << kind, LAYOUT_ANY, r);
            *output_of(&result, (output_kind)kind) = *output_of(&one, (output_kind)kind);
        }
    }
    if (random_chance(r, 0.5)) {
        result.grad_labels = new_input(p, r, problem, draw_float(r));
    }
    if (random_chance(r, 0.5)) {
        result.grad_weights = new_input(p, r, problem, draw_float(r));
    }
    return result;
}

static void try_layout(random_state *r, bool ragged, int round) {
    pool inputs = {.count = 0};
    pool outputs = {.count = 0};
    char label[96];
    rankloss_problem problem = ragged ? new_ragged(&inputs, r) : new_dense(&inputs, r);
    problem.reduction = (int32_t)random_below(r, 3);
    problem.labels = new_numbers(&inputs, r, &problem, draw_dtype(r));
    repeat_axes(r, &problem.labels);
    add_optional_inputs(&inputs, r, &problem);
    rankloss_result result = new_outputs(&outputs, r, &problem);
    snprintf(label, sizeof label, "%s layout, seed %llu, round %d", ragged ? "ragged" : "dense",
             (unsigned long long)random_run_seed(), round);
    check_against_reference(&problem, &result, label);

    const rankloss_array *written[OUTPUT_KINDS];
    int count = 0;
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *view = output_of(&result, (output_kind)kind);
        if (!view_is_absent(view)) {
            written[count++] = view;
        }
    }
    if (!pool_untouched_outside(&outputs, written, count)) {
        fail_msg("%s: written outside the elements of the outputs", label);
    }
    pool_free(&outputs);
    pool_free(&inputs);
}

static void dense_layouts(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 20);
    for (int round = 0; round < 3000 / random_run_share(); round++) {
        try_layout(&r, false, round);
    }
}

static void ragged_layouts(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 21);
    for (int round = 0; round < 2000 / random_run_share(); round++) {
        try_layout(&r, true, round);
    }
}

/* Each dtype in each argument beside plain others. */
static void every_dtype_of_every_argument(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 22);
    for (int32_t logits = RANKLOSS_F32; logits <= RANKLOSS_BF16; logits++) {
        for (int32_t output = RANKLOSS_F32; output <= RANKLOSS_BF16; output++) {
            for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BOOL; dtype++) {
                pool p = {.count = 0};
                char label[96];
                rankloss_problem problem = draw_dense(&p, &r, logits, 3, 37);
                const int32_t other = dtype % 13 + 1;
                const bool real = number_is_float(dtype);
                problem.labels = view_new(&p, dtype, 2, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
                problem.weights = view_new(&p, other, 2, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
                draw_any(&r, &problem.labels);
                draw_any(&r, &problem.weights);
                problem.bias = real ? view_cast(&p, &problem.tangent, dtype) : none;
                problem.cotangent = real ? view_cast(&p, &problem.cotangent, dtype) : none;
                problem.tangent = real ? view_cast(&p, &problem.tangent, dtype) : problem.tangent;
                problem.where.dtype = dtype == RANKLOSS_U8 || dtype == RANKLOSS_I8 ? dtype : RANKLOSS_BOOL;
                snprintf(label, sizeof label, "logits %s, labels %s, outputs %s", number_name(logits),
                         number_name(dtype), number_name(output));
                rankloss_result result = make_outputs(&p, &problem, output, OUTPUTS_ALL, LAYOUT_ROW_MAJOR, NULL);
                check_against_reference(&problem, &result, label);
                pool_free(&p);
            }
        }
    }
}

/* Lists of one size: a full group of them and some more. */
static rankloss_problem new_lists(pool *p, random_state *r, int32_t logits, int64_t size, bool ragged) {
    const int64_t num_lists = 11, ends = num_lists + 1;
    if (!ragged)
        return draw_dense(p, r, logits, num_lists, size);
    rankloss_array offsets = view_new(p, RANKLOSS_I64, 1, &ends, LAYOUT_ROW_MAJOR, NULL);
    for (int64_t k = 0; k < ends; k++)
        ((int64_t *)offsets.data)[k] = k * size;
    return draw_lists(p, r, logits, offsets);
}

/*
 * With losses and derivatives by the logits alone, short lists have a way of their own, on which inputs are converted.
 * Longer ones have loops of their own for integers as labels, and outputs that are not contiguous come out in pieces.
 */
static void try_lists(random_state *r, int64_t size, int32_t dtype, bool ragged) {
    const int by_logits[] = {1 << OUTPUT_GRAD_LOGITS, 1 << OUTPUT_HESS_LOGITS,
                             1 << OUTPUT_GRAD_LOGITS | 1 << OUTPUT_HESS_LOGITS};
    const int others =
        random_chance(r, 0.5) ? 0 : 1 << (random_chance(r, 0.5) ? OUTPUT_GRAD_LABELS : OUTPUT_GRAD_WEIGHTS);
    pool p = {.count = 0};
    char label[96];
    rankloss_problem problem = new_lists(&p, r, random_chance(r, 0.8) ? RANKLOSS_F32 : draw_float(r), size, ragged);
    problem.labels = view_new(&p, dtype, problem.logits.ndim, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
    problem.label_mode = random_chance(r, 0.3) ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
    draw_any(r, &problem.labels);
    if (random_chance(r, 0.2))
        view_fill(&problem.labels, 0.0L); /* which cannot sum to one */
    problem.weights = view_new(&p, draw_dtype(r), problem.logits.ndim, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
    draw_any(r, &problem.weights);
    problem.tangent = none;
    problem.weights = random_chance(r, 0.5) ? none : problem.weights;
    problem.where = random_chance(r, 0.7) ? none : problem.where;
    problem.cotangent = random_chance(r, 0.5) ? none : view_cast(&p, &problem.cotangent, draw_float(r));
    snprintf(label, sizeof label, "%s lists of %d, labels %s", ragged ? "ragged" : "dense", (int)size,
             number_name(dtype));
    rankloss_result result = make_outputs(&p, &problem, random_chance(r, 0.7) ? RANKLOSS_F32 : draw_float(r),
                                          1 << OUTPUT_LOSS | by_logits[random_below(r, 3)] | others,
                                          random_chance(r, 0.7) ? LAYOUT_ROW_MAJOR : LAYOUT_ANY, r);
    check_against_reference(&problem, &result, label);
    pool_free(&p);
}

static void every_dtype_of_labels(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 26);
    for (int64_t size = 1; size <= 5000; size += size < 20 ? 1 : size < 64 ? 11 : size / 2)
        for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BOOL; dtype++)
            for (int ragged = 0; ragged < 2; ragged++)
                try_lists(&r, size, dtype, ragged == 1);
}

/* Every finite binary16 and bfloat16 number as a logit, 256 a list; of the lists a share. */
static void every_16_bit_logit(void **state) {
    (void)state;
    for (int32_t dtype = RANKLOSS_F16; dtype <= RANKLOSS_BF16; dtype++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 23);
        const int64_t lists = 256 / random_run_share(), count = lists * 256;
        rankloss_problem problem = draw_dense(&p, &r, dtype, lists, 256);
        for (int64_t i = 0; i < count; i++) {
            ((uint16_t *)problem.logits.data)[i] = (uint16_t)(i * 40503);
        }
        for (int64_t i = 0; i < count; i++) {
            ((uint8_t *)problem.where.data)[i] = isfinite(view_get(&problem.logits, i)) ? 1 : 0;
        }
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_against_reference(&problem, &result, number_name(dtype));
        pool_free(&p);
    }
}

/* The gradient in the place of the logits is the gradient elsewhere. */
static void gradient_in_place(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 24);
    for (int round = 0; round < 400 / random_run_share(); round++) {
        pool p = {.count = 0};
        char label[96];
        const bool ragged = round % 2;
        rankloss_problem problem = ragged ? new_ragged(&p, &r) : new_dense(&p, &r);
        for (int32_t axis = 0; axis < problem.logits.ndim; axis++) {
            problem.logits =
                problem.logits.strides[axis] ? problem.logits : view_cast(&p, &problem.logits, draw_float(&r));
        }
        problem.labels = new_numbers(&p, &r, &problem, draw_dtype(&r));
        add_optional_inputs(&p, &r, &problem);
        const int outputs = outputs_of(&problem);
        rankloss_result apart = make_plain_outputs(&p, &problem, outputs);
        apart.grad_logits = view_copy(&p, &problem.logits);
        rankloss_result in_place = make_plain_outputs(&p, &problem, outputs);
        in_place.grad_logits = problem.logits;
        snprintf(label, sizeof label, "in place, seed %llu, round %d", (unsigned long long)random_run_seed(), round);
        check_run(&problem, &apart, label);
        check_run(&problem, &in_place, label);
        check_same_bits(&apart, &in_place, label);
        pool_free(&p);
    }
}

/* Long lists, whose logits are read again for every output. */
/* Such sums are made for some 32,000 items at a time, the last of which are fewer. */
static void sums_over_lists_of_many_items(void **state) {
    enum { ITEMS = 70000, BEHIND = 40000 };
    (void)state;
    random_state r = random_new(random_run_seed(), 33);
    pool p = {.count = 0};
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 3, ITEMS);
    rankloss_result result = make_plain_outputs(&p, &problem, 1 << OUTPUT_LOSS);
    result.grad_labels = view_vector(&p, RANKLOSS_F32, ITEMS + BEHIND);
    float *const behind = (float *)result.grad_labels.data + ITEMS;
    result.grad_labels.shape[0] = ITEMS;
    for (int i = 0; i < BEHIND; i++)
        behind[i] = 12345.0F;
    check_against_reference(&problem, &result, "sums over lists of many items");
    for (int i = 0; i < BEHIND; i++)
        assert_true(behind[i] == 12345.0F);
    pool_free(&p);
}

static void gradient_of_long_lists_in_place(void **state) {
    (void)state;
    static const int64_t sizes[] = {513, 2049, 5000};
    random_state r = random_new(random_run_seed(), 25);
    for (int round = 0; round < 24; round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        rankloss_problem problem = draw_dense(&p, &r, dtype, 2, sizes[round % 3]);
        problem.temperature = round % 4 / 2 ? 0.7 : 0;
        rankloss_result apart = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        rankloss_result in_place = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        in_place.grad_logits = problem.logits;
        check_run(&problem, &apart, "long lists");
        check_run(&problem, &in_place, "long lists in place");
        check_same_bits(&apart, &in_place, "long lists in place");
        pool_free(&p);
    }
}

/*
 * Two equal logits with labels 0 and c have the gradient c / 2 and -c / 2 exactly. Half way between two numbers of the
 * output it goes to the even one.
 */
static void results_half_way_between_two_numbers(void **state) {
    (void)state;
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BF16; dtype++) {
        const double unit = ldexp(1, number_precision(dtype));
        for (int odd = 1; odd < 16 && dtype != RANKLOSS_F64; odd += 2) {
            double logits[] = {3, 3};
            double labels[] = {0, 2 * (unit + odd)};
            pool p = {.count = 0};
            const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2), .labels = RANKLOSS_ARRAY(labels, 2)};
            const rankloss_result result =
                make_outputs(&p, &problem, dtype, 1 << OUTPUT_GRAD_LOGITS, LAYOUT_ROW_MAJOR, NULL);
            const long double even = number_round(dtype, (long double)(unit + odd));
            check_run(&problem, &result, number_name(dtype));
            assert_true(view_get(&result.grad_logits, 0) == even);
            assert_true(view_get(&result.grad_logits, 1) == -even);
            pool_free(&p);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_of_every_argument),
        cmocka_unit_test(every_dtype_of_labels),
        cmocka_unit_test(every_16_bit_logit),
        cmocka_unit_test(dense_layouts),
        cmocka_unit_test(ragged_layouts),
        cmocka_unit_test(gradient_in_place),
        cmocka_unit_test(sums_over_lists_of_many_items),
        cmocka_unit_test(gradient_of_long_lists_in_place),
        cmocka_unit_test(results_half_way_between_two_numbers),
    };
    const int refused = run_refused_reference();
    if (refused) {
        return refused;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_print_errors();
    return failed;
}

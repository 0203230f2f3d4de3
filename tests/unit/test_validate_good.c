/*
 * Unusual but valid calls give the results of usual ones: outputs that interleave, run backwards or replace the logits,
 * inputs that overlap, arrays without elements, many axes, and values of options that mean the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "number.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { ROWS = 4, ITEMS = 5 };

static const output_kind item_outputs[] = {OUTPUT_GRAD_LOGITS, OUTPUT_GRAD_LABELS, OUTPUT_GRAD_WEIGHTS,
                                           OUTPUT_HESS_LOGITS, OUTPUT_HVP_LOGITS};

typedef struct fixture {
    pool memory;
    random_state random;
    rankloss_problem problem; /* ROWS lists of ITEMS, with every input, one loss for each list */
    rankloss_result usual;    /* what the problem gives in row-major outputs */
} fixture;

static fixture new_fixture(int32_t dtype) {
    fixture f = {.random = random_new(random_run_seed(), 60)};
    f.problem = draw_dense(&f.memory, &f.random, dtype, ROWS, ITEMS);
    f.problem.reduction = RANKLOSS_NONE;
    f.problem.temperature = 0.75;
    f.usual = make_plain_outputs(&f.memory, &f.problem, OUTPUTS_ALL);
    check_run(&f.problem, &f.usual, "usual outputs");
    return f;
}

static rankloss_array strided(const fixture *f, void *data, int64_t row_stride, int64_t item_stride) {
    rankloss_array view = f->usual.grad_logits;
    view.data = data;
    view.strides[0] = row_stride;
    view.strides[1] = item_stride;
    return view;
}

static bool all_are(const unsigned char *bytes, size_t count, unsigned char value) {
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* Two outputs through views of one matrix; what is outside them keeps its bytes. */
static void try_pair(int32_t dtype, const int64_t first[3], const int64_t second[3], const char *label) {
    fixture f = new_fixture(dtype);
    const int64_t size = (int64_t)number_size(dtype);
    for (size_t a = 0; a < LENGTH(item_outputs); a++) {
        for (size_t b = 0; b < LENGTH(item_outputs); b++) {
            pool buffer = {.count = 0};
            rankloss_result pair = {.reserved = {0}};
            char *const matrix = pool_bytes(&buffer, 2 * ROWS * ITEMS * size);
            if (a == b) {
                pool_free(&buffer);
                continue;
            }
            rankloss_array *const one = output_of(&pair, item_outputs[a]);
            rankloss_array *const two = output_of(&pair, item_outputs[b]);
            *one = strided(&f, matrix + first[0] * size, first[1], first[2]);
            *two = strided(&f, matrix + second[0] * size, second[1], second[2]);
            check_run(&f.problem, &pair, label);
            check_same_bits(&pair, &f.usual, label);
            assert_true(pool_untouched_outside(&buffer, (const rankloss_array *[]){one, two}, 2));
            pool_free(&buffer);
        }
    }
    pool_free(&f.memory);
}

/* The first element, the stride of lists and the stride of items of two outputs in a matrix of 2 * ROWS * ITEMS. */
static const struct {
    const char *label;
    int64_t first[3], second[3];
} pairs[] = {
    {"every other element", {0, 2 * ITEMS, 2}, {1, 2 * ITEMS, 2}},
    {"every other element, one backwards", {0, 2 * ITEMS, 2}, {2 * ROWS * ITEMS - 1, -2 * ITEMS, -2}},
    {"the halves of the columns", {0, 2 * ITEMS, 1}, {ITEMS, 2 * ITEMS, 1}},
    {"the halves of the columns, one backwards", {0, 2 * ITEMS, 1}, {2 * ITEMS - 1, 2 * ITEMS, -1}},
    {"every other row", {0, 2 * ITEMS, 1}, {2 * ROWS * ITEMS - ITEMS, -2 * ITEMS, 1}},
    {"the halves of the rows", {0, ITEMS, 1}, {ROWS * ITEMS, ITEMS, 1}},
    {"every other column of a column-major matrix", {0, 1, 2 * ROWS}, {ROWS, 1, 2 * ROWS}},
    {"halves, one column-major", {0, 1, ROWS}, {ROWS * ITEMS, ITEMS, 1}},
    {"every other element of a column-major matrix", {0, 2, 2 * ROWS}, {1, 2, 2 * ROWS}},
};

static void two_outputs_in_one_matrix(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        try_pair(RANKLOSS_F32, pairs[i].first, pairs[i].second, pairs[i].label);
        try_pair(RANKLOSS_F64, pairs[i].first, pairs[i].second, pairs[i].label);
    }
}

/* The gradient in the very place of the logits, in any layout of them. */
static void gradient_in_place(void **state) {
    static const int64_t layouts[][3] = {
        {0, ITEMS, 1}, {0, 1, ROWS}, {ROWS * ITEMS - 1, -ITEMS, -1}, {0, 2 * ITEMS, 2}};
    (void)state;
    for (size_t k = 0; k < LENGTH(layouts); k++) {
        fixture f = new_fixture(RANKLOSS_F32);
        float *const matrix = pool_bytes(&f.memory, 2 * ROWS * ITEMS * (int64_t)sizeof(float));
        rankloss_problem problem = f.problem;
        problem.logits = strided(&f, matrix + layouts[k][0], layouts[k][1], layouts[k][2]);
        for (int64_t i = 0; i < ROWS * ITEMS; i++) {
            view_set(&problem.logits, i, view_get(&f.problem.logits, i));
        }
        rankloss_result result = make_plain_outputs(&f.memory, &problem, OUTPUTS_ALL);
        result.grad_logits = problem.logits;
        check_run(&problem, &result, "in place");
        check_same_bits(&result, &f.usual, "in place");
        pool_free(&f.memory);
    }
}

/* One array as every input of items, and windows of one array that overlap. */
static void inputs_that_overlap(void **state) {
    (void)state;
    for (int64_t shift = 0; shift < ITEMS; shift++) {
        fixture f = new_fixture(RANKLOSS_F32);
        float *const numbers = pool_bytes(&f.memory, (ROWS * ITEMS + 4 * ITEMS) * (int64_t)sizeof(float));
        for (int64_t i = 0; i < ROWS * ITEMS + 4 * ITEMS; i++) {
            numbers[i] = (float)random_normal(&f.random);
        }
        rankloss_problem shared = f.problem;
        rankloss_array *const inputs[] = {&shared.logits, &shared.labels, &shared.weights, &shared.bias,
                                          &shared.tangent};
        for (size_t k = 0; k < LENGTH(inputs); k++) {
            *inputs[k] = strided(&f, numbers + (int64_t)k * shift, ITEMS, 1);
        }
        shared.where = strided(&f, (unsigned char *)numbers + 1, ITEMS, 1);
        shared.where.dtype = RANKLOSS_U8;
        rankloss_problem apart = shared;
        apart.logits = view_copy(&f.memory, &shared.logits);
        apart.labels = view_copy(&f.memory, &shared.labels);
        apart.weights = view_copy(&f.memory, &shared.weights);
        apart.bias = view_copy(&f.memory, &shared.bias);
        apart.tangent = view_copy(&f.memory, &shared.tangent);
        apart.where = view_copy(&f.memory, &shared.where);
        rankloss_result a = make_plain_outputs(&f.memory, &shared, OUTPUTS_ALL);
        rankloss_result b = make_plain_outputs(&f.memory, &apart, OUTPUTS_ALL);
        check_run(&shared, &a, "inputs that overlap");
        check_run(&apart, &b, "inputs apart");
        check_same_bits(&a, &b, "inputs that overlap");
        pool_free(&f.memory);
    }
}

static void cotangent_beside_no_derivative(void **state) {
    (void)state;
    fixture f = new_fixture(RANKLOSS_F64);
    rankloss_result result = make_plain_outputs(&f.memory, &f.problem, 1 << OUTPUT_LOSS | 1 << OUTPUT_JVP);
    view_fill(&f.problem.cotangent, (long double)NAN);
    check_run(&f.problem, &result, "a cotangent of NaN");
    check_same_bits(&result, &f.usual, "a cotangent of NaN");
    pool_free(&f.memory);
}

static void values_that_mean_the_same(void **state) {
    static const double temperatures[] = {0.0, -0.0, 1.0};
    (void)state;
    fixture f = new_fixture(RANKLOSS_F32);
    f.problem.temperature = 1;
    check_run(&f.problem, &f.usual, "temperature 1");
    for (size_t k = 0; k < LENGTH(temperatures); k++) {
        rankloss_result result = make_plain_outputs(&f.memory, &f.problem, OUTPUTS_ALL);
        f.problem.temperature = temperatures[k];
        check_run(&f.problem, &result, "temperature 0");
        check_same_bits(&result, &f.usual, "temperature 0");
    }
    pool_free(&f.memory);
}

/* Any byte but 0 is true. */
static void bytes_of_masks(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_BOOL, RANKLOSS_U8, RANKLOSS_I8};
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        fixture f = new_fixture(RANKLOSS_F32);
        unsigned char *const mask = f.problem.where.data;
        for (int64_t i = 0; i < ROWS * ITEMS; i++) {
            mask[i] = mask[i] ? (unsigned char)byte : 0;
        }
        rankloss_result result = make_plain_outputs(&f.memory, &f.problem, OUTPUTS_ALL);
        f.problem.where.dtype = dtypes[byte % 3];
        check_run(&f.problem, &result, "a mask");
        check_same_bits(&result, &f.usual, "a mask");
        pool_free(&f.memory);
    }
}

/* Entries of shape and strides beyond ndim, and all of an absent view but its data and ndim. */
static void entries_that_are_not_looked_at(void **state) {
    (void)state;
    fixture f = new_fixture(RANKLOSS_F32);
    rankloss_result result = make_plain_outputs(&f.memory, &f.problem, OUTPUTS_ALL);
    rankloss_array *const inputs[] = {&f.problem.logits, &f.problem.labels,    &f.problem.where,   &f.problem.weights,
                                      &f.problem.bias,   &f.problem.cotangent, &f.problem.tangent, &f.problem.offsets};
    for (size_t k = 0; k < LENGTH(inputs) + OUTPUT_KINDS; k++) {
        rankloss_array *view = k < LENGTH(inputs) ? inputs[k] : output_of(&result, (output_kind)(k - LENGTH(inputs)));
        for (int32_t axis = view->ndim; axis < RANKLOSS_MAX_NDIM; axis++) {
            view->shape[axis] = -7 - axis;
            view->strides[axis] = INT64_MIN + axis;
        }
        view->dtype = view->data ? view->dtype : -7;
    }
    check_run(&f.problem, &result, "entries beyond ndim");
    check_same_bits(&result, &f.usual, "entries beyond ndim");
    pool_free(&f.memory);
}

/* The axes of a matrix spread over eight. */
static void eight_axes(void **state) {
    static const int64_t shape[] = {1, 2, 1, 1, 2, 1, 1, ITEMS};
    static const int64_t ends[] = {1, ROWS / 2, 1, 1, 2, 1, 1};
    (void)state;
    fixture f = new_fixture(RANKLOSS_F32);
    rankloss_problem problem = f.problem;
    rankloss_array *const inputs[] = {&problem.logits, &problem.labels, &problem.where, &problem.weights,
                                      &problem.tangent};
    for (size_t k = 0; k < LENGTH(inputs); k++) {
        *inputs[k] = rankloss_array_make((rankloss_dtype)inputs[k]->dtype, inputs[k]->data, 8, shape);
    }
    problem.cotangent = rankloss_array_make((rankloss_dtype)problem.cotangent.dtype, problem.cotangent.data, 7, ends);
    rankloss_result result = make_plain_outputs(&f.memory, &problem, OUTPUTS_ALL);
    check_run(&problem, &result, "eight axes");
    check_same_bits(&result, &f.usual, "eight axes");
    pool_free(&f.memory);
}

/* One list of one item, whose strides mean nothing. */
static void strides_of_one_element(void **state) {
    static const int64_t strides[] = {0, 1, -1, 77, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t a = 0; a < LENGTH(strides); a++) {
        for (size_t b = 0; b < LENGTH(strides); b++) {
            pool memory = {.count = 0};
            random_state random = random_new(random_run_seed(), 61);
            rankloss_problem problem = draw_dense(&memory, &random, RANKLOSS_F32, 1, 1);
            rankloss_result usual = make_plain_outputs(&memory, &problem, OUTPUTS_ALL);
            rankloss_result result = make_plain_outputs(&memory, &problem, OUTPUTS_ALL);
            check_run(&problem, &usual, "one element");
            rankloss_array *const views[] = {&problem.logits,     &problem.labels,      &problem.where,
                                             &problem.weights,    &problem.tangent,     &result.grad_logits,
                                             &result.grad_labels, &result.grad_weights, &result.hess_logits};
            for (size_t k = 0; k < LENGTH(views); k++) {
                views[k]->strides[0] = strides[a];
                views[k]->strides[1] = strides[b];
            }
            check_run(&problem, &result, "one element of any strides");
            check_same_bits(&result, &usual, "one element of any strides");
            pool_free(&memory);
        }
    }
}

/* --- no elements --- */

/* Shapes of logits without elements. */
static const struct {
    int32_t ndim;
    int64_t shape[RANKLOSS_MAX_NDIM];
} empty_shapes[] = {
    {1, {0}},       {2, {0, 3}},    {2, {2, 0}},    {2, {0, 0}},
    {3, {2, 0, 3}}, {3, {0, 2, 3}}, {3, {2, 3, 0}}, {8, {2, 1, 2, 0, 1, 1, 2, 3}},
    {8, {0}},
};

/* Arrays without elements have data NULL, others a place; what is summed over nothing is +0. */
static rankloss_array empty_or_new(pool *memory, int32_t dtype, int32_t ndim, const int64_t *shape) {
    rankloss_array view = view_new(memory, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL);
    view.data = view_count(&view) == 0 ? NULL : view.data;
    return view;
}

static void try_empty(int32_t ndim, const int64_t *shape, int32_t reduction) {
    static const int64_t one[] = {1};
    pool memory = {.count = 0};
    rankloss_problem problem = {.logits = empty_or_new(&memory, RANKLOSS_F32, ndim, shape), .reduction = reduction};
    problem.labels = problem.weights = problem.bias = problem.tangent = problem.where = problem.logits;
    problem.where.dtype = RANKLOSS_BOOL;
    rankloss_result result = {
        .grad_logits = problem.logits, .hess_logits = problem.logits, .hvp_logits = problem.logits};
    const bool none = reduction == RANKLOSS_NONE;
    result.loss = empty_or_new(&memory, RANKLOSS_F32, none ? ndim - 1 : 1, none ? shape : one);
    result.jvp = empty_or_new(&memory, RANKLOSS_F64, none ? ndim - 1 : 0, shape);
    result.grad_labels = empty_or_new(&memory, RANKLOSS_F32, 1, one);
    result.grad_weights = empty_or_new(&memory, RANKLOSS_F64, 0, NULL);
    check_run(&problem, &result, "no elements");
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *view = output_of(&result, (output_kind)kind);
        const size_t bytes = (size_t)view_count(view) * number_size(view->dtype);
        assert_true(bytes == 0 || all_are(view->data, bytes, 0));
    }
    pool_free(&memory);
}

static void shapes_without_elements(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(empty_shapes); i++) {
        for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_NONE; reduction++) {
            try_empty(empty_shapes[i].ndim, empty_shapes[i].shape, reduction);
        }
    }
}

/* Ragged lists without an item, in offsets of 0 that stride 0 repeats. */
static void ragged_lists_without_items(void **state) {
    static const int64_t no_items[] = {0};
    static const uint32_t zero = 0;
    (void)state;
    for (int64_t num_lists = 0; num_lists < 5; num_lists++) {
        for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_NONE; reduction++) {
            float loss[5];
            memset(loss, 0xA5, sizeof loss);
            rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, NULL, 1, no_items),
                                        .reduction = reduction};
            const int64_t ends = num_lists + 1;
            const int64_t lists = reduction == RANKLOSS_NONE ? num_lists : 1;
            problem.labels = problem.logits;
            problem.offsets = rankloss_array_make(RANKLOSS_U32, &zero, 1, &ends);
            problem.offsets.strides[0] = 0;
            rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, loss, 1, &lists),
                                      .grad_logits = problem.logits};
            check_run(&problem, &result, "no ragged items");
            assert_true(all_are((const unsigned char *)loss, (size_t)lists * sizeof *loss, 0));
            assert_true(all_are((const unsigned char *)&loss[lists], (size_t)(5 - lists) * sizeof *loss, 0xA5));
        }
    }
}

/* Strides that reach no element may have any value. */
static void strides_of_no_element(void **state) {
    static const int64_t shape[] = {3, 4, 0}, strides[] = {INT64_MAX, INT64_MIN, 1, 0};
    float logits = 7, losses[12];
    (void)state;
    for (size_t k = 0; k < LENGTH(strides); k++) {
        rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, &logits, 3, shape)};
        problem.logits.strides[0] = problem.logits.strides[1] = strides[k];
        problem.labels = problem.weights = problem.tangent = problem.logits;
        problem.reduction = RANKLOSS_NONE;
        const rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, losses, 2, shape),
                                        .grad_logits = problem.logits,
                                        .hvp_logits = problem.logits};
        memset(losses, 0xA5, sizeof losses);
        check_run(&problem, &result, "no element of any strides");
        assert_true(all_are((const unsigned char *)losses, sizeof losses, 0));
        assert_true(logits == 7);
    }
}

/* More lists than a loop could visit. */
static void any_number_of_lists_without_items(void **state) {
    static const int64_t shape[] = {INT64_C(1) << 60, 0};
    float number = 7, sum = 7, weight = 7;
    uint8_t where = 1;
    (void)state;
    for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_NONE; reduction++) {
        rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, &number, 2, shape),
                                    .labels = rankloss_array_make(RANKLOSS_F32, &weight, 0, NULL),
                                    .where = rankloss_array_make(RANKLOSS_BOOL, &where, 0, NULL),
                                    .reduction = reduction};
        problem.weights = problem.labels;
        rankloss_result result = {.grad_logits = problem.logits, .hess_logits = problem.logits};
        result.grad_labels = rankloss_array_make(RANKLOSS_F32, &sum, 0, NULL);
        if (reduction != RANKLOSS_NONE)
            result.loss = rankloss_array_make(RANKLOSS_F32, &number, 0, NULL);
        number = sum = 7;
        check_run(&problem, &result, "more lists without items than can be gone through");
        assert_true(sum == 0);
        assert_true(number == (reduction == RANKLOSS_NONE ? 7 : 0));
    }
}

/* No list, of a size that hardly anything can be multiplied by. */
static void no_list_of_any_size(void **state) {
    static const int64_t shape[] = {0, INT64_MAX / 4};
    float number = 7, loss = 7;
    (void)state;
    for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_NONE; reduction++) {
        const rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, &number, 2, shape),
                                          .labels = rankloss_array_make(RANKLOSS_F32, &number, 2, shape),
                                          .reduction = reduction};
        const rankloss_result result = {
            .loss = rankloss_array_make(RANKLOSS_F32, &loss, reduction == RANKLOSS_NONE ? 1 : 0, shape),
            .grad_logits = rankloss_array_make(RANKLOSS_F32, &number, 2, shape)};
        loss = 7;
        check_run(&problem, &result, "no list, but of a size");
        assert_true(loss == (reduction == RANKLOSS_NONE ? 7 : 0) && number == 7);
    }
}

/* An output without elements overlaps nothing, wherever it lies. */
static void outputs_without_elements_in_one_place(void **state) {
    static const int64_t shape[] = {2, 0};
    float number = 7;
    (void)state;
    rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, &number, 2, shape)};
    problem.labels = problem.tangent = problem.logits;
    rankloss_result result = {.reserved = {0}};
    result.grad_logits = result.grad_labels = result.grad_weights = result.hess_logits = result.hvp_logits =
        problem.logits;
    result.grad_labels.data = &problem;
    result.grad_weights.data = &result;
    result.loss = rankloss_array_make(RANKLOSS_F32, &number, 0, NULL);
    check_run(&problem, &result, "outputs without elements");
    assert_true(number == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_outputs_in_one_matrix),
        cmocka_unit_test(gradient_in_place),
        cmocka_unit_test(inputs_that_overlap),
        cmocka_unit_test(cotangent_beside_no_derivative),
        cmocka_unit_test(values_that_mean_the_same),
        cmocka_unit_test(bytes_of_masks),
        cmocka_unit_test(entries_that_are_not_looked_at),
        cmocka_unit_test(eight_axes),
        cmocka_unit_test(strides_of_one_element),
        cmocka_unit_test(shapes_without_elements),
        cmocka_unit_test(strides_of_no_element),
        cmocka_unit_test(any_number_of_lists_without_items),
        cmocka_unit_test(no_list_of_any_size),
        cmocka_unit_test(ragged_lists_without_items),
        cmocka_unit_test(outputs_without_elements_in_one_place),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

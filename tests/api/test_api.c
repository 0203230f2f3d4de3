/*
 * The public interface around rankloss_softmax(): views and their macro, the text of each status, the last error, version
 * and instruction set, and the flat functions.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "kernels/instruction_sets.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const rankloss_array none;

static void array_make_is_row_major(void **state) {
    (void)state;
    float data[24] = {0};
    const int64_t shape[] = {2, 3, 4};
    const int64_t strides[] = {12, 4, 1};
    const rankloss_array a = rankloss_array_make(RANKLOSS_F32, data, 3, shape);
    assert_ptr_equal(a.data, data);
    assert_int_equal(a.dtype, RANKLOSS_F32);
    assert_int_equal(a.ndim, 3);
    assert_memory_equal(a.shape, shape, sizeof shape);
    assert_memory_equal(a.strides, strides, sizeof strides);
}

static void array_make_of_no_axes_and_of_eight(void **state) {
    (void)state;
    double number = 0;
    const int64_t shape[] = {1, 2, 1, 3, 1, 1, 2, 5};
    const int64_t strides[] = {60, 30, 30, 10, 10, 10, 5, 1};
    const rankloss_array scalar = rankloss_array_make(RANKLOSS_F64, &number, 0, NULL);
    const rankloss_array wide = rankloss_array_make(RANKLOSS_BOOL, &number, RANKLOSS_MAX_NDIM, shape);
    assert_int_equal(scalar.ndim, 0);
    assert_ptr_equal(scalar.data, &number);
    assert_memory_equal(wide.shape, shape, sizeof shape);
    assert_memory_equal(wide.strides, strides, sizeof strides);
}

/* As in NumPy, an extent of 0 counts as 1 for the strides of the axes before it. A stride that does not fit is the largest. */
static void array_make_of_nothing_and_of_too_much(void **state) {
    (void)state;
    float data = 0;
    const int64_t nothing[] = {2, 0, 3}, too_much[] = {2, INT64_MAX, 4};
    const int64_t strides_of_nothing[] = {3, 3, 1}, strides_of_too_much[] = {INT64_MAX, 4, 1};
    const rankloss_array a = rankloss_array_make(RANKLOSS_F32, &data, 3, nothing);
    const rankloss_array b = rankloss_array_make(RANKLOSS_F32, &data, 3, too_much);
    assert_memory_equal(a.shape, nothing, sizeof nothing);
    assert_memory_equal(a.strides, strides_of_nothing, sizeof strides_of_nothing);
    assert_memory_equal(b.shape, too_much, sizeof too_much);
    assert_memory_equal(b.strides, strides_of_too_much, sizeof strides_of_too_much);
}

#define EXPECT_DTYPE(type, expected)                                   \
    do {                                                               \
        type element = 0;                                              \
        const type *const constant = &element;                         \
        const rankloss_array view = RANKLOSS_ARRAY(&element, 1);       \
        assert_ptr_equal(view.data, &element);                         \
        assert_int_equal(view.dtype, expected);                        \
        assert_int_equal(RANKLOSS_ARRAY(constant, 1).dtype, expected); \
    } while (0)

static void array_macro_takes_the_dtype_from_the_pointer(void **state) {
    (void)state;
    EXPECT_DTYPE(float, RANKLOSS_F32);
    EXPECT_DTYPE(double, RANKLOSS_F64);
    EXPECT_DTYPE(bool, RANKLOSS_BOOL);
    EXPECT_DTYPE(int8_t, RANKLOSS_I8);
    EXPECT_DTYPE(int16_t, RANKLOSS_I16);
    EXPECT_DTYPE(int32_t, RANKLOSS_I32);
    EXPECT_DTYPE(int64_t, RANKLOSS_I64);
    EXPECT_DTYPE(uint8_t, RANKLOSS_U8);
    EXPECT_DTYPE(uint16_t, RANKLOSS_U16);
    EXPECT_DTYPE(uint32_t, RANKLOSS_U32);
    EXPECT_DTYPE(uint64_t, RANKLOSS_U64);
    EXPECT_DTYPE(long, sizeof(long) == 8 ? RANKLOSS_I64 : RANKLOSS_I32);
    EXPECT_DTYPE(unsigned long long, RANKLOSS_U64);
}

static void array_macro_takes_extents_of_any_type(void **state) {
    (void)state;
    const float data[12] = {0};
    const size_t rows = 3;
    const rankloss_array a = RANKLOSS_ARRAY(data, (int64_t)rows, 2, 2);
    assert_ptr_equal(a.data, data);
    assert_int_equal(a.ndim, 3);
    assert_int_equal(a.shape[0], 3);
    assert_int_equal(a.strides[0], 4);
    assert_int_equal(a.strides[1], 2);
}

static void every_status_has_words_of_its_own(void **state) {
    (void)state;
    for (int s = RANKLOSS_OK; s <= RANKLOSS_ERROR_CALLBACK; s++) {
        const char *words = rankloss_status_string((rankloss_status)s);
        assert_non_null(words);
        assert_true(strlen(words) > 0);
        for (int other = RANKLOSS_OK; other < s; other++) {
            assert_string_not_equal(words, rankloss_status_string((rankloss_status)other));
        }
    }
    assert_non_null(rankloss_status_string((rankloss_status)-1));
    assert_non_null(rankloss_status_string((rankloss_status)(RANKLOSS_ERROR_CALLBACK + 1)));
    assert_true(strlen(rankloss_status_string((rankloss_status)12345)) > 0);
}

static void status_values_are_those_of_the_abi(void **state) {
    (void)state;
    assert_int_equal(RANKLOSS_OK, 0);
    assert_int_equal(RANKLOSS_ERROR_NULL, 1);
    assert_int_equal(RANKLOSS_ERROR_SHAPE, 3);
    assert_int_equal(RANKLOSS_ERROR_CALLBACK, 10);
    assert_int_equal(RANKLOSS_BOOL, 13);
    assert_int_equal(RANKLOSS_CUSTOM, 3);
    if (sizeof(void *) == 8) {
        assert_int_equal(sizeof(rankloss_array), 144);
        assert_int_equal(sizeof(rankloss_problem), 8 * sizeof(rankloss_array) + 32 + 64);
        assert_int_equal(sizeof(rankloss_result), 7 * sizeof(rankloss_array) + 64);
        assert_int_equal(sizeof(rankloss_accumulator), 640);
    }
}

#define EXPECT_AT(type, member, place) assert_int_equal(offsetof(type, member), place)

/* In the ABI of 64-bit machines; a language binding repeats it. */
static void members_are_where_the_abi_has_them(void **state) {
    (void)state;
    enum { ARRAY = sizeof(rankloss_array) };
    if (sizeof(void *) != 8) {
        print_message("not on this machine: its pointers have %d bytes\n", (int)sizeof(void *));
        skip();
    }
    EXPECT_AT(rankloss_array, dtype, 8);
    EXPECT_AT(rankloss_array, ndim, 12);
    EXPECT_AT(rankloss_array, shape, 16);
    EXPECT_AT(rankloss_array, strides, 80);
    EXPECT_AT(rankloss_problem, logits, 0);
    EXPECT_AT(rankloss_problem, labels, ARRAY);
    EXPECT_AT(rankloss_problem, where, 2 * ARRAY);
    EXPECT_AT(rankloss_problem, weights, 3 * ARRAY);
    EXPECT_AT(rankloss_problem, bias, 4 * ARRAY);
    EXPECT_AT(rankloss_problem, offsets, 5 * ARRAY);
    EXPECT_AT(rankloss_problem, cotangent, 6 * ARRAY);
    EXPECT_AT(rankloss_problem, tangent, 7 * ARRAY);
    EXPECT_AT(rankloss_problem, reducer, 8 * ARRAY);
    EXPECT_AT(rankloss_problem, temperature, 8 * ARRAY + 8);
    EXPECT_AT(rankloss_problem, reduction, 8 * ARRAY + 16);
    EXPECT_AT(rankloss_problem, label_mode, 8 * ARRAY + 20);
    EXPECT_AT(rankloss_problem, num_threads, 8 * ARRAY + 24);
    EXPECT_AT(rankloss_problem, padding, 8 * ARRAY + 28);
    EXPECT_AT(rankloss_problem, divisor, 8 * ARRAY + 32);
    EXPECT_AT(rankloss_problem, state, 8 * ARRAY + 40);
    EXPECT_AT(rankloss_problem, reserved, 8 * ARRAY + 48);
    EXPECT_AT(rankloss_result, loss, 0);
    EXPECT_AT(rankloss_result, grad_logits, ARRAY);
    EXPECT_AT(rankloss_result, grad_labels, 2 * ARRAY);
    EXPECT_AT(rankloss_result, grad_weights, 3 * ARRAY);
    EXPECT_AT(rankloss_result, hess_logits, 4 * ARRAY);
    EXPECT_AT(rankloss_result, jvp, 5 * ARRAY);
    EXPECT_AT(rankloss_result, hvp_logits, 6 * ARRAY);
    EXPECT_AT(rankloss_result, accumulator, 7 * ARRAY);
    EXPECT_AT(rankloss_result, state, 7 * ARRAY + 8);
    EXPECT_AT(rankloss_result, reserved, 7 * ARRAY + 16);
}

static void version_is_that_of_the_header(void **state) {
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", RANKLOSS_VERSION_MAJOR, RANKLOSS_VERSION_MINOR,
             RANKLOSS_VERSION_PATCH);
    assert_string_equal(rankloss_version(), version);
}

static void isa_is_a_known_name_and_stays(void **state) {
    (void)state;
#define NAME_OF(name, NAME) #name,
    static const char *const known[] = {RANKLOSS__EACH_SET_OF_THE_PROCESSOR(NAME_OF)};
#undef NAME_OF
    const char *isa = rankloss_isa();
    bool found = false;
    for (size_t k = 0; k < LENGTH(known); k++) {
        found = found || strcmp(isa, known[k]) == 0;
    }
    assert_true(found);
    run_set_variable("RANKLOSS_ISA", "portable");
    assert_string_equal(rankloss_isa(), isa);
}

/* --- The last error --- */

static void *read_last_error(void *argument) {
    float number = 1;
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(&number, 1), .labels = RANKLOSS_ARRAY(&number, 1)};
    const rankloss_result nothing = {.loss = none};
    char *const seen = argument;
    seen[0] = rankloss_last_error()[0];
    problem.num_threads = -17;
    rankloss_softmax(&problem, &nothing);
    seen[1] = strstr(rankloss_last_error(), "-17") ? 'y' : 'n';
    return NULL;
}

static void last_error_is_of_this_thread_and_stays(void **state) {
    (void)state;
    float number = 1;
    char seen[2] = {'x', 'x'};
    char first[256];
    pthread_t thread;
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(&number, 1), .labels = RANKLOSS_ARRAY(&number, 1)};
    const rankloss_result nothing = {.loss = none};
    assert_string_equal(rankloss_last_error(), "");
    assert_int_equal(rankloss_softmax(&problem, &nothing), RANKLOSS_OK);
    assert_string_equal(rankloss_last_error(), "");

    problem.labels = none;
    assert_int_equal(rankloss_softmax(&problem, &nothing), RANKLOSS_ERROR_NULL);
    assert_non_null(strstr(rankloss_last_error(), "labels"));
    snprintf(first, sizeof first, "%s", rankloss_last_error());

    problem.labels = problem.logits;
    assert_int_equal(rankloss_softmax(&problem, &nothing), RANKLOSS_OK);
    assert_string_equal(rankloss_last_error(), first);

    assert_int_equal(pthread_create(&thread, NULL, read_last_error, seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen[0], '\0');
    assert_int_equal(seen[1], 'y');
    assert_string_equal(rankloss_last_error(), first);
}

/* --- The flat functions --- */

typedef rankloss_status dense_f32(int64_t, int64_t, const float *, const float *, const uint8_t *, const float *,
                                  rankloss_reduction, float *, float *, float *);
typedef rankloss_status dense_f64(int64_t, int64_t, const double *, const double *, const uint8_t *, const double *,
                                  rankloss_reduction, double *, double *, double *);

/* One flat call on the data of a problem, dense or ragged, float or double. */
static rankloss_status call_flat(const rankloss_problem *p, const rankloss_result *r) {
    const bool is_f32 = p->logits.dtype == RANKLOSS_F32;
    const rankloss_reduction reduction = (rankloss_reduction)p->reduction;
    if (!view_is_absent(&p->offsets)) {
        const int64_t lists = p->offsets.shape[0] - 1;
        return is_f32 ? rankloss_softmax_ragged_f32(lists, p->offsets.data, p->logits.data, p->labels.data,
                                                    p->where.data, p->weights.data, reduction, r->loss.data,
                                                    r->grad_logits.data, r->hess_logits.data)
                      : rankloss_softmax_ragged_f64(lists, p->offsets.data, p->logits.data, p->labels.data,
                                                    p->where.data, p->weights.data, reduction, r->loss.data,
                                                    r->grad_logits.data, r->hess_logits.data);
    }
    const int64_t lists = p->logits.shape[0];
    const int64_t n = p->logits.shape[1];
    dense_f32 *const in_f32 = rankloss_softmax_f32;
    dense_f64 *const in_f64 = rankloss_softmax_f64;
    return is_f32 ? in_f32(lists, n, p->logits.data, p->labels.data, p->where.data, p->weights.data, reduction,
                           r->loss.data, r->grad_logits.data, r->hess_logits.data)
                  : in_f64(lists, n, p->logits.data, p->labels.data, p->where.data, p->weights.data, reduction,
                           r->loss.data, r->grad_logits.data, r->hess_logits.data);
}

/* Each pointer that may be NULL is absent in one call and given in another. */
static void flat_functions_are_the_general_one(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 30);
    for (int choice = 0; choice < 2 * 2 * 3 * 32; choice++) {
        pool p = {.count = 0};
        const int32_t dtype = choice % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int absent = choice / 12;
        rankloss_problem problem =
            choice / 2 % 2 ? draw_ragged(&p, &r, dtype, 7, 20) : draw_dense(&p, &r, dtype, 7, 1 + random_below(&r, 40));
        problem.reduction = choice / 4 % 3;
        problem.cotangent = problem.tangent = none;
        problem.where = absent & 1 ? none : problem.where;
        problem.weights = absent & 2 ? none : problem.weights;
        const int which = (absent & 4 ? 0 : 1 << OUTPUT_LOSS) | (absent & 8 ? 0 : 1 << OUTPUT_GRAD_LOGITS) |
                          (absent & 16 ? 0 : 1 << OUTPUT_HESS_LOGITS);
        rankloss_result general = make_plain_outputs(&p, &problem, which);
        rankloss_result flat = make_plain_outputs(&p, &problem, which);
        check_run(&problem, &general, "general");
        assert_int_equal(call_flat(&problem, &flat), RANKLOSS_OK);
        check_same_bits(&general, &flat, "flat");
        if (flat.grad_logits.data) {
            flat.grad_logits = problem.logits;
            assert_int_equal(call_flat(&problem, &flat), RANKLOSS_OK);
            check_same_bits(&general, &flat, "flat, in place");
        }
        pool_free(&p);
    }
}

static void flat_functions_refuse_the_callers_own_reduction(void **state) {
    (void)state;
    const float f32[2] = {0, 1};
    const double f64[2] = {0, 1};
    const int64_t offsets[2] = {0, 2};
    float loss_f32 = 77;
    double loss_f64 = 77;
    assert_int_equal(rankloss_softmax_f32(1, 2, f32, f32, NULL, NULL, RANKLOSS_CUSTOM, &loss_f32, NULL, NULL),
                     RANKLOSS_ERROR_OPTION);
    assert_int_equal(rankloss_softmax_f64(1, 2, f64, f64, NULL, NULL, RANKLOSS_CUSTOM, &loss_f64, NULL, NULL),
                     RANKLOSS_ERROR_OPTION);
    assert_int_equal(
        rankloss_softmax_ragged_f32(1, offsets, f32, f32, NULL, NULL, RANKLOSS_CUSTOM, &loss_f32, NULL, NULL),
        RANKLOSS_ERROR_OPTION);
    assert_int_equal(
        rankloss_softmax_ragged_f64(1, offsets, f64, f64, NULL, NULL, RANKLOSS_CUSTOM, &loss_f64, NULL, NULL),
        RANKLOSS_ERROR_OPTION);
    assert_true(loss_f32 == 77 && loss_f64 == 77);
}

static void asking_for_nothing_succeeds(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 34);
    const rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 3, 4);
    const rankloss_result nothing = {.loss = none};
    check_run(&problem, &nothing, "nothing");
    pool_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* The first that fails a call has to come first. */
        cmocka_unit_test(last_error_is_of_this_thread_and_stays),
        cmocka_unit_test(array_make_is_row_major),
        cmocka_unit_test(array_make_of_no_axes_and_of_eight),
        cmocka_unit_test(array_make_of_nothing_and_of_too_much),
        cmocka_unit_test(array_macro_takes_the_dtype_from_the_pointer),
        cmocka_unit_test(array_macro_takes_extents_of_any_type),
        cmocka_unit_test(every_status_has_words_of_its_own),
        cmocka_unit_test(status_values_are_those_of_the_abi),
        cmocka_unit_test(members_are_where_the_abi_has_them),
        cmocka_unit_test(version_is_that_of_the_header),
        cmocka_unit_test(isa_is_a_known_name_and_stays),
        cmocka_unit_test(flat_functions_are_the_general_one),
        cmocka_unit_test(flat_functions_refuse_the_callers_own_reduction),
        cmocka_unit_test(asking_for_nothing_succeeds),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * src/list/fetch_ahead.c: which addresses the loops of the sums fetch from. Results cannot show them, and time hardly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cpu/cache.h"
#include "list/fetch_ahead.h"
#include "plan/plan.h"

enum { LISTS = 40, SIZE = 100, LONG = 20000, ITEMS = 5 * LONG };

static float logits[ITEMS], labels[ITEMS], weights[ITEMS], biases[ITEMS], grad[ITEMS], hess[ITEMS];
static int64_t offsets[LISTS + 1];
static rankloss_problem problem;
static rankloss_result result;
static rankloss__items items;

static rankloss_array dense(float *data, int64_t lists, int64_t size) {
    const int64_t shape[] = {lists, size};
    return rankloss_array_make(RANKLOSS_F32, data, 2, shape);
}

static void set_dense(int64_t lists, int64_t size) {
    problem = (rankloss_problem){.logits = dense(logits, lists, size), .labels = dense(labels, lists, size)};
    result = (rankloss_result){.grad_logits = dense(grad, lists, size)};
}

/* Lists of 100, 200, ... items. */
static int64_t set_ragged(void) {
    const int64_t ends = LISTS + 1;
    for (int64_t k = 0; k < LISTS; k++)
        offsets[k + 1] = offsets[k] + 100 * (k + 1);
    const int64_t *all = &offsets[LISTS];
    problem = (rankloss_problem){.logits = rankloss_array_make(RANKLOSS_F32, logits, 1, all),
                                 .labels = rankloss_array_make(RANKLOSS_F32, labels, 1, all),
                                 .offsets = rankloss_array_make(RANKLOSS_I64, offsets, 1, &ends)};
    result = (rankloss_result){.grad_logits = rankloss_array_make(RANKLOSS_F32, grad, 1, all)};
    return *all;
}

/* As of a call that exceeds a core's own cache. */
static rankloss__streams streams_of(int64_t begin, int64_t end) {
    rankloss__streams streams;
    rankloss__plan plan = rankloss__plan_make(&problem, &result);
    plan.exceeds_own_cache = true;
    rankloss__streams_make(&streams, &plan, begin, end);
    return streams;
}

static void assert_aims_at(int count, const float *const expected[RANKLOSS__AHEAD], size_t first) {
    assert_int_equal(items.num_ahead, count);
    for (int k = 0; k < RANKLOSS__AHEAD; k++)
        assert_true(items.ahead[k] == (uintptr_t)(expected[k] + first));
}

/* Logits, labels and the gradient, and in the fourth place the logits again. */
static void assert_plain(size_t first) {
    const float *const arrays[] = {logits, labels, grad, logits};
    assert_aims_at(3, arrays, first);
}

/* Logits and labels alone. */
static void assert_inputs(size_t first) {
    const float *const arrays[] = {logits, labels, logits, logits};
    assert_aims_at(2, arrays, first);
}

static void dense_lists_of_the_thread(void **state) {
    (void)state;
    set_dense(LISTS, SIZE);
    rankloss__streams streams = streams_of(8, 24);
    rankloss__fetch_lists(&streams, 23, 1, SIZE, &items);
    assert_plain(23 * SIZE);
    rankloss__fetch_lists(&streams, 16, 8, 8 * SIZE, &items);
    assert_plain(16 * SIZE);
    rankloss__fetch_lists(&streams, 24, 1, SIZE, &items);
    assert_int_equal(items.num_ahead, 0);
    rankloss__fetch_lists(&streams, 17, 8, 8 * SIZE, &items);
    assert_int_equal(items.num_ahead, 0);
}

static int count_for_loss_alone(int64_t size) {
    set_dense(LISTS, size);
    result = (rankloss_result){0};
    return streams_of(0, LISTS).count;
}

/* Where the hardware does it by itself: logits and labels of lists side by side, eight of them within a page. */
static void lists_that_are_only_read(void **state) {
    (void)state;
    assert_int_equal(count_for_loss_alone(64), 2); /* interleaved */
    assert_int_equal(count_for_loss_alone(65), 0);
    assert_int_equal(count_for_loss_alone(128), 0);
    assert_int_equal(count_for_loss_alone(129), 2);
    set_dense(LISTS, SIZE);
    result = (rankloss_result){0};
    problem.labels.dtype = RANKLOSS_I32;
    assert_int_equal(streams_of(0, LISTS).count, 0);
    problem.labels.dtype = RANKLOSS_U8;
    assert_int_equal(streams_of(0, LISTS).count, 0);
    for (int with = 0; with < 8; with++) {
        set_dense(LISTS, SIZE);
        result = (rankloss_result){.loss = rankloss_array_make(RANKLOSS_F32, grad, 0, NULL)};
        if (with == 0)
            problem.weights = dense(weights, LISTS, SIZE);
        if (with == 1)
            problem.bias = dense(biases, LISTS, SIZE);
        if (with == 2)
            problem.where = rankloss_array_make(RANKLOSS_BOOL, weights, 2, problem.logits.shape);
        if (with == 3)
            problem.labels.dtype = RANKLOSS_U32;
        if (with == 4)
            problem.logits.dtype = RANKLOSS_F16;
        if (with == 5)
            problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
        if (with == 6)
            problem.logits.strides[0] = SIZE + 7;
        if (with == 7)
            result.grad_labels = dense(grad, LISTS, SIZE);
        assert_true(streams_of(0, LISTS).count > 0);
    }
}

/* Of streams that nothing but the count is known of. */
static void nothing_is_fetched_where_there_is_nothing(void **state) {
    const rankloss__position list = {.size = LONG};
    rankloss__streams streams;
    (void)state;
    memset(&streams, 0x55, sizeof streams);
    streams.count = 0;
    items.num_ahead = 1;
    rankloss__fetch_lists(&streams, 0, 1, SIZE, &items);
    assert_int_equal(items.num_ahead, 0);
    items.num_ahead = 1;
    items.ahead[0] = 1; /* which stays, as nothing is made of streams that are not set */
    rankloss__fetch_within(&streams, &list, 0, &items);
    assert_true(items.num_ahead == 0 && items.ahead[0] == 1);
}

/* One by one where there is room between them. */
static void lists_that_are_apart(void **state) {
    (void)state;
    set_dense(LISTS, SIZE);
    problem.logits.strides[0] = SIZE + 7;
    rankloss__streams streams = streams_of(0, LISTS);
    const float *const arrays[] = {logits + 5 * 7, labels, grad, logits + 5 * 7};
    rankloss__fetch_lists(&streams, 5, 1, SIZE, &items);
    assert_aims_at(3, arrays, 5 * SIZE);
    rankloss__fetch_lists(&streams, 8, 8, 8 * SIZE, &items);
    assert_int_equal(items.num_ahead, 0);
}

/* Of what is not there, the same for all lists, or not contiguous, nothing is fetched; and of no more than four arrays. */
static void arrays_that_are_worth_it(void **state) {
    (void)state;
    set_dense(LISTS, SIZE);
    problem.labels.strides[0] = 0;
    problem.weights = dense(weights, LISTS, SIZE);
    result.grad_logits = dense(grad, LISTS / 2, 2 * SIZE);
    result.grad_logits.shape[0] = LISTS;
    result.grad_logits.shape[1] = SIZE;
    result.grad_logits.strides[1] = 2;
    rankloss__streams streams = streams_of(0, LISTS);
    const float *const two[] = {logits, weights, logits, logits};
    rankloss__fetch_lists(&streams, 1, 1, SIZE, &items);
    assert_aims_at(2, two, SIZE);

    set_dense(LISTS, SIZE);
    problem.weights = dense(weights, LISTS, SIZE);
    problem.bias = dense(biases, LISTS, SIZE);
    result.hess_logits = dense(hess, LISTS, SIZE);
    streams = streams_of(0, LISTS);
    const float *const four[] = {logits, labels, grad, hess};
    rankloss__fetch_lists(&streams, 1, 1, SIZE, &items);
    assert_aims_at(4, four, SIZE);
}

/* Each line of what is twice as wide as the compute dtype, in two halves; of what is narrower the beginning will do. */
static void arrays_of_other_widths(void **state) {
    static int64_t wide[2 * SIZE];
    static uint8_t mask[2 * SIZE];
    static double logits_f64[2 * SIZE], grad_f64[2 * SIZE];
    const int64_t shape[] = {2, SIZE};
    (void)state;
    set_dense(2, SIZE);
    problem.labels = rankloss_array_make(RANKLOSS_I64, wide, 2, shape);
    problem.where = rankloss_array_make(RANKLOSS_BOOL, mask, 2, shape);
    result.grad_logits = (rankloss_array){0};
    rankloss__streams streams = streams_of(0, 2);
    rankloss__fetch_lists(&streams, 1, 1, SIZE, &items);
    assert_int_equal(items.num_ahead, 4);
    assert_true(items.ahead[0] == (uintptr_t)(logits + SIZE));
    assert_true(items.ahead[1] == (uintptr_t)(wide + SIZE));
    assert_true(items.ahead[2] == (uintptr_t)(wide + SIZE) + SIZE * sizeof(float));
    assert_true(items.ahead[3] == (uintptr_t)(mask + SIZE));
    rankloss__fetch_lists(&streams, 0, 2, 2 * SIZE, &items); /* two lists, one behind the other */
    assert_true(items.ahead[1] == (uintptr_t)wide && items.ahead[2] == (uintptr_t)wide + 2 * SIZE * sizeof(float));
    const rankloss__position first = {.list = 0, .size = SIZE};
    items.count = 64;
    rankloss__fetch_within(&streams, &first, 8, &items); /* the same items of the next list */
    assert_true(items.ahead[1] == (uintptr_t)(wide + SIZE + 8));
    assert_true(items.ahead[2] == (uintptr_t)(wide + SIZE + 8) + 64 * sizeof(float));

    problem = (rankloss_problem){.logits = rankloss_array_make(RANKLOSS_F64, logits_f64, 2, shape),
                                 .labels = rankloss_array_make(RANKLOSS_I64, wide, 2, shape)};
    result.grad_logits = rankloss_array_make(RANKLOSS_F64, grad_f64, 2, shape);
    streams = streams_of(0, 2);
    rankloss__fetch_lists(&streams, 1, 1, SIZE, &items);
    assert_int_equal(items.num_ahead, 3);
    assert_true(items.ahead[0] == (uintptr_t)(logits_f64 + SIZE));
    assert_true(items.ahead[1] == (uintptr_t)(wide + SIZE));
    assert_true(items.ahead[2] == (uintptr_t)(grad_f64 + SIZE));

    /* What does not fit any more is left out whole. */
    set_dense(2, SIZE);
    problem.labels = rankloss_array_make(RANKLOSS_I64, wide, 2, shape);
    result.grad_logits = rankloss_array_make(RANKLOSS_F64, grad_f64, 2, shape);
    streams = streams_of(0, 2);
    rankloss__fetch_lists(&streams, 1, 1, SIZE, &items);
    assert_int_equal(items.num_ahead, 3);
}

/* Each item once, in their order, a group's distance from what waits, and none of another thread's. */
static void ragged_batches(void **state) {
    (void)state;
    const int64_t all = set_ragged(), distance = 2048;
    rankloss__streams streams = streams_of(0, LISTS);
    rankloss__streams_pass(&streams, 0);
    int64_t next = distance;
    for (int64_t k = 0; k < LISTS; k++) {
        const int64_t size = offsets[k + 1] - offsets[k];
        rankloss__streams_pass(&streams, offsets[k]); /* changes nothing: what has been fetched lies behind it */
        rankloss__fetch_lists(&streams, 0, 1, (size_t)size, &items);
        if (next + size > all)
            assert_int_equal(items.num_ahead, 0);
        else
            assert_plain((size_t)next);
        next += size;
    }
    streams = streams_of(5, 20);
    rankloss__fetch_lists(&streams, 0, 1, 100, &items);
    assert_plain((size_t)offsets[5]);
    rankloss__streams_pass(&streams, offsets[10]); /* behind lists that were computed alone */
    rankloss__fetch_lists(&streams, 0, 1, 1, &items);
    assert_plain((size_t)(offsets[10] + distance));
    rankloss__streams_pass(&streams, offsets[19]);
    rankloss__fetch_lists(&streams, 0, 1, 1, &items);
    assert_int_equal(items.num_ahead, 0);
}

/* Lists that are computed twice do not drive the front to the end. */
static void the_front_stays_near(void **state) {
    (void)state;
    (void)set_ragged();
    rankloss__streams streams = streams_of(0, LISTS);
    for (int k = 0; k < 100; k++) {
        rankloss__streams_pass(&streams, 0);
        rankloss__fetch_lists(&streams, 0, 1, 500, &items);
        assert_int_equal(items.num_ahead, 3);
        assert_true(items.ahead[0] <= (uintptr_t)(logits + 8 * 2048));
    }
}

/* A batch of one list has no stride from list to list. The longest of which the outputs are fetched too. */
static void one_list(void **state) {
    const int64_t size = rankloss__cache_size() / 4 / (int64_t)sizeof(float);
    rankloss__position list = {.list = 0, .size = size};
    (void)state;
    set_dense(1, size);
    rankloss__streams streams = streams_of(0, 1);
    items.count = 2048;
    rankloss__fetch_within(&streams, &list, 0, &items);
    assert_plain(2048);
}

/* What the last cache would lose before it is written is not fetched: a gradient of such a list is written at the end. */
static void a_list_beyond_the_last_cache(void **state) {
    const int64_t size = rankloss__cache_size() / 4 / (int64_t)sizeof(float) + 1, ends[] = {0, size, 2 * size},
                  shape[] = {2 * size, 3};
    (void)state;
    set_dense(1, size);
    rankloss__streams streams = streams_of(0, 1);
    rankloss__position list = {.list = 0, .size = size};
    items.count = 2048;
    rankloss__fetch_within(&streams, &list, 0, &items);
    assert_inputs(2048);

    problem.logits = rankloss_array_make(RANKLOSS_F32, logits, 1, shape);
    problem.labels = rankloss_array_make(RANKLOSS_F32, labels, 1, shape);
    problem.offsets = rankloss_array_make(RANKLOSS_I64, ends, 1, &shape[1]);
    result.grad_logits = rankloss_array_make(RANKLOSS_F32, grad, 1, shape);
    streams = streams_of(0, 2);
    rankloss__fetch_within(&streams, &list, 0, &items);
    assert_inputs(2048);
    streams = streams_of(1, 1); /* no list, so that none is long */
    assert_int_equal(streams.count, 3);
}

/* A list alone fetches the next one; a long one its next chunk. */
static void lists_alone(void **state) {
    rankloss__position list = {.list = 1, .size = ITEMS / 10};
    (void)state;
    set_dense(10, ITEMS / 10);
    rankloss__streams streams = streams_of(0, 3);
    items.count = 2048;
    items.num_ahead = 0;
    rankloss__fetch_within(&streams, &list, 4096, &items);
    assert_plain(2 * ITEMS / 10 + 4096);
    list.list = 2;
    items.num_ahead = 0;
    rankloss__fetch_within(&streams, &list, 4096, &items);
    assert_int_equal(items.num_ahead, 0);

    set_dense(5, LONG);
    result = (rankloss_result){0}; /* of which a small last cache would lose the outputs */
    streams = streams_of(0, 3);
    list.size = LONG;
    rankloss__fetch_within(&streams, &list, 4096, &items);
    assert_inputs(2 * LONG + 4096 + 2048);
    rankloss__fetch_within(&streams, &list, LONG - 2100, &items);
    assert_inputs(2 * LONG + LONG - 2048);
}

static void ragged_lists_alone(void **state) {
    (void)state;
    const int64_t all = set_ragged();
    rankloss__streams streams = streams_of(0, LISTS);
    items.count = 512;
    rankloss__position list = {.list = 30, .start = offsets[30], .size = 3100};
    rankloss__fetch_within(&streams, &list, 1024, &items);
    assert_plain((size_t)offsets[31] + 1024);
    list = (rankloss__position){.list = 39, .start = offsets[39], .size = 4000};
    assert_int_equal(list.start + list.size, all);
    items.num_ahead = 0;
    rankloss__fetch_within(&streams, &list, 1024, &items);
    assert_int_equal(items.num_ahead, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_other_widths),
        cmocka_unit_test(the_front_stays_near),
        cmocka_unit_test(dense_lists_of_the_thread),
        cmocka_unit_test(lists_that_are_only_read),
        cmocka_unit_test(nothing_is_fetched_where_there_is_nothing),
        cmocka_unit_test(lists_that_are_apart),
        cmocka_unit_test(arrays_that_are_worth_it),
        cmocka_unit_test(ragged_batches),
        cmocka_unit_test(lists_alone),
        cmocka_unit_test(ragged_lists_alone),
        cmocka_unit_test(one_list),
        cmocka_unit_test(a_list_beyond_the_last_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * More than 2^32 items. The inputs are untouched pages of zeros, of which a system keeps one; most windows of an output
 * map the same memory, so that a gradient of four gigabytes needs little. The values are chosen so that this is harmless.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create, MAP_NORESERVE */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "number.h"
#include "run.h"

#if defined(__linux__) && SIZE_MAX > UINT32_MAX

#include <sys/mman.h>
#include <unistd.h>

#define ITEMS ((INT64_C(1) << 31) + 100)
#define WINDOW (INT64_C(1) << 26) /* bytes */

enum { FILLER = 0xA5 };

/* --- memory --- */

static void *reserve(int64_t bytes) {
    void *at = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        fail_msg("no address space for %lld bytes", (long long)bytes);
    return at;
}

/* Zeros, of which the caller may write a few. */
static rankloss_array zeros(int32_t dtype, int32_t ndim, const int64_t *shape) {
    int64_t bytes = (int64_t)number_size(dtype);
    for (int32_t k = 0; k < ndim; k++)
        bytes *= shape[k];
    return rankloss_array_make((rankloss_dtype)dtype, reserve(bytes), ndim, shape);
}

/* bfloat16 in windows of which all but the first and the last two are the same memory. */
typedef struct windows {
    rankloss_array array;
    int64_t bytes, count;
    unsigned char *at;
} windows;

static int64_t whole_windows(int64_t bytes) {
    return (bytes + WINDOW - 1) / WINDOW * WINDOW;
}

static windows windows_new(int32_t ndim, const int64_t *shape) {
    windows w = {.bytes = 2 * ITEMS};
    w.count = whole_windows(w.bytes) / WINDOW;
    w.at = reserve(w.count * WINDOW);
    const int file = memfd_create("windows", 0);
    assert_int_not_equal(file, -1);
    assert_int_equal(ftruncate(file, WINDOW), 0);
    for (int64_t k = 1; k < w.count - 2; k++)
        assert_true(mmap(w.at + k * WINDOW, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) !=
                    MAP_FAILED);
    close(file);
    for (int64_t k = 0; k < w.count; k += k == 1 ? w.count - 3 : 1)
        memset(w.at + k * WINDOW, FILLER, WINDOW);
    w.array = rankloss_array_make(RANKLOSS_BF16, w.at, ndim, shape);
    return w;
}

/* Item `from` to before `to` of those in windows that are told apart, and that nothing behind the last is written. */
static void expect_items(const windows *w, int64_t from, int64_t to, double expected) {
    for (int64_t i = from; i < to; i++) {
        const double got = (double)number_load(RANKLOSS_BF16, w->at, i);
        if (got != (double)number_round(RANKLOSS_BF16, (long double)expected))
            fail_msg("item %lld is %a, not %a", (long long)i, got, expected);
    }
}

static void expect_nothing_behind(const windows *w) {
    for (int64_t i = w->bytes; i < w->count * WINDOW; i++)
        assert_int_equal(w->at[i], FILLER);
}

static void release(rankloss_array array, int64_t bytes) {
    assert_int_equal(munmap(array.data, (size_t)bytes), 0);
}

static void release_items(rankloss_array array) {
    release(array, ITEMS * (int64_t)number_size(array.dtype));
}

static void windows_free(windows *w) {
    release(w->array, w->count * WINDOW);
}

/* --- calls --- */

static void run(const rankloss_problem *problem, const rankloss_result *result) {
    if (rankloss_softmax(problem, result) != RANKLOSS_OK)
        fail_msg("%s", rankloss_last_error());
}

static void expect_loss(float got, double expected) {
    const double unit = (double)number_spacing(RANKLOSS_F32, (long double)expected);
    if (!(fabs((double)got - expected) <= unit))
        fail_msg("the loss is %a, not %a", (double)got, expected);
}

/* All scores are equal, and only the last item is relevant. */
static void one_list(void **state) {
    (void)state;
    const int64_t shape[] = {ITEMS};
    float loss = 0;
    rankloss_problem problem = {.logits = zeros(RANKLOSS_F16, 1, shape), .labels = zeros(RANKLOSS_U8, 1, shape)};
    windows gradient = windows_new(1, shape);
    const rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, &loss, 0, NULL),
                                    .grad_logits = gradient.array};
    ((uint8_t *)problem.labels.data)[ITEMS - 1] = 1;
    run(&problem, &result);
    expect_loss(loss, log((double)ITEMS));
    expect_items(&gradient, 0, WINDOW, 1.0 / (double)ITEMS);
    expect_items(&gradient, ITEMS - WINDOW / 2, ITEMS - 1, 1.0 / (double)ITEMS);
    expect_items(&gradient, ITEMS - 1, ITEMS, 1.0 / (double)ITEMS - 1.0);
    expect_nothing_behind(&gradient);
    windows_free(&gradient);
    release_items(problem.logits);
    release_items(problem.labels);
}

/* Pairs, of which only the last has a relevant item. */
static void a_dense_batch(void **state) {
    (void)state;
    const int64_t shape[] = {ITEMS / 2, 2};
    float loss = 0;
    rankloss_problem problem = {.logits = zeros(RANKLOSS_F16, 2, shape), .labels = zeros(RANKLOSS_U8, 2, shape)};
    windows gradient = windows_new(2, shape);
    const rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, &loss, 0, NULL),
                                    .grad_logits = gradient.array};
    ((uint8_t *)problem.labels.data)[ITEMS - 1] = 1;
    problem.reduction = RANKLOSS_SUM;
    run(&problem, &result);
    expect_loss(loss, log(2.0));
    expect_items(&gradient, 0, WINDOW / 2, 0.0);
    expect_items(&gradient, ITEMS - WINDOW / 2, ITEMS - 2, 0.0);
    expect_items(&gradient, ITEMS - 2, ITEMS - 1, 0.5);
    expect_items(&gradient, ITEMS - 1, ITEMS, -0.5);
    expect_nothing_behind(&gradient);
    problem.reduction = RANKLOSS_MEAN;
    run(&problem, &result);
    expect_loss(loss, log(2.0) / (double)shape[0]);
    windows_free(&gradient);
    release_items(problem.logits);
    release_items(problem.labels);
}

/* Three lists: the second ends, and the third lies, behind 2^31 items. */
static void a_ragged_batch(void **state) {
    (void)state;
    enum { LAST = 50 };
    const double share = 2.0 / (double)LAST;
    const int64_t shape[] = {ITEMS}, lists[] = {3}, ends[] = {4};
    int64_t offsets[] = {0, 7, ITEMS - LAST, ITEMS};
    float losses[3] = {-1, -1, -1};
    rankloss_problem problem = {.logits = zeros(RANKLOSS_F16, 1, shape), .labels = zeros(RANKLOSS_U8, 1, shape)};
    windows gradient = windows_new(1, shape);
    const rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, losses, 1, lists),
                                    .grad_logits = gradient.array};
    problem.offsets = rankloss_array_make(RANKLOSS_I64, offsets, 1, ends);
    problem.reduction = RANKLOSS_NONE;
    ((uint8_t *)problem.labels.data)[ITEMS - 20] = 2;
    run(&problem, &result);
    expect_loss(losses[0], 0.0);
    expect_loss(losses[1], 0.0);
    expect_loss(losses[2], 2.0 * log((double)LAST));
    expect_items(&gradient, 0, WINDOW, 0.0);
    expect_items(&gradient, ITEMS - LAST, ITEMS - 20, share);
    expect_items(&gradient, ITEMS - 20, ITEMS - 19, share - 2.0);
    expect_items(&gradient, ITEMS - 19, ITEMS, share);
    expect_nothing_behind(&gradient);
    windows_free(&gradient);
    release_items(problem.logits);
    release_items(problem.labels);
}

/* Few items, gigabytes apart, upwards and downwards. */
static void strides(void **state) {
    (void)state;
    const int64_t shape[] = {3}, whole[] = {ITEMS};
    const float labels[] = {0, 1, 3};
    for (int downwards = 0; downwards < 2; downwards++) {
        float loss = 0;
        rankloss_array space = zeros(RANKLOSS_F32, 1, whole), gradients = zeros(RANKLOSS_F32, 1, whole);
        rankloss_problem problem = {.logits = space, .labels = rankloss_array_make(RANKLOSS_F32, labels, 1, shape)};
        rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, &loss, 0, NULL), .grad_logits = gradients};
        const int64_t stride = downwards ? -(ITEMS - 1) / 2 : (ITEMS - 1) / 2, first = downwards ? ITEMS - 1 : 0;
        float *scores = (float *)space.data + first, *got = (float *)gradients.data + first;
        problem.logits.data = scores;
        result.grad_logits.data = got;
        problem.logits.shape[0] = result.grad_logits.shape[0] = 3;
        problem.logits.strides[0] = result.grad_logits.strides[0] = stride;
        for (int k = 0; k < 3; k++)
            scores[k * stride] = (float)k;
        run(&problem, &result);
        const double total = 1 + exp(1) + exp(2);
        expect_loss(loss, 4 * log(total) - 7);
        for (int k = 0; k < 3; k++)
            assert_true(fabs((double)got[k * stride] - (4 * exp(k) / total - (double)labels[k])) < 4e-7);
        release_items(space);
        release_items(gradients);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strides),
        cmocka_unit_test(one_list),
        cmocka_unit_test(a_dense_batch),
        cmocka_unit_test(a_ragged_batch),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    printf("SKIPPED: this needs 64-bit addresses and memfd_create()\n");
    return 77;
}

#endif

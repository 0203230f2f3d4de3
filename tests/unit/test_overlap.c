/*
 * src/check/overlap.c against a table of every byte, on random small arrays of one to four axes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "check/overlap.h"
#include "random.h"
#include "run.h"

enum { BYTES = 4096 };

static double memory[BYTES / sizeof(double)];

static int64_t size_of(int32_t dtype) {
    return dtype == RANKLOSS_U8 ? 1 : dtype == RANKLOSS_F16 ? 2 : dtype == RANKLOSS_F32 ? 4 : 8;
}

/* Counts every byte of an array in `used`; returns whether a byte came twice. */
static bool mark(const rankloss_array *array, uint8_t used[BYTES]) {
    const int64_t size = size_of(array->dtype);
    int64_t index[RANKLOSS_MAX_NDIM] = {0};
    bool twice = false;
    for (;;) {
        int64_t at = (int64_t)((char *)array->data - (char *)memory);
        for (int32_t k = 0; k < array->ndim; k++)
            at += index[k] * array->strides[k] * size;
        assert_true(at >= 0 && at + size <= BYTES);
        for (int64_t b = at; b < at + size; b++)
            twice |= ++used[b] > 1;
        int32_t axis = array->ndim - 1;
        while (axis >= 0 && ++index[axis] == array->shape[axis])
            index[axis--] = 0;
        if (axis < 0)
            return twice;
    }
}

static rankloss_array any_array(random_state *r) {
    static const int32_t dtypes[] = {RANKLOSS_U8, RANKLOSS_F16, RANKLOSS_F32, RANKLOSS_F64};
    rankloss_array array = {.dtype = dtypes[random_below(r, 4)], .ndim = (int32_t)random_below(r, 4) + 1};
    const int64_t size = size_of(array.dtype);
    for (int32_t k = 0; k < array.ndim; k++) {
        array.shape[k] = random_below(r, 4) + 1;
        array.strides[k] = random_below(r, 25) - 8;
    }
    /* Elements reach at most 4 * 3 * 16 * 8 bytes either way of the middle, to which all arrays stay close. */
    array.data = (char *)memory + BYTES / 2 + (random_below(r, 16) - 8) * size;
    return array;
}

static void agrees_with_every_byte(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    int overlapping = 0, with_itself = 0;
    enum { ROUNDS = 60000 };
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const rankloss_array a = any_array(&r), b = any_array(&r);
        uint8_t used_a[BYTES] = {0}, used_b[BYTES] = {0};
        const bool itself = mark(&a, used_a);
        bool expected = false;
        (void)mark(&b, used_b);
        for (int i = 0; i < BYTES; i++)
            expected |= used_a[i] != 0 && used_b[i] != 0;
        assert_int_equal(rankloss__overlaps_itself(&a), itself);
        assert_int_equal(rankloss__overlap(&a, &b), expected);
        assert_int_equal(rankloss__overlap(&b, &a), expected);
        overlapping += expected;
        with_itself += itself;
    }
    /* Both answers were tried. */
    assert_in_range(overlapping, ROUNDS / 20, ROUNDS - ROUNDS / 20);
    assert_in_range(with_itself, ROUNDS / 20, ROUNDS - ROUNDS / 20);
}

static rankloss_array columns(float *data, int64_t rows, int64_t count, int64_t row_stride) {
    return (rankloss_array){data, RANKLOSS_F32, 2, {rows, count}, {row_stride, 1}};
}

/* Sizes at which a search that tried every row would give up. */
static void halves_of_a_large_matrix(void **state) {
    float *data = (float *)memory; /* never read */
    const rankloss_array left = columns(data, 1 << 20, 500, 1000), right = columns(data + 500, 1 << 20, 500, 1000);
    const rankloss_array one_more = columns(data + 499, 1 << 20, 500, 1000);
    (void)state;
    assert_false(rankloss__overlap(&left, &right));
    assert_true(rankloss__overlap(&left, &one_more));
    assert_false(rankloss__overlaps_itself(&left));
}

/* As many axes as there may be, in any order and direction, each behind what the smaller ones reach; and one too close. */
static void nested_axes_in_any_order(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        rankloss_array array = {.data = memory, .dtype = RANKLOSS_F32, .ndim = RANKLOSS_MAX_NDIM};
        int32_t order[RANKLOSS_MAX_NDIM] = {0};
        int64_t extent = 1, step = 1;
        for (int32_t k = 0; k < array.ndim; k++) {
            const int32_t at = (int32_t)random_below(&r, k + 1);
            order[k] = order[at];
            order[at] = k;
        }
        for (int32_t k = 0; k < array.ndim; k++) {
            array.shape[order[k]] = random_below(&r, 5) + 2;
            step = extent + (random_chance(&r, 0.5) ? 0 : random_below(&r, 7));
            array.strides[order[k]] = random_chance(&r, 0.3) ? -step : step;
            extent += step * (array.shape[order[k]] - 1);
        }
        assert_false(rankloss__overlaps_itself(&array));
        array.strides[order[array.ndim - 1]] = 0;
        assert_true(rankloss__overlaps_itself(&array));
        array.strides[order[array.ndim - 1]] = array.strides[order[0]]; /* on the second element of the first */
        assert_true(rankloss__overlaps_itself(&array));
    }
}

static void interleaved_pairs(void **state) {
    float *data = (float *)memory;
    const rankloss_array even = {data, RANKLOSS_F32, 1, {1 << 24}, {2}};
    const rankloss_array odd = {data + 1, RANKLOSS_F32, 1, {1 << 24}, {2}};
    /* As an integer: the array ends far behind the memory that stands for its begin. */
    void *last = (void *)((uintptr_t)data + sizeof(float) * (2 * ((1 << 24) - 1) + 1));
    const rankloss_array backwards = {last, RANKLOSS_F32, 1, {1 << 24}, {-2}};
    (void)state;
    assert_false(rankloss__overlap(&even, &odd));
    assert_false(rankloss__overlap(&even, &backwards));
    assert_true(rankloss__overlap(&odd, &backwards));
}

static void arrays_without_elements_overlap_nothing(void **state) {
    const rankloss_array none = {memory, RANKLOSS_F32, 2, {3, 0}, {0, 0}}, some = columns((float *)memory, 2, 2, 2);
    (void)state;
    assert_false(rankloss__overlap(&none, &some));
    assert_false(rankloss__overlap(&some, &none));
    assert_false(rankloss__overlaps_itself(&none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_every_byte),
        cmocka_unit_test(halves_of_a_large_matrix),
        cmocka_unit_test(nested_axes_in_any_order),
        cmocka_unit_test(interleaved_pairs),
        cmocka_unit_test(arrays_without_elements_overlap_nothing),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

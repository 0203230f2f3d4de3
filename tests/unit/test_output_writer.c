/*
 * src/list/output_writer.c: every kind of output, in chunks, against the values themselves and sums of integers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "dtype/convert.h"
#include "list/output_writer.h"
#include "list/scratch.h"
#include "run.h"
#include "views.h"

enum { LISTS = 3, SIZES = 6 };

static const int64_t sizes[SIZES] = {1, 2, 9, RANKLOSS__CHUNK_F64, RANKLOSS__CHUNK_F64 + 1, 700};
static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};
static double block[RANKLOSS__CHUNK_F64];

/* A number that every dtype has. */
static double value_of(int64_t list, int64_t i) {
    return (double)((i * 37 + list * 11 + 5) % 201 - 100) / 4;
}

/* Numbers whose sum is small, all but its digits of 2^60. */
static double term_of(int64_t list, int64_t i, int64_t size) {
    if (size > 1 && (i == 0 || i == size - 1))
        return i == 0 ? 0x1p60 : -0x1p60;
    return (double)((i + list) % 3 - 1 + (i == 1 ? 7 * list : 0));
}

static rankloss__batch batch_of(int64_t size) {
    const rankloss_array none = {0}, logits = {NULL, RANKLOSS_F32, 2, {LISTS, size}, {size, 1}};
    return rankloss__batch_make(&logits, &none);
}

/* A view of every `step`-th element of a block of memory that holds 0xA5. */
static rankloss_array strided_array(pool *p, int32_t dtype, int64_t size, int64_t step) {
    const int64_t room = size * (step < 0 ? -step : step) + 5, shape[] = {LISTS, room};
    rankloss_array array = view_new(p, dtype, 2, shape, LAYOUT_ROW_MAJOR, NULL);
    const int64_t first = step < 0 ? (size - 1) * -step : 2, bytes = dtype == RANKLOSS_F64   ? 8
                                                                     : dtype == RANKLOSS_F32 ? 4
                                                                                             : 2;
    array.data = (char *)array.data + first * bytes;
    array.shape[1] = size;
    array.strides[1] = step;
    return array;
}

/* Writes a list in chunks that are as long as they may be, or `most` items. */
static void write_list(rankloss__writer *writer, int64_t list, size_t size, size_t most, bool terms) {
    const size_t limit = rankloss__writer_limit(writer), chunk = limit < most ? limit : most;
    for (size_t first = 0; first < size; first += chunk) {
        const size_t count = size - first < chunk ? size - first : chunk;
        const rankloss__out out = rankloss__writer_buffer(writer, first);
        for (size_t i = 0; i < count; i++)
            rankloss__store_one(out.dtype, out.data, (int64_t)i,
                                terms ? term_of(list, (int64_t)(first + i), (int64_t)size)
                                      : value_of(list, (int64_t)(first + i)));
        rankloss__writer_put(writer, first, count);
    }
    rankloss__writer_close(writer);
}

/* In place where the items of a list have no gaps, which a single one never has; through the block otherwise. */
static void each_item_is_written_where_it_belongs(void **state) {
    static const int64_t steps[] = {1, 3, -1, -2};
    (void)state;
    for (int d = 0; d < 4; d++)
        for (int s = 0; s < SIZES * 4; s++) {
            pool memory = {.count = 0};
            const int64_t size = sizes[s / 4], step = steps[s % 4];
            const rankloss_array array = strided_array(&memory, dtypes[d], size, step), *arrays[] = {&array};
            const rankloss__batch batch = batch_of(size);
            const rankloss__view view = rankloss__view_of_items(&batch, &array);
            const bool direct = size == 1 || step == 1;
            for (int64_t list = LISTS - 1; list >= 0; list--) {
                rankloss__position place;
                rankloss__position_of(&batch, list, &place);
                rankloss__writer writer = rankloss__writer_make(&view, &batch, &place, block);
                assert_int_equal(writer.kind, direct ? RANKLOSS__WRITER_DIRECT : RANKLOSS__WRITER_STRIDED);
                assert_true((rankloss__writer_limit(&writer) > 2048) == direct);
                assert_true((rankloss__writer_buffer(&writer, 0).data == block) == !direct);
                write_list(&writer, list, (size_t)size, list == 1 ? 8 : 512, false);
            }
            for (int64_t i = 0; i < LISTS * size; i++)
                assert_true((double)view_get(&array, i) == value_of(i / size, i % size));
            assert_true(pool_untouched_outside(&memory, arrays, 1));
            pool_free(&memory);
        }
}

/* The sum of the items, of which 2^60 and -2^60 leave every digit of the others. */
static void one_value_per_list_is_the_exact_sum(void **state) {
    (void)state;
    for (int d = 0; d < 4; d++)
        for (int s = 0; s < SIZES; s++) {
            pool memory = {.count = 0};
            const rankloss_array array = strided_array(&memory, dtypes[d], 1, 1), *arrays[] = {&array};
            const rankloss__batch batch = batch_of(sizes[s]);
            const rankloss__view view = rankloss__view_of_items(&batch, &array);
            for (int64_t list = 0; list < LISTS; list++) {
                int64_t sum = 0;
                rankloss__position place;
                rankloss__position_of(&batch, list, &place);
                rankloss__writer writer = rankloss__writer_make(&view, &batch, &place, block);
                assert_int_equal(writer.kind, sizes[s] == 1 ? RANKLOSS__WRITER_DIRECT : RANKLOSS__WRITER_SUMMED);
                write_list(&writer, list, (size_t)sizes[s], 512, true);
                for (int64_t i = 0; i < sizes[s]; i++)
                    sum += (int64_t)term_of(list, i, sizes[s]);
                assert_true(view_get(&array, list) == (long double)sum);
            }
            assert_true(pool_untouched_outside(&memory, arrays, 1));
            pool_free(&memory);
        }
}

static void infinite_terms_stay_infinite(void **state) {
    rankloss__dd sum = {1.0, 0.0}, nan = {1.0, 0.0};
    (void)state;
    rankloss__compensated_add(&sum, (double)INFINITY);
    rankloss__compensated_add(&sum, -5.0);
    assert_true(rankloss__compensated_value(sum) == (double)INFINITY);
    rankloss__compensated_add(&nan, (double)INFINITY);
    rankloss__compensated_add(&nan, -(double)INFINITY);
    assert_true(isnan(rankloss__compensated_value(nan)));
}

/* Sums over lists, by windows of 1, 4 and all of the elements, behind whose ends nothing changes. */
static void a_window_gets_its_own_elements_alone(void **state) {
    static const int64_t size = 9, windows[] = {1, 4, 9, 20};
    const rankloss_array numbered = {NULL, RANKLOSS_U8, 1, {9}, {1}};
    const rankloss__batch batch = batch_of(size);
    const rankloss__view numbers = rankloss__view_of_items(&batch, &numbered);
    (void)state;
    for (int w = 0; w < 4; w++)
        for (int64_t first = 0; first < size; first += windows[w]) {
            rankloss__dd sums[22] = {{0.0, 0.0}};
            rankloss__sum_window window = {sums + 1, first, windows[w]};
            sums[0].hi = sums[windows[w] + 1].hi = -77.0;
            for (int64_t list = 0; list < LISTS; list++) {
                rankloss__position place;
                rankloss__position_of(&batch, list, &place);
                rankloss__writer writer = rankloss__writer_into_totals(&window, &numbers, &batch, &place, block);
                assert_true(writer.kind == RANKLOSS__WRITER_ADDED);
                assert_true(rankloss__writer_limit(&writer) == RANKLOSS__CHUNK_F64);
                for (int64_t i = 0; i < size; i++) /* large, small and large again: 7 i + 1 is left */
                    block[i] = list == 1 ? (double)(7 * i + 1) : list == 0 ? 0x1p80 : -0x1p80;
                rankloss__writer_put(&writer, 0, 5);
                for (int64_t i = 5; i < size; i++)
                    block[i - 5] = block[i];
                rankloss__writer_put(&writer, 5, (size_t)size - 5);
                rankloss__writer_close(&writer);
            }
            for (int64_t i = 0; i < windows[w]; i++)
                assert_true(rankloss__compensated_value(sums[i + 1]) ==
                            (first + i < size ? (double)(7 * (first + i) + 1) : 0.0));
            assert_true(sums[0].hi == -77.0 && sums[windows[w] + 1].hi == -77.0);
        }
}

/* What is numbered in a ragged batch by items, and in a dense one by an axis of the batch; and a term of two doubles. */
static void elements_are_numbered_by_their_layout(void **state) {
    int64_t offsets[] = {0, 2, 5};
    const rankloss_array none = {0}, starts = {offsets, RANKLOSS_I64, 1, {3}, {1}};
    const rankloss_array items = {NULL, RANKLOSS_F32, 1, {5}, {1}},
                         logits = {NULL, RANKLOSS_F32, 3, {2, 3, 4}, {12, 4, 1}};
    const rankloss_array by_axis = {NULL, RANKLOSS_U8, 3, {1, 3, 1}, {3, 1, 1}};
    const rankloss__batch ragged = rankloss__batch_make(&items, &starts), dense = rankloss__batch_make(&logits, &none);
    const rankloss__view of_items = rankloss__view_of_items(&ragged, &items);
    const rankloss__view of_axis = rankloss__view_of_items(&dense, &by_axis);
    rankloss__dd sums[5] = {{0.0, 0.0}};
    rankloss__sum_window window = {sums, 0, 5};
    rankloss__position place;
    (void)state;
    rankloss__position_of(&ragged, 1, &place);
    rankloss__writer writer = rankloss__writer_into_totals(&window, &of_items, &ragged, &place, block);
    assert_true(writer.first_total == 2 && writer.total_stride == 1);
    rankloss__position_of(&dense, 5, &place);
    writer = rankloss__writer_into_totals(&window, &of_axis, &dense, &place, block);
    assert_true(writer.first_total == 2 && writer.total_stride == 0);
    rankloss__add_to_window(&window, 3, (rankloss__dd){1.0, 0x1p-70});
    rankloss__add_to_window(&window, 3, (rankloss__dd){-1.0, 0x1p-70});
    assert_true(rankloss__compensated_value(sums[3]) == 0x1p-69);
}

static void absent_outputs_are_not_written(void **state) {
    const rankloss_array none = {0}, empty = {block, RANKLOSS_F64, 2, {0, 9}, {9, 1}};
    const rankloss_array *arrays[] = {&none, &empty};
    const rankloss__batch batch = batch_of(9);
    rankloss__position place;
    (void)state;
    rankloss__position_of(&batch, 0, &place);
    for (int k = 0; k < 2; k++) {
        const rankloss__view view = rankloss__view_of_items(&batch, arrays[k]);
        const rankloss__writer writer = rankloss__writer_make(&view, &batch, &place, block);
        assert_true(writer.kind == RANKLOSS__WRITER_ABSENT && rankloss__writer_limit(&writer) > 2048);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_written_where_it_belongs), cmocka_unit_test(one_value_per_list_is_the_exact_sum),
        cmocka_unit_test(infinite_terms_stay_infinite),          cmocka_unit_test(a_window_gets_its_own_elements_alone),
        cmocka_unit_test(elements_are_numbered_by_their_layout), cmocka_unit_test(absent_outputs_are_not_written),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

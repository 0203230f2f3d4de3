/*
 * src/batch/batch.c and batch.h: offsets, positions, and the work before a list, against plain counting; the addresses of
 * every list against plain index arithmetic, with and without merged axes, and the properties of the views.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "batch/batch.h"
#include "random.h"
#include "run.h"

enum { MOST_LISTS = 40 };

static const rankloss_array none = {0};

static rankloss__batch ragged_batch(int32_t dtype, void *offsets, int64_t lists, int64_t stride) {
    const rankloss_array logits = {NULL, RANKLOSS_F32, 1, {0}, {1}};
    const rankloss_array array = {offsets, dtype, 1, {lists + 1}, {stride}};
    return rankloss__batch_make(&logits, &array);
}

/* --- where lists are --- */

/* The same four numbers in each dtype, read forwards, backwards, and past what lies between them. */
static void offsets_of_each_dtype(void **state) {
    int32_t i32[] = {0, -1, 5, -1, 5, -1, 9};
    uint32_t u32[] = {0, 77, 5, 77, 5, 77, 9};
    int64_t i64[] = {0, -1, 5, -1, 5, -1, 9};
    uint64_t u64[] = {9, 77, 5, 77, 5, 77, 0};
    uint32_t large[] = {0, 3000000000, 4000000000};
    const rankloss__batch batches[] = {ragged_batch(RANKLOSS_I32, i32, 3, 2), ragged_batch(RANKLOSS_U32, u32, 3, 2),
                                       ragged_batch(RANKLOSS_I64, i64, 3, 2),
                                       ragged_batch(RANKLOSS_U64, u64 + 6, 3, -2)};
    static const int64_t starts[] = {0, 5, 5, 9};
    (void)state;
    for (int b = 0; b < 4; b++) {
        assert_true(batches[b].ragged && batches[b].num_lists == 3 && batches[b].ndim == 1);
        assert_false(rankloss__has_no_items(&batches[b]));
        assert_int_equal(rankloss__offset(&batches[b], 3), 9);
        for (int64_t list = 0; list < 3; list++) {
            rankloss__position place;
            rankloss__position_of(&batches[b], list, &place);
            assert_true(place.list == list && place.index[0] == list && place.start == starts[list]);
            assert_true(place.size == starts[list + 1] - starts[list]);
            assert_true(rankloss__list_size(&batches[b], list) == place.size);
        }
    }
    const rankloss__batch unsigned_batch = ragged_batch(RANKLOSS_U32, large, 2, 1);
    assert_true(rankloss__offset(&unsigned_batch, 1) == 3000000000 &&
                rankloss__list_size(&unsigned_batch, 1) == 1000000000);
}

/* Lists are numbered as an odometer counts, its last wheel the axis before the items. */
static void positions_count_through_the_axes(void **state) {
    static const int64_t shapes[][RANKLOSS_MAX_NDIM] = {{4},          {3, 4},       {2, 3, 4},
                                                        {3, 1, 2, 4}, {1, 1, 1, 4}, {2, 1, 3, 1, 2, 1, 2, 5}};
    static const int32_t axes[] = {1, 2, 3, 4, 4, 8};
    (void)state;
    for (int k = 0; k < 6; k++) {
        const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, NULL, axes[k], shapes[k]);
        const rankloss__batch batch = rankloss__batch_make(&logits, &none);
        int64_t wheels[RANKLOSS_MAX_NDIM] = {0}, lists = 1;
        const int32_t last = axes[k] - 1;
        for (int32_t axis = 0; axis < last; axis++)
            lists *= shapes[k][axis];
        assert_true(!batch.ragged && batch.ndim == last && batch.num_lists == lists);
        assert_true(batch.list_size == shapes[k][last]);
        for (int64_t list = 0; list < lists; list++) {
            rankloss__position place;
            rankloss__position_of(&batch, list, &place);
            assert_true(place.list == list && place.start == 0 && place.size == shapes[k][last]);
            assert_true(rankloss__list_size(&batch, list) == shapes[k][last]);
            for (int32_t axis = 0; axis < last; axis++)
                assert_true(place.index[axis] == wheels[axis]);
            for (int32_t axis = last - 1; axis >= 0 && ++wheels[axis] == shapes[k][axis]; axis--)
                wheels[axis] = 0;
        }
    }
}

static void lists_without_items(void **state) {
    static const int64_t shape[] = {3, 0};
    int64_t offsets[] = {0, 0, 0};
    const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, NULL, 2, shape);
    const rankloss__batch dense = rankloss__batch_make(&logits, &none);
    const rankloss__batch ragged = ragged_batch(RANKLOSS_I64, offsets, 2, 1);
    (void)state;
    assert_true(dense.num_lists == 3 && rankloss__has_no_items(&dense));
    assert_false(rankloss__has_no_items(&ragged)); /* said of dense ones alone, which may be too many to go through */
}

/* --- the work before a list --- */

static void check_costs(const rankloss__batch *batch, int64_t per_list, random_state *r) {
    int64_t costs[MOST_LISTS + 1] = {0};
    for (int64_t list = 0; list < batch->num_lists; list++)
        costs[list + 1] = costs[list] + rankloss__list_size(batch, list) + per_list;
    for (int64_t list = 0; list <= batch->num_lists; list++)
        assert_true(rankloss__cost_before(batch, list, per_list) == costs[list]);
    for (int round = 0; round < 50; round++) {
        const int64_t low = random_below(r, batch->num_lists + 1);
        const int64_t high = low + random_below(r, batch->num_lists - low + 1);
        const int64_t cost = random_below(r, costs[batch->num_lists] + 3) - 1;
        int64_t first = low;
        while (first < high && costs[first] < cost)
            first++;
        assert_true(rankloss__find_by_cost(batch, low, high, per_list, cost) == first);
    }
}

static void costs_are_found_as_by_counting(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 500; round++) {
        int64_t offsets[MOST_LISTS + 1] = {0}, shape[] = {random_below(&r, MOST_LISTS) + 1, random_below(&r, 9)};
        for (int64_t list = 0; list < shape[0]; list++)
            offsets[list + 1] = offsets[list] + (random_chance(&r, 0.4) ? 0 : random_below(&r, 30));
        const rankloss__batch ragged = ragged_batch(RANKLOSS_I64, offsets, shape[0], 1);
        const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, NULL, 2, shape);
        const rankloss__batch dense = rankloss__batch_make(&logits, &none);
        for (int64_t per_list = 0; per_list <= 32; per_list += 32) {
            check_costs(&ragged, per_list, &r);
            check_costs(&dense, per_list, &r);
        }
    }
}

/* However many lists there are, the cost rises, and the search ends where it should. */
static void costs_near_the_end_of_the_range(void **state) {
    static const int64_t shape[] = {INT64_MAX, 0};
    const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, NULL, 2, shape);
    const rankloss__batch batch = rankloss__batch_make(&logits, &none);
    int64_t before = 0;
    (void)state;
    for (int64_t list = 1; list < INT64_MAX / 2; list += list / 8 + 1) {
        const int64_t cost = rankloss__cost_before(&batch, list, 32);
        assert_true(cost >= before && cost > 0);
        assert_true(rankloss__find_by_cost(&batch, 0, INT64_MAX, 32, cost) <= list);
        before = cost;
    }
    assert_true(rankloss__cost_before(&batch, INT64_MAX, 32) >= before);
}

/* --- views --- */

/* Never read; arrays begin in the middle, with room for every stride on both sides. */
static char room[1 << 18];
static char *const memory = room + sizeof room / 2;

static rankloss_array any_broadcast(random_state *r, const rankloss_array *logits) {
    rankloss_array array = {.data = memory, .dtype = RANKLOSS_F32};
    array.ndim = (int32_t)random_below(r, logits->ndim + 1);
    for (int32_t k = 0; k < array.ndim; k++) {
        array.shape[k] = random_chance(r, 0.3) ? 1 : logits->shape[k + logits->ndim - array.ndim];
        array.strides[k] = random_below(r, 2000) - 1000;
    }
    return array;
}

/* The element of an array that broadcasting gives for an index of the logits. */
static int64_t element(const rankloss_array *array, const int64_t *index, int32_t ndim) {
    int64_t at = 0;
    for (int32_t k = 0; k < array->ndim; k++)
        at += array->shape[k] == 1 ? 0 : index[k + ndim - array->ndim] * array->strides[k];
    return at;
}

static void check_batch(const rankloss_array *logits, const rankloss_array *other, bool merge) {
    rankloss__batch batch = rankloss__batch_make(logits, &none);
    rankloss__view a = rankloss__view_of_items(&batch, logits), b = rankloss__view_of_items(&batch, other);
    rankloss__view *views[] = {&a, &b};
    const int32_t last = logits->ndim - 1;
    if (merge)
        rankloss__merge_axes(&batch, views, 2);
    for (int64_t list = 0; list < batch.num_lists; list++) {
        rankloss__position place;
        rankloss__position_of(&batch, list, &place);
        int64_t index[RANKLOSS_MAX_NDIM] = {0}, rest = list;
        for (int32_t k = last - 1; k >= 0; k--) {
            index[k] = rest % logits->shape[k];
            rest /= logits->shape[k];
        }
        assert_true(place.size == logits->shape[last]);
        for (index[last] = 0; index[last] < place.size; index[last]++) {
            const char *at_a = rankloss__view_at(&a, &batch, &place) + index[last] * a.item_stride * 4;
            const char *at_b = rankloss__view_at(&b, &batch, &place) + index[last] * b.item_stride * 4;
            assert_true(at_a == memory + element(logits, index, logits->ndim) * 4);
            assert_true(at_b == memory + element(other, index, logits->ndim) * 4);
        }
    }
}

static void dense_places(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        rankloss_array logits = {.data = memory, .dtype = RANKLOSS_F32, .ndim = (int32_t)random_below(&r, 5) + 1};
        int64_t stride = 1;
        for (int32_t k = logits.ndim - 1; k >= 0; k--) {
            logits.shape[k] = random_below(&r, 4) + 1;
            logits.strides[k] = round % 2 == 0 ? stride : random_below(&r, 100) - 50;
            stride *= logits.shape[k];
        }
        rankloss_array other = any_broadcast(&r, &logits);
        if (round % 4 == 0)
            other = logits;
        check_batch(&logits, &other, round % 3 != 0);
    }
}

static void row_major_arrays_have_one_axis_of_lists(void **state) {
    static const int64_t shapes[][4] = {{3, 4, 5, 6},  {1, 12, 5, 6}, {12, 1, 5, 6},
                                        {12, 5, 1, 6}, {60, 1, 1, 6}, {1, 1, 60, 6}};
    (void)state;
    for (int k = 0; k < 6; k++) {
        const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, memory, 4, shapes[k]);
        rankloss__batch batch = rankloss__batch_make(&logits, &none);
        rankloss__view view = rankloss__view_of_items(&batch, &logits);
        rankloss__view *views[] = {&view};
        rankloss__merge_axes(&batch, views, 1);
        assert_true(batch.ndim == 1 && batch.shape[0] == 60 && batch.num_lists == 60 && view.list_strides[0] == 6);
    }
}

static void ragged_places(void **state) {
    const uint32_t entries[] = {0, 9, 3, 9, 3, 9, 7}; /* read with stride 2: 0, 3, 3, 7 */
    const rankloss_array offsets = {(void *)(uintptr_t)entries, RANKLOSS_U32, 1, {4}, {2}};
    const rankloss_array logits = {memory, RANKLOSS_F32, 1, {7}, {-2}};
    const rankloss_array per_list = {memory, RANKLOSS_F32, 2, {3, 1}, {5, 1}};
    const int64_t starts[] = {0, 3, 3}, sizes[] = {3, 0, 4};
    (void)state;
    const rankloss__batch batch = rankloss__batch_make(&logits, &offsets);
    const rankloss__view items = rankloss__view_of_items(&batch, &logits);
    const rankloss__view lists = rankloss__view_of_items(&batch, &per_list);
    assert_true(batch.num_lists == 3);
    for (int64_t list = 0; list < 3; list++) {
        rankloss__position place;
        rankloss__position_of(&batch, list, &place);
        assert_true(place.start == starts[list] && place.size == sizes[list]);
        assert_true(rankloss__view_at(&items, &batch, &place) == memory - 8 * starts[list]);
        assert_true(rankloss__view_at(&lists, &batch, &place) == memory + 20 * list);
    }
    assert_true(items.item_stride == -2 && lists.item_stride == 0);
}

/* Elements that all items of a list share: of an array without an axis of its own for the items. */
static void knows_what_a_list_shares(void **state) {
    static const uint8_t entries[] = {0, 3, 3, 7};
    const rankloss_array offsets = {(void *)(uintptr_t)entries, RANKLOSS_U8, 1, {4}, {1}};
    const rankloss_array dense = {memory, RANKLOSS_F32, 2, {3, 4}, {4, 1}},
                         ragged = {memory, RANKLOSS_F32, 1, {7}, {1}};
    const rankloss_array number = {memory, RANKLOSS_F64, 0, {0}, {0}}, row = {memory, RANKLOSS_F64, 1, {4}, {5}},
                         column = {memory, RANKLOSS_F64, 2, {3, 1}, {6, 9}};
    (void)state;
    const rankloss__batch rows = rankloss__batch_make(&dense, &none), parts = rankloss__batch_make(&ragged, &offsets);
    assert_true(!rows.ragged && rows.ndim == 1 && rows.num_lists == 3 && rows.list_size == 4 && rows.shape[0] == 3);
    assert_true(parts.ragged && parts.ndim == 1 && parts.num_lists == 3 && parts.shape[0] == 3);
    const rankloss__view of_number = rankloss__view_of_items(&rows, &number);
    const rankloss__view of_row = rankloss__view_of_items(&rows, &row);
    const rankloss__view of_column = rankloss__view_of_items(&rows, &column);
    assert_true(of_number.per_list && of_number.item_stride == 0 && of_number.list_strides[0] == 0);
    assert_true(!of_row.per_list && of_row.item_stride == 5 && of_row.list_strides[0] == 0);
    assert_true(of_row.list_strides[1] == 0 && of_row.start_stride == 0); /* no such axis, no offsets */
    assert_true(of_column.per_list && of_column.item_stride == 0 && of_column.list_strides[0] == 6);
    const rankloss__view of_parts = rankloss__view_of_items(&parts, &column);
    const rankloss__view of_items = rankloss__view_of_items(&parts, &ragged);
    assert_true(of_parts.per_list && of_parts.item_stride == 0 && of_parts.list_strides[0] == 6);
    assert_true(of_parts.start_stride == 0);
    assert_true(!of_items.per_list && of_items.item_stride == 1 && of_items.start_stride == 1);
    assert_true(of_items.list_strides[0] == 0);
}

/* An element per list: what broadcasts to the axes before the last one. What stands behind the axes is not looked at. */
static void one_element_per_list(void **state) {
    const rankloss_array logits = {memory, RANKLOSS_F32, 3, {2, 3, 4}, {12, 4, 1}};
    const rankloss_array all = {memory, RANKLOSS_F64, 2, {2, 3, 4}, {7, 2, 8}},
                         last = {memory, RANKLOSS_F64, 1, {3, 4}, {5, 8}},
                         first = {memory, RANKLOSS_F64, 2, {2, 1, 4}, {3, 9, 8}},
                         number = {memory, RANKLOSS_F64, 0, {4}, {8}};
    const struct {
        const rankloss_array *array;
        int64_t strides[2];
    } rows[] = {{&all, {7, 2}}, {&last, {0, 5}}, {&first, {3, 0}}, {&number, {0, 0}}};
    (void)state;
    const rankloss__batch batch = rankloss__batch_make(&logits, &none);
    for (int k = 0; k < 4; k++) {
        const rankloss__view view = rankloss__view_of_lists(&batch, rows[k].array);
        assert_true(view.present && view.data == memory && view.dtype == RANKLOSS_F64 && view.element_size == 8);
        assert_true(view.list_strides[0] == rows[k].strides[0] && view.list_strides[1] == rows[k].strides[1]);
        assert_true(view.list_strides[2] == 0);
    }
    assert_false(rankloss__view_of_lists(&batch, &none).present);
}

static void an_empty_batch_keeps_its_axes(void **state) {
    const rankloss_array logits = {memory, RANKLOSS_F32, 3, {2, 0, 4}, {0, 4, 1}};
    rankloss__batch batch = rankloss__batch_make(&logits, &none);
    rankloss__view view = rankloss__view_of_items(&batch, &logits);
    rankloss__view *views[] = {&view};
    (void)state;
    rankloss__merge_axes(&batch, views, 1);
    assert_true(batch.ndim == 2 && batch.num_lists == 0 && batch.shape[0] == 2 && batch.shape[1] == 0);
}

/* Whose strides may be anything, and data as well. */
static void arrays_without_elements(void **state) {
    const rankloss_array logits = {memory, RANKLOSS_F32, 2, {0, 4}, {INT64_MAX, INT64_MIN}};
    const rankloss_array behind = {memory, RANKLOSS_F32, 2, {4, 0}, {1, 1}},
                         between = {memory, RANKLOSS_F32, 3, {2, 0, 4}, {1, 1, 1}},
                         full = {memory, RANKLOSS_F32, 2, {2, 4, 0}, {4, 1}},
                         number = {memory, RANKLOSS_F32, 0, {0}, {0}};
    (void)state;
    assert_false(rankloss__has_elements(&logits));
    assert_false(rankloss__has_elements(&behind));
    assert_false(rankloss__has_elements(&between));
    assert_true(rankloss__has_elements(&full));
    assert_true(rankloss__has_elements(&number));
    const rankloss__batch batch = rankloss__batch_make(&logits, &none);
    const rankloss__view view = rankloss__view_of_items(&batch, &logits);
    assert_true(view.present && view.data == NULL && view.item_stride == 0 && view.list_strides[0] == 0);
}

static void absent_arrays(void **state) {
    const rankloss_array zero_d = {memory, RANKLOSS_F32, 0, {0}, {0}}, empty = {NULL, RANKLOSS_F32, 1, {0}, {1}};
    (void)state;
    assert_true(rankloss__is_absent(&none));
    assert_false(rankloss__is_absent(&zero_d));
    assert_false(rankloss__is_absent(&empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_of_each_dtype),
        cmocka_unit_test(positions_count_through_the_axes),
        cmocka_unit_test(lists_without_items),
        cmocka_unit_test(costs_are_found_as_by_counting),
        cmocka_unit_test(costs_near_the_end_of_the_range),
        cmocka_unit_test(dense_places),
        cmocka_unit_test(row_major_arrays_have_one_axis_of_lists),
        cmocka_unit_test(ragged_places),
        cmocka_unit_test(knows_what_a_list_shares),
        cmocka_unit_test(one_element_per_list),
        cmocka_unit_test(an_empty_batch_keeps_its_axes),
        cmocka_unit_test(arrays_without_elements),
        cmocka_unit_test(absent_arrays),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

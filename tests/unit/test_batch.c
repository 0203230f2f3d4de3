/*
 * src/batch/batch.c and batch.h: offsets, positions, and the work before a list, against plain counting.
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_of_each_dtype),
        cmocka_unit_test(positions_count_through_the_axes),
        cmocka_unit_test(lists_without_items),
        cmocka_unit_test(costs_are_found_as_by_counting),
        cmocka_unit_test(costs_near_the_end_of_the_range),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

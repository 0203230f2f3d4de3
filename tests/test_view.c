/*
 * src/view.c: places and addresses of every list against plain index arithmetic, with and without merged axes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "run.h"
#include "view.h"

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
    const rankloss_array none = {0};
    rankloss__batch batch = rankloss__batch_make(logits, &none);
    rankloss__view a = rankloss__view_of_items(&batch, logits), b = rankloss__view_of_items(&batch, other);
    rankloss__view *views[] = {&a, &b};
    const int32_t last = logits->ndim - 1;
    if (merge)
        rankloss__merge_axes(&batch, views, 2);
    for (int64_t list = 0; list < batch.num_lists; list++) {
        rankloss__place place;
        rankloss__place_of(&batch, list, &place);
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
    const int64_t shape[] = {3, 4, 5, 6};
    const rankloss_array logits = rankloss_array_make(RANKLOSS_F32, memory, 4, shape), none = {0};
    rankloss__batch batch = rankloss__batch_make(&logits, &none);
    rankloss__view view = rankloss__view_of_items(&batch, &logits);
    rankloss__view *views[] = {&view};
    (void)state;
    rankloss__merge_axes(&batch, views, 1);
    assert_true(batch.ndim == 1 && batch.shape[0] == 60 && batch.num_lists == 60 && view.list_strides[0] == 6);
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
        rankloss__place place;
        rankloss__place_of(&batch, list, &place);
        assert_true(place.start == starts[list] && place.size == sizes[list]);
        assert_true(rankloss__view_at(&items, &batch, &place) == memory - 8 * starts[list]);
        assert_true(rankloss__view_at(&lists, &batch, &place) == memory + 20 * list);
    }
    assert_true(items.item_stride == -2 && lists.item_stride == 0);
}

static void absent_arrays(void **state) {
    const rankloss_array none = {0}, zero_d = {memory, RANKLOSS_F32, 0, {0}, {0}},
                         empty = {NULL, RANKLOSS_F32, 1, {0}, {1}};
    (void)state;
    assert_true(rankloss__is_absent(&none));
    assert_false(rankloss__is_absent(&zero_d));
    assert_false(rankloss__is_absent(&empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_places),
        cmocka_unit_test(row_major_arrays_have_one_axis_of_lists),
        cmocka_unit_test(ragged_places),
        cmocka_unit_test(absent_arrays),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

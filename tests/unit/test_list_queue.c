/*
 * src/schedule/list_queue.c and execute.c: every list of a batch is computed once, whatever lists wait for it and however
 * many threads there are.
 *
 * All items of a list have the logit 1, and its first one has the only label, k + 1 for list k: by the definition its loss
 * is (k + 1) log(size), and its gradient (k + 1) / size, less k + 1 for the first item. The gradient replaces the logits,
 * so that a list that is computed again has another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "plan/plan.h"
#include "random.h"
#include "run.h"
#include "schedule/execute.h"

enum { MOST_LISTS = 700, MOST_ITEMS = 1 << 18, LONG = 70000 };

static const int32_t threads[] = {1, 2, 3, 8, 0};
static const double poison = -12345.0;

/* In both dtypes, of which a batch has one. */
static double logits[MOST_ITEMS], labels[MOST_ITEMS], losses[MOST_LISTS + 1];
static float logits_f32[MOST_ITEMS], labels_f32[MOST_ITEMS];
static bool is_f32;

static rankloss_array logits_of(int32_t ndim, const int64_t *shape) {
    return rankloss_array_make(is_f32 ? RANKLOSS_F32 : RANKLOSS_F64, is_f32 ? (void *)logits_f32 : logits, ndim, shape);
}

static rankloss_array labels_of(int32_t ndim, const int64_t *shape) {
    return rankloss_array_make(is_f32 ? RANKLOSS_F32 : RANKLOSS_F64, is_f32 ? (void *)labels_f32 : labels, ndim, shape);
}

static double logit_at(int64_t i) {
    return is_f32 ? (double)logits_f32[i] : logits[i];
}

static void fill(int64_t lists, const int64_t *offsets) {
    for (int64_t i = 0; i < MOST_ITEMS && i <= offsets[lists]; i++) {
        logits[i] = i < offsets[lists] ? 1.0 : poison;
        logits_f32[i] = (float)logits[i];
        labels[i] = 0.0;
        labels_f32[i] = 0.0f;
    }
    for (int64_t k = 0; k <= MOST_LISTS; k++)
        losses[k] = poison;
    for (int64_t k = 0; k < lists; k++)
        if (offsets[k + 1] > offsets[k]) {
            labels[offsets[k]] = (double)(k + 1);
            labels_f32[offsets[k]] = (float)(k + 1);
        }
}

static long double expected_loss(int64_t k, int64_t size) {
    return size > 0 ? (long double)(k + 1) * logl((long double)size) : 0.0L;
}

static bool is_close(double got, long double expected, long double scale) {
    return fabsl((long double)got - expected) <= (is_f32 ? 0x1p-23L : 0x1p-49L) * scale;
}

static void check_gradient(int64_t k, int64_t begin, int64_t end) {
    const long double label = (long double)(k + 1), share = label / (long double)(end - begin);
    for (int64_t i = begin; i < end; i++)
        assert_true(is_close(logit_at(i), i == begin ? share - label : share, label));
}

/* Computes a filled batch under none or sum, and looks at every element that there is. */
static void check(rankloss_problem p, int64_t lists, const int64_t *offsets, int32_t reduction) {
    rankloss_result r = {.grad_logits = p.logits};
    const int64_t count = reduction == RANKLOSS_NONE ? lists : 1;
    long double sum = 0;
    p.reduction = reduction;
    r.loss = rankloss_array_make(RANKLOSS_F64, losses, 1, &count);
    assert_int_equal(rankloss_softmax(&p, &r), RANKLOSS_OK);
    for (int64_t k = 0; k < lists; k++) {
        const long double loss = expected_loss(k, offsets[k + 1] - offsets[k]);
        sum += loss;
        assert_true(reduction != RANKLOSS_NONE || is_close(losses[k], loss, loss));
        check_gradient(k, offsets[k], offsets[k + 1]);
    }
    assert_true(reduction == RANKLOSS_NONE || is_close(losses[0], sum, sum));
    assert_true(losses[count] == poison);
    assert_true(offsets[lists] == MOST_ITEMS || logit_at(offsets[lists]) == poison);
}

static void check_ragged(int64_t lists, int64_t *offsets) {
    const int64_t items = offsets[lists], ends = lists + 1;
    for (int t = 0; t < 10; t++) {
        rankloss_problem p = {.num_threads = threads[t / 2]};
        is_f32 = (t / 2 + lists) % 2 == 0;
        p.logits = logits_of(1, &items);
        p.labels = labels_of(1, &items);
        p.offsets = rankloss_array_make(RANKLOSS_I64, offsets, 1, &ends);
        fill(lists, offsets);
        check(p, lists, offsets, t % 2 == 0 ? RANKLOSS_NONE : RANKLOSS_SUM);
    }
}

/* --- tests --- */

/* One list more and one less than whole groups of eight have, of each size where the layout changes. */
static void dense_batches(void **state) {
    static const int64_t sizes[] = {0, 1, 2, 63, 64, 65, 100, 257, 2048, 2049, LONG},
                         counts[] = {0, 1, 7, 8, 9, 16, 33, 100};
    (void)state;
    for (int s = 0; s < 11; s++)
        for (int c = 0; c < 8 && sizes[s] * counts[c] < MOST_ITEMS; c++)
            for (int t = 0; t < 10; t++) {
                const int64_t shape[] = {counts[c], sizes[s]};
                rankloss_problem p = {.num_threads = threads[t / 2]};
                int64_t offsets[MOST_LISTS + 1] = {0};
                for (int64_t k = 0; k <= counts[c]; k++)
                    offsets[k] = k * sizes[s];
                is_f32 = (t / 2 + s + c) % 2 == 0;
                p.logits = logits_of(2, shape);
                p.labels = labels_of(2, shape);
                fill(counts[c], offsets);
                check(p, counts[c], offsets, t % 2 == 0 ? RANKLOSS_NONE : RANKLOSS_SUM);
            }
}

/* Sizes of every layout in random order, and between them lists that are split over threads, at any place. */
static void ragged_batches_of_mixed_sizes(void **state) {
    static const int64_t sizes[] = {0, 1, 3, 8, 9, 30, 64, 65, 100, 700, 2048, 2049};
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 12; round++) {
        int64_t offsets[MOST_LISTS + 1] = {0};
        const int64_t lists = round < 6 ? 1 + random_below(&r, 40) : MOST_LISTS;
        const int64_t long_one = round % 2 == 0 ? random_below(&r, lists) : -1;
        for (int64_t k = 0; k < lists; k++) {
            const int64_t room = MOST_ITEMS - LONG - offsets[k];
            int64_t size = sizes[random_below(&r, random_chance(&r, 0.1) ? 12 : 9)];
            if (k == long_one || (round == 4 && k == 0) || (round == 2 && k == lists - 1))
                size = LONG;
            offsets[k + 1] = offsets[k] + (size <= room || size == LONG ? size : 0);
            if (offsets[k + 1] > MOST_ITEMS)
                offsets[k + 1] = offsets[k];
        }
        check_ragged(lists, offsets);
    }
}

/* Lists of one size, of whose group some are left when the batch ends. */
static void groups_that_do_not_get_full(void **state) {
    static const int64_t sizes[] = {1, 8, 9, 64, 65, 300, 2048};
    (void)state;
    for (int s = 0; s < 7; s++)
        for (int64_t lists = 1; lists <= 18; lists++) {
            int64_t offsets[19] = {0};
            for (int64_t k = 0; k < lists; k++)
                offsets[k + 1] = offsets[k] + sizes[s];
            check_ragged(lists, offsets);
        }
}

/* Nothing but empty lists, or none at all. */
static void batches_without_items(void **state) {
    int64_t offsets[41] = {0};
    (void)state;
    for (int64_t lists = 0; lists <= 40; lists += 8)
        check_ragged(lists, offsets);
}

/* --- fetching ahead --- */

enum { FEW_LISTS = 37 };

/* The gradient replaces the logits. As the plan says it: a batch beyond the last cache is too large for every build. */
static void compute(bool ragged, const int64_t *offsets, bool exceeds_own_cache) {
    const int64_t items = offsets[FEW_LISTS], ends = FEW_LISTS + 1, shape[] = {FEW_LISTS, items / FEW_LISTS};
    rankloss_problem p = {.reduction = RANKLOSS_SUM, .num_threads = 1};
    rankloss__totals totals = {.loss = {.pending = 0}};
    fill(FEW_LISTS, offsets);
    p.logits = ragged ? logits_of(1, &items) : logits_of(2, shape);
    p.labels = ragged ? labels_of(1, &items) : labels_of(2, shape);
    if (ragged)
        p.offsets = rankloss_array_make(RANKLOSS_I64, offsets, 1, &ends);
    const rankloss_result r = {.grad_logits = p.logits};
    rankloss__plan plan = rankloss__plan_make(&p, &r);
    plan.exceeds_own_cache = exceeds_own_cache;
    rankloss__plan_set_upstream(&plan);
    rankloss__execute(&plan, plan.wanted, &totals);
}

static void what_is_fetched_ahead_changes_no_bit(void **state) {
    static const int64_t sizes[] = {8, 30, 100, 300, 1000, 5000};
    static float expected[MOST_ITEMS];
    (void)state;
    is_f32 = true;
    for (int s = 0; s < 12; s++) {
        const bool ragged = s % 2 != 0;
        const int64_t size = sizes[s / 2];
        int64_t offsets[FEW_LISTS + 1] = {0};
        for (int64_t k = 0; k < FEW_LISTS; k++) /* ragged: a third of the size, or five thirds */
            offsets[k + 1] = offsets[k] + (ragged ? size * (1 + k % 2 * 4) / 3 : size);
        compute(ragged, offsets, false);
        memcpy(expected, logits_f32, sizeof expected);
        for (int64_t k = 0; k < FEW_LISTS; k++)
            check_gradient(k, offsets[k], offsets[k + 1]);
        compute(ragged, offsets, true);
        assert_memory_equal(logits_f32, expected, (size_t)offsets[FEW_LISTS] * sizeof *expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_batches),
        cmocka_unit_test(ragged_batches_of_mixed_sizes),
        cmocka_unit_test(groups_that_do_not_get_full),
        cmocka_unit_test(batches_without_items),
        cmocka_unit_test(what_is_fetched_ahead_changes_no_bit),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

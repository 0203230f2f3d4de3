/*
 * src/list/forward.c and list_chunks.c: which way an ordinary list takes by itself, what it keeps, and its parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "list/forward.h"
#include "list/list_chunks.h"
#include "random.h"
#include "run.h"

enum { SIZE = RANKLOSS__TOGETHER + 1 };

/* The options of a call, a bit each; COMBINATIONS is one more than all of them. */
enum { IS_F64 = 1, MASKED = 2, WEIGHTED = 4, SUM_TO_ONE = 8, WITH_TANGENT = 16, SCALED = 32, COMBINATIONS = 64 };

typedef struct numbers {
    float f32[SIZE];
    double f64[SIZE];
} numbers;

static numbers scores, labels, weights, tangent, output;
static uint8_t where[SIZE];
static rankloss__chunk_scratch scratch;

static int fill_all(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    random_fill(&r, false, SIZE, scores.f32, scores.f64);
    random_fill(&r, true, SIZE, labels.f32, labels.f64);
    random_fill(&r, true, SIZE, weights.f32, weights.f64);
    random_fill(&r, false, SIZE, tangent.f32, tangent.f64);
    for (int i = 0; i < SIZE; i++)
        where[i] = i < 2 || random_chance(&r, 0.7);
    return 0;
}

static rankloss_array array(numbers *n, unsigned options, int64_t size) {
    const bool is_f64 = (options & IS_F64) != 0;
    return rankloss_array_make(is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, is_f64 ? (void *)n->f64 : n->f32, 1, &size);
}

static rankloss__plan plan_of(unsigned options, int64_t size) {
    rankloss_problem p = {.logits = array(&scores, options, size), .labels = array(&labels, options, size)};
    rankloss_result r = {.grad_logits = array(&output, options, size)};
    p.label_mode = (options & SUM_TO_ONE) != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
    p.temperature = (options & SCALED) != 0 ? 0.5 : 0.0;
    if ((options & MASKED) != 0)
        p.where = rankloss_array_make(RANKLOSS_BOOL, where, 1, &size);
    if ((options & WEIGHTED) != 0)
        p.weights = array(&weights, options, size);
    if ((options & WITH_TANGENT) != 0) {
        p.tangent = array(&tangent, options, size);
        r.hvp_logits = r.grad_logits;
        r.grad_logits = (rankloss_array){0};
    }
    return rankloss__plan_make(&p, &r);
}

/* The exponentials of a list are kept as far as the scratch has room; of a longer one float32 rounds them. */
static void an_ordinary_list_takes_the_fast_path(void **state) {
    static const int64_t sizes[] = {1, 200, RANKLOSS__TOGETHER - 1, RANKLOSS__TOGETHER, RANKLOSS__TOGETHER + 1};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int k = 0; k < 5; k++) {
            const rankloss__plan plan = plan_of(options, sizes[k]);
            rankloss__list list;
            rankloss__forward forward;
            rankloss__list_open(&list, &plan.inputs, 0, &scratch);
            rankloss__forward_list(&list, &forward);
            assert_int_equal(forward.path, RANKLOSS__FAST);
            assert_true(!forward.uniform && !forward.zero && forward.exps_kept == (k < 4));
            assert_true(forward.exps_rounded == (k == 4 && (options & IS_F64) == 0));
        }
}

/* A list is read where it lies unless any of its inputs has to be converted; a temperature converts nothing. */
static void an_ordinary_list_is_read_in_place(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan plan = plan_of(options | MASKED | WEIGHTED, 200);
        /* A tangent is float64 everywhere. */
        const bool converted = (options & WITH_TANGENT) != 0 && (options & IS_F64) == 0;
        const bool in_place = !converted;
        const int32_t other = plan.inputs.is_f64 ? RANKLOSS_F32 : RANKLOSS_F64;
        assert_true(rankloss__inputs_are_in_place(&plan.inputs, 200) == in_place);
        rankloss__inputs inputs[8];
        for (int k = 0; k < 8; k++)
            inputs[k] = plan.inputs;
        inputs[7].bias = plan.inputs.logits;
        assert_true(rankloss__inputs_are_in_place(&inputs[7], 200) == in_place);
        inputs[0].logits.item_stride = inputs[1].labels.item_stride = inputs[2].weights.item_stride = 2;
        inputs[3].where.item_stride = 0;
        inputs[4].logits.dtype = inputs[5].labels.dtype = inputs[6].weights.dtype = inputs[7].bias.dtype = other;
        for (int k = 0; k < 8; k++)
            assert_false(rankloss__inputs_are_in_place(&inputs[k], 200));
        for (int k = 0; k < 4; k++) /* a single item has no stride */
            assert_true(rankloss__inputs_are_in_place(&inputs[k], 1) == in_place);
        inputs[1].labels.present = inputs[2].weights.present = inputs[3].where.present = false;
        for (int k = 1; k < 4; k++)
            assert_true(rankloss__inputs_are_in_place(&inputs[k], 200) == in_place);
    }
}

/* --- parts --- */

typedef struct parts_seen {
    size_t count, end;
} parts_seen;

static void see_part(void *context, rankloss__list *list, size_t part, size_t first, size_t end) {
    parts_seen *seen = context;
    (void)list;
    assert_true(part == seen->count++ && first == seen->end && first < end && first % RANKLOSS__TOGETHER == 0);
    seen->end = end;
}

/* Each item is of one part, whose chunks begin where those of the list do. Shorter lists are not split. */
static void parts_are_a_partition(void **state) {
    static const size_t sizes[] = {
        0, 1, 2048, RANKLOSS__SPLIT_SIZE - 1, RANKLOSS__SPLIT_SIZE, RANKLOSS__SPLIT_SIZE + 1, 100000, 1 << 20, 1234567};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        rankloss__list list = {.size = sizes[k]};
        parts_seen seen = {0, 0}, again = {0, 0};
        rankloss__each_part(&list, see_part, &seen);
        assert_true(seen.end == sizes[k] && seen.count == rankloss__count_parts(&list));
        assert_true(seen.count <= RANKLOSS__PARTS && (seen.count > 1) == (sizes[k] >= RANKLOSS__SPLIT_SIZE));
        rankloss__run_parts(&list, 0, seen.count, &scratch, see_part, &again);
        assert_true(again.end == seen.end && again.count == seen.count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_list_takes_the_fast_path),
        cmocka_unit_test(an_ordinary_list_is_read_in_place),
        cmocka_unit_test(parts_are_a_partition),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, fill_all, NULL);
}

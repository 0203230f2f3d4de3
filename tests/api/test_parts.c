/*
 * A mean by a divisor, and a batch that is given in parts: the divisor divides exactly, the parts have the bits of the
 * whole, their accumulators have its loss, and their lists are counted as a mean counts them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "exact.h"
#include "generate.h"
#include "number.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { BY_ITEM = OUTPUTS_ALL & ~(1 << OUTPUT_LOSS | 1 << OUTPUT_JVP) };

static const rankloss_array none;

static const int32_t floats[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};

static int64_t count_of(const rankloss_problem *problem) {
    int64_t count = -1;
    assert_int_equal(rankloss_count_lists(problem, &count), RANKLOSS_OK);
    return count;
}

/* --- batches --- */

/* Lists of about `most` items with every input; a third of them masked entirely, or without items where ragged. */
static rankloss_problem draw_batch(pool *p, random_state *r, int32_t dtype, int64_t lists, int64_t most) {
    const bool ragged = random_chance(r, 0.5);
    rankloss_problem problem =
        ragged ? draw_ragged(p, r, dtype, lists, most) : draw_dense(p, r, dtype, lists, 1 + random_below(r, most));
    for (int64_t k = 0; k < lists; k++) {
        const int64_t first = ragged ? (int64_t)view_get(&problem.offsets, k) : k * problem.logits.shape[1];
        const int64_t end = ragged ? (int64_t)view_get(&problem.offsets, k + 1) : first + problem.logits.shape[1];
        if (random_chance(r, 0.3) && end > first)
            memset((char *)problem.where.data + first, 0, (size_t)(end - first));
    }
    problem.where = random_chance(r, 0.2) ? none : problem.where;
    problem.cotangent = none;
    draw_label_mode(r, &problem, LOGITS_UNIT);
    if (random_chance(r, 0.3)) {
        draw_bias(p, r, &problem, BIAS_PER_ITEM);
        problem.bias = view_cast(p, &problem.bias, problem.bias.dtype);
    }
    return problem;
}

/* The lists from `begin` to before `end` of a row-major array of items. */
static rankloss_array rows(const rankloss_problem *problem, rankloss_array array, int64_t begin, int64_t end) {
    const bool ragged = !view_is_absent(&problem->offsets);
    if (view_is_absent(&array))
        return array;
    const int64_t size = (int64_t)number_size(array.dtype);
    const int64_t first = ragged ? (int64_t)view_get(&problem->offsets, begin) : begin * array.shape[1];
    array.shape[0] = ragged ? (int64_t)view_get(&problem->offsets, end) - first : end - begin;
    array.data = (char *)array.data + first * size;
    return array;
}

/* The same lists as a problem of their own. */
static rankloss_problem part_of(pool *p, const rankloss_problem *problem, int64_t begin, int64_t end) {
    rankloss_problem part = *problem;
    rankloss_array *const inputs[] = {&part.logits,  &part.labels, &part.where,
                                      &part.weights, &part.bias,   &part.tangent};
    for (size_t k = 0; k < LENGTH(inputs); k++)
        *inputs[k] = rows(problem, *inputs[k], begin, end);
    if (view_is_absent(&problem->offsets))
        return part;
    part.offsets = view_vector(p, RANKLOSS_I64, end - begin + 1);
    for (int64_t k = begin; k <= end; k++)
        view_set(&part.offsets, k - begin, view_get(&problem->offsets, k) - view_get(&problem->offsets, begin));
    return part;
}

static int64_t count_of_lists(const rankloss_problem *problem) {
    return view_is_absent(&problem->offsets) ? problem->logits.shape[0] : problem->offsets.shape[0] - 1;
}

/* --- the divisor --- */

/* The exact sum of what the lists of a problem yield, each held as a double; false where one of them is not finite. */
static bool sum_of_lists(const rankloss_problem *problem, output_kind kind, exact_sum *sum) {
    pool p = {.count = 0};
    bool finite = true;
    rankloss_problem each = *problem;
    each.reduction = RANKLOSS_NONE;
    each.divisor = 0;
    rankloss_result result = make_outputs(&p, &each, RANKLOSS_F64, 1 << kind, LAYOUT_ROW_MAJOR, NULL);
    check_run(&each, &result, "list by list");
    const rankloss_array *values = output_of(&result, kind);
    *sum = (exact_sum){{0}};
    for (int64_t k = 0; k < view_count(values); k++) {
        const double value = (double)view_get(values, k);
        finite = finite && isfinite(value);
        exact_add(sum, isfinite(value) ? value : 0);
    }
    pool_free(&p);
    return finite;
}

static void expect_ratio(const rankloss_problem *problem, output_kind kind, const exact_sum *sum, int32_t dtype) {
    pool p = {.count = 0};
    rankloss_result result = make_outputs(&p, problem, dtype, 1 << kind, LAYOUT_ROW_MAJOR, NULL);
    check_run(problem, &result, "a divisor");
    const long double got = view_get(output_of(&result, kind), 0);
    const double expected = exact_ratio(sum, problem->divisor, dtype);
    if (got != (long double)expected)
        fail_msg("%s by %a in %s, seed %llu: %La, not %a", output_name(kind), problem->divisor, number_name(dtype),
                 (unsigned long long)random_run_seed(), got, expected);
    pool_free(&p);
}

/* Loss and jvp are the exact sum of the lists, divided and rounded once, at the ends of the range too. */
static void sums_are_divided_exactly(void **state) {
    static const double divisors[] = {1, 3, 0.7, 0x1p-1074, 0x1.7p-1022, 0x1.3p-120, 0x1.1p140, 0x1.9p1020, DBL_MAX};
    random_state r = random_new(random_run_seed(), 71);
    (void)state;
    for (int round = 0; round < 200 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_batch(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 1 + round % 30, 40);
        draw_factors(&r, &problem.labels, (factor_kind)random_below(&r, FACTORS_KINDS));
        exact_sum losses, jvps;
        const bool finite = sum_of_lists(&problem, OUTPUT_LOSS, &losses) && sum_of_lists(&problem, OUTPUT_JVP, &jvps);
        problem.reduction = RANKLOSS_MEAN;
        for (size_t d = 0; d < LENGTH(divisors) && finite; d++)
            for (size_t t = 0; t < LENGTH(floats); t++) {
                problem.divisor = divisors[d];
                expect_ratio(&problem, OUTPUT_LOSS, &losses, floats[t]);
                expect_ratio(&problem, OUTPUT_JVP, &jvps, floats[t]);
            }
        pool_free(&p);
    }
}

/* Every derivative by the reference; those of the batch's ends are in test_factors. */
static void derivatives_are_divided(void **state) {
    static const double divisors[] = {7, 0.3, 1e10, 0x1p-60};
    random_state r = random_new(random_run_seed(), 72);
    (void)state;
    for (int round = 0; round < 60; round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_batch(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 1 + round % 9, 80);
        problem.reduction = RANKLOSS_MEAN;
        problem.divisor = divisors[round % 4];
        problem.cotangent = view_vector(&p, RANKLOSS_F64, 1);
        view_set(&problem.cotangent, 0, -1.5L);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_against_reference(&problem, &result, "derivatives by a divisor");
        pool_free(&p);
    }
}

/* What no mean counts adds nothing, whatever the divisor. */
static void nothing_divided_is_nothing(void **state) {
    static const double divisors[] = {0, 1, 0x1p-1074, DBL_MAX};
    float logits[4] = {(float)NAN, 1, 2, 3}, loss, grad[4];
    const uint8_t where[4] = {0};
    (void)state;
    for (size_t d = 0; d < LENGTH(divisors); d++) {
        const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 2),
                                          .labels = RANKLOSS_ARRAY(logits, 2, 2),
                                          .where = RANKLOSS_ARRAY(where, 2, 2),
                                          .divisor = divisors[d]};
        const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(grad, 2, 2)};
        loss = grad[0] = grad[1] = grad[2] = grad[3] = 5;
        check_run(&problem, &result, "no valid item");
        assert_true(loss == 0 && !signbit(loss));
        for (int i = 0; i < 4; i++)
            assert_true(grad[i] == 0 && !signbit(grad[i]));
    }
}

/* --- parts --- */

static int64_t count_in(const rankloss_accumulator *accumulator) {
    int64_t count = -1;
    assert_int_equal(rankloss_accumulator_count(accumulator, &count), RANKLOSS_OK);
    return count;
}

/* In each dtype, with a divisor and without, the bits that one call on the whole batch writes. */
static void expect_loss_of(const rankloss_problem *whole, const rankloss_accumulator *accumulator) {
    static const double divisors[] = {0, 1, 0.7};
    assert_int_equal(count_in(accumulator), count_of(whole));
    for (size_t t = 0; t < LENGTH(floats); t++)
        for (size_t d = 0; d < LENGTH(divisors); d++) {
            pool p = {.count = 0};
            rankloss_problem problem = *whole;
            problem.reduction = RANKLOSS_MEAN;
            problem.divisor = divisors[d];
            rankloss_result result = make_outputs(&p, &problem, floats[t], 1 << OUTPUT_LOSS, LAYOUT_ROW_MAJOR, NULL);
            rankloss_result read = make_outputs(&p, &problem, floats[t], 1 << OUTPUT_LOSS, LAYOUT_ROW_MAJOR, NULL);
            check_run(&problem, &result, "the whole");
            assert_int_equal(rankloss_accumulator_read(accumulator, divisors[d], &read.loss), RANKLOSS_OK);
            check_same_bits(&result, &read, "merged accumulators");
            pool_free(&p);
        }
}

/* A part by a call of any reduction but the caller's, which with a mean has its gradients too. */
static void run_part(random_state *r, const rankloss_problem *whole, rankloss_result *expected, int64_t begin,
                     int64_t end, rankloss_accumulator *accumulator) {
    pool p = {.count = 0};
    const int64_t total = count_of(whole);
    rankloss_problem part = part_of(&p, whole, begin, end);
    part.reduction = (int32_t)random_below(r, 3);
    part.num_threads = 1 + (int32_t)random_below(r, 2);
    const bool mean = part.reduction == RANKLOSS_MEAN;
    const int which = mean ? BY_ITEM : random_chance(r, 0.5) ? 0 : 1 << random_below(r, OUTPUT_KINDS);
    part.divisor = mean && total > 0 ? (double)total : 0;
    part.cotangent = mean ? part.cotangent : view_vector(&p, RANKLOSS_F32, 1);
    if (!mean)
        view_set(&part.cotangent, 0, 1e9L); /* the accumulator does not get it */
    rankloss_result result = make_plain_outputs(&p, &part, which);
    result.accumulator = accumulator;
    const int64_t before = count_in(accumulator);
    check_run(&part, &result, "a part");
    assert_int_equal(count_in(accumulator) - before, count_of(&part));
    rankloss_result same = *expected;
    for (int kind = 0; kind < OUTPUT_KINDS; kind++)
        *output_of(&same, (output_kind)kind) = rows(whole, *output_of(expected, (output_kind)kind), begin, end);
    if (mean)
        check_same_bits(&same, &result, "a part");
    pool_free(&p);
}

/* Cuts the lists anywhere, also twice at one place, and puts each part into one of three accumulators. */
static void try_parts(random_state *r, const rankloss_problem *whole, rankloss_result *expected) {
    const int64_t lists = count_of_lists(whole);
    rankloss_accumulator machines[3] = {{{0}}};
    int64_t counted = 0;
    for (int64_t begin = 0, end; begin < lists; begin = end) {
        pool p = {.count = 0};
        end = random_chance(r, 0.1) ? begin : begin + 1 + random_below(r, lists - begin);
        const rankloss_problem part = part_of(&p, whole, begin, end);
        counted += count_of(&part);
        run_part(r, whole, expected, begin, end, &machines[random_below(r, 3)]);
        pool_free(&p);
    }
    assert_int_equal(counted, count_of(whole));
    assert_int_equal(rankloss_accumulator_merge(&machines[2], &machines[0]), RANKLOSS_OK);
    assert_int_equal(rankloss_accumulator_merge(&machines[1], &machines[2]), RANKLOSS_OK);
    expect_loss_of(whole, &machines[1]);
}

static void parts_have_the_bits_of_the_whole(void **state) {
    random_state r = random_new(random_run_seed(), 73);
    (void)state;
    for (int round = 0; round < 120 / random_run_share(); round++) {
        pool p = {.count = 0};
        const bool large = round % 12 == 0; /* worth two threads */
        const int64_t lists = large ? 400 : 1 + random_below(&r, 40);
        rankloss_problem whole =
            draw_batch(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, lists, large ? 400 : 1 + random_below(&r, 90));
        whole.reduction = RANKLOSS_MEAN;
        whole.temperature = round % 3 == 0 ? 0.7 : whole.temperature;
        if (round % 4 == 3)
            draw_factors(&r, &whole.labels, FACTORS_SIGNED);
        rankloss_result result = make_plain_outputs(&p, &whole, BY_ITEM);
        check_run(&whole, &result, "the whole");
        try_parts(&r, &whole, &result);
        pool_free(&p);
    }
}

/* --- accumulators of calls --- */

/* The losses as they are, under each reduction, alone and beside other outputs, on one thread and on two. */
static void a_call_adds_its_exact_sum(void **state) {
    static const struct {
        int64_t lists, most;
    } sizes[] = {{1, 5}, {9, 30}, {64, 8}, {70, 300}, {3000, 40}, {1, 140000}};
    random_state r = random_new(random_run_seed(), 75);
    (void)state;
    for (int round = 0; round < 48; round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const size_t s = (size_t)round / 8;
        rankloss_problem problem = draw_batch(&p, &r, dtype, sizes[s].lists, sizes[s].most);
        exact_sum sum;
        problem.reduction = RANKLOSS_NONE;
        problem.where = round % 8 < 2 ? none : problem.where; /* a group of eight, all at once */
        if (round % 4 == 3)
            draw_factors(&r, &problem.labels, FACTORS_SIGNED);
        assert_true(sum_of_lists(&problem, OUTPUT_LOSS, &sum));
        for (int way = 0; way < 12; way++) {
            pool outputs = {.count = 0};
            rankloss_accumulator accumulator = {{0}};
            double got = 0;
            const rankloss_array out = RANKLOSS_ARRAY(&got, 1);
            problem.reduction = way % 3;
            problem.num_threads = 1 + way / 3 % 2;
            const int which = way < 6 ? 0 : 1 << OUTPUT_LOSS | 1 << OUTPUT_GRAD_LOGITS;
            rankloss_result result = make_plain_outputs(&outputs, &problem, which);
            result.accumulator = &accumulator;
            check_run(&problem, &result, "with an accumulator");
            assert_int_equal(count_in(&accumulator), count_of(&problem));
            assert_int_equal(rankloss_accumulator_read(&accumulator, 1, &out), RANKLOSS_OK);
            assert_true(got == exact_quotient(&sum, 1, RANKLOSS_F64));
            assert_int_equal(rankloss_accumulator_read(&accumulator, 0x1.7p-3, &out), RANKLOSS_OK);
            assert_true(got == exact_ratio(&sum, 0x1.7p-3, RANKLOSS_F64));
            rankloss_result without = make_plain_outputs(&outputs, &problem, which);
            check_run(&problem, &without, "without");
            check_same_bits(&without, &result, "beside an accumulator");
            pool_free(&outputs);
        }
        pool_free(&p);
    }
}

/* Lists that nobody could go through, which yield nothing. */
static void lists_without_items_cost_nothing(void **state) {
    const int64_t shape[] = {INT64_C(1) << 30, INT64_C(1) << 30, 0};
    rankloss_accumulator accumulator = {{0}};
    rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, NULL, 3, shape),
                                .labels = rankloss_array_make(RANKLOSS_F32, NULL, 3, shape)};
    const rankloss_result result = {.accumulator = &accumulator};
    (void)state;
    for (; problem.reduction <= RANKLOSS_NONE; problem.reduction++)
        check_run(&problem, &result, "no items");
    assert_int_equal(count_in(&accumulator), 0);
}

/* Refused for another argument, for its place, and by the heap; in test_validate for every place and status. */
static void an_error_leaves_the_accumulator(void **state) {
    const double number = 1;
    rankloss_accumulator accumulator = {{0}}, before;
    double loss = 5;
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(&number, 1, 1), .labels = RANKLOSS_ARRAY(&number, 1, 1)};
    rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1), .accumulator = &accumulator};
    (void)state;
    check_run(&problem, &result, "one list");
    before = accumulator;
    loss = 5;
    problem.temperature = -1;
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_OPTION);
    problem.temperature = 0;
    result.loss.data = &accumulator.words[3];
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_OVERLAP);
    result.loss.data = &loss;
    assert_memory_equal(&accumulator, &before, sizeof before);
    result.accumulator = (rankloss_accumulator *)(UINTPTR_MAX - 15);
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_OVERFLOW);
    assert_non_null(strstr(rankloss_last_error(), "accumulator"));
    assert_true(loss == 5);
}

/* --- counting --- */

static int reduce_nothing(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced,
                          void *user) {
    (void)losses;
    (void)counted;
    (void)num_lists;
    (void)user;
    *reduced = 0;
    return 1; /* nobody is to call it */
}

static void counts_what_the_reference_counts(void **state) {
    const rankloss_reducer reducer = {.reduce = reduce_nothing};
    random_state r = random_new(random_run_seed(), 74);
    (void)state;
    for (int round = 0; round < 200 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_batch(&p, &r, RANKLOSS_F32, random_below(&r, 30), 1 + random_below(&r, 9));
        const rankloss_result nothing = {.loss = none};
        reference exact = reference_evaluate(&problem, &nothing);
        int64_t expected = 0;
        for (int64_t k = 0; k < exact.num_lists; k++)
            expected += exact.counted[k];
        for (problem.reduction = RANKLOSS_MEAN; problem.reduction <= RANKLOSS_CUSTOM; problem.reduction++) {
            problem.reducer = problem.reduction == RANKLOSS_CUSTOM ? &reducer : NULL;
            problem.divisor = problem.reduction == RANKLOSS_MEAN ? 0.5 : 0;
            assert_int_equal(count_of(&problem), expected);
        }
        reference_free(&exact);
        pool_free(&p);
    }
}

/* By axes, broadcast masks and lists without items, of which there may be more than anyone could go through. */
static void counts_whatever_the_shape(void **state) {
    float number = 0;
    const uint8_t where[] = {0, 1, 0};
    const int64_t shape[] = {2, 3, 4}, empty[] = {INT64_C(1) << 40, INT64_C(1) << 20, 0}, mask[] = {3, 1};
    rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, &number, 3, shape),
                                .labels = rankloss_array_make(RANKLOSS_F32, &number, 0, NULL)};
    (void)state;
    memset(problem.logits.strides, 0, sizeof problem.logits.strides);
    assert_int_equal(count_of(&problem), 6);
    problem.where = rankloss_array_make(RANKLOSS_U8, where, 2, mask);
    assert_int_equal(count_of(&problem), 2);
    problem.where = rankloss_array_make(RANKLOSS_U8, where, 0, NULL);
    assert_int_equal(count_of(&problem), 0);
    problem.logits = rankloss_array_make(RANKLOSS_F32, NULL, 3, empty);
    assert_int_equal(count_of(&problem), 0);
}

/* A refused call says why, and leaves the number as it is. */
static void expect_refused(const rankloss_problem *problem, int64_t *count, rankloss_status status, const char *words) {
    assert_int_equal(rankloss_count_lists(problem, count), status);
    if (!strstr(rankloss_last_error(), words))
        fail_msg("\"%s\" is not in: %s", words, rankloss_last_error());
}

static void counting_checks_every_argument(void **state) {
    union {
        float logits[6];
        int64_t number;
    } shared = {.logits = {0}};
    int64_t count[2] = {77, 77};
    const rankloss_problem good = {.logits = RANKLOSS_ARRAY(shared.logits, 2, 3),
                                   .labels = RANKLOSS_ARRAY(shared.logits, 2, 3)};
    rankloss_problem bad = good;
    (void)state;
    expect_refused(NULL, count, RANKLOSS_ERROR_NULL, "problem");
    expect_refused(&good, NULL, RANKLOSS_ERROR_NULL, "count");
    expect_refused(&good, &shared.number, RANKLOSS_ERROR_OVERLAP, "count: overlaps logits");
    expect_refused(&bad, (int64_t *)(void *)&bad.temperature, RANKLOSS_ERROR_OVERLAP, "count: overlaps the problem");
    expect_refused(&good, (int64_t *)(void *)((char *)count + 1), RANKLOSS_ERROR_STRIDE, "count: not aligned");
    bad.labels = none;
    expect_refused(&bad, count, RANKLOSS_ERROR_NULL, "labels");
    bad = good;
    bad.labels.shape[1] = 2;
    expect_refused(&bad, count, RANKLOSS_ERROR_SHAPE, "labels");
    bad = good;
    bad.where = good.logits;
    expect_refused(&bad, count, RANKLOSS_ERROR_DTYPE, "where");
    bad = good;
    bad.reduction = 4;
    expect_refused(&bad, count, RANKLOSS_ERROR_OPTION, "reduction");
    bad = good;
    bad.divisor = -2;
    expect_refused(&bad, count, RANKLOSS_ERROR_OPTION, "divisor: -2 ");
    bad = good;
    bad.reduction = RANKLOSS_CUSTOM;
    expect_refused(&bad, count, RANKLOSS_ERROR_NULL, "reducer");
    assert_true(count[0] == 77 && count[1] == 77);
    assert_true(shared.number == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_divided_exactly),        cmocka_unit_test(derivatives_are_divided),
        cmocka_unit_test(nothing_divided_is_nothing),      cmocka_unit_test(parts_have_the_bits_of_the_whole),
        cmocka_unit_test(a_call_adds_its_exact_sum),       cmocka_unit_test(lists_without_items_cost_nothing),
        cmocka_unit_test(an_error_leaves_the_accumulator), cmocka_unit_test(counts_what_the_reference_counts),
        cmocka_unit_test(counts_whatever_the_shape),       cmocka_unit_test(counting_checks_every_argument),
    };
    const int refused = run_refused_reference();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Lists in stretches: by their merged states the loss is that of the whole list, and the derivatives are those of its items,
 * within the bounds of a call on the whole, however it is cut and whatever is in it; and bad states are refused.
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
#include "generate.h"
#include "run.h"
#include "stretches.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const rankloss_array none;

/* --- against the reference --- */

/* The rest of the items has a bias of 0, which stretches_run() leaves out where it can. */
static void leave_bias_in_half(const rankloss_array *bias) {
    for (int64_t i = view_count(bias) / 2; i < view_count(bias); i++)
        view_set(bias, i, 0);
}

/* Lists with every input but the mask, and that mostly too; the arrays have an element for each item. */
static rankloss_problem draw_batch(pool *p, random_state *r, int32_t dtype, int64_t lists, int64_t most) {
    const bool ragged = random_chance(r, 0.5);
    rankloss_problem problem =
        ragged ? draw_ragged(p, r, dtype, lists, most) : draw_dense(p, r, dtype, lists, 1 + random_below(r, most));
    problem.where = random_chance(r, 0.3) ? none : problem.where;
    if (random_chance(r, 0.3)) {
        draw_bias(p, r, &problem, BIAS_PER_ITEM);
        problem.bias = view_cast(p, &problem.bias, problem.bias.dtype);
        if (random_chance(r, 0.5))
            leave_bias_in_half(&problem.bias);
    }
    return problem;
}

/* Judges what stretches give by a reference for whole lists. */
static void expect_whole(const rankloss_problem *problem, random_state *r, int which, const char *label) {
    pool p = {.count = 0};
    rankloss_result result = make_plain_outputs(&p, problem, which);
    reference exact = reference_evaluate(problem, &result);
    const char *wrong = stretches_run(problem, &result, r);
    if (wrong[0])
        fail_msg("%s, seed %llu: %s", label, (unsigned long long)random_run_seed(), wrong);
    if (exact.resolved)
        check_judge(reference_compute_dtype(problem), &result, &exact, label);
    reference_free(&exact);
    pool_free(&p);
}

static void stretches_have_the_results_of_the_whole(void **state) {
    static const int64_t most[] = {3, 12, 90, 700};
    random_state r = random_new(random_run_seed(), 81);
    (void)state;
    for (int round = 0; round < 900 / random_run_share(); round++) {
        pool p = {.count = 0};
        const logit_kind kind = (logit_kind)(round % LOGITS_KINDS);
        const factor_kind factors = (factor_kind)random_below(&r, FACTORS_KINDS);
        rankloss_problem problem =
            draw_batch(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 1 + random_below(&r, 6), most[round % 4]);
        char label[96];
        draw_logits(&r, &problem.logits, kind);
        draw_factors(&r, &problem.labels, factors);
        draw_label_mode(&r, &problem, LOGITS_WIDE);
        if (!random_chance(&r, 0.3))
            problem.weights = none;
        snprintf(label, sizeof label, "round %d: logits %d, factors %d, label mode %d", round, (int)kind, (int)factors,
                 (int)problem.label_mode);
        expect_whole(&problem, &r, round % 3 == 0 ? OUTPUTS_ALL & ~(1 << OUTPUT_HVP_LOGITS) : OUTPUTS_ALL, label);
        pool_free(&p);
    }
}

static long double power_of_ten(random_state *r, double most) {
    return powl(10.0L, (long double)(most * (2 * random_unit(r) - 1)));
}

/* float64: items whose exponentials no double holds beside the largest score of another stretch, but whose results do. */
static void items_far_below_another_stretch_count(void **state) {
    static const double distances[] = {0, 300, 600, 700, 800, 1000};
    random_state r = random_new(random_run_seed(), 86);
    (void)state;
    for (int round = 0; round < 1500 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, 2, 2 + round % 3);
        for (int64_t i = 0; i < view_count(&problem.logits); i++) {
            view_set(&problem.logits, i, (long double)-distances[random_below(&r, LENGTH(distances))]);
            view_set(&problem.labels, i, power_of_ten(&r, round % 2 ? 250 : 100));
            view_set(&problem.weights, i, power_of_ten(&r, 40));
            view_set(&problem.tangent, i, power_of_ten(&r, 60));
        }
        for (int64_t k = 0; k < 2; k++)
            view_set(&problem.cotangent, k, power_of_ten(&r, 55));
        problem.label_mode = round % 5 == 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
        expect_whole(&problem, &r, OUTPUTS_ALL, "items far below");
        pool_free(&p);
    }
}

/* A chunk that the search for the argmax has loaded has its labels' exponentials; that one underflows has to be seen. */
static void labels_that_underflow_count(void **state) {
    random_state r = random_new(random_run_seed(), 88);
    (void)state;
    for (int round = 0; round < 600 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, 2, 3 + round % 3);
        const int64_t size = 3 + round % 3;
        problem.bias = view_copy(&p, &problem.logits);
        for (int64_t i = 0; i < view_count(&problem.logits); i++) {
            view_set(&problem.logits, i, i % size == 0 ? 0.0L : -5.0L - (long double)random_unit(&r));
            view_set(&problem.bias, i, 0.1L * (long double)random_normal(&r));
            view_set(&problem.labels, i, i % size == 0 ? 0.0L : -740.0L * (long double)random_unit(&r));
        }
        problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
        expect_whole(&problem, &r, OUTPUTS_ALL, "labels that underflow");
        pool_free(&p);
    }
}

/* Labels at hand that are close to each other and so far below one of another stretch that exp() of them is 0. */
static void labels_far_below_another_stretch_count(void **state) {
    random_state r = random_new(random_run_seed(), 89);
    (void)state;
    for (int round = 0; round < 300 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int64_t size = 2 + round % 40;
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 2, size);
        for (int64_t i = 0; i < view_count(&problem.labels); i++) {
            const bool dominates = i % size == round % size;
            view_set(&problem.labels, i, (dominates ? 0.0L : -900.0L) + 3.0L * (long double)random_unit(&r));
        }
        problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
        expect_whole(&problem, &r, OUTPUTS_ALL, "labels far below");
        pool_free(&p);
    }
}

/* With biases beyond what the kernels carry, as doubles beside which the stretches without items have none. */
static void large_biases_leave_the_loss_its_bits(void **state) {
    random_state r = random_new(random_run_seed(), 87);
    (void)state;
    for (int round = 0; round < 600 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 2, 4);
        const long double size = ldexpl(1.0L, (int)random_below(&r, 60));
        problem.bias = view_copy(&p, &problem.logits);
        for (int64_t i = 0; i < view_count(&problem.bias); i++)
            view_set(&problem.bias, i, size * (long double)random_normal(&r));
        if (round % 3 == 0)
            leave_bias_in_half(&problem.bias);
        expect_whole(&problem, &r, OUTPUTS_ALL, "large biases");
        pool_free(&p);
    }
}

/* The last item of each list underflows, which only its stretch sees; stretches_run() compares the losses. */
static void every_stretch_has_the_bits_of_the_loss(void **state) {
    random_state r = random_new(random_run_seed(), 85);
    (void)state;
    for (int round = 0; round < 300; round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, 4, 12);
        for (int64_t k = 0; k < 4; k++)
            view_set(&problem.logits, 12 * k + 11, -800);
        draw_label_mode(&r, &problem, LOGITS_WIDE);
        expect_whole(&problem, &r, 1 << OUTPUT_LOSS, "an item that underflows");
        pool_free(&p);
    }
}

/* Numbers of which a list has a few, in any order: infinities and NaN, at last in some stretch alone. */
static void special_values_are_those_of_the_whole(void **state) {
    const double inf = (double)INFINITY, nan = (double)NAN;
    const double logits[][4] = {{0, 1, 2, -inf}, {0, -inf, -inf, -inf}, {0, 1, nan, 3},
                                {0, 1, inf, 2},  {-inf, -inf, 0, 0},    {300, 0, 1, -inf}};
    const double labels[][4] = {{0, 1, 2, 0},   {0, 0, 0, 0},   {1, -1, 1, -1},
                                {0, 1, inf, 0}, {0, nan, 1, 1}, {-inf, 0, 1, -inf}};
    random_state r = random_new(random_run_seed(), 82);
    (void)state;
    for (int round = 0; round < 4000 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 3, 1 + round % 7);
        const size_t l = (size_t)random_below(&r, LENGTH(logits)), y = (size_t)random_below(&r, LENGTH(labels));
        for (int64_t i = 0; i < view_count(&problem.logits); i++) {
            view_set(&problem.logits, i, (long double)logits[l][random_below(&r, 4)]);
            view_set(&problem.labels, i, (long double)labels[y][random_below(&r, 4)]);
        }
        problem.weights = random_chance(&r, 0.5) ? none : problem.weights;
        problem.where = random_chance(&r, 0.5) ? none : problem.where;
        problem.label_mode = (int32_t)random_below(&r, 3);
        if (random_chance(&r, 0.3)) {
            draw_bias(&p, &r, &problem, BIAS_PER_ITEM);
            problem.bias = view_cast(&p, &problem.bias, problem.bias.dtype);
            view_set(&problem.bias, random_below(&r, view_count(&problem.bias)),
                     random_chance(&r, 0.5) ? (long double)-inf : 40);
        }
        char label[96];
        snprintf(label, sizeof label, "round %d: logits %d, labels %d, label mode %d", round, (int)l, (int)y,
                 (int)problem.label_mode);
        expect_whole(&problem, &r, OUTPUTS_ALL, label);
        pool_free(&p);
    }
}

/* Long enough to be computed in parts, by threads. */
static void long_lists_have_the_results_of_the_whole(void **state) {
    random_state r = random_new(random_run_seed(), 83);
    (void)state;
    for (int round = 0; round < 6; round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 1, 200000);
        problem.label_mode = round % 3;
        expect_whole(&problem, &r, 1 << OUTPUT_LOSS | 1 << OUTPUT_GRAD_LOGITS | 1 << OUTPUT_HVP_LOGITS, "long lists");
        pool_free(&p);
    }
}

/* --- bits --- */

/* Asking for the states, on any number of threads, changes nothing else; and the states have the same bits. */
static void states_change_no_other_bit(void **state) {
    random_state r = random_new(random_run_seed(), 84);
    (void)state;
    for (int round = 0; round < 120 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int64_t lists = round % 10 == 0 ? 2000 : 1 + random_below(&r, 30);
        rankloss_problem problem = draw_batch(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, lists,
                                              round % 5 == 0 ? 3000 / (1 + lists / 9) + 1 : 70);
        draw_label_mode(&r, &problem, LOGITS_WIDE);
        const int64_t bytes = lists * (int64_t)sizeof(rankloss_list_state);
        rankloss_list_state *states = pool_bytes(&p, bytes), *again = pool_bytes(&p, bytes);
        rankloss_result without = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_run(&problem, &without, "without states");
        result.state = states;
        problem.num_threads = 1;
        check_run(&problem, &result, "with states");
        check_same_bits(&without, &result, "beside states");
        const rankloss_result alone = {.state = again};
        problem.num_threads = 2;
        check_run(&problem, &alone, "states alone");
        assert_memory_equal(states, again, (size_t)bytes);
        pool_free(&p);
    }
}

/* In place of the logits the gradient comes after the state, which has read them. */
static void a_state_is_that_of_logits_which_are_replaced(void **state) {
    enum { LISTS = 9, MOST = 100 };
    static const int64_t sizes[] = {3, MOST}; /* of lists in rows, and side by side */
    static float scores[LISTS * MOST], relevance[LISTS * MOST], logits[LISTS * MOST];
    rankloss_list_state expected[LISTS], got[LISTS];
    random_state r = random_new(random_run_seed(), 11);
    (void)state;
    for (int i = 0; i < LISTS * MOST; i++) {
        scores[i] = logits[i] = (float)random_normal(&r);
        relevance[i] = (float)random_unit(&r);
    }
    for (int s = 0; s < 2; s++) {
        rankloss_problem problem = {.logits = RANKLOSS_ARRAY(scores, LISTS, sizes[s]),
                                    .labels = RANKLOSS_ARRAY(relevance, LISTS, sizes[s])};
        rankloss_result result = {.state = expected};
        check_run(&problem, &result, "states");
        problem.logits = RANKLOSS_ARRAY(logits, LISTS, sizes[s]);
        result = (rankloss_result){.grad_logits = RANKLOSS_ARRAY(logits, LISTS, sizes[s]), .state = got};
        check_run(&problem, &result, "states and a gradient in place");
        assert_memory_equal(expected, got, sizeof got);
        for (int i = 0; i < LISTS * MOST; i++) {
            assert_true((logits[i] != scores[i]) == (i < LISTS * sizes[s]));
            logits[i] = scores[i];
        }
    }
}

/* Lists whose every state is empty are not counted; others are, also where they have no item at hand. */
static void whole_lists_are_counted(void **state) {
    const double logits[4] = {0, 1, 2, 0}, labels[4] = {1, 0, 2, 1};
    const int64_t offsets[4] = {0, 2, 2, 4}, elsewhere[4] = {0, 0, 4, 4};
    rankloss_list_state mine[3], theirs[3];
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 4),
                                .labels = RANKLOSS_ARRAY(labels, 4),
                                .offsets = RANKLOSS_ARRAY(offsets, 4)};
    double loss = 0, whole = 0, grad[4] = {0};
    int64_t count = 0;
    (void)state;
    check_run(&problem, &(rankloss_result){.state = mine}, "mine");
    problem.state = mine;
    assert_int_equal(rankloss_count_lists(&problem, &count), RANKLOSS_OK);
    assert_int_equal(count, 2);
    problem.state = NULL;
    problem.offsets = RANKLOSS_ARRAY(elsewhere, 4);
    check_run(&problem, &(rankloss_result){.state = theirs}, "theirs");
    for (int k = 0; k < 3; k++)
        assert_int_equal(rankloss_list_state_merge(&mine[k], &theirs[k]), RANKLOSS_OK);
    problem.state = mine;
    assert_int_equal(rankloss_count_lists(&problem, &count), RANKLOSS_OK);
    assert_int_equal(count, 3);
    check_run(&problem, &(rankloss_result){.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(grad, 4)},
              "their mean");
    problem.offsets = RANKLOSS_ARRAY(offsets, 4);
    check_run(&problem, &(rankloss_result){.loss = RANKLOSS_ARRAY(&whole, 1)}, "my mean");
    assert_true(loss == whole && loss > 0);
}

/* A jvp is by the tangent at hand, whatever that of the states was. */
static void a_jvp_is_by_the_tangent_at_hand(void **state) {
    const double logits[4] = {5, 1, 0, -1}, labels[4] = {0, 1, 0, 2}, tangent[4] = {1, 2, 3, 4},
                 other[4] = {7, 0, 1, 9};
    double plain = 0, got = 0;
    rankloss_list_state states[2];
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 4), .labels = RANKLOSS_ARRAY(labels, 4)};
    (void)state;
    check_run(&problem, &(rankloss_result){.state = &states[0]}, "without a tangent");
    problem.tangent = RANKLOSS_ARRAY(other, 4);
    check_run(&problem, &(rankloss_result){.state = &states[1]}, "with another tangent");
    problem.tangent = RANKLOSS_ARRAY(tangent, 4);
    check_run(&problem, &(rankloss_result){.jvp = RANKLOSS_ARRAY(&plain, 1)}, "a jvp");
    for (int k = 0; k < 2; k++) {
        problem.state = &states[k];
        check_run(&problem, &(rankloss_result){.jvp = RANKLOSS_ARRAY(&got, 1)}, "a jvp by a state");
        assert_true(fabs(got - plain) <= 1e-14 * fabs(plain));
    }
}

/* A state without items, beside items: as where somebody forgot to merge. */
static void items_of_an_empty_state_are_nan(void **state) {
    const float logits[2] = {0, 1}, labels[2] = {1, 1};
    const rankloss_list_state empty = {{0}};
    float loss = 0, grad[2] = {0};
    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(logits, 2), .labels = RANKLOSS_ARRAY(labels, 2), .state = &empty};
    (void)state;
    check_run(&problem, &(rankloss_result){.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(grad, 2)},
              "an empty state");
    assert_true(isnan(loss) && isnan(grad[0]) && isnan(grad[1]));
}

/* A state of other items: with an item above its largest score the list is NaN, and no other is. */
static void an_item_above_its_state_is_nan(void **state) {
    const float scores[4] = {0, 1, 0, 1}, above[4] = {0, 3, 0, 1}, labels[4] = {1, 1, 1, 1};
    rankloss_list_state states[2];
    float losses[2] = {0}, grad[4] = {0};
    rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(scores, 2, 2), .labels = RANKLOSS_ARRAY(labels, 2, 2), .reduction = RANKLOSS_NONE};
    (void)state;
    check_run(&problem, &(rankloss_result){.state = states}, "states");
    problem.logits = RANKLOSS_ARRAY(above, 2, 2);
    problem.state = states;
    check_run(&problem,
              &(rankloss_result){.loss = RANKLOSS_ARRAY(losses, 2), .grad_logits = RANKLOSS_ARRAY(grad, 2, 2)},
              "other items");
    assert_true(isnan(losses[0]) && isnan(grad[0]) && isnan(grad[1]));
    assert_true(isfinite(losses[1]) && isfinite(grad[2]) && isfinite(grad[3]));
    for (int k = 0; k < 2; k++) { /* with a bias, above by 3, and without end */
        const float bias[4] = {0, k == 0 ? 1.0F : (float)INFINITY, 0, 0};
        problem.bias = RANKLOSS_ARRAY(bias, 2, 2);
        check_run(&problem,
                  &(rankloss_result){.loss = RANKLOSS_ARRAY(losses, 2), .grad_logits = RANKLOSS_ARRAY(grad, 2, 2)},
                  "other items, with a bias");
        assert_true(isnan(losses[0]) && isnan(grad[0]) && isfinite(losses[1]) && isfinite(grad[2]));
    }
}

/* --- merging --- */

static rankloss_list_state state_of(const double *logits, int64_t count, double temperature, bool f64, bool tangent,
                                    int32_t mode) {
    float floats[8];
    rankloss_list_state state;
    for (int64_t i = 0; i < count; i++)
        floats[i] = (float)logits[i];
    rankloss_problem problem = {.logits = f64 ? RANKLOSS_ARRAY(logits, count) : RANKLOSS_ARRAY(floats, count),
                                .labels = RANKLOSS_ARRAY(logits, count),
                                .temperature = temperature,
                                .label_mode = mode};
    if (tangent)
        problem.tangent = RANKLOSS_ARRAY(logits, count);
    check_run(&problem, &(rankloss_result){.state = &state}, "a state");
    return state;
}

static void an_empty_state_changes_nothing(void **state) {
    const double logits[3] = {1, 2, 3};
    const rankloss_list_state some = state_of(logits, 3, 1, true, false, 0);
    rankloss_list_state into = some, empty = {{0}};
    (void)state;
    assert_int_equal(rankloss_list_state_merge(&into, &empty), RANKLOSS_OK);
    assert_memory_equal(&into, &some, sizeof into);
    into = empty;
    assert_int_equal(rankloss_list_state_merge(&into, &some), RANKLOSS_OK);
    assert_memory_equal(&into, &some, sizeof into);
    into = state_of(logits, 0, 1, true, false, 0);
    assert_memory_equal(&into, &empty, sizeof into);
}

static void expect_refused(rankloss_list_state *into, const rankloss_list_state *from, rankloss_status status,
                           const char *words) {
    const rankloss_list_state before = *into;
    assert_int_equal(rankloss_list_state_merge(into, from), status);
    if (strstr(rankloss_last_error(), words) == NULL)
        fail_msg("\"%s\" says nothing of %s", rankloss_last_error(), words);
    assert_memory_equal(into, &before, sizeof before);
}

static void states_of_other_calls_are_refused(void **state) {
    const double logits[3] = {1, 2, 3};
    rankloss_list_state into = state_of(logits, 3, 1, true, false, 0);
    const rankloss_list_state dtype = state_of(logits, 3, 1, false, false, 0);
    const rankloss_list_state temperature = state_of(logits, 3, 2, true, false, 0);
    const rankloss_list_state mode = state_of(logits, 3, 1, true, false, RANKLOSS_LABELS_SOFTMAX);
    const rankloss_list_state tangent = state_of(logits, 3, 1, true, true, 0);
    (void)state;
    expect_refused(&into, &dtype, RANKLOSS_ERROR_OPTION, "compute dtype");
    expect_refused(&into, &temperature, RANKLOSS_ERROR_OPTION, "temperature");
    expect_refused(&into, &mode, RANKLOSS_ERROR_OPTION, "label mode");
    expect_refused(&into, &tangent, RANKLOSS_ERROR_OPTION, "tangent");
}

static void what_is_no_state_is_refused(void **state) {
    const double logits[3] = {1, 2, 3};
    const rankloss_list_state good = state_of(logits, 3, 1, true, false, 0);
    rankloss_list_state into = good;
    double zeros[RANKLOSS_LIST_STATE_WORDS + 3] = {0};
    (void)state;
    for (int k = 0; k < RANKLOSS_LIST_STATE_WORDS; k++) {
        rankloss_list_state zeroed_but_one = {{0}};
        zeroed_but_one.words[k] = (double)NAN;
        expect_refused(&into, &zeroed_but_one, RANKLOSS_ERROR_OPTION, "no state");
    }
    for (int byte = 0; byte < 256; byte += 5) {
        rankloss_list_state bytes;
        memset(&bytes, byte, sizeof bytes);
        if (byte != 0)
            expect_refused(&into, &bytes, RANKLOSS_ERROR_OPTION, "no state");
    }
    assert_int_equal(rankloss_list_state_merge(NULL, &good), RANKLOSS_ERROR_NULL);
    assert_int_equal(rankloss_list_state_merge(&into, NULL), RANKLOSS_ERROR_NULL);
    expect_refused((rankloss_list_state *)zeros, (const rankloss_list_state *)&zeros[3], RANKLOSS_ERROR_OVERLAP,
                   "overlaps");
    const char *inside = (const char *)zeros + 4;
    expect_refused(&into, (const rankloss_list_state *)(const void *)inside, RANKLOSS_ERROR_STRIDE, "aligned");
}

/* A state merged with itself stands for its items twice; 2^46 of them are the most. */
static void a_state_doubles_up_to_its_room(void **state) {
    const double logits[4] = {1, 2, 1, 2};
    const rankloss_list_state twice = state_of(logits, 4, 1, true, false, 0);
    rankloss_list_state into = state_of(logits, 2, 1, true, false, 0);
    (void)state;
    assert_int_equal(rankloss_list_state_merge(&into, &into), RANKLOSS_OK);
    assert_memory_equal(&into, &twice, sizeof into);
    for (int k = 0; k < 44; k++)
        assert_int_equal(rankloss_list_state_merge(&into, &into), RANKLOSS_OK);
    expect_refused(&into, &into, RANKLOSS_ERROR_OVERFLOW, "do not fit");
}

/* --- bad calls --- */

static void expect_bad_call(const rankloss_problem *problem, const rankloss_result *result, rankloss_status status,
                            const char *words) {
    assert_int_equal(rankloss_softmax(problem, result), status);
    if (strstr(rankloss_last_error(), words) == NULL)
        fail_msg("\"%s\" says nothing of %s", rankloss_last_error(), words);
}

static void calls_with_bad_states_are_refused(void **state) {
    const double logits[6] = {1, 2, 3, 4, 5, 6};
    double loss = 5, hvp[6] = {0};
    int64_t count = 7;
    rankloss_list_state states[3], other[3];
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 3), .labels = RANKLOSS_ARRAY(logits, 2, 3)};
    rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    (void)state;
    check_run(&problem, &(rankloss_result){.state = states}, "states");
    problem.state = states;
    problem.temperature = 3;
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OPTION, "list 0 is of a call with another temperature");
    problem.temperature = 0;
    problem.label_mode = RANKLOSS_LABELS_SUM_TO_ONE;
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OPTION, "label mode");
    assert_int_equal(rankloss_count_lists(&problem, &count), RANKLOSS_ERROR_OPTION);
    problem.label_mode = 0;
    problem.tangent = problem.logits;
    check_run(&problem, &result, "a tangent that no output needs from the states");
    loss = 5;
    result.hvp_logits = RANKLOSS_ARRAY(hvp, 2, 3);
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OPTION, "tangent");
    result.hvp_logits = none;
    states[1].words[0] = 0.5;
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OPTION, "the words of list 1");
    assert_int_equal(rankloss_count_lists(&problem, &count), RANKLOSS_ERROR_OPTION);
    assert_int_equal(count, 7);
    problem.state = NULL;

    result.state = (rankloss_list_state *)(void *)((char *)other + 4);
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_STRIDE, "the result's state");
    result.state = other;
    result.loss = RANKLOSS_ARRAY(&other[1].words[23], 1);
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OVERLAP, "overlaps the result's state");
    result.loss = RANKLOSS_ARRAY(&other[2].words[0], 1);
    check_run(&problem, &result, "a loss behind the states");
    problem.state = &other[1];
    result.loss = none;
    expect_bad_call(&problem, &result, RANKLOSS_ERROR_OVERLAP, "the problem's state");
    assert_true(loss == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretches_have_the_results_of_the_whole),
        cmocka_unit_test(items_far_below_another_stretch_count),
        cmocka_unit_test(labels_that_underflow_count),
        cmocka_unit_test(labels_far_below_another_stretch_count),
        cmocka_unit_test(large_biases_leave_the_loss_its_bits),
        cmocka_unit_test(every_stretch_has_the_bits_of_the_loss),
        cmocka_unit_test(special_values_are_those_of_the_whole),
        cmocka_unit_test(long_lists_have_the_results_of_the_whole),
        cmocka_unit_test(states_change_no_other_bit),
        cmocka_unit_test(a_state_is_that_of_logits_which_are_replaced),
        cmocka_unit_test(whole_lists_are_counted),
        cmocka_unit_test(a_jvp_is_by_the_tangent_at_hand),
        cmocka_unit_test(items_of_an_empty_state_are_nan),
        cmocka_unit_test(an_item_above_its_state_is_nan),
        cmocka_unit_test(an_empty_state_changes_nothing),
        cmocka_unit_test(states_of_other_calls_are_refused),
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(a_state_doubles_up_to_its_room),
        cmocka_unit_test(calls_with_bad_states_are_refused),
    };
    const int refused = run_refused_reference();
    if (refused)
        return refused;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_print_errors();
    return failed;
}

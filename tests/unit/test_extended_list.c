/*
 * src/list/extended_list.c: small lists against long double, which has the exponents that double has not, and against
 * what can be said exactly. Results are to be the doubles nearest to the formulas.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "list/extended_list.h"
#include "list_reference.h"
#include "random.h"
#include "run.h"

enum { MOST = 12 };

/* A list of float64 and what multiplies its derivatives. */
typedef struct call {
    int64_t size;
    double scores[MOST], labels[MOST], weights[MOST], biases[MOST], tangent[MOST];
    bool has_bias;
    int32_t label_mode;
    double temperature;
    rankloss__upstream upstream;
} call;

/* What becomes of it. */
typedef struct results {
    double loss, jvp, derivatives[RANKLOSS__NUM_DERIVATIVES][MOST];
    rankloss__extended_sums sums;
} results;

static call new_call(int64_t size) {
    call c = {.size = size, .temperature = 1.0, .upstream = {.cotangent = 1.0, .share = 1.0, .divisor = 1.0}};
    for (int64_t i = 0; i < size; i++)
        c.labels[i] = c.weights[i] = c.tangent[i] = 1.0;
    return c;
}

static rankloss_array vector(double *numbers, int64_t size) {
    return rankloss_array_make(RANKLOSS_F64, numbers, 1, &size);
}

/* Of the labels, all of which are valid. */
static rankloss__score_range label_range_of(const call *c) {
    rankloss__score_range range = {.max = c->labels[0], .valid = (size_t)c->size};
    for (int64_t i = 1; i < c->size; i++)
        range.max = c->labels[i] > range.max ? c->labels[i] : range.max;
    range.logit = range.max;
    return range;
}

static results compute(call *c) {
    static rankloss__chunk_scratch scratch;
    const rankloss_problem problem = {.logits = vector(c->scores, c->size),
                                      .labels = vector(c->labels, c->size),
                                      .weights = vector(c->weights, c->size),
                                      .tangent = vector(c->tangent, c->size),
                                      .temperature = c->temperature,
                                      .bias = c->has_bias ? vector(c->biases, c->size) : (rankloss_array){.data = NULL},
                                      .label_mode = c->label_mode};
    double unused[MOST];
    const rankloss_result result = {.hvp_logits = vector(unused, c->size)};
    const rankloss__plan plan = rankloss__plan_make(&problem, &result);
    rankloss__list own;
    results got;
    rankloss__list_open(&own, &plan.inputs, 0, &scratch);
    rankloss__list_limit_chunks(&own, 8);
    own.label_range = label_range_of(c);
    rankloss__score_range range = {.logit = c->scores[0], .valid = (size_t)c->size};
    for (int64_t i = 1; i < c->size; i++)
        if (c->scores[i] > range.logit) {
            range.logit = c->scores[i];
            range.argmax = (size_t)i;
        }
    c->upstream.temperature = c->temperature;
    got.loss = rankloss__extended_loss(&own, &range);
    got.sums = rankloss__extended_sums_of(&own, &range);
    rankloss__extended_set_upstream(&got.sums, &c->upstream);
    got.jvp = rankloss__extended_jvp(&got.sums, &own);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        for (size_t i = 0; i < own.size; i++) {
            const rankloss__items *items = rankloss__list_chunk(&own, i - i % own.chunk);
            got.derivatives[which][i] = rankloss__extended_derivative(
                &got.sums, &own, items, i % own.chunk, i == got.sums.argmax, (rankloss__derivative)which);
        }
    return got;
}

/* --- against long double --- */

/* Half a last place of a double, and what long double itself loses. */
static bool is_nearest(double got, long double value, long double scale) {
    if (fabsl(value) > (long double)DBL_MAX)
        return got == (value > 0 ? 1.0 : -1.0) * (double)INFINITY;
    return fabsl((long double)got - value) <= 0x1p-53L * fabsl(value) + 0x1p-58L * scale + 0x1.01p-1075L;
}

static long double factor_of(const rankloss__upstream *up) {
    return (long double)up->cotangent * (long double)up->share / (long double)up->divisor;
}

static void compare(call *c) {
    item items[MOST];
    const long double temperature = (long double)c->temperature;
    list expected = {.items = items, .size = c->size};
    for (int64_t i = 0; i < c->size; i++)
        items[i] = (item){.valid = true,
                          .y = (long double)c->labels[i],
                          .w = (long double)c->weights[i],
                          .v = (long double)c->tangent[i],
                          .s = (long double)c->scores[i] / temperature + (long double)c->biases[i]};
    list_solve(&expected, temperature, c->label_mode);
    const results got = compute(c);
    const long double g = factor_of(&c->upstream);
    assert_true(is_nearest(got.loss, expected.loss.value, expected.loss.scale));
    assert_true(is_nearest(got.jvp, expected.jvp.value, expected.jvp.scale));
    for (int64_t i = 0; i < c->size; i++) {
        const term terms[] = {items[i].grad_labels, items[i].grad_weights, items[i].hess_logits, items[i].hvp_logits,
                              items[i].grad_logits}; /* as rankloss__derivative counts them */
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
            assert_true(is_nearest(got.derivatives[which][i], g * terms[which].value, fabsl(g) * terms[which].scale));
    }
}

static void ordinary_lists(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        call c = new_call(1 + random_below(&r, MOST));
        const double width = (double)(1 << random_below(&r, 8));
        c.label_mode = round % 2 != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
        c.temperature = round % 3 == 0 ? 0.25 : 1.0;
        c.upstream.cotangent = random_normal(&r);
        c.upstream.divisor = (double)(1 + random_below(&r, 9));
        for (int64_t i = 0; i < c.size; i++) {
            c.scores[i] = width * random_normal(&r);
            c.labels[i] = random_chance(&r, 0.2) ? 0.0 : 0.1 + random_unit(&r);
            c.weights[i] = random_unit(&r) + 0.1;
            c.tangent[i] = random_normal(&r);
        }
        compare(&c);
    }
}

/* Labels of which there is a softmax, -inf among them, and biases. */
static void softmaxes_and_biases(void **state) {
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        call c = new_call(1 + random_below(&r, MOST));
        c.label_mode = round % 2 != 0 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW;
        c.has_bias = round % 4 != 1;
        c.temperature = round % 3 == 0 ? 0.25 : 1.0;
        c.upstream.cotangent = random_normal(&r);
        for (int64_t i = 0; i < c.size; i++) {
            const bool is_least = c.label_mode == RANKLOSS_LABELS_SOFTMAX && i > 0 && random_chance(&r, 0.2);
            c.scores[i] = 3.0 * random_normal(&r);
            c.biases[i] = c.has_bias ? 3.0 * random_normal(&r) : 0.0;
            c.labels[i] = is_least ? -(double)INFINITY : 3.0 * random_normal(&r);
            c.weights[i] = random_chance(&r, 0.2) ? 0.0 : random_normal(&r);
            c.tangent[i] = random_normal(&r);
        }
        compare(&c);
    }
}

/* The softmax of a label may be far below the smallest double, and its product with a weight an ordinary number. */
static void labels_far_below_the_range(void **state) {
    static const double distances[] = {30.0, 700.0, 745.0, 1000.0, 5000.0};
    (void)state;
    for (int k = 0; k < 5; k++) {
        call c = new_call(3);
        c.label_mode = RANKLOSS_LABELS_SOFTMAX;
        c.labels[1] = -distances[k];
        c.labels[2] = -(double)INFINITY;
        c.weights[0] = 0.0;
        c.weights[1] = k == 0 ? 1.0 : 0x1p1000;
        c.upstream.cotangent = k < 3 ? 1.0 : 0x1p1000;
        c.scores[1] = -2.0;
        compare(&c);
        /* However small it is, times an infinite logarithm it is infinite; that of -inf is 0. */
        c.scores[1] = c.scores[2] = -(double)INFINITY;
        const results got = compute(&c);
        assert_true(got.loss == (double)INFINITY);
        assert_true(got.derivatives[RANKLOSS__GRAD_WEIGHTS][1] == (double)INFINITY);
        assert_true(got.derivatives[RANKLOSS__GRAD_WEIGHTS][2] == 0.0);
        assert_true(got.derivatives[RANKLOSS__GRAD_LABELS][2] == 0.0);
    }
}

/* --- biases --- */

/* The largest score is found where a double would call several infinite, or alike, in another chunk too. */
static void scores_beyond_the_range_of_a_double(void **state) {
    static const struct {
        double logit, bias;
    } rows[] = {{0x1.8p1023, 0x1.8p1023}, {0x1.8p1023, 0x1.9p1023}, {-0x1.8p1023, -0x1.8p1023},
                {0x1.8p1023, 0x1p-30},    {0x1p-1074, 0x1p60},      {-(double)INFINITY, 3.0}};
    (void)state;
    for (int64_t largest = 0; largest < MOST; largest++) {
        call c = new_call(MOST);
        c.has_bias = true;
        for (int64_t i = 0; i < MOST; i++) {
            c.scores[i] = rows[i % 6].logit;
            c.biases[i] = rows[i % 6].bias;
            c.labels[i] = i == largest ? 1.0 : 0.0;
        }
        c.scores[largest] = 0x1.8p1023;
        c.biases[largest] = 0x1.ap1023;
        const results got = compute(&c);
        assert_int_equal(got.sums.argmax, largest);
        assert_true(got.loss == 0.0 && got.derivatives[RANKLOSS__GRAD_LOGITS][largest] == 0.0);
        compare(&c);
    }
}

/* Scores that are one double, but for what their biases have below its last place. */
static void the_argmax_is_that_of_the_scores_in_the_reals(void **state) {
    call c = new_call(3);
    (void)state;
    c.has_bias = true;
    c.scores[0] = c.scores[1] = c.scores[2] = 0x1p60;
    c.biases[0] = 0.125;
    c.biases[1] = 3.0;
    c.biases[2] = 2.0;
    assert_int_equal(compute(&c).sums.argmax, 1);
    compare(&c);
}

/* Of an infinite or NaN bias, as of such a score. */
static void special_biases(void **state) {
    static const double specials[] = {(double)NAN, (double)INFINITY};
    (void)state;
    for (int k = 0; k < 2; k++) {
        call c = new_call(3);
        c.has_bias = true;
        c.biases[k] = specials[k];
        c.scores[2] = -(double)INFINITY;
        c.biases[2] = k != 0 ? (double)INFINITY : 0.0;
        const results failed = compute(&c);
        assert_true(isnan(failed.loss) && isnan(failed.jvp) && isnan(failed.derivatives[RANKLOSS__GRAD_LOGITS][0]));
    }
    call c = new_call(3);
    c.has_bias = true;
    c.biases[0] = -(double)INFINITY;
    c.labels[0] = 0.0;
    const results got = compute(&c);
    assert_true(got.sums.argmax == 1 && is_nearest(got.loss, 2 * logl(2.0L), 0));
    assert_true(got.derivatives[RANKLOSS__GRAD_LOGITS][0] == 0.0);
    c.biases[1] = c.biases[2] = -(double)INFINITY; /* no largest score */
    assert_true(isnan(compute(&c).loss));
}

/* Coefficients, cotangents and shares of which a double has no product, but which are ordinary all together. */
static void numbers_near_the_ends(void **state) {
    static const struct {
        double label, weight, cotangent, share;
    } rows[] = {{0x1p1000, 0x1p-1000, 1.0, 1.0},
                {0x1p1000, 0x1p1000, 0x1p-1000, 0x1p-1000},
                {0x1p-1000, 0x1p-1000, 0x1p1000, 0x1p1000},
                {0x1p-1074, 1.0, 0x1p1000, 0x1p70},
                {0x1p1023, 1.5, 0x1p-1074, 0x1p50},
                {1.0, 1.0, 0x1p1023, 0x1p-1074}};
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 600; round++) {
        call c = new_call(1 + random_below(&r, 5));
        c.label_mode = round / 6 % 2 != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
        c.upstream.cotangent = rows[round % 6].cotangent;
        c.upstream.share = rows[round % 6].share;
        for (int64_t i = 0; i < c.size; i++) {
            c.scores[i] = random_normal(&r);
            c.labels[i] = (random_chance(&r, 0.3) ? -1.0 : 1.0) * rows[round % 6].label;
            c.weights[i] = rows[round % 6].weight;
            c.tangent[i] = random_normal(&r);
        }
        compare(&c);
    }
}

/* exp(-2000) is far below the smallest double, and with a cotangent as large as that is small an ordinary number. */
static void exponentials_far_below_the_range(void **state) {
    static const double distances[] = {30.0, 200.0, 745.0, 1000.0, 2000.0, 2500.0};
    (void)state;
    for (int k = 0; k < 6; k++) {
        call c = new_call(3);
        c.scores[0] = c.scores[2] = -distances[k];
        c.labels[0] = c.labels[2] = 0.0;
        c.weights[1] = k < 4 ? 1.0 : 0x1p1000;
        c.tangent[1] = -3.0;
        c.upstream.cotangent = k < 2 ? 1.0 : 0x1p1000;
        c.upstream.share = k < 4 ? 1.0 : 0x1p700;
        compare(&c);
        /* The argmax has all of W, and all that is left of W p - c is what the others have: nothing cancels. */
        const results got = compute(&c);
        const long double e = expl((long double)-distances[k]), g = factor_of(&c.upstream);
        const long double away = g * (long double)c.weights[1] * e / (1 + 2 * e);
        assert_true(away > 0x1p-1000L && is_nearest(got.derivatives[RANKLOSS__GRAD_LOGITS][0], away, 0x1p-3L * away));
        assert_true(is_nearest(got.derivatives[RANKLOSS__GRAD_LOGITS][1], -2 * away, 0x1p-3L * away));
        assert_true(is_nearest(got.derivatives[RANKLOSS__HVP_LOGITS][0], 4 * away / (1 + 2 * e), 0x1p-3L * away));
    }
}

/* --- exact cases --- */

/* (2^53 - 1)^2 - (2^53 - 2) 2^53 = 1, of products of 106 bits: W = 1, and p = 1 / 2 for each. */
static void coefficients_that_cancel_leave_their_exact_sum(void **state) {
    (void)state;
    for (int sum_to_one = 0; sum_to_one < 2; sum_to_one++) {
        call c = new_call(2);
        c.label_mode = sum_to_one != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
        c.labels[0] = c.weights[0] = 0x1p53 - 1;
        c.labels[1] = -(0x1p53 - 2);
        c.weights[1] = 0x1p53;
        const results got = compute(&c);
        assert_true(got.derivatives[RANKLOSS__HESS_LOGITS][0] == 0.25);
        assert_true(got.derivatives[RANKLOSS__HESS_LOGITS][1] == 0.25);
    }
    call c = new_call(3); /* of equal scores the loss is W log 3 */
    c.labels[0] = 0x1p40;
    c.labels[2] = -0x1p40;
    assert_true(is_nearest(compute(&c).loss, logl(3.0L), 0));
}

/* Labels that are to sum to one and sum to zero count alike, 1 / n each; by labels and weights nothing changes then. */
static void labels_that_sum_to_zero_count_alike(void **state) {
    static const double labels[][4] = {{0.0, 0.0, 0.0, 0.0}, {1.0, -1.0, 0.0, 0.0}, {0x1p60, 3.0, -3.0, -0x1p60}};
    (void)state;
    for (int k = 0; k < 3; k++) {
        call c = new_call(4), ones = new_call(4);
        c.label_mode = ones.label_mode = RANKLOSS_LABELS_SUM_TO_ONE;
        for (int i = 0; i < 4; i++) {
            c.scores[i] = ones.scores[i] = 0.5 * i * i;
            c.labels[i] = labels[k][i];
        }
        compare(&c);
        const results got = compute(&c), expected = compute(&ones);
        assert_true(got.sums.uniform && !expected.sums.uniform && got.loss == expected.loss && got.jvp == expected.jvp);
        for (int i = 0; i < 4; i++) {
            assert_true(got.derivatives[RANKLOSS__GRAD_LOGITS][i] == expected.derivatives[RANKLOSS__GRAD_LOGITS][i]);
            assert_true(got.derivatives[RANKLOSS__GRAD_LABELS][i] == 0.0);
            assert_true(got.derivatives[RANKLOSS__GRAD_WEIGHTS][i] == 0.0);
        }
    }
}

/* -log p of n equal scores is log n, which the sums of lists that cancel need to many more bits than a double's. */
static void logarithms_have_a_hundred_bits(void **state) {
    static const struct {
        int64_t size;
        rankloss__dd log;
    } rows[] = {{2, {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}},
                {3, {0x1.193ea7aad030bp0, -0x1.a256f99caabebp-54}},
                {10, {0x1.26bb1bbb55516p1, -0x1.f48ad494ea3e9p-53}}};
    (void)state;
    for (int k = 0; k < 3; k++) {
        call c = new_call(rows[k].size);
        const rankloss__extended lse = compute(&c).sums.lse;
        const double hi = ldexp(lse.hi, (int)lse.exponent), lo = ldexp(lse.lo, (int)lse.exponent);
        assert_true(fabs((hi - rows[k].log.hi) + (lo - rows[k].log.lo)) <= 0x1p-97 * hi);
    }
}

/* An item at minus infinity has p = 0; a NaN makes everything NaN, and no result is -0. */
static void special_scores(void **state) {
    call c = new_call(3), nan = new_call(3);
    (void)state;
    c.scores[2] = -(double)INFINITY;
    c.labels[2] = 0.0;
    c.upstream.cotangent = -1.0;
    const results got = compute(&c);
    assert_true(is_nearest(got.loss, 2 * logl(2.0L), 0));
    for (int which = RANKLOSS__HESS_LOGITS; which < RANKLOSS__NUM_DERIVATIVES; which++)
        assert_true(got.derivatives[which][2] == 0.0 && !signbit(got.derivatives[which][2]));
    assert_true(got.derivatives[RANKLOSS__GRAD_LABELS][2] == -(double)INFINITY);
    nan.scores[1] = (double)NAN;
    const results failed = compute(&nan);
    assert_true(isnan(failed.loss) && isnan(failed.jvp));
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        assert_true(isnan(failed.derivatives[which][0]) && isnan(failed.derivatives[which][1]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_lists),
        cmocka_unit_test(softmaxes_and_biases),
        cmocka_unit_test(labels_far_below_the_range),
        cmocka_unit_test(scores_beyond_the_range_of_a_double),
        cmocka_unit_test(the_argmax_is_that_of_the_scores_in_the_reals),
        cmocka_unit_test(special_biases),
        cmocka_unit_test(numbers_near_the_ends),
        cmocka_unit_test(exponentials_far_below_the_range),
        cmocka_unit_test(coefficients_that_cancel_leave_their_exact_sum),
        cmocka_unit_test(labels_that_sum_to_zero_count_alike),
        cmocka_unit_test(logarithms_have_a_hundred_bits),
        cmocka_unit_test(special_scores),
    };
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

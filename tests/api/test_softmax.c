/*
 * Every output against the long double reference, for many sizes of lists, kinds of logits and coefficients, and for the
 * options that enter the formulas.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const rankloss_array none;

static void name_trial(char *label, size_t size, const char *what, int32_t dtype, int64_t n, int logits, int labels) {
    snprintf(label, size, "%s, seed %llu, dtype %d, list size %lld, logit_kind %d, factor_kind %d", what,
             (unsigned long long)random_run_seed(), (int)dtype, (long long)n, logits, labels);
}

/* One batch of lists of a size, with masks and weights at random, all outputs. */
static void try_lists(random_state *r, int32_t dtype, int64_t n, logit_kind logits, factor_kind labels) {
    pool p = {.count = 0};
    char label[160];
    name_trial(label, sizeof label, "sizes", dtype, n, (int)logits, (int)labels);
    rankloss_problem problem = draw_dense(&p, r, dtype, n <= 40 ? 9 : 2, n);
    draw_logits(r, &problem.logits, logits);
    draw_factors(r, &problem.labels, labels);
    draw_where(r, &problem.where, random_chance(r, 0.5) ? 0.9 : 0.4);
    draw_factors(r, &problem.weights, random_chance(r, 0.7) ? FACTORS_EXP : FACTORS_SIGNED);
    problem.where = random_chance(r, 0.5) ? none : problem.where;
    problem.weights = random_chance(r, 0.5) ? none : problem.weights;
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    check_against_reference(&problem, &result, label);
    pool_free(&p);
}

static void sizes_and_kinds(int32_t dtype) {
    static const int64_t large[] = {63,  64,  65,   127,  128,  129,  255,  256,  257,  511,  512,
                                    513, 767, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 4097, 5000};
    random_state r = random_new(random_run_seed(), (uint64_t)dtype);
    for (int64_t k = 0; k < 41 + (int64_t)LENGTH(large); k++) {
        const int64_t n = k <= 40 ? k : large[k - 41];
        /* Of the long lists only a share of the kinds, different ones for each size. */
        const int64_t step = n > 300 ? random_run_share() : 1;
        for (int64_t kind = k % step; kind < LOGITS_KINDS; kind += step) {
            try_lists(&r, dtype, n, (logit_kind)kind, (factor_kind)random_below(&r, FACTORS_KINDS));
        }
    }
}

static void sizes_and_kinds_in_f32(void **state) {
    (void)state;
    sizes_and_kinds(RANKLOSS_F32);
}

static void sizes_and_kinds_in_f64(void **state) {
    (void)state;
    sizes_and_kinds(RANKLOSS_F64);
}

/* Every kind of logits beside every kind of labels, small lists. */
static void every_pair_of_kinds(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 10);
    for (int logits = 0; logits < LOGITS_KINDS; logits++) {
        for (int labels = 0; labels < FACTORS_KINDS; labels++) {
            for (int64_t n = 1; n < 100; n = 2 * n + 1) {
                try_lists(&r, RANKLOSS_F32, n, (logit_kind)logits, (factor_kind)labels);
                try_lists(&r, RANKLOSS_F64, n, (logit_kind)logits, (factor_kind)labels);
            }
        }
    }
}

/* Temperatures, also those that take scores far apart or close together, and biases beside them. */
static void temperature_and_bias(void **state) {
    (void)state;
    static const double temperatures[] = {1, 2, 0.5, 0.7, 3, 1e-3, 1e3, 0x1p-20, 1e30, 1e-30};
    random_state r = random_new(random_run_seed(), 11);
    for (size_t t = 0; t < LENGTH(temperatures); t++) {
        for (int round = 0; round < (random_run_share() > 1 ? 12 : 24); round++) {
            pool p = {.count = 0};
            char label[160];
            const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
            const int64_t n = 1 + random_below(&r, 300);
            const int bias_kind = (int)random_below(&r, LOGITS_OFFSET_3E6);
            rankloss_problem problem = draw_dense(&p, &r, dtype, 3, n);
            problem.temperature = temperatures[t];
            if (round % 3) {
                problem.bias = view_new(&p, dtype, 2, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
                draw_logits(&r, &problem.bias, (logit_kind)bias_kind);
            }
            name_trial(label, sizeof label, "temperature and bias", dtype, n, bias_kind, (int)t);
            rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            check_against_reference(&problem, &result, label);
            pool_free(&p);
        }
    }
}

/* Every kind of logits beside every kind of labels, which are made to sum to one in one way or the other. */
static void labels_by_mode(int32_t label_mode, uint64_t stream) {
    random_state r = random_new(random_run_seed(), stream);
    for (int kind = 0; kind < LOGITS_KINDS; kind++) {
        for (int round = 0; round < (random_run_share() > 1 ? 2 : 4) * FACTORS_KINDS; round++) {
            pool p = {.count = 0};
            char label[160];
            const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
            const factor_kind labels = (factor_kind)(round / 2 % FACTORS_KINDS);
            const int64_t n = 1 + random_below(&r, round % 7 ? 40 : 1500);
            rankloss_problem problem = draw_dense(&p, &r, dtype, 4, n);
            problem.label_mode = label_mode;
            draw_logits(&r, &problem.logits, (logit_kind)kind);
            draw_factors(&r, &problem.labels, labels);
            problem.where = random_chance(&r, 0.5) ? none : problem.where;
            problem.weights = random_chance(&r, 0.5) ? none : problem.weights;
            name_trial(label, sizeof label, label_mode == RANKLOSS_LABELS_SOFTMAX ? "softmax" : "sum to one", dtype, n,
                       kind, (int)labels);
            rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            check_against_reference(&problem, &result, label);
            pool_free(&p);
        }
    }
}

/* Labels that are divided by their sum, which is 0 for some lists. */
static void labels_that_sum_to_one(void **state) {
    (void)state;
    labels_by_mode(RANKLOSS_LABELS_SUM_TO_ONE, 12);
}

/* The softmax of labels, with weights on it. */
static void labels_by_softmax(void **state) {
    (void)state;
    labels_by_mode(RANKLOSS_LABELS_SOFTMAX, 15);
}

static const double extremes[] = {1, 0x1p-1074, 1e-300, 1e-160, 1e-30, 1e30, 1e160, 1e300, 0x1.fffffffffffffp1023};

/* Multiplies the elements of a view by one number, or each by one of its own. */
static void scale_view(random_state *r, const rankloss_array *view, bool together) {
    const int64_t count = view_count(view);
    long double factor = (long double)extremes[random_below(r, (int64_t)LENGTH(extremes))];
    for (int64_t i = 0; i < count; i++) {
        factor = together ? factor : (long double)extremes[random_below(r, (int64_t)LENGTH(extremes))];
        const long double scaled = view_get(view, i) * factor;
        view_set(view, i, isfinite(scaled) && fabsl(scaled) < 1e308L ? scaled : view_get(view, i));
    }
}

/* Factors at the ends of the range, whose product may be in it: intermediate results must not overflow or underflow. */
static void factors_at_the_ends_of_the_range(void **state) {
    (void)state;
    static const double temperatures[] = {0, 0, 1e-3, 1e100, 1e-100, 0x1p-1022, 0x1p1000, 0x1p-512};
    random_state r = random_new(random_run_seed(), 13);
    for (int round = 0; round < 3000 / random_run_share(); round++) {
        pool p = {.count = 0};
        char label[160];
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t n = 1 + random_below(&r, 12);
        rankloss_problem problem = draw_dense(&p, &r, dtype, 2, n);
        const bool together = random_chance(&r, 0.5);
        problem.tangent = view_cast(&p, &problem.tangent, RANKLOSS_F64);
        problem.cotangent = view_cast(&p, &problem.cotangent, RANKLOSS_F64);
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        scale_view(&r, &problem.cotangent, together);
        scale_view(&r, &problem.tangent, together);
        if (dtype == RANKLOSS_F64) {
            scale_view(&r, &problem.labels, together);
            scale_view(&r, &problem.weights, together);
            problem.temperature = temperatures[random_below(&r, (int64_t)LENGTH(temperatures))];
        }
        name_trial(label, sizeof label, "ends of the range, round", dtype, n, round, (int)together);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_against_reference(&problem, &result, label);
        pool_free(&p);
    }
}

static int weighted_sum(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    const double *const weight = user;
    *reduced = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        *reduced += counted[k] ? weight[k % 4] * losses[k] : 0;
    }
    return 0;
}

static int weighted_sum_derivative(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses,
                                   void *user) {
    const double *const weight = user;
    (void)losses;
    (void)counted;
    for (int64_t k = 0; k < num_lists; k++) {
        d_losses[k] = weight[k % 4];
    }
    return 0;
}

static void reductions_and_cotangents(void **state) {
    (void)state;
    double weight[] = {0.5, 2, -1, 0.25};
    const rankloss_reducer reducer = {weighted_sum, weighted_sum_derivative, weight};
    random_state r = random_new(random_run_seed(), 14);
    for (int round = 0; round < 240; round++) {
        pool p = {.count = 0};
        char label[160];
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t n = random_below(&r, 40);
        rankloss_problem problem = draw_dense(&p, &r, dtype, 1 + random_below(&r, 20), n);
        const rankloss_array number = view_new(&p, (int32_t)(1 + random_below(&r, 4)), round % 3 == 1,
                                               (const int64_t[]){1}, LAYOUT_ROW_MAJOR, NULL);
        draw_normal(&r, &number);
        draw_where(&r, &problem.where, 0.3);
        problem.reduction = round / 2 % 4;
        problem.reducer = problem.reduction == RANKLOSS_CUSTOM ? &reducer : NULL;
        if (problem.reduction != RANKLOSS_NONE || round % 3 == 0) {
            problem.cotangent = round % 5 ? number : none;
        }
        name_trial(label, sizeof label, "reductions, round", dtype, n, round, problem.reduction);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_against_reference(&problem, &result, label);
        pool_free(&p);
    }
}

/* They affect jvp and hvp_logits alone, also those of a list whose coefficients are zero. */
static void tangents_that_are_not_finite(void **state) {
    (void)state;
    static const long double specials[] = {(long double)NAN, (long double)INFINITY, -(long double)INFINITY};
    static const int64_t sizes[] = {1, 2, 7, 33, 64, 65, 300, 2500};
    random_state r = random_new(random_run_seed(), 37);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (int round = 0; round < 12; round++) {
            pool p = {.count = 0};
            char label[96];
            const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
            rankloss_problem problem = draw_dense(&p, &r, dtype, 3, sizes[k]);
            if (round / 2 % 2)
                draw_factors(&r, &problem.labels, FACTORS_ZERO);
            for (int64_t list = 0; list < 2; list++)
                view_set(&problem.tangent, list * sizes[k] + random_below(&r, sizes[k]), specials[round / 4]);
            snprintf(label, sizeof label, "tangent %Lg, n %lld, round %d", specials[round / 4], (long long)sizes[k],
                     round);
            rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            check_against_reference(&problem, &result, label);
            pool_free(&p);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_kinds_in_f32),
        cmocka_unit_test(sizes_and_kinds_in_f64),
        cmocka_unit_test(every_pair_of_kinds),
        cmocka_unit_test(temperature_and_bias),
        cmocka_unit_test(labels_that_sum_to_one),
        cmocka_unit_test(labels_by_softmax),
        cmocka_unit_test(factors_at_the_ends_of_the_range),
        cmocka_unit_test(reductions_and_cotangents),
        cmocka_unit_test(tangents_that_are_not_finite),
    };
    const int refused = run_refused_reference();
    if (refused) {
        return refused;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_print_errors();
    return failed;
}

/*
 * Cotangents, temperatures, divisors and derivatives of the caller's reduction at the ends of double's range, combined.
 * Their products and quotients may leave that range, or the range of the fast path, where the results do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { LISTS = 3 };

static const rankloss_array none;

/* Powers of two on both sides of the thresholds of the fast path, and those whose products leave the range. */
static const double ends[] = {0,        -0x1p-1074, 0x1.8p-900, 0x1.3p-201, -0x1p-200, 0x1.9p-60,
                              0x1.8p90, 0x1p200,    0x1.1p200,  -0x1p620,   0x1.8p1000};
static const double temperatures[] = {0x1.8p-1000, 0x1.5p-201, 0x1p-200, 0x1.1p-70, 3, 0x1.1p120, 0x1.4p200, 0x1p900};
static const double shares_at_ends[] = {0, 0x1p-1074, -0x1.8p-700, 0x1.9p-150, 1.5, 0x1p199, -0x1.8p700};

static const double divisors[] = {0x1p-1074, 0x1.8p-700, 0x1.9p-201, 0x1p-200, 1.5, 0x1.1p200, 0x1.8p700, 0x1.8p1000};

/* A reducer of the caller's own whose derivatives are so large, or so small, that with the cotangent they are no doubles. */
static int reduce_scaled(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    (void)user;
    *reduced = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        *reduced += counted[k] ? losses[k] : 0;
    }
    return 0;
}

static int derivative_scaled(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses,
                             void *user) {
    (void)losses;
    (void)counted;
    for (int64_t k = 0; k < num_lists; k++) {
        d_losses[k] = *(const double *)user;
    }
    return 0;
}

/* Scores that the temperature divides to N(0, 1) where the dtype can hold such. */
static void scale_logits(const rankloss_array *logits, double temperature) {
    const int64_t count = view_count(logits);
    for (int64_t i = 0; i < count; i++) {
        view_set(logits, i, view_get(logits, i) * (long double)temperature);
    }
}

/* All but the first list add zeros: where two add infinities of different signs, their sum is NaN. */
static void clear_other_lists(const rankloss_array *weights) {
    const int64_t count = view_count(weights);
    for (int64_t i = weights->shape[1]; i < count; i++) {
        view_set(weights, i, 0);
    }
}

/* Whether the largest score is finite: otherwise every derivative is NaN, which says nothing of factors. */
static bool fits(int32_t dtype, double temperature) {
    return dtype == RANKLOSS_F64 || temperature < 0x1p122;
}

static void try_factors(rankloss_problem *problem, const char *what) {
    pool p = {.count = 0};
    char label[160];
    rankloss_result result = make_plain_outputs(&p, problem, OUTPUTS_ALL);
    snprintf(label, sizeof label, "%s, %s, temperature %a, reduction %d, divisor %a, lists of %d", what,
             problem->logits.dtype == RANKLOSS_F64 ? "f64" : "f32", problem->temperature, (int)problem->reduction,
             problem->divisor, (int)problem->logits.shape[1]);
    check_against_reference(problem, &result, label);
    pool_free(&p);
}

static void try_cotangents(pool *p, rankloss_problem *problem) {
    static const int32_t reductions[] = {RANKLOSS_NONE, RANKLOSS_SUM, RANKLOSS_MEAN};
    for (size_t r = 0; r < LENGTH(reductions); r++) {
        problem->reduction = reductions[r];
        problem->cotangent = view_vector(p, RANKLOSS_F64, reductions[r] == RANKLOSS_NONE ? LISTS : 1);
        for (size_t c = 0; c < LENGTH(ends); c++) {
            view_fill(&problem->cotangent, (long double)ends[c]);
            try_factors(problem, "cotangents");
        }
    }
}

static void try_divisors(pool *p, rankloss_problem *problem) {
    problem->reduction = RANKLOSS_MEAN;
    problem->cotangent = view_vector(p, RANKLOSS_F64, 1);
    for (size_t c = 0; c < LENGTH(ends); c++) {
        view_fill(&problem->cotangent, (long double)ends[c]);
        for (size_t d = 0; d < LENGTH(divisors); d++) {
            problem->divisor = divisors[d];
            try_factors(problem, "divisors");
        }
    }
    problem->divisor = 0;
}

static void try_shares(pool *p, rankloss_problem *problem) {
    double share = 1;
    const rankloss_reducer reducer = {reduce_scaled, derivative_scaled, &share};
    problem->reduction = RANKLOSS_CUSTOM;
    problem->reducer = &reducer;
    problem->cotangent = view_vector(p, RANKLOSS_F64, 1);
    for (size_t c = 0; c < LENGTH(ends); c++) {
        view_fill(&problem->cotangent, (long double)ends[c]);
        for (size_t s = 0; s < LENGTH(shares_at_ends); s++) {
            share = shares_at_ends[s];
            try_factors(problem, "a reducer's factors");
        }
    }
    problem->reducer = NULL;
}

/* With a share of the rounds each temperature has one of the sizes; both have labels of both modes. */
static void factors_at_the_ends(void **state) {
    static const int64_t sizes[] = {5, 90};
    (void)state;
    random_state r = random_new(random_run_seed(), 60);
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
        for (size_t t = 0; t < LENGTH(temperatures); t++) {
            for (size_t n = 0; n < LENGTH(sizes) && fits(dtype, temperatures[t]); n++) {
                if (random_run_share() > 1 && n != t / 2 % LENGTH(sizes))
                    continue;
                pool p = {.count = 0};
                rankloss_problem problem = draw_dense(&p, &r, dtype, LISTS, sizes[n]);
                problem.where = problem.bias = none;
                problem.temperature = temperatures[t];
                problem.label_mode = (t + n) % 2 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW;
                draw_normal(&r, &problem.logits);
                draw_normal(&r, &problem.labels);
                clear_other_lists(&problem.weights);
                scale_logits(&problem.logits, problem.temperature);
                try_cotangents(&p, &problem);
                try_divisors(&p, &problem);
                try_shares(&p, &problem);
                pool_free(&p);
            }
        }
    }
}

static void the_cotangent_times_a_derivative_may_be_no_double(void **state) {
    (void)state;
    static const double cotangents[] = {0x1p1000, -0x1p1023, 0x1p-1000, 0x1p-1074};
    static const double shares[] = {0x1p900, 1.25, 0x1p-900, 0x1p-700};
    for (size_t k = 0; k < LENGTH(shares); k++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 58);
        double share = shares[k];
        const rankloss_reducer reducer = {reduce_scaled, derivative_scaled, &share};
        rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, 5, 9);
        problem.reduction = RANKLOSS_CUSTOM;
        problem.reducer = &reducer;
        problem.cotangent = view_vector(&p, RANKLOSS_F64, 1);
        view_set(&problem.cotangent, 0, (long double)cotangents[k]);
        /* What the product lacks the temperature and the weights make up for. */
        problem.temperature = share > 1 ? 0x1p600 : 0x1p-600;
        problem.weights = view_vector(&p, RANKLOSS_F64, 1);
        view_set(&problem.weights, 0, share > 1 ? 0x1p-700L : 0x1p700L);
        rankloss_result result = make_plain_outputs(&p, &problem, 1 << OUTPUT_GRAD_LOGITS | 1 << OUTPUT_HESS_LOGITS);
        check_against_reference(&problem, &result, "a cotangent times a derivative");
        /* A list of zero coefficients has no gradient, however large its cotangent. */
        view_set(&problem.weights, 0, 0);
        check_against_reference(&problem, &result, "the same without coefficients");
        pool_free(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_at_the_ends),
        cmocka_unit_test(the_cotangent_times_a_derivative_may_be_no_double),
    };
    const int refused = run_refused_reference();
    if (refused) {
        return refused;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

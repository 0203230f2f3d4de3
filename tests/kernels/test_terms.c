/*
 * The kernel steps from the sums of lists to their losses and to the factors of the derivatives: against their
 * definitions in long double, and all tables against the portable one, to the bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "kernel_tables.h"
#include "random.h"
#include "run.h"

enum { LANES = RANKLOSS__LANES };

typedef long double real;

/* What the steps are given, what they yield, and how precise that is. */
typedef struct problem {
    rankloss__list_sums list_sums;
    rankloss__factors factors;
    bool is_f64;
} problem;

typedef struct yield {
    rankloss__losses loss;
    rankloss__terms terms;
    unsigned finite;
} yield;

/* --- problems --- */

/* hi, and in float64 something below its last place */
static void set(rankloss__dd_lanes *lanes, int k, double hi, random_state *r, bool is_f64) {
    lanes->hi[k] = hi;
    lanes->lo[k] = is_f64 ? hi * (random_unit(r) - 0.5) * 0x1p-53 : (double)NAN; /* float32 reads no lo */
}

static void fill_lane(problem *p, int k, random_state *r) {
    rankloss__list_sums *list_sums = &p->list_sums;
    const double exps = random_chance(r, 0.1) ? 0.0 : exp(10.0 * random_normal(r));
    const double coefs = fabs(random_normal(r)), coef_x = -coefs * 3.0 * random_unit(r);
    list_sums->max.at[k] = random_normal(r);
    set(&list_sums->others.exps, k, exps, r, p->is_f64);
    set(&list_sums->others.coefs, k, coefs, r, p->is_f64);
    set(&list_sums->others.coef_x, k, coef_x, r, p->is_f64);
    set(&list_sums->others.tangents, k, exps * random_normal(r), r, p->is_f64);
    set(&list_sums->label_total, k, 1.0 + 5.0 * random_unit(r), r, p->is_f64);
    set(&list_sums->argmax_coef, k, fabs(random_normal(r)), r, p->is_f64);
    list_sums->argmax_tangent.at[k] = random_normal(r);
    set(&p->factors.first, k, random_normal(r), r, p->is_f64);
    set(&p->factors.second, k, random_normal(r), r, p->is_f64);
    p->factors.labels.at[k] = random_normal(r);
}

static void fill(problem *p, random_state *r, bool is_f64) {
    memset(p, 0, sizeof *p);
    p->is_f64 = is_f64;
    p->list_sums.sum_to_one = random_chance(r, 0.3);
    p->list_sums.label_exps = !p->list_sums.sum_to_one && random_chance(r, 0.5);
    for (int k = 0; k < LANES; k++)
        fill_lane(p, k, r);
}

static void run(const rankloss__kernels *kernels, const problem *p, yield *y) {
    memset(y, 0, sizeof *y);
    y->finite = kernels->losses(&p->list_sums, &y->loss);
    /* float32 reads no lo here either */
    for (int k = 0; k < LANES && !p->is_f64; k++)
        y->loss.coefs.lo[k] = (double)NAN;
    kernels->terms(&p->list_sums, &y->loss, &p->factors, true, true, &y->terms);
    for (int k = 0; k < LANES && !p->is_f64; k++)
        y->loss.coefs.lo[k] = 0.0;
}

/* --- definitions --- */

static void near_to(const char *what, real got, real exact, real scale, double tolerance) {
    if (!(fabsl(got - exact) <= fabsl(scale) * (real)tolerance))
        fail_msg("%s: got %La, exact %La", what, got, exact);
}

static real value(const problem *p, const rankloss__dd_lanes *lanes, int k) {
    return (real)lanes->hi[k] + (p->is_f64 ? (real)lanes->lo[k] : 0.0L);
}

/* What the coefficients, which have this sum, are divided by. */
static real norm_of(const problem *p, real coefs, int k) {
    if (p->list_sums.label_exps)
        return value(p, &p->list_sums.label_total, k);
    return p->list_sums.sum_to_one ? coefs : 1.0L;
}

/* A pair is as precise as long double; what is not, as double. */
static double tolerance_of_pair(const problem *p) {
    return p->is_f64 ? 0x1p-60 : 0x1p-50;
}

static void check_loss(const problem *p, const yield *y, int k) {
    const rankloss__list_sums *f = &p->list_sums;
    const real exps = value(p, &f->others.exps, k), coef_x = value(p, &f->others.coef_x, k), lse = log1pl(exps);
    const real coefs = value(p, &f->others.coefs, k) + value(p, &f->argmax_coef, k);
    const real loss = (coefs * lse - coef_x) / norm_of(p, coefs, k);
    near_to("coefs", value(p, &y->loss.coefs, k), coefs, coefs, tolerance_of_pair(p));
    near_to("lse", (real)y->loss.lse.at[k], lse, lse, p->is_f64 ? 0x1p-51 : 0x1p-35);
    near_to("loss", (real)y->loss.loss.at[k], loss, loss, p->is_f64 ? 0x1p-50 : 0x1p-35);
}

/* The derivatives by the argmax, whose exponential is 1, by their definitions: they must not cancel. */
static void check_argmax(const problem *p, const yield *y, int k) {
    const rankloss__list_sums *f = &p->list_sums;
    const real exps = value(p, &f->others.exps, k), total = 1.0L + exps;
    const real others = value(p, &f->others.coefs, k), argmax = value(p, &f->argmax_coef, k), coefs = others + argmax;
    const real norm = norm_of(p, coefs, k), first = value(p, &p->factors.first, k) / norm;
    const real hess = coefs / norm * value(p, &p->factors.second, k) / total / total;
    const real tangents = value(p, &f->others.tangents, k), v = (real)f->argmax_tangent.at[k];
    const real grad = (others - argmax * exps) / total * first, scale = (others + argmax * exps) / total * first;
    near_to("argmax grad", (real)y->terms.argmax_grad.at[k], grad, scale, 0x1p-50);
    near_to("argmax hess", (real)y->terms.argmax_hess.at[k], hess * exps, hess * exps, 0x1p-50);
    near_to("argmax hvp", (real)y->terms.argmax_hvp.at[k], hess * (v * exps - tangents),
            hess * (fabsl(v * exps) + fabsl(tangents)), 0x1p-50);
}

static void check_terms(const problem *p, const yield *y, int k) {
    const rankloss__list_sums *f = &p->list_sums;
    const rankloss__terms *terms = &y->terms;
    const double tolerance = tolerance_of_pair(p);
    const real total = 1.0L + value(p, &f->others.exps, k), tangents = value(p, &f->others.tangents, k);
    const real coefs = value(p, &f->others.coefs, k) + value(p, &f->argmax_coef, k), v = (real)f->argmax_tangent.at[k];
    const real norm = norm_of(p, coefs, k), mass = coefs / norm / total;
    const real first = value(p, &p->factors.first, k), hvp = mass * value(p, &p->factors.second, k);
    near_to("exp", value(p, &terms->exp, k), mass * first, mass * first, tolerance);
    near_to("coef", value(p, &terms->coef, k), first / norm, first / norm, tolerance);
    near_to("total", value(p, &terms->total, k), total, total, tolerance);
    near_to("hvp", value(p, &terms->hvp, k), hvp, hvp, tolerance);
    near_to("hess", value(p, &terms->hess, k), hvp / total, hvp / total, tolerance);
    near_to("mean", value(p, &terms->mean, k), (tangents + v) / total, (fabsl(tangents) + fabsl(v)) / total, tolerance);
    const real labels = (real)p->factors.labels.at[k] / norm;
    near_to("log scale", (real)terms->log_scale.hi[k], labels, labels, 0x1p-51);
    assert_true(terms->log_shift.at[k] == (f->sum_to_one || f->label_exps ? y->loss.loss.at[k] : 0.0));
}

/* Of one list lane 0 is read, for every lane. */
static void check_one(const rankloss__kernels *kernels, problem p, const yield *all) {
    yield y;
    p.list_sums.single = true;
    run(kernels, &p, &y);
    assert_true(y.finite == ((all->finite & 1u) != 0 ? 0xFFu : 0u));
    assert_true(y.loss.loss.at[0] == all->loss.loss.at[0] && y.loss.loss.at[LANES - 1] == all->loss.loss.at[0]);
    assert_true(y.terms.exp.hi[0] == all->terms.exp.hi[0] && y.terms.mean.hi[0] == all->terms.mean.hi[0]);
    assert_true(y.terms.argmax_grad.at[0] == all->terms.argmax_grad.at[0]);
    assert_true(y.terms.argmax_hvp.at[0] == all->terms.argmax_hvp.at[0]);
}

/* What is not wanted is left alone, and the rest is the same. */
static void check_wanted(const rankloss__kernels *kernels, const problem *p, const yield *all) {
    for (int wanted = 0; wanted < 4; wanted++) {
        const bool hess = (wanted & 1) != 0, hvp = (wanted & 2) != 0;
        rankloss__terms terms, expected = all->terms;
        if (!hvp) {
            memset(&expected.hvp, 0, sizeof expected.hvp);
            memset(&expected.mean, 0, sizeof expected.mean);
            memset(&expected.argmax_hvp, 0, sizeof expected.argmax_hvp);
        }
        if (!hess && !hvp) {
            memset(&expected.total, 0, sizeof expected.total);
            memset(&expected.hess, 0, sizeof expected.hess);
            memset(&expected.argmax_hess, 0, sizeof expected.argmax_hess);
        }
        memset(&terms, 0, sizeof terms);
        kernels->terms(&p->list_sums, &all->loss, &p->factors, hess, hvp, &terms);
        assert_memory_equal(&terms, &expected, sizeof terms);
    }
}

static void losses_and_terms_are_as_defined(void **state) {
    static problem p;
    static yield y[NUM_KERNEL_TABLES];
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 2000; round++) {
        fill(&p, &r, round % 2 != 0);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run(kernel_tables[t].kernels[p.is_f64], &p, &y[t]);
            check_one(kernel_tables[t].kernels[p.is_f64], p, &y[t]);
            check_wanted(kernel_tables[t].kernels[p.is_f64], &p, &y[t]);
            if (memcmp(&y[t], &y[0], sizeof y[0]) != 0)
                fail_msg("%s differs from portable", kernel_tables[t].name);
        }
        assert_int_equal(y[0].finite, 0xFF);
        for (int k = 0; k < LANES; k++) {
            check_loss(&p, &y[0], k);
            check_argmax(&p, &y[0], k);
            check_terms(&p, &y[0], k);
        }
    }
}

/* --- what is not finite --- */

/* The places that the answer tells of; the tangents behind them are no part of it. */
enum { TOLD = 4, PLACES = 6 };

/* Puts something into one of the places. */
static void spoil(problem *p, int k, int place, double x) {
    rankloss__list_sums *f = &p->list_sums;
    double *const places[PLACES] = {&f->max.at[k],         &f->others.coefs.hi[k],    &f->others.coef_x.hi[k],
                                    &f->argmax_coef.hi[k], &f->others.tangents.hi[k], &f->argmax_tangent.at[k]};
    *places[place] = x;
}

static void lanes_that_are_not_finite_are_told(void **state) {
    static const double specials[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    static problem p;
    yield y;
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int place = 0; place < PLACES; place++)
        for (int s = 0; s < 3; s++)
            for (int k = 0; k < LANES; k++) {
                const unsigned told = place < TOLD ? 1u << k : 0;
                fill(&p, &r, k % 2 != 0);
                spoil(&p, k, place, specials[s]);
                spoil(&p, (k + 3) % LANES, (place + 1) % TOLD, specials[(s + 1) % 3]);
                for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
                    if (!kernel_table_runs(t))
                        continue;
                    run(kernel_tables[t].kernels[p.is_f64], &p, &y);
                    assert_int_equal(y.finite, 0xFF & ~told & ~(1u << (k + 3) % LANES));
                }
            }
}

/* --- factors --- */

/* Those between 2^-200 and 2^200 are, which all finite floats are. */
static bool is_moderate_float(float cotangent) {
    return isfinite(cotangent);
}

/* Every factor is the cotangent, +0 for -0, and nothing besides; a lane is moderate by its own cotangent alone. */
static void cotangents_are_factors_and_moderate_or_not(void **state) {
    static const struct {
        double cotangent;
        bool moderate;
    } cases[] = {{0.0, true},
                 {-0.0, true},
                 {1.5, true},
                 {-0x1p-200, true},
                 {0x1.fffffffffffffp-201, false},
                 {0x1p200, true},
                 {-0x1.0000000000001p200, false},
                 {0x1p-1074, false},
                 {(double)INFINITY, false},
                 {(double)NAN, false}};
    enum { CASES = sizeof cases / sizeof cases[0] };
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 200; round++) {
        const bool is_f64 = round % 2 != 0;
        double cotangents[LANES], doubles[CASES];
        float floats[CASES];
        int64_t at[LANES];
        unsigned moderate = 0;
        for (int c = 0; c < CASES; c++) {
            doubles[c] = cases[c].cotangent;
            floats[c] = (float)doubles[c];
        }
        for (int k = 0; k < LANES; k++) {
            at[k] = round % 4 < 2 ? k : random_below(&r, CASES);
            cotangents[k] = is_f64 ? doubles[at[k]] : (double)floats[at[k]];
            moderate |= (unsigned)(is_f64 ? cases[at[k]].moderate : is_moderate_float(floats[at[k]])) << k;
        }
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__factors factors;
            if (!kernel_table_runs(t))
                continue;
            memset(&factors, 0xFF, sizeof factors);
            assert_int_equal(kernel_tables[t].kernels[round % 2]->factors_of_cotangents(
                                 is_f64 ? (const void *)doubles : floats, round % 4 < 2 ? NULL : at, &factors),
                             moderate);
            for (int k = 0; k < LANES; k++) {
                const double expected = cotangents[k] == 0.0 ? 0.0 : cotangents[k], nothing = 0.0;
                const double got[] = {factors.first.hi[k], factors.second.hi[k], factors.labels.at[k]};
                for (int i = 0; i < 3; i++)
                    assert_true(isnan(expected) ? isnan(got[i]) : memcmp(&got[i], &expected, sizeof expected) == 0);
                assert_memory_equal(&factors.first.lo[k], &nothing, sizeof nothing);
                assert_memory_equal(&factors.second.lo[k], &nothing, sizeof nothing);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(losses_and_terms_are_as_defined),
                                       cmocka_unit_test(lanes_that_are_not_finite_are_told),
                                       cmocka_unit_test(cotangents_are_factors_and_moderate_or_not)};
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

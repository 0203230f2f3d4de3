/*
 * The exponentials and logarithms of every kernel table that this processor runs, through the steps that use them, by
 * references that share nothing with them. float32: over every float there is with the argument "all", otherwise over a
 * sample; float64: a sample. The logarithms of both: over as many floats, and a sample of doubles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpfr.h>

#include "kernel_tables.h"
#include "random.h"
#include "reference.h"

enum { BLOCK = 4096, LANES = RANKLOSS__LANES };

/* The bars: docs/numerics.md states them. */
static const double EXP_F32_BAR = 0x1p-29;   /* relative */
static const double EXP_F64_BAR = 0.8;       /* ULP */
static const double LOG1P_F32_BAR = 0x1p-35; /* relative */
static const double LOG1P_F64_BAR = 0.9;     /* ULP */

static bool everything;

/* Which tables this processor runs: asking it takes long where it is a virtual one. */
static bool runs[NUM_KERNEL_TABLES];

typedef struct most {
    double error;
    double at;
} most;

static void note(most *m, double error, double at) {
    if (!(error <= m->error)) {
        m->error = error;
        m->at = at;
    }
}

/* --- all floats of one sign --- */

typedef struct floats {
    float x[BLOCK];
    size_t count;
} floats;

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The next floats from *bits on, below `end`: each of them, or one in some thousand. Returns false at the end. */
static bool next_floats(floats *f, uint32_t *bits, uint32_t end) {
    const uint32_t step = everything ? 1 : 4099;
    for (f->count = 0; f->count < BLOCK && *bits < end; f->count++) {
        f->x[f->count] = float_of(*bits);
        *bits = end - *bits > step ? *bits + step : end;
    }
    return f->count > 0;
}

/* --- exp of floats --- */

/*
 * exp(x) of -700 <= x <= 0 to 2^-51: exp(k / 64) from MPFR, rounded, and Taylor's series to r^6 / 6! of what remains,
 * |r| <= 2^-7, after which come less than 2^-61.
 */
enum { STEPS = 64, TABLE = 700 * STEPS + 1 };

static double exp_of_step[TABLE];

static void make_table(void) {
    mpfr_t x;
    mpfr_init2(x, 100);
    for (int k = 0; k < TABLE; k++) {
        mpfr_set_d(x, -(double)k / (double)STEPS, MPFR_RNDN);
        mpfr_exp(x, x, MPFR_RNDN);
        exp_of_step[k] = mpfr_get_d(x, MPFR_RNDN);
    }
    mpfr_clear(x);
}

static double reference_exp(double x) {
    const int k = (int)(-x * (double)STEPS + 0.5);
    const double r = x + (double)k / (double)STEPS;
    const double series = 1 + r * (1 + r / 2 * (1 + r / 3 * (1 + r / 4 * (1 + r / 5 * (1 + r / 6)))));
    return exp_of_step[k] * series;
}

static void judge_exps_f32(const floats *f, const double *exps, most *m, int64_t *wrong_zeros) {
    for (size_t i = 0; i < f->count; i++) {
        const double x = (double)f->x[i];
        if (x < RANKLOSS__EXP_CUTOFF) {
            *wrong_zeros += exps[i] != 0;
        } else {
            const double exact = reference_exp(x);
            note(m, fabs(exps[i] - exact) / exact, x);
        }
    }
}

/* From -0 to -infinity, with a largest score of 0. */
static void exp_of_floats(void **state) {
    static floats f;
    static double exps[BLOCK];
    most worst[NUM_KERNEL_TABLES] = {{0, 0}};
    int64_t wrong_zeros = 0;
    int64_t count = 0;
    (void)state;
    make_table();
    for (uint32_t bits = 0x80000000U; next_floats(&f, &bits, 0xFF800001U);) {
        const bool near = (double)f.x[f.count - 1] >= RANKLOSS__EXP_CUTOFF;
        const rankloss__items items = {.logits = f.x, .count = f.count, .unmasked = f.count};
        const rankloss__score_range top = {.logit = 0.0};
        count += (int64_t)f.count;
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (runs[t]) {
                const rankloss__span span = near ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
                kernel_tables[t].kernels[0]->exps(&items, &top, span, exps);
                judge_exps_f32(&f, exps, &worst[t], &wrong_zeros);
            }
        }
    }
    printf("exp of %lld floats, largest error relative, and in ULP of a float:\n", (long long)count);
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        if (!runs[t]) {
            continue;
        }
        printf("  %-8s 2^%.3f at %a, %.4f at most\n", kernel_tables[t].name, log2(worst[t].error), worst[t].at,
               worst[t].error * 0x1p24);
        assert_true(worst[t].error <= EXP_F32_BAR);
    }
    assert_int_equal(wrong_zeros, 0);
}

/* --- exp of doubles --- */

static double ulp_of(double x) {
    return nextafter(x, (double)INFINITY) - x;
}

/* |got - exp(score - max)| in ULP of a double */
static double error_of_exp(double got, double score, double max) {
    mpfr_t x;
    mpfr_t m;
    mpfr_inits2(160, x, m, (mpfr_ptr)NULL);
    mpfr_set_d(x, score, MPFR_RNDN);
    mpfr_set_d(m, max, MPFR_RNDN);
    mpfr_sub(x, x, m, MPFR_RNDN);
    mpfr_exp(x, x, MPFR_RNDN);
    const double ulp = ulp_of(mpfr_get_d(x, MPFR_RNDZ));
    mpfr_sub_d(x, x, got, MPFR_RNDN);
    const double error = fabs(mpfr_get_d(x, MPFR_RNDU)) / ulp;
    mpfr_clears(x, m, (mpfr_ptr)NULL);
    return error;
}

/* Scores below max by anything from next to nothing to 690, beside largest scores of any size. */
static double draw_scores(random_state *r, double *scores) {
    const bool shifted = random_chance(r, 0.5);
    const double max = shifted ? ldexp(random_unit(r) - 0.5, (int)random_below(r, 60) - 20) : 0;
    for (int i = 0; i < BLOCK; i++) {
        const double far =
            random_chance(r, 0.5) ? 690 * random_unit(r) : ldexp(random_unit(r), 9 - (int)random_below(r, 70));
        scores[i] = fmin(max, max - far);
        scores[i] = scores[i] - max < RANKLOSS__EXP_CUTOFF + 1 ? max : scores[i];
    }
    return max;
}

static void exp_of_doubles(void **state) {
    static double scores[BLOCK];
    static double exps[2][BLOCK];
    random_state r = random_new(random_run_seed(), 1);
    const int64_t blocks = everything ? 10000 : 40;
    most worst = {0, 0};
    (void)state;
    for (int64_t b = 0; b < blocks; b++) {
        const double max = draw_scores(&r, scores);
        const rankloss__items items = {.logits = scores, .count = BLOCK, .unmasked = BLOCK};
        const rankloss__score_range top = {.logit = max};
        kernel_tables[0].kernels[1]->exps(&items, &top, RANKLOSS__SPAN_NEAR, exps[0]);
        for (int i = 0; i < BLOCK; i++) {
            note(&worst, error_of_exp(exps[0][i], scores[i], max), scores[i] - max);
        }
        for (int t = 1; t < NUM_KERNEL_TABLES; t++) {
            if (runs[t]) {
                kernel_tables[t].kernels[1]->exps(&items, &top, RANKLOSS__SPAN_NEAR, exps[1]);
                assert_memory_equal(exps[0], exps[1], sizeof exps[0]);
            }
        }
    }
    printf("exp of %lld doubles: largest error %.4f ULP, at %a\n", (long long)blocks * BLOCK, worst.error, worst.at);
    assert_true(worst.error <= EXP_F64_BAR);
}

/* --- log1p --- */

/* |got - log(1 + x)| in ULP of a double, by MPFR */
static double error_of_log1p(double got, double x) {
    mpfr_t y;
    mpfr_init2(y, 160);
    mpfr_set_d(y, x, MPFR_RNDN);
    mpfr_log1p(y, y, MPFR_RNDN);
    const double ulp = ulp_of(mpfr_get_d(y, MPFR_RNDZ));
    mpfr_sub_d(y, y, got, MPFR_RNDN);
    const double error = fabs(mpfr_get_d(y, MPFR_RNDU)) / ulp;
    mpfr_clear(y);
    return error;
}

/* The logarithms that the losses of eight lists are made of, whose exponentials sum to these. */
static void logs_of(const rankloss__kernels *kernels, const double *sums, double *logs) {
    static rankloss__list_sums list_sums;
    rankloss__losses loss;
    memcpy(list_sums.others.exps.hi, sums, sizeof list_sums.others.exps.hi);
    kernels->losses(&list_sums, &loss);
    memcpy(logs, loss.lse.at, sizeof loss.lse.at);
}

/* long double, `near`, says which are worth MPFR's time: it is off by thousandths of a double's ULP. */
static void judge_log(double got, double x, long double near, most *m) {
    const double rough = (double)(fabsl((long double)got - near) / (long double)ulp_of((double)near));
    if (rough > m->error - 0.01) {
        note(m, error_of_log1p(got, x), x);
    }
}

/* Of eight sums every table of a compute dtype has the same logarithms. */
static void same_logs(const double *sums, int is_f64, double *logs) {
    double others[LANES];
    logs_of(kernel_tables[0].kernels[is_f64], sums, logs);
    for (int t = 1; t < NUM_KERNEL_TABLES; t++) {
        if (runs[t]) {
            logs_of(kernel_tables[t].kernels[is_f64], sums, others);
            assert_memory_equal(logs, others, sizeof others);
        }
    }
}

/* The largest errors: of float32 a relative one, for which long double is precise enough. */
typedef struct most_of_logs {
    most f32;
    most f64;
} most_of_logs;

static void judge_logs(const double *sums, most_of_logs *m) {
    double f32[LANES];
    double f64[LANES];
    same_logs(sums, 0, f32);
    same_logs(sums, 1, f64);
    for (int k = 0; k < LANES; k++) {
        const long double exact = log1pl((long double)sums[k]);
        note(&m->f32, exact == 0 ? fabs(f32[k]) : (double)fabsl((long double)f32[k] / exact - 1), sums[k]);
        judge_log(f64[k], sums[k], exact, &m->f64);
    }
}

static void logs_are_within_the_bars(const char *what, int64_t count, const most_of_logs *m) {
    printf("log1p of %lld %s: float32's largest error 2^%.3f relative, at %a; float64's %.4f ULP, at %a\n",
           (long long)count, what, log2(m->f32.error), m->f32.at, m->f64.error, m->f64.at);
    assert_true(m->f32.error <= LOG1P_F32_BAR);
    assert_true(m->f64.error <= LOG1P_F64_BAR);
}

/* From 0 to the largest float. */
static void log1p_of_floats(void **state) {
    static floats f;
    most_of_logs worst = {{0, 0}, {0, 0}};
    int64_t count = 0;
    (void)state;
    if (!reference_is_precise()) {
        printf("long double has no more bits than double here, so that it cannot choose for MPFR\n");
        skip();
    }
    for (uint32_t bits = 0; next_floats(&f, &bits, 0x7F800000U);) {
        count += (int64_t)f.count;
        for (; f.count % LANES != 0; f.count++) {
            f.x[f.count] = 0;
        }
        for (size_t i = 0; i < f.count; i += LANES) {
            double sums[LANES];
            for (size_t k = 0; k < LANES; k++) {
                sums[k] = (double)f.x[i + k];
            }
            judge_logs(sums, &worst);
        }
    }
    logs_are_within_the_bars("floats", count, &worst);
}

/* Doubles with bits that 1 + x loses, which floats are too short to have where it matters. */
static void log1p_of_doubles(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    const int64_t count = everything ? 200000000 : 400000;
    most_of_logs worst = {{0, 0}, {0, 0}};
    (void)state;
    if (!reference_is_precise()) {
        printf("long double has no more bits than double here, so that it cannot choose for MPFR\n");
        skip();
    }
    for (int64_t i = 0; i < count; i += LANES) {
        double sums[LANES];
        for (int k = 0; k < LANES; k++) {
            const int exponent =
                random_chance(&r, 0.7) ? (int)random_below(&r, 8) - 4 : (int)random_below(&r, 100) - 60;
            sums[k] = ldexp(1 + random_unit(&r), exponent);
        }
        judge_logs(sums, &worst);
    }
    logs_are_within_the_bars("doubles", count, &worst);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_of_floats),
        cmocka_unit_test(exp_of_doubles),
        cmocka_unit_test(log1p_of_floats),
        cmocka_unit_test(log1p_of_doubles),
    };
    everything = argc > 1 && strcmp(argv[1], "all") == 0;
    kernel_tables_print();
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        runs[t] = kernel_table_runs(t);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

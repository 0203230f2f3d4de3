/*
 * Scores of a temperature and a bias, in every kernel table: which one is largest, and exp(score - max) of each, within
 * the bounds that unscaled scores have. The definition is evaluated in numbers of 113 bits, so that a bias may cancel
 * the logits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernel_tables.h"
#include "random.h"

#if LDBL_MANT_DIG >= 113
typedef long double quad;
#else
__extension__ typedef __float128 quad;
#endif

enum { MOST = 700, LANES = RANKLOSS__LANES };

typedef struct data {
    size_t count;
    bool is_f64, masked, biased;
    double temperature;
    float f32[3][MOST]; /* logits, biases, labels */
    double f64[3][MOST];
    uint8_t where[MOST];
} data;

/* --- random lists --- */

static const double temperatures[] = {1.0, 0.01, 0.1, 0.7, 3.0, 1000.0};
static const double spreads[] = {0.1, 2.0, 30.0, 1e5};

/* Of ordinary size, or one that cancels the logits but for scores of ordinary size. */
static double draw_bias(random_state *r, double logit, double temperature, bool cancels) {
    return (cancels ? -logit / temperature : 0.0) + 3.0 * random_normal(r);
}

static void fill(data *d, random_state *r) {
    const double spread = spreads[random_below(r, 4)];
    const bool cancels = random_chance(r, 0.4);
    const double hidden = random_chance(r, 0.5) ? 1e30 : (double)NAN; /* by the mask */
    d->count = 1 + (size_t)random_below(r, MOST);
    d->is_f64 = random_chance(r, 0.5);
    d->masked = random_chance(r, 0.3);
    d->biased = cancels || random_chance(r, 0.5);
    d->temperature = temperatures[random_below(r, 6)];
    const size_t low = random_chance(r, 0.2) ? (size_t)random_below(r, (int64_t)d->count) : d->count; /* by its bias */
    for (size_t i = 0; i < d->count; i++) {
        const double logit = spread * random_normal(r);
        d->f32[0][i] = (float)(random_chance(r, 0.2) ? round(logit) : logit);
        d->f64[0][i] = d->is_f64 ? logit : (double)d->f32[0][i];
        const double bias = i == low ? -0x1p45 : draw_bias(r, d->f64[0][i], d->temperature, cancels);
        d->f32[1][i] = (float)bias;
        d->f64[1][i] = d->is_f64 ? bias : (double)d->f32[1][i];
        d->f64[2][i] = (double)(d->f32[2][i] = (float)random_below(r, 5));
        d->where[i] = i == 0 || random_chance(r, 0.7);
        if (d->masked && d->where[i] == 0)
            d->f32[0][i] = d->f32[1][i] = (float)(d->f64[0][i] = d->f64[1][i] = hidden);
    }
}

static const void *of_type(const data *d, int m) {
    return d->is_f64 ? (const void *)d->f64[m] : d->f32[m];
}

/* 1 / temperature as the plan has it: its remainder is exact. */
static rankloss__dd inverse_of(double temperature) {
    const double inverse = 1.0 / temperature;
    const quad rest = 1 - (quad)inverse * (quad)temperature;
    return (rankloss__dd){inverse, (double)(rest / (quad)temperature)};
}

static rankloss__items items_of(const data *d) {
    return (rankloss__items){.logits = of_type(d, 0),
                             .bias = d->biased ? of_type(d, 1) : NULL,
                             .labels = of_type(d, 2),
                             .where = d->masked ? d->where : NULL,
                             .count = d->count,
                             .unmasked = d->masked ? 0 : d->count,
                             .inverse = inverse_of(d->temperature),
                             .scaled = true};
}

/* --- definitions --- */

static bool valid(const data *d, size_t i) {
    return !d->masked || d->where[i] != 0;
}

static quad score(const data *d, size_t i) {
    return (quad)d->f64[0][i] / (quad)d->temperature + (d->biased ? (quad)d->f64[1][i] : 0);
}

static long double exp_of(quad x) {
    const long double near = (long double)x;
    return expl(near) * (1.0L + (long double)(x - (quad)near));
}

static double largest_bias(const data *d) {
    double largest = 0.0;
    for (size_t i = 0; i < d->count && d->biased; i++)
        largest = valid(d, i) && fabs(d->f64[1][i]) > largest ? fabs(d->f64[1][i]) : largest;
    return largest;
}

/* The kernels may take an item for the argmax whose score is the largest but for some roundings. */
static void check_range(const data *d, const rankloss__score_range *range) {
    size_t count = 0;
    assert_true(range->argmax < d->count && valid(d, range->argmax));
    const quad max = score(d, range->argmax);
    quad lowest = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (!valid(d, i))
            continue;
        const quad x = score(d, i) - max;
        count++;
        assert_true(x <= (quad)(d->is_f64 ? 0x1p-11 : 1.25));
        lowest = x < lowest ? x : lowest;
    }
    assert_int_equal(range->valid, count);
    const bool large = largest_bias(d) > (d->is_f64 ? RANKLOSS__BIAS_LIMIT_F64 : RANKLOSS__FLOAT_SCORE_LIMIT);
    assert_true(large ? range->lowest_x < -1e300
                      : fabs(range->lowest_x - (double)lowest) <= 1.5 - 1e-6 * (double)lowest);
    assert_true(range->logit == d->f64[0][range->argmax]);
    assert_true(!d->biased || range->bias == d->f64[1][range->argmax]);
}

static void check_exps(const data *d, const rankloss__score_range *range, const double *exps) {
    const double tolerance = d->is_f64 ? 0x1p-52 : 0x1p-26;
    for (size_t i = 0; i < d->count; i++) {
        const quad x = valid(d, i) ? score(d, i) - score(d, range->argmax) : 0;
        const long double exact = valid(d, i) && x >= (quad)RANKLOSS__EXP_CUTOFF ? exp_of(x) : 0.0L;
        const bool at_cutoff = (double)x < RANKLOSS__EXP_CUTOFF + 1.0 && (double)x > RANKLOSS__EXP_CUTOFF - 1.0;
        if (i != range->argmax && !at_cutoff &&
            !(fabsl((long double)exps[i] - exact) <= exact * (long double)tolerance))
            fail_msg("exp(%.17g), dtype %s, temperature %g: got %a, exact %La", (double)x, d->is_f64 ? "f64" : "f32",
                     d->temperature, exps[i], exact);
    }
}

/* --- the steps --- */

typedef struct yield {
    rankloss__score_range range;
    rankloss__list_sums sums;
    double exps[MOST], again[MOST];
} yield;

static rankloss__span span_of(const rankloss__score_range *range) {
    return range->lowest_x >= RANKLOSS__EXP_CUTOFF ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
}

/* Where the largest or the lowest score is a zero, it may be of either sign: +0 is as good as any. */
static void drop_signs_of_zeros(yield *y) {
    y->range.max += 0.0;
    y->range.min += 0.0;
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        y->sums.max.at[k] += 0.0;
        y->sums.min.at[k] += 0.0;
    }
}

static void run_steps(const rankloss__kernels *kernels, const data *d, yield *y) {
    const rankloss__items items = items_of(d);
    memset(y, 0, sizeof *y);
    kernels->score_ranges(&items, 1, &y->range);
    double *const all_exps[] = {y->exps};
    assert_int_equal(kernels->list_sums(&items, 1, all_exps, &y->range, &y->sums), 1);
    kernels->exps(&items, &y->range, span_of(&y->range), y->again);
    y->exps[y->range.argmax] = y->again[y->range.argmax] = 1.0;
    assert_memory_equal(y->exps, y->again, d->count * sizeof(double));
    drop_signs_of_zeros(y);
}

static void scaled_scores_are_never_rounded(void **state) {
    static data d;
    static yield y[2];
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 3000; round++) {
        fill(&d, &r);
        run_steps(kernel_tables[0].kernels[d.is_f64], &d, &y[0]);
        check_range(&d, &y[0].range);
        check_exps(&d, &y[0].range, y[0].exps);
        for (int t = 1; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_steps(kernel_tables[t].kernels[d.is_f64], &d, &y[1]);
            assert_memory_equal(&y[1], &y[0], sizeof y[0]);
        }
    }
}

/* The list in every lane of an interleaved block: only the order of the sums differs. */
static void interleaved_scores_are_the_same(void **state) {
    static data d;
    static yield y;
    static double blocks[3][LANES * MOST], exps[LANES * MOST];
    static float floats[3][LANES * MOST];
    static uint8_t where[LANES * MOST];
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 500; round++) {
        const int t = (int)random_below(&r, NUM_KERNEL_TABLES);
        rankloss__list_sums sums = {.sum_to_one = false};
        rankloss__losses losses;
        fill(&d, &r);
        if (!kernel_table_runs(t))
            continue;
        for (size_t i = 0; i < LANES * d.count; i++) {
            for (int m = 0; m < 3; m++) {
                blocks[m][i] = d.f64[m][i / LANES];
                floats[m][i] = d.f32[m][i / LANES];
            }
            where[i] = d.where[i / LANES];
        }
        rankloss__items items = items_of(&d);
        items.logits = d.is_f64 ? (const void *)blocks[0] : floats[0];
        items.bias = !d.biased ? NULL : d.is_f64 ? (const void *)blocks[1] : floats[1];
        items.labels = d.is_f64 ? (const void *)blocks[2] : floats[2];
        items.where = d.masked ? where : NULL;
        items.count *= LANES;
        items.unmasked *= LANES;
        items.interleaved = true;
        run_steps(kernel_tables[t].kernels[d.is_f64], &d, &y);
        (void)kernel_tables[t].kernels[d.is_f64]->interleaved_sums(&items, exps, &sums, &losses);
        for (int k = 0; k < LANES; k++) {
            assert_true((size_t)sums.argmax_row.at[k] == y.range.argmax && sums.logit.at[k] == y.range.logit);
            assert_true(largest_bias(&d) > RANKLOSS__FLOAT_SCORE_LIMIT || sums.lowest_x.at[k] == y.sums.lowest_x.at[0]);
            assert_true(!d.biased || sums.bias.at[k] == y.range.bias);
            for (size_t i = 0; i < d.count; i++)
                assert_true(i == y.range.argmax || exps[LANES * i + (size_t)k] == y.exps[i]);
        }
    }
}

/* An argmax below the largest score makes x positive, and a lowest one fall below the cutoff unseen. */
static void exponentials_reach_beyond_their_ends(void **state) {
    const float xs[] = {
        2.0F, 1.25F, 0.5F, 0x1p-20F, (float)RANKLOSS__EXP_CUTOFF - 1.25F, (float)RANKLOSS__EXP_CUTOFF - 2.0F};
    const rankloss__score_range top = {.logit = 0.0};
    (void)state;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++)
        for (int is_f64 = 0; is_f64 < 2 && kernel_table_runs(t); is_f64++) {
            double wide[6], exps[6];
            for (int i = 0; i < 6; i++)
                wide[i] = (double)xs[i];
            const rankloss__items items = {.logits = is_f64 != 0 ? (const void *)wide : xs, .count = 6, .unmasked = 6};
            kernel_tables[t].kernels[is_f64]->exps(&items, &top, RANKLOSS__SPAN_NEAR, exps);
            for (int i = 0; i < 6; i++) {
                const long double exact = expl((long double)xs[i]);
                assert_true(fabsl((long double)exps[i] - exact) <= exact * (is_f64 != 0 ? 0x1p-52L : 0x1p-28L));
            }
        }
}

/* --- biases that are too large --- */

/*
 * Of the second of three items. A bias that cancels its logit costs digits, and one that takes the score far down, as
 * masks do, costs none.
 */
static void large_biases_are_found(void **state) {
    const struct {
        double logit, bias;
        bool f32, f64;
    } rows[] = {{-0x1p24, 0x1p24, true, true},
                {-0x1.4p25, 0x1.4p25, false, true},
                {-0x1p40, 0x1p40, false, true},
                {-0x1.4p41, 0x1.4p41, false, false},
                {0.0, -1e9, true, true},
                {1.0, -0x1p100, true, true},
                {0.0, -(double)INFINITY, true, true},
                {-0x1p100, 0x1p100, false, false}};
    (void)state;
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            for (int is_f64 = 0; is_f64 < 2 && kernel_table_runs(t); is_f64++) {
                data d = {.count = 3, .is_f64 = is_f64 != 0, .biased = true, .temperature = 1.0};
                yield y;
                d.f64[0][0] = 1.0;
                d.f64[0][1] = rows[n].logit;
                d.f64[1][1] = rows[n].bias;
                for (size_t i = 0; i < 3; i++)
                    for (int m = 0; m < 3; m++)
                        d.f32[m][i] = (float)d.f64[m][i];
                run_steps(kernel_tables[t].kernels[is_f64], &d, &y);
                assert_true((y.sums.others.doubtful == 0) == (is_f64 != 0 ? rows[n].f64 : rows[n].f32));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaled_scores_are_never_rounded),
        cmocka_unit_test(interleaved_scores_are_the_same),
        cmocka_unit_test(exponentials_reach_beyond_their_ends),
        cmocka_unit_test(large_biases_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

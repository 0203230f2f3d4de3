/*
 * Every kernel table of the build that this processor runs, on lists: each step against its definition in kernels.h, in
 * long double, and all tables against the portable one, to the bit. Reaches the tables past the dispatch, so one run
 * covers all of them. test_interleaved.c does the same for interleaved lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "fused.h"
#include "kernel_tables.h"
#include "lanes.h"
#include "list/forward.h"
#include "random.h"
#include "run.h"

enum { MOST = 700 };

/* A random list. Of float32 data the doubles are the same values. */
typedef struct data {
    float f32[3][MOST];
    double f64[3][MOST];
    double tangent[MOST];
    uint8_t where[MOST];
    size_t count;
    bool masked, weighted;
} data;

static void fill(data *d, random_state *r, size_t count, double spread, int is_f64) {
    d->count = count;
    d->masked = random_chance(r, 0.5);
    d->weighted = random_chance(r, 0.5);
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++) {
            const double x = k == 0 ? spread * random_normal(r) : fabs(random_normal(r));
            d->f32[k][i] = (float)x;
            d->f64[k][i] = is_f64 != 0 ? x : (double)d->f32[k][i];
        }
        d->tangent[i] = random_normal(r);
        d->where[i] = random_chance(r, 0.7) ? (uint8_t)(1 + random_below(r, 255)) : 0;
    }
}

/* Scores of which many are alike, also the largest. */
static void tie(data *d, random_state *r) {
    for (size_t i = 0; i < d->count; i++) {
        d->f32[0][i] = (float)random_below(r, 3);
        d->f64[0][i] = (double)d->f32[0][i];
    }
}

static rankloss__items items_of(const data *d, int is_f64) {
    rankloss__items items = {.count = d->count, .unmasked = d->masked ? 0 : d->count, .tangent = d->tangent};
    items.logits = is_f64 != 0 ? (const void *)d->f64[0] : d->f32[0];
    items.labels = is_f64 != 0 ? (const void *)d->f64[1] : d->f32[1];
    items.weights = !d->weighted ? NULL : is_f64 != 0 ? (const void *)d->f64[2] : d->f32[2];
    items.where = d->masked ? d->where : NULL;
    return items;
}

static bool valid(const data *d, size_t i) {
    return !d->masked || d->where[i] != 0;
}

static long double coef(const data *d, size_t i) {
    return (long double)d->f64[1][i] * (d->weighted ? (long double)d->f64[2][i] : 1.0L);
}

/* What every step yields for one list. */
typedef struct yield {
    rankloss__score_range range;
    rankloss__sums sums;
    rankloss__dd_lanes jvp;
    double exps[MOST], grads[MOST], hesses[MOST], hvps[MOST], log_grads[MOST];
} yield;

static rankloss__dd_lanes pairs(double hi, double lo) {
    return dd_in_all_lanes((rankloss__dd){hi, lo});
}

/* Factors of no list, to tell the terms of each formula apart. */
static rankloss__terms terms_of_no_list(void) {
    return (rankloss__terms){.exp = pairs(0.375, 0x1p-60),
                             .coef = pairs(1.5, -0x1p-60),
                             .total = pairs(3.0, 0x1p-60),
                             .hess = pairs(0.25, 0x1p-60),
                             .mean = pairs(0.125, 0x1p-60),
                             .hvp = pairs(0.5, 0x1p-60),
                             .log_shift = in_all_lanes(0.5),
                             .log_scale = pairs(0.75, 0x1p-60)};
}

static void run_steps(const rankloss__kernels *k, const data *d, int is_f64, yield *y) {
    const rankloss__items items = items_of(d, is_f64);
    const rankloss__terms terms = terms_of_no_list();
    memset(y, 0, sizeof *y);
    k->score_ranges(&items, 1, &y->range);
    if (y->range.valid == 0)
        return;
    const int64_t skip = (int64_t)y->range.argmax;
    const rankloss__list_sums known = {.single = true, .logit = {{y->range.logit}}};
    const rankloss__losses found = {.lse = in_all_lanes(2.0)};
    const rankloss__span span = y->range.lowest_x >= RANKLOSS__EXP_CUTOFF ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    double again[MOST];
    k->sums(&items, &y->range, skip, span, again, &y->sums);
    k->exps(&items, &y->range, span, y->exps);
    y->exps[y->range.argmax] = again[y->range.argmax] = 1.0;
    assert_memory_equal(again, y->exps, d->count * sizeof(double));
    k->grad(&items, y->exps, &terms, NULL, (rankloss__out){y->grads, RANKLOSS_F64});
    k->jvp(&items, y->exps, &terms, skip, &y->jvp);
    k->hess(&items, y->exps, &terms, NULL, (rankloss__out){y->hesses, RANKLOSS_F64});
    k->hvp(&items, y->exps, &terms, NULL, (rankloss__out){y->hvps, RANKLOSS_F64});
    k->log_grad(&items, false, &known, &found, &terms, (rankloss__out){y->log_grads, RANKLOSS_F64});
}

static void near_to(double got, long double exact, long double scale, double tolerance) {
    if (!(fabsl((long double)got - exact) <= scale * (long double)tolerance))
        fail_msg("got %a, exact %La", got, exact);
}

/* The sum of lanes as the portable kernels fold it. */
static rankloss__dd folded(const rankloss__dd_lanes *lanes, bool is_f64) {
    rankloss__sums sums = {.exps = *lanes};
    (is_f64 ? &rankloss__portable_f64 : &rankloss__portable_f32)->fold(&sums);
    return (rankloss__dd){sums.exps.hi[0], sums.exps.lo[0]};
}

static void check_sums(const data *d, const yield *y, int is_f64, double tolerance) {
    long double exps = 0, coefs = 0, coef_x = 0, tangents = 0, size = 0;
    for (size_t i = 0; i < d->count; i++) {
        const long double x = (long double)d->f64[0][i] - (long double)y->range.max;
        const long double e = expl(x), v = (long double)d->tangent[i];
        if (!valid(d, i))
            continue;
        near_to(y->exps[i], e, e + 1e-250L, tolerance);
        if (i == y->range.argmax)
            continue;
        exps += e;
        coefs += coef(d, i);
        coef_x += coef(d, i) * x;
        tangents += e * v;
        size += e * fabsl(v);
    }
    const rankloss__dd e = folded(&y->sums.exps, is_f64 != 0), c = folded(&y->sums.coefs, is_f64 != 0);
    const rankloss__dd x = folded(&y->sums.coef_x, is_f64 != 0);
    const rankloss__dd v = folded(&y->sums.tangents, is_f64 != 0);
    near_to(e.hi, exps, exps + 1e-250L, tolerance);
    near_to(c.hi, coefs, coefs, 4e-15);
    near_to(x.hi, coef_x, -coef_x, 4e-15);
    near_to(v.hi, tangents, size + 1e-250L, tolerance);
}

static void check_derivatives(const data *d, const yield *y, int is_f64) {
    long double jvp = 0, size = 0;
    for (size_t i = 0; i < d->count; i++) {
        const long double e = (long double)y->exps[i], v = (long double)d->tangent[i];
        const long double s = e * 0.375L - coef(d, i) * 1.5L;
        const long double w = d->weighted ? (long double)d->f64[2][i] : 1.0L;
        const long double log_term = (2.0L - ((long double)d->f64[0][i] - (long double)y->range.max)) - 0.5L;
        if (!valid(d, i)) {
            assert_true(y->grads[i] == 0.0 && y->hesses[i] == 0.0 && y->hvps[i] == 0.0 && y->log_grads[i] == 0.0);
            assert_false(signbit(y->grads[i]) || signbit(y->hesses[i]) || signbit(y->hvps[i]) ||
                         signbit(y->log_grads[i]));
            continue;
        }
        near_to(y->grads[i], s, e + 2 * coef(d, i) + 1e-250L, 4e-16);
        near_to(y->hesses[i], e * (3.0L - e) * 0.25L, e + 1e-250L, 4e-16);
        near_to(y->hvps[i], e * 0.5L * (v - 0.125L), e * (fabsl(v) + 1) + 1e-250L, 4e-16);
        near_to(y->log_grads[i], w * 0.75L * log_term, w * log_term, 8e-16);
        if (i != y->range.argmax) {
            jvp += v * s;
            size += fabsl(v) * (e + 2 * coef(d, i));
        }
    }
    near_to(folded(&y->jvp, is_f64 != 0).hi, jvp, size, 4e-15);
}

static void check_range(const data *d, const rankloss__score_range *range) {
    rankloss__score_range expected = {.max = -(double)INFINITY, .min = (double)INFINITY, .argmax = d->count};
    for (size_t i = 0; i < d->count; i++) {
        const double s = d->f64[0][i];
        if (!valid(d, i))
            continue;
        expected.valid++;
        expected.min = s < expected.min ? s : expected.min;
        if (s > expected.max) {
            expected.max = s;
            expected.argmax = i;
        }
    }
    assert_true(range->max == expected.max && range->min == expected.min);
    assert_true(range->valid == expected.valid && range->argmax == expected.argmax);
}

static void set_lanes(rankloss__dd_lanes *lanes, unsigned lane, double hi, double lo, int is_f64) {
    lanes->hi[lane] = hi;
    if (is_f64 != 0)
        lanes->lo[lane] = lo;
}

/* What the steps of a list found, in its lane of `expected`. */
static void fold_into_lane(const rankloss__kernels *k, const data *d, int is_f64, const yield *y, unsigned lane,
                           rankloss__list_sums *expected) {
    rankloss__sums sums = y->sums;
    const size_t argmax = y->range.argmax;
    k->fold(&sums);
    set_lanes(&expected->others.exps, lane, sums.exps.hi[0], sums.exps.lo[0], is_f64);
    set_lanes(&expected->others.coefs, lane, sums.coefs.hi[0], sums.coefs.lo[0], is_f64);
    set_lanes(&expected->others.coef_x, lane, sums.coef_x.hi[0], sums.coef_x.lo[0], is_f64);
    set_lanes(&expected->others.tangents, lane, sums.tangents.hi[0], sums.tangents.lo[0], is_f64);
    const double weight = d->weighted ? d->f64[2][argmax] : 1.0, product = d->f64[1][argmax] * weight;
    set_lanes(&expected->argmax_coef, lane, product, fused(d->f64[1][argmax], weight, -product),
              true); /* lo 0 in float32 */
    expected->others.abs_coefs.at[lane] = sums.abs_coefs.at[0];
    expected->others.doubtful = (expected->others.doubtful & ~(1u << lane)) | (unsigned)(sums.doubtful != 0) << lane;
    expected->max.at[lane] = y->range.max;
    expected->min.at[lane] = y->range.min;
    expected->lowest_x.at[lane] = y->range.min - y->range.max;
    expected->logit.at[lane] = y->range.logit;
    expected->bias.at[lane] = y->range.bias;
    expected->valid.at[lane] = (double)y->range.valid;
    expected->argmax_tangent.at[lane] = d->tangent[argmax];
}

/* All steps in one give the same bits, and leave the other lanes as they are. */
static void check_in_one_step(const rankloss__kernels *k, const data *d, int is_f64, const yield *y) {
    rankloss__items items = items_of(d, is_f64);
    rankloss__list_sums expected, got;
    double exps[MOST] = {0.0}, *const all_exps[] = {exps};
    items.lane = (unsigned)(d->count % RANKLOSS__LANES);
    memset(&expected, 0x55, sizeof expected);
    expected.others.doubtful = 0xFF;
    memcpy(&got, &expected, sizeof got);
    const unsigned set = k->list_sums(&items, 1, all_exps, &y->range, &got);
    assert_int_equal(set, y->range.valid != 0 ? 1u << items.lane : 0);
    if (set != 0) {
        fold_into_lane(k, d, is_f64, y, items.lane, &expected);
        exps[y->range.argmax] = 1.0;
        assert_memory_equal(exps, y->exps, sizeof exps);
    }
    assert_memory_equal(&got, &expected, sizeof got);
}

static void check_list(const data *d, int is_f64) {
    static yield y[NUM_KERNEL_TABLES];
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        if (!kernel_table_runs(t))
            continue;
        run_steps(kernel_tables[t].kernels[is_f64], d, is_f64, &y[t]);
        check_range(d, &y[t].range);
        if (y[t].range.valid != 0) {
            check_sums(d, &y[t], is_f64, is_f64 != 0 ? 4e-16 : 0x1p-29);
            check_derivatives(d, &y[t], is_f64);
        }
        check_in_one_step(kernel_tables[t].kernels[is_f64], d, is_f64, &y[t]);
        /* Masked items' unused slots and padding were zeroed alike. */
        if (memcmp(&y[t], &y[0], sizeof y[0]) != 0)
            fail_msg("%s differs from portable for %zu items", kernel_tables[t].name, d->count);
    }
}

static void steps_agree(void **state) {
    static const size_t sizes[] = {1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 700};
    static const double spreads[] = {0.1, 3.0, 60.0, 400.0};
    static data d;
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 20; round++)
        for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++)
            for (int is_f64 = 0; is_f64 < 2; is_f64++) {
                fill(&d, &r, sizes[n], spreads[round % 4], is_f64);
                check_list(&d, is_f64);
                tie(&d, &r);
                check_list(&d, is_f64);
            }
}

static void cleared_sums_are_zero(void **state) {
    const rankloss__sums zero = {.doubtful = 0};
    (void)state;
    for (int t = 0; t < 2 * NUM_KERNEL_TABLES; t++) {
        rankloss__sums sums;
        if (!kernel_table_runs(t / 2))
            continue;
        memset(&sums, 0x55, sizeof sums);
        kernel_tables[t / 2].kernels[t % 2]->clear(&sums);
        assert_memory_equal(&sums, &zero, offsetof(rankloss__sums, doubtful));
        assert_int_equal(sums.doubtful, 0);
    }
}

/* Nothing is set for a list whose largest score is infinite. */
static void infinite_maxima_are_told(void **state) {
    static data d;
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 400; round++) {
        const double infinity = round % 4 < 2 ? (double)INFINITY : -(double)INFINITY;
        fill(&d, &r, 1 + (size_t)random_below(&r, MOST), 3.0, round % 2);
        for (size_t i = 0; i < d.count; i++)
            if (infinity < 0 || i % 5 == 0) {
                d.f64[0][i] = infinity;
                d.f32[0][i] = (float)infinity;
                d.where[i] = 1;
            }
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__items items = items_of(&d, round % 2);
            rankloss__list_sums sums = {.max = {{1.0}}};
            double exps[MOST], *const all_exps[] = {exps};
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *k = kernel_tables[t].kernels[round % 2];
            rankloss__score_range range;
            k->score_ranges(&items, 1, &range);
            assert_int_equal(k->list_sums(&items, 1, all_exps, &range, &sums), 0);
            assert_true(range.max == infinity && range.valid > 0 && sums.max.at[0] == 1.0);
        }
    }
}

/* Ranges and sums of several lists at once are those of each, in its lane. */
static void lists_do_not_see_each_other(void **state) {
    static data d[RANKLOSS__LANES];
    static double exps[2][RANKLOSS__LANES][MOST];
    random_state r = random_new(random_run_seed(), 6);
    (void)state;
    for (int round = 0; round < 200; round++) {
        const unsigned count = 1 + (unsigned)random_below(&r, RANKLOSS__LANES);
        rankloss__items items[RANKLOSS__LANES];
        double *all_exps[RANKLOSS__LANES];
        for (unsigned k = 0; k < count; k++) {
            fill(&d[k], &r, 1 + (size_t)random_below(&r, MOST), random_chance(&r, 0.8) ? 3.0 : 900.0, round % 2);
            d[k].weighted = round % 3 == 0;
            d[k].masked = round % 5 == 0;
            items[k] = items_of(&d[k], round % 2);
            items[k].lane = k;
            all_exps[k] = exps[0][k];
        }
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            const rankloss__kernels *kernels = kernel_tables[t].kernels[round % 2];
            rankloss__score_range ranges[RANKLOSS__LANES], range;
            rankloss__list_sums together = {.single = false}, alone = {.single = false};
            unsigned finite = 0;
            if (!kernel_table_runs(t))
                continue;
            memset(exps, 0, sizeof exps);
            kernels->score_ranges(items, count, ranges);
            const unsigned all_finite = kernels->list_sums(items, count, all_exps, ranges, &together);
            for (unsigned k = 0; k < count; k++) {
                double *const own_exps[] = {exps[1][k]};
                kernels->score_ranges(&items[k], 1, &range);
                assert_memory_equal(&range, &ranges[k], sizeof range);
                finite |= kernels->list_sums(&items[k], 1, own_exps, &range, &alone);
            }
            assert_int_equal(finite, all_finite);
            assert_memory_equal(&together, &alone, sizeof alone);
            assert_memory_equal(exps[0], exps[1], sizeof exps[0]);
        }
    }
}

/* --- chunks --- */

/* The sums of a list are the same in chunks, wherever the one that is left out is. */
static void check_chunks(const rankloss__kernels *k, const data *d, int is_f64, size_t chunk) {
    const rankloss__items all = items_of(d, is_f64);
    const size_t size = is_f64 != 0 ? sizeof(double) : sizeof(float);
    rankloss__score_range range;
    k->score_ranges(&all, 1, &range);
    rankloss__sums whole = {.doubtful = 0}, parts = {.doubtful = 0};
    double exps[MOST];
    k->sums(&all, &range, (int64_t)range.argmax, RANKLOSS__SPAN_WIDE, exps, &whole);
    for (size_t i = 0; i < d->count; i += chunk) {
        rankloss__items part = all;
        part.count = d->count - i < chunk ? d->count - i : chunk;
        part.unmasked = d->masked ? 0 : part.count;
        part.logits = (const char *)all.logits + size * i;
        part.labels = (const char *)all.labels + size * i;
        part.weights = all.weights != NULL ? (const char *)all.weights + size * i : NULL;
        part.where = all.where != NULL ? all.where + i : NULL;
        part.tangent = all.tangent + i;
        k->sums(&part, &range, (int64_t)range.argmax - (int64_t)i, RANKLOSS__SPAN_WIDE, exps, &parts);
    }
    assert_memory_equal(&parts, &whole, sizeof whole);
}

static void chunks_change_no_bit(void **state) {
    static data d;
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 500; round++) {
        fill(&d, &r, 1 + (size_t)random_below(&r, MOST), 3.0, round % 2);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            if (kernel_table_runs(t) && (!d.masked || d.where[0] != 0))
                check_chunks(kernel_tables[t].kernels[round % 2], &d, round % 2,
                             RANKLOSS__LANES * (size_t)(1 + round % 40));
    }
}

/* --- exponentials as floats --- */

static void check_floats(const rankloss__kernels *k, const double *exps, size_t count) {
    static const float guard = -7.0f;
    float floats[MOST + 1];
    double back[MOST + 1];
    floats[count] = guard;
    back[count] = (double)guard;
    k->exps_to_floats(exps, count, floats);
    k->floats_to_exps(floats, count, back);
    assert_true(floats[count] == guard && back[count] == (double)guard);
    for (size_t i = 0; i < count; i++) {
        assert_true(floats[i] == (float)(exps[i] * 0x1p64));
        assert_true(back[i] == (double)floats[i] * 0x1p-64);
        assert_true(fabs(back[i] - exps[i]) <= exps[i] * 0x1p-24);
    }
}

/* Slopes of floats, in their place, are those of the exponentials that the floats stand for, rounded to float. */
static void check_slopes_of_floats(const rankloss__kernels *k, const data *d, int is_f64) {
    static yield y;
    const rankloss__items items = items_of(d, is_f64);
    const rankloss__terms terms = terms_of_no_list();
    double exps[MOST];
    float expected[MOST], floats[MOST + 1];
    run_steps(k, d, is_f64, &y);
    floats[d->count] = -7.0f;
    k->exps_to_floats(y.exps, d->count, floats);
    k->floats_to_exps(floats, d->count, exps);
    k->grad(&items, exps, &terms, NULL, (rankloss__out){expected, RANKLOSS_F32});
    k->grad_of_floats(&items, floats, &terms, floats);
    assert_memory_equal(floats, expected, d->count * sizeof(float));
    assert_true(floats[d->count] == -7.0f);
}

static void slopes_of_floats_are_those_of_exponentials(void **state) {
    static data d;
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int round = 0; round < 400; round++) {
        fill(&d, &r, 1 + (size_t)random_below(&r, round % 4 < 2 ? 40 : MOST), 3.0, round % 2);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            if (kernel_table_runs(t))
                check_slopes_of_floats(kernel_tables[t].kernels[round % 2], &d, round % 2);
    }
}

static void exponentials_are_kept_to_24_bits(void **state) {
    random_state r = random_new(random_run_seed(), 4);
    double exps[MOST];
    (void)state;
    for (int round = 0; round < 200; round++) {
        const size_t count = 1 + (size_t)random_below(&r, round < 100 ? 40 : MOST);
        for (size_t i = 0; i < count; i++)
            exps[i] = random_chance(&r, 0.1) ? 0.0 : exp(RANKLOSS__FLOAT_CUTOFF * random_unit(&r));
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            for (int is_f64 = 0; is_f64 < 2 && kernel_table_runs(t); is_f64++)
                check_floats(kernel_tables[t].kernels[is_f64], exps, count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_agree),
                                       cmocka_unit_test(cleared_sums_are_zero),
                                       cmocka_unit_test(infinite_maxima_are_told),
                                       cmocka_unit_test(lists_do_not_see_each_other),
                                       cmocka_unit_test(chunks_change_no_bit),
                                       cmocka_unit_test(exponentials_are_kept_to_24_bits),
                                       cmocka_unit_test(slopes_of_floats_are_those_of_exponentials)};
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

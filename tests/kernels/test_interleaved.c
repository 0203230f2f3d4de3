/*
 * The kernel steps on interleaved lists: against their definitions in kernels.h, list by list in long double, and all
 * tables against the portable one, to the bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "dtype/convert.h"
#include "kernel_tables.h"
#include "random.h"
#include "run.h"

enum { LANES = RANKLOSS__LANES, MOST_ROWS = 70, MOST = LANES * MOST_ROWS };

typedef long double real;

/* Eight random lists, side by side. Of float32 data the doubles are the same values. */
typedef struct data {
    float f32[3][MOST]; /* scores, labels, weights */
    double f64[3][MOST];
    double tangent[MOST];
    uint8_t where[MOST];
    size_t sizes[LANES];
    rankloss__extent extent;
    bool is_f64, masked, weighted, with_tangent, sum_to_one;
} data;

/* --- random interleaved lists --- */

static size_t at(size_t row, int k) {
    return LANES * row + (size_t)k;
}

static bool valid(const data *d, size_t row, int k) {
    return row < d->sizes[k] && (!d->masked || d->where[at(row, k)] != 0);
}

static void fill_sizes(data *d, random_state *r) {
    const size_t most = 1 + (size_t)random_below(r, random_chance(r, 0.5) ? MOST_ROWS : 9);
    const bool equal = random_chance(r, 0.5);
    d->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES; k++) {
        const size_t size = equal ? most : 1 + (size_t)random_below(r, (int64_t)most);
        d->sizes[k] = size;
        d->extent.least = size < d->extent.least ? size : d->extent.least;
        d->extent.most = size > d->extent.most ? size : d->extent.most;
    }
}

/* Scores are often equal to others, for the first of the largest to be found; what is masked may be anything. */
static void fill_item(data *d, random_state *r, size_t row, int k, double spread) {
    const size_t i = at(row, k);
    const double score = spread * random_normal(r);
    const bool in_list = row < d->sizes[k];
    d->where[i] = in_list && (!d->masked || random_chance(r, 0.7)) ? (uint8_t)(1 + random_below(r, 255)) : 0;
    for (int m = 0; m < 3; m++) {
        const double x = m > 0 ? fabs(random_normal(r)) : random_chance(r, 0.3) ? round(score / spread) : score;
        d->f32[m][i] = d->where[i] != 0 ? (float)x : in_list ? NAN : 0.0f;
        d->f64[m][i] = d->is_f64 && d->where[i] != 0 ? x : (double)d->f32[m][i];
    }
    d->tangent[i] = d->where[i] != 0 ? random_normal(r) : 0.0;
}

static void fill(data *d, random_state *r, double spread) {
    fill_sizes(d, r);
    d->is_f64 = random_chance(r, 0.5);
    d->masked = random_chance(r, 0.3);
    d->weighted = random_chance(r, 0.5);
    d->with_tangent = random_chance(r, 0.5);
    d->sum_to_one = random_chance(r, 0.5);
    for (size_t row = 0; row < d->extent.most; row++)
        for (int k = 0; k < LANES; k++)
            fill_item(d, r, row, k, spread);
}

static const void *of_type(const data *d, int m) {
    return d->is_f64 ? (const void *)d->f64[m] : d->f32[m];
}

static rankloss__items items_of(const data *d) {
    rankloss__items items = {.count = LANES * d->extent.most, .interleaved = true};
    items.unmasked = d->masked ? 0 : LANES * d->extent.least;
    items.where = items.unmasked < items.count ? d->where : NULL;
    items.logits = of_type(d, 0);
    items.labels = of_type(d, 1);
    items.weights = d->weighted ? of_type(d, 2) : NULL;
    items.tangent = d->with_tangent ? d->tangent : NULL;
    return items;
}

/* Factors of no list, different in each lane. */
static rankloss__terms random_terms(random_state *r) {
    rankloss__terms terms;
    rankloss__dd_lanes *const lanes[] = {&terms.exp,  &terms.coef, &terms.total,    &terms.hess,
                                         &terms.mean, &terms.hvp,  &terms.log_scale};
    rankloss__lanes *const lane[] = {&terms.log_shift, &terms.argmax_grad, &terms.argmax_hess, &terms.argmax_hvp};
    for (int k = 0; k < LANES; k++) {
        for (int n = 0; n < 7; n++) {
            lanes[n]->hi[k] = 1.0 + random_unit(r);
            lanes[n]->lo[k] = random_unit(r) * 0x1p-54;
        }
        for (int n = 0; n < 4; n++)
            lane[n]->at[k] = 1.0 + random_unit(r);
    }
    return terms;
}

/* --- what the steps yield --- */

typedef struct yield {
    rankloss__list_sums sums;
    rankloss__losses loss;
    rankloss__dd_lanes jvp;
    unsigned finite;
    double exps[MOST], grads[MOST], hesses[MOST], hvps[MOST], log_grads[MOST];
} yield;

/* Of two zeros either may be the largest or the smallest. */
static void forget_signs_of_zero(rankloss__list_sums *sums) {
    for (int k = 0; k < LANES; k++) {
        sums->max.at[k] += 0.0;
        sums->logit.at[k] += 0.0;
        sums->min.at[k] += 0.0;
    }
}

/* Whether each lane is finite has to agree. What the others hold has no meaning, and which NaN may differ. */
static void forget_what_is_not_finite(yield *y, size_t rows) {
    rankloss__sums *others = &y->sums.others;
    rankloss__dd_lanes *const lanes[] = {&others->exps,        &others->coefs, &others->coef_x, &others->tangents,
                                         &y->sums.argmax_coef, &y->loss.coefs, &y->jvp};
    for (int k = 0; k < LANES; k++) {
        if ((y->finite >> k & 1u) != 0)
            continue;
        for (int n = 0; n < 7; n++)
            lanes[n]->hi[k] = lanes[n]->lo[k] = 0.0;
        others->abs_coefs.at[k] = y->loss.lse.at[k] = y->loss.loss.at[k] = 0.0;
        others->doubtful &= ~(1u << k);
        for (size_t row = 0; row < rows; row++)
            y->exps[at(row, k)] = y->grads[at(row, k)] = y->hesses[at(row, k)] = y->hvps[at(row, k)] =
                y->log_grads[at(row, k)] = 0.0;
    }
}

static void run_steps(const rankloss__kernels *kernels, const data *d, const rankloss__terms *terms, yield *y) {
    const rankloss__items items = items_of(d);
    const rankloss__lanes *argmax = &y->sums.argmax_row;
    memset(y, 0, sizeof *y);
    y->sums.sum_to_one = d->sum_to_one;
    y->finite = kernels->interleaved_sums(&items, y->exps, &y->sums, &y->loss);
    kernels->grad(&items, y->exps, terms, argmax, (rankloss__out){y->grads, RANKLOSS_F64});
    kernels->hess(&items, y->exps, terms, argmax, (rankloss__out){y->hesses, RANKLOSS_F64});
    kernels->log_grad(&items, false, &y->sums, &y->loss, terms, (rankloss__out){y->log_grads, RANKLOSS_F64});
    if (d->with_tangent) {
        kernels->hvp(&items, y->exps, terms, argmax, (rankloss__out){y->hvps, RANKLOSS_F64});
        kernels->interleaved_jvp(&items, y->exps, terms, argmax, &y->jvp);
    }
    forget_what_is_not_finite(y, d->extent.most);
    forget_signs_of_zero(&y->sums);
}

/* --- definitions, of the list in lane k --- */

static void near_to(const char *what, real got, real exact, real scale, double tolerance) {
    if (!(fabsl(got - exact) <= fabsl(scale) * (real)tolerance + 1e-250L))
        fail_msg("%s: got %La, exact %La", what, got, exact);
}

/* Sums of coefficients in two parts keep about as many bits as long double. */
static double tolerance_of_pair(const data *d) {
    return d->is_f64 ? 0x1p-57 : 0x1p-47;
}

static real coef(const data *d, size_t i) {
    return (real)d->f64[1][i] * (d->weighted ? (real)d->f64[2][i] : 1.0L);
}

/* The first of the largest, the smallest, and how many. */
static void check_range(const data *d, const rankloss__list_sums *sums, int k) {
    double max = -(double)INFINITY, min = (double)INFINITY, argmax = -1.0, count = 0.0;
    for (size_t row = 0; row < d->sizes[k]; row++) {
        const double s = d->f64[0][at(row, k)];
        if (!valid(d, row, k))
            continue;
        count += 1.0;
        min = s < min ? s : min;
        argmax = s > max ? (double)row : argmax;
        max = s > max ? s : max;
    }
    assert_true(sums->max.at[k] == max && sums->min.at[k] == min);
    assert_true(sums->argmax_row.at[k] == argmax && sums->valid.at[k] == count);
}

/* Of a number in two parts the second is below the last place of the first. */
static void check_pair(const data *d, const rankloss__dd_lanes *lanes, int k) {
    assert_true(!d->is_f64 || lanes->hi[k] + lanes->lo[k] == lanes->hi[k]);
}

static void check_pairs(const data *d, const yield *y, int k) {
    const rankloss__sums *others = &y->sums.others;
    check_pair(d, &others->exps, k);
    check_pair(d, &others->coefs, k);
    check_pair(d, &others->coef_x, k);
    check_pair(d, &others->tangents, k);
    check_pair(d, &y->sums.argmax_coef, k);
    check_pair(d, &y->loss.coefs, k);
    check_pair(d, &y->jvp, k);
}

static void check_sums(const data *d, const yield *y, int k, double tolerance) {
    const rankloss__sums *others = &y->sums.others;
    real exps = 0, coefs = 0, coef_x = 0, tangents = 0, size = 0;
    for (size_t row = 0; row < d->sizes[k]; row++) {
        const size_t i = at(row, k);
        const real x = (real)d->f64[0][i] - (real)y->sums.max.at[k], e = expl(x), v = (real)d->tangent[i];
        if (!valid(d, row, k) || (double)row == y->sums.argmax_row.at[k])
            continue;
        near_to("exponential", (real)y->exps[i], e, e, tolerance);
        exps += e;
        coefs += coef(d, i);
        coef_x += coef(d, i) * x;
        tangents += d->with_tangent ? e * v : 0.0L;
        size += e * fabsl(v);
    }
    near_to("exps", (real)others->exps.hi[k], exps, exps, tolerance);
    near_to("coefs", (real)others->coefs.hi[k] + (real)others->coefs.lo[k], coefs, coefs, tolerance_of_pair(d));
    near_to("coef_x", (real)others->coef_x.hi[k], coef_x, coef_x, 4e-15);
    near_to("tangents", (real)others->tangents.hi[k], tangents, size, tolerance);
    assert_true(!d->is_f64 || fabs(others->abs_coefs.at[k] - (double)coefs) <= 1e-13 * (double)coefs);
}

static void check_loss(const data *d, const yield *y, int k, double tolerance) {
    const size_t argmax = at((size_t)y->sums.argmax_row.at[k], k);
    real exps = 0, coefs = 0, loss = 0;
    for (size_t row = 0; row < d->sizes[k]; row++)
        exps += valid(d, row, k) && at(row, k) != argmax ? expl((real)d->f64[0][at(row, k)] - (real)d->f64[0][argmax])
                                                         : 0.0L;
    for (size_t row = 0; row < d->sizes[k]; row++) {
        const size_t i = at(row, k);
        if (!valid(d, row, k))
            continue;
        coefs += coef(d, i);
        loss += coef(d, i) * (log1pl(exps) - ((real)d->f64[0][i] - (real)d->f64[0][argmax]));
    }
    loss /= d->sum_to_one ? coefs : 1.0L;
    const real argmax_coef = (real)y->sums.argmax_coef.hi[k] + (real)y->sums.argmax_coef.lo[k];
    near_to("coef of the argmax", argmax_coef, coef(d, argmax), coef(d, argmax), 0x1p-62);
    assert_true(y->sums.argmax_tangent.at[k] == (d->with_tangent ? d->tangent[argmax] : 0.0));
    near_to("sum of coefs", (real)y->loss.coefs.hi[k], coefs, coefs, 4e-15);
    near_to("lse", (real)y->loss.lse.at[k], log1pl(exps), log1pl(exps), tolerance);
    near_to("loss", (real)y->loss.loss.at[k], loss, loss, tolerance);
}

static bool is_plus_zero(double x) {
    return x == 0.0 && !signbit(x);
}

/* Of what is masked, and of the argmax, whose terms are given. */
static bool check_given(const data *d, const yield *y, const rankloss__terms *terms, size_t row, int k) {
    const size_t i = at(row, k);
    if (!valid(d, row, k)) {
        assert_true(is_plus_zero(y->grads[i]) && is_plus_zero(y->hesses[i]));
        assert_true(is_plus_zero(y->hvps[i]) && is_plus_zero(y->log_grads[i]));
        return true;
    }
    if ((double)row != y->sums.argmax_row.at[k])
        return false;
    assert_true(y->grads[i] == terms->argmax_grad.at[k] && y->hesses[i] == terms->argmax_hess.at[k]);
    assert_true(!d->with_tangent || y->hvps[i] == terms->argmax_hvp.at[k]);
    return true;
}

static void check_derivatives(const data *d, const yield *y, const rankloss__terms *terms, int k) {
    const real exp = (real)terms->exp.hi[k], by_coef = (real)terms->coef.hi[k], total = (real)terms->total.hi[k];
    const real hess = (real)terms->hess.hi[k], hvp = (real)terms->hvp.hi[k], mean = (real)terms->mean.hi[k];
    real jvp = 0, size = 0;
    for (size_t row = 0; row < d->extent.most; row++) {
        const size_t i = at(row, k);
        const real e = (real)y->exps[i], v = (real)d->tangent[i];
        const real grad = e * exp - coef(d, i) * by_coef, scale = e * exp + coef(d, i) * by_coef;
        if (check_given(d, y, terms, row, k))
            continue;
        near_to("grad", (real)y->grads[i], grad, scale, 0x1p-51);
        near_to("hess", (real)y->hesses[i], e * (total - e) * hess, e * (total + e) * hess, 0x1p-51);
        if (d->with_tangent)
            near_to("hvp", (real)y->hvps[i], e * (v - mean) * hvp, e * (fabsl(v) + mean) * hvp, 0x1p-51);
        jvp += v * grad;
        size += fabsl(v) * scale;
    }
    if (d->with_tangent)
        near_to("jvp", (real)y->jvp.hi[k], jvp, size, 4e-15);
}

static void check_log_grads(const data *d, const yield *y, const rankloss__terms *terms, int k) {
    const real shift = (real)terms->log_shift.at[k], lse = (real)y->loss.lse.at[k];
    for (size_t row = 0; row < d->sizes[k]; row++) {
        const size_t i = at(row, k);
        const real x = (real)d->f64[0][i] - (real)y->sums.max.at[k];
        const real by = (d->weighted ? (real)d->f64[2][i] : 1.0L) * (real)terms->log_scale.hi[k];
        if (valid(d, row, k))
            near_to("log", (real)y->log_grads[i], by * ((lse - x) - shift), by * (lse - x + shift), 0x1p-50);
    }
}

/* --- the tests --- */

static void check_lists(const data *d, const yield *y, const rankloss__terms *terms) {
    for (int k = 0; k < LANES; k++) {
        check_range(d, &y->sums, k);
        assert_true((y->finite >> k & 1u) == (unsigned)(y->sums.valid.at[k] > 0.0));
        if ((y->finite >> k & 1u) == 0)
            continue;
        check_pairs(d, y, k);
        check_sums(d, y, k, d->is_f64 ? 4e-16 : 0x1p-28);
        check_loss(d, y, k, d->is_f64 ? 0x1p-50 : 0x1p-28);
        check_derivatives(d, y, terms, k);
        check_log_grads(d, y, terms, k);
    }
}

static void steps_agree(void **state) {
    static const double spreads[] = {0.1, 3.0, 60.0, 400.0};
    static data d;
    static yield y[NUM_KERNEL_TABLES];
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 800; round++) {
        const rankloss__terms terms = random_terms(&r);
        fill(&d, &r, spreads[round % 4]);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_steps(kernel_tables[t].kernels[d.is_f64], &d, &terms, &y[t]);
            if (memcmp(&y[t], &y[0], sizeof y[0]) != 0)
                fail_msg("%s differs from portable for %zu rows", kernel_tables[t].name, d.extent.most);
        }
        check_lists(&d, &y[0], &terms);
    }
}

/* The same lists one by one: their own lanes know nothing of the others, so that only the order of the sums differs. */
static void check_against_list(const rankloss__kernels *kernels, const data *d, const yield *y, int k) {
    float f32[3][MOST_ROWS];
    double f64[3][MOST_ROWS], tangent[MOST_ROWS], exps[MOST_ROWS] = {0.0};
    uint8_t where[MOST_ROWS];
    rankloss__items items = items_of(d);
    rankloss__list_sums alone;
    for (size_t row = 0; row < d->sizes[k]; row++) {
        for (int m = 0; m < 3; m++) {
            f32[m][row] = d->f32[m][at(row, k)];
            f64[m][row] = d->f64[m][at(row, k)];
        }
        tangent[row] = d->tangent[at(row, k)];
        where[row] = d->where[at(row, k)];
    }
    items.interleaved = false;
    items.count = d->sizes[k];
    items.unmasked = d->masked ? 0 : items.count;
    items.where = d->masked ? where : NULL;
    items.logits = d->is_f64 ? (const void *)f64[0] : f32[0];
    items.labels = d->is_f64 ? (const void *)f64[1] : f32[1];
    items.weights = !d->weighted ? NULL : d->is_f64 ? (const void *)f64[2] : f32[2];
    items.tangent = d->with_tangent ? tangent : NULL;
    rankloss__score_range range;
    kernels->score_ranges(&items, 1, &range);
    double *const all_exps[] = {exps};
    assert_int_equal(kernels->list_sums(&items, 1, all_exps, &range, &alone), y->finite >> k & 1u);
    assert_true(range.max == y->sums.max.at[k] && range.min == y->sums.min.at[k]);
    assert_true((double)range.valid == y->sums.valid.at[k]);
    if (range.valid == 0)
        return;
    assert_true((double)range.argmax == y->sums.argmax_row.at[k] && alone.max.at[0] == range.max);
    for (size_t row = 0; row < d->sizes[k]; row++)
        assert_true(row == range.argmax || exps[row] == y->exps[at(row, k)]);
    near_to("exps", (real)y->sums.others.exps.hi[k], (real)alone.others.exps.hi[0], (real)alone.others.exps.hi[0],
            0x1p-46);
    near_to("coefs", (real)y->sums.others.coefs.hi[k], (real)alone.others.coefs.hi[0], (real)alone.others.coefs.hi[0],
            0x1p-46);
    near_to("coef_x", (real)y->sums.others.coef_x.hi[k], (real)alone.others.coef_x.hi[0],
            (real)alone.others.coef_x.hi[0], 0x1p-46);
    assert_true(y->sums.argmax_coef.hi[k] == alone.argmax_coef.hi[0]);
    assert_true(y->sums.argmax_coef.lo[k] == alone.argmax_coef.lo[0]);
    assert_true(y->sums.argmax_tangent.at[k] == alone.argmax_tangent.at[0]);
    assert_true((y->sums.others.doubtful >> k & 1u) == (alone.others.doubtful & 1u));
}

static void lanes_are_lists(void **state) {
    static data d;
    static yield y;
    random_state r = random_new(random_run_seed(), 2);
    const rankloss__terms terms = random_terms(&r);
    (void)state;
    for (int round = 0; round < 400; round++) {
        fill(&d, &r, round % 2 == 0 ? 3.0 : 400.0);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_steps(kernel_tables[t].kernels[d.is_f64], &d, &terms, &y);
            for (int k = 0; k < LANES; k++)
                check_against_list(kernel_tables[t].kernels[d.is_f64], &d, &y, k);
        }
    }
}

static double read_back(int32_t dtype, const void *out, size_t i) {
    double value;
    const size_t width = dtype == RANKLOSS_F64 ? 8 : dtype == RANKLOSS_F32 ? 4 : 2;
    rankloss__load_f64(dtype, (const char *)out + i * width, 0, 1, &value);
    return value;
}

static void check_rounded(const double *exact, int32_t dtype, const void *got, size_t count, unsigned finite) {
    for (size_t i = 0; i < count; i++) {
        double rounded[1];
        rankloss__store_one(dtype, rounded, 0, exact[i]);
        assert_true(read_back(dtype, got, i) == read_back(dtype, rounded, 0) || (finite >> i % LANES & 1u) == 0);
    }
}

/* Derivatives in any dtype are the rounded ones in double, also where gradients have a loop of their own. */
static void outputs_round_once(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};
    static data d;
    static yield y;
    static double out[MOST];
    random_state r = random_new(random_run_seed(), 3);
    const rankloss__terms terms = random_terms(&r);
    (void)state;
    for (int round = 0; round < 400; round++) {
        const int32_t dtype = dtypes[random_below(&r, 4)];
        fill(&d, &r, 3.0);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            const rankloss__items items = items_of(&d);
            const rankloss__kernels *kernels = kernel_tables[t].kernels[d.is_f64];
            if (!kernel_table_runs(t))
                continue;
            run_steps(kernels, &d, &terms, &y);
            kernels->grad(&items, y.exps, &terms, &y.sums.argmax_row, (rankloss__out){out, dtype});
            check_rounded(y.grads, dtype, out, items.count, y.finite);
            kernels->hess(&items, y.exps, &terms, &y.sums.argmax_row, (rankloss__out){out, dtype});
            check_rounded(y.hesses, dtype, out, items.count, y.finite);
        }
    }
}

/* --- scores far below the largest --- */

/* Some items lie on both sides of every cutoff, most of them with a factor of 0. */
static void fill_far(data *d, random_state *r) {
    static const double scores[] = {0.0,     -1.0,    -689.0,   -691.0,   -1999.0,           -2001.0,
                                    -0x1p39, -0x1p41, -0x1p100, -0x1p120, -(double)INFINITY, -3.0};
    fill(d, r, 1.0);
    for (size_t row = 0; row < d->extent.most; row++)
        for (int k = 0; k < LANES; k++) {
            const size_t i = at(row, k);
            const int m = 1 + (int)random_below(r, 2);
            if (!valid(d, row, k) || random_chance(r, 0.7))
                continue;
            d->f64[0][i] = scores[random_below(r, (int64_t)(sizeof scores / sizeof scores[0]))];
            d->f32[0][i] = (float)d->f64[0][i];
            if (random_chance(r, 0.8)) {
                d->f64[m][i] = 0.0;
                d->f32[m][i] = 0.0f;
            }
        }
}

/* Whether the kernels of float64 cannot carry an item, by its score less the largest. */
static bool is_faint(const data *d, size_t i, double x) {
    const bool between = x >= RANKLOSS__UNDERFLOW_CUTOFF && x < RANKLOSS__EXP_CUTOFF;
    return d->is_f64 && (between || (x < RANKLOSS__FAR_CUTOFF && coef(d, i) != 0.0L));
}

static void check_far(const data *d, const yield *y, int k) {
    bool underflow = false, finite = isfinite(y->sums.max.at[k]);
    for (size_t row = 0; row < d->sizes[k]; row++) {
        const size_t i = at(row, k);
        const double x = d->f64[0][i] - y->sums.max.at[k];
        if (!valid(d, row, k) || (double)row == y->sums.argmax_row.at[k])
            continue;
        underflow = underflow || is_faint(d, i, x);
        finite = finite && (x > -(double)INFINITY || coef(d, i) == 0.0L);
        assert_true((y->exps[i] > 0.0) == (x >= RANKLOSS__EXP_CUTOFF) || (y->finite >> k & 1u) == 0);
    }
    assert_true((y->finite >> k & 1u) == (unsigned)finite);
    assert_true((y->sums.others.doubtful >> k & 1u) == (unsigned)(underflow && finite));
}

static void far_scores_are_told(void **state) {
    static data d;
    static yield y;
    random_state r = random_new(random_run_seed(), 4);
    const rankloss__terms terms = random_terms(&r);
    (void)state;
    for (int round = 0; round < 1000; round++) {
        fill_far(&d, &r);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_steps(kernel_tables[t].kernels[d.is_f64], &d, &terms, &y);
            for (int k = 0; k < LANES; k++) {
                check_far(&d, &y, k);
                if ((y.finite >> k & 1u) != 0)
                    check_against_list(kernel_tables[t].kernels[d.is_f64], &d, &y, k);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_agree), cmocka_unit_test(lanes_are_lists),
                                       cmocka_unit_test(outputs_round_once), cmocka_unit_test(far_scores_are_told)};
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

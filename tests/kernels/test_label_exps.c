/*
 * The kernels for a softmax of labels, in every kernel table: the exponentials of labels and their sum against their
 * definitions in long double, and the derivatives by labels and weights that follow from them. All tables against the
 * portable one, to the bit, and lists in chunks or interleaved against lists alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernel_tables.h"
#include "lanes.h"
#include "random.h"
#include "run.h"

enum { MOST = 300, LANES = RANKLOSS__LANES, ROWS = RANKLOSS__SHORT };

/* The labels of a list. Those of float32 are the same values as doubles. */
typedef struct data {
    size_t count;
    bool is_f64, masked;
    float f32[MOST];
    double f64[MOST];
    uint8_t where[MOST];
} data;

/* --- random labels --- */

static void set(data *d, size_t i, double label) {
    d->f32[i] = (float)label;
    d->f64[i] = d->is_f64 ? label : (double)d->f32[i];
}

/* What no valid label may be, behind the mask; -inf and, with the wide spreads, what underflows, among the others. */
static void fill(data *d, random_state *r, bool is_f64, size_t count) {
    static const double spreads[] = {0.1, 3.0, 60.0, 400.0, 1e5}, masked[] = {(double)NAN, (double)INFINITY, 1e30};
    const double spread = spreads[random_below(r, 5)], infinite = random_chance(r, 0.5) ? 0.2 : 0.0;
    const size_t finite = (size_t)random_below(r, (int64_t)count);
    d->is_f64 = is_f64;
    d->count = count;
    d->masked = random_chance(r, 0.5);
    for (size_t i = 0; i < count; i++) {
        d->where[i] = !d->masked || i == finite || random_chance(r, 0.7);
        const double label = spread * random_normal(r);
        const bool is_least = i != finite && random_chance(r, infinite);
        set(d, i, d->where[i] == 0 ? masked[random_below(r, 3)] : is_least ? -(double)INFINITY : label);
    }
}

static rankloss__items items_of(const data *d, size_t first, size_t count) {
    const void *labels = d->is_f64 ? (const void *)(d->f64 + first) : d->f32 + first;
    return (rankloss__items){.logits = labels,
                             .where = d->masked ? d->where + first : NULL,
                             .count = count,
                             .unmasked = d->masked ? 0 : count};
}

static const rankloss__kernels *kernels_of(int table, const data *d) {
    return kernel_tables[table].kernels[d->is_f64];
}

/* --- definitions --- */

static double largest_of(const data *d) {
    double largest = -(double)INFINITY;
    for (size_t i = 0; i < d->count; i++)
        largest = d->where[i] != 0 && d->f64[i] > largest ? d->f64[i] : largest;
    return largest;
}

static void check_exp(const data *d, size_t i, double got) {
    const long double x = (long double)d->f64[i] - (long double)largest_of(d), e = expl(x);
    const long double tolerance = d->is_f64 ? 0x1p-52L : 0x1p-29L;
    if (d->where[i] == 0 || x < (long double)RANKLOSS__EXP_CUTOFF)
        assert_true(got == 0.0 && !signbit(got));
    else if (!(fabsl((long double)got - e) <= e * tolerance))
        fail_msg("exp(%Lg): got %a, exact %La", x, got, e);
}

/* A label far below the others underflows; one of -inf has an exponential of 0, and that is exact. */
static bool underflows(const data *d, size_t i) {
    const double x = d->f64[i] - largest_of(d);
    return d->where[i] != 0 && isfinite(x) && x < RANKLOSS__EXP_CUTOFF;
}

/* In float32 of at most 2^10 terms in double, in float64 as exact as long double can tell. */
static void check_total(const data *d, const double *exps, size_t stride, rankloss__dd total) {
    const long double got = (long double)total.hi + (d->is_f64 ? (long double)total.lo : 0.0L);
    long double sum = 0.0L;
    for (size_t i = 0; i < d->count; i++)
        sum += (long double)exps[i * stride];
    assert_true(fabsl(got - sum) <= sum * (d->is_f64 ? 0x1p-54L : 0x1p-43L));
}

/* --- one list --- */

typedef struct yield {
    rankloss__sums sums;
    double exps[MOST + 1];
} yield;

/* In chunks of so many items; those of a list that is one chunk are all of them. */
static void run_in_chunks(const rankloss__kernels *k, const data *d, size_t chunk, yield *y) {
    const rankloss__items all = items_of(d, 0, d->count);
    rankloss__score_range range;
    memset(y, 0, sizeof *y);
    y->exps[d->count] = -7.0;
    k->score_ranges(&all, 1, &range);
    for (size_t first = 0; first < d->count; first += chunk) {
        const size_t left = d->count - first;
        const rankloss__items items = items_of(d, first, left < chunk ? left : chunk);
        double unsummed[MOST];
        k->label_exps(&items, &range, y->exps + first, &y->sums);
        k->label_exps(&items, &range, unsummed, NULL);
        assert_memory_equal(unsummed, y->exps + first, items.count * sizeof *unsummed);
    }
    assert_true(y->exps[d->count] == -7.0);
}

static void check_list(const rankloss__kernels *k, const data *d, const yield *y) {
    rankloss__sums sums = y->sums;
    unsigned doubtful = 0;
    k->fold(&sums);
    for (size_t i = 0; i < d->count; i++) {
        check_exp(d, i, y->exps[i]);
        doubtful |= (unsigned)underflows(d, i) << i % LANES;
    }
    assert_int_equal(y->sums.doubtful, doubtful);
    check_total(d, y->exps, 1, (rankloss__dd){sums.exps.hi[0], sums.exps.lo[0]});
}

static void exponentials_are_as_defined(void **state) {
    static data d;
    static yield y[3];
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 1500; round++) {
        fill(&d, &r, round % 2 != 0, 1 + (size_t)random_below(&r, round % 3 != 0 ? 40 : MOST));
        run_in_chunks(kernels_of(0, &d), &d, MOST, &y[0]);
        check_list(kernels_of(0, &d), &d, &y[0]);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_in_chunks(kernels_of(t, &d), &d, MOST, &y[1]);
            run_in_chunks(kernels_of(t, &d), &d, LANES * (size_t)(1 + round % 20), &y[2]);
            if (memcmp(&y[1], &y[0], sizeof y[0]) != 0)
                fail_msg("%s differs from portable for %zu labels", kernel_tables[t].name, d.count);
            assert_memory_equal(&y[2], &y[0], sizeof y[0]);
        }
    }
}

/* Of a list that is one chunk, whatever its scores are: in its lane, and no other is touched. */
static void whole_lists_have_the_same_in_their_lanes(void **state) {
    static data d;
    static yield y;
    static double exps[MOST + 1];
    const float unread = NAN;
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 600; round++) {
        fill(&d, &r, round % 2 != 0, 1 + (size_t)random_below(&r, MOST));
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *k = kernels_of(t, &d);
            rankloss__list_sums sums = {.single = false}, expected;
            rankloss__items items = items_of(&d, 0, d.count);
            const unsigned lane = items.lane = (unsigned)(round % LANES);
            items.labels = items.logits;
            items.logits = items.bias = &unread;
            items.scaled = items.label_exps = true;
            run_in_chunks(k, &d, MOST, &y);
            sums.label_underflow = 1u << (lane + 1) % LANES;
            expected = sums;
            exps[d.count] = -7.0;
            k->list_label_exps(&items, exps, &sums);
            k->fold(&y.sums);
            expected.label_total.hi[lane] = y.sums.exps.hi[0];
            expected.label_total.lo[lane] = y.sums.exps.lo[0];
            expected.label_underflow |= (unsigned)(y.sums.doubtful != 0) << lane;
            assert_memory_equal(&sums, &expected, sizeof sums);
            assert_memory_equal(exps, y.exps, (d.count + 1) * sizeof exps[0]);
        }
    }
}

/* Of the items before the first masked one the mask need not be read. */
static void the_mask_behind_its_beginning_is_enough(void **state) {
    static data d;
    static yield y[2];
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 300; round++) {
        fill(&d, &r, round % 2 != 0, 17 + (size_t)random_below(&r, MOST - 17));
        d.masked = true;
        for (size_t i = 0; i < 16; i++) {
            d.where[i] = 1;
            set(&d, i, random_normal(&r));
        }
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            rankloss__items items = items_of(&d, 0, d.count);
            rankloss__score_range range;
            run_in_chunks(kernels_of(t, &d), &d, MOST, &y[0]);
            memset(&y[1], 0, sizeof y[1]);
            y[1].exps[d.count] = -7.0;
            items.unmasked = 16;
            kernels_of(t, &d)->score_ranges(&items, 1, &range);
            kernels_of(t, &d)->label_exps(&items, &range, y[1].exps, &y[1].sums);
            assert_memory_equal(&y[1], &y[0], sizeof y[0]);
        }
    }
}

/* --- interleaved lists --- */

/* Eight lists of which one may end before another, as a block. */
typedef struct block {
    data lists[LANES];
    size_t least, most;
    float f32[LANES * ROWS];
    double f64[LANES * ROWS];
    uint8_t where[LANES * ROWS];
} block;

static void fill_block(block *b, random_state *r, bool is_f64) {
    const size_t least = 1 + (size_t)random_below(r, ROWS), spread = (size_t)random_below(r, 10);
    b->least = ROWS;
    b->most = 0;
    for (int k = 0; k < LANES; k++) {
        const size_t size = least + (size_t)random_below(r, (int64_t)spread + 1);
        fill(&b->lists[k], r, is_f64, size < ROWS ? size : ROWS);
        b->least = b->lists[k].count < b->least ? b->lists[k].count : b->least;
        b->most = b->lists[k].count > b->most ? b->lists[k].count : b->most;
    }
}

/* Where a list has ended there are zeros, and the mask. */
static void interleave(block *b) {
    for (size_t i = 0; i < LANES * b->most; i++) {
        const data *d = &b->lists[i % LANES];
        const bool there = i / LANES < d->count;
        b->f32[i] = there ? d->f32[i / LANES] : 0.0f;
        b->f64[i] = there ? d->f64[i / LANES] : 0.0;
        b->where[i] = there ? d->where[i / LANES] : 0;
    }
}

/* Without a mask, that of the ends alone, which is not read in the rows that all lists have. */
static rankloss__items items_of_block(const block *b) {
    bool masked = false;
    for (int k = 0; k < LANES; k++)
        masked = masked || b->lists[k].masked;
    const size_t unmasked = masked ? 0 : LANES * b->least;
    return (rankloss__items){.logits = b->lists[0].is_f64 ? (const void *)b->f64 : b->f32,
                             .where = unmasked < LANES * b->most ? b->where : NULL,
                             .count = LANES * b->most,
                             .unmasked = unmasked,
                             .interleaved = true};
}

typedef struct block_yield {
    double exps[LANES * ROWS];
    rankloss__dd_lanes total;
    unsigned doubtful;
} block_yield;

static void run_block(const rankloss__kernels *k, const block *b, block_yield *y) {
    const rankloss__items items = items_of_block(b);
    memset(y, 0, sizeof *y);
    k->interleaved_label_exps(&items, y->exps, &y->total, &y->doubtful);
}

static void check_lane(const rankloss__kernels *k, const block *b, const block_yield *y, int lane) {
    static yield alone;
    const data *d = &b->lists[lane];
    run_in_chunks(k, d, MOST, &alone);
    for (size_t i = 0; i < b->most; i++)
        assert_true(y->exps[LANES * i + (size_t)lane] == (i < d->count ? alone.exps[i] : 0.0));
    assert_true((y->doubtful >> lane & 1u) == (alone.sums.doubtful != 0));
    check_total(d, y->exps + lane, LANES, (rankloss__dd){y->total.hi[lane], y->total.lo[lane]});
}

static void interleaved_exponentials_are_the_same(void **state) {
    static block b;
    static block_yield y[2];
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 500; round++) {
        fill_block(&b, &r, round % 2 != 0);
        for (int k = 0; k < LANES && round % 4 < 2; k++) /* without a mask */
            for (size_t i = 0; i < b.lists[k].count; i++) {
                b.lists[k].masked = false;
                set(&b.lists[k], i, b.lists[k].where[i] == 0 ? -1.0 : b.lists[k].f64[i]);
                b.lists[k].where[i] = 1;
            }
        interleave(&b);
        run_block(kernels_of(0, &b.lists[0]), &b, &y[0]);
        for (int k = 0; k < LANES; k++)
            check_lane(kernels_of(0, &b.lists[0]), &b, &y[0], k);
        for (int t = 1; t < NUM_KERNEL_TABLES; t++) {
            if (!kernel_table_runs(t))
                continue;
            run_block(kernels_of(t, &b.lists[0]), &b, &y[1]);
            assert_memory_equal(&y[1], &y[0], sizeof y[0]);
        }
    }
}

/* --- labels without a softmax --- */

/* One label, or all: NaN, +inf or -inf. Whether there is no softmax then. */
static bool spoil(data *d, random_state *r, int way) {
    static const double specials[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    const size_t only = (size_t)random_below(r, (int64_t)d->count);
    bool spoilt = false;
    for (size_t i = 0; i < d->count; i++)
        if ((way >= 3 || i == only) && d->where[i] != 0) {
            set(d, i, specials[way % 3]);
            spoilt = true;
        }
    return spoilt && (way % 3 != 2 || largest_of(d) == -(double)INFINITY);
}

static void labels_without_a_softmax_are_told(void **state) {
    static block b;
    static yield alone;
    static block_yield y;
    random_state r = random_new(random_run_seed(), 4);
    (void)state;
    for (int round = 0; round < 600; round++) {
        const int lane = round % LANES, t = (int)random_below(&r, NUM_KERNEL_TABLES);
        fill_block(&b, &r, round / 2 % 2 != 0);
        data *d = &b.lists[lane];
        const bool none = spoil(d, &r, round % 6);
        if (!kernel_table_runs(t))
            continue;
        interleave(&b);
        run_block(kernels_of(t, d), &b, &y);
        for (int k = 0; k < LANES; k++)
            assert_true(isfinite(y.total.hi[k]) == (k != lane || !none));
        run_in_chunks(kernels_of(t, d), d, MOST, &alone);
        kernels_of(t, d)->fold(&alone.sums);
        assert_true(isfinite(alone.sums.exps.hi[0]) == !none);
    }
}

/* A list that is masked whole leaves nothing behind, and the others as they are. */
static void a_list_without_items_has_a_total_of_zero(void **state) {
    static block b;
    static block_yield y;
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int round = 0; round < 200; round++) {
        const int lane = round % LANES, t = (int)random_below(&r, NUM_KERNEL_TABLES);
        fill_block(&b, &r, round / 2 % 2 != 0);
        data *d = &b.lists[lane];
        d->masked = true;
        memset(d->where, 0, sizeof d->where);
        if (!kernel_table_runs(t))
            continue;
        interleave(&b);
        run_block(kernels_of(t, d), &b, &y);
        for (size_t i = 0; i < b.most; i++)
            assert_true(y.exps[LANES * i + (size_t)lane] == 0.0);
        assert_true(y.total.hi[lane] == 0.0 && (y.doubtful >> lane & 1u) == 0);
        check_lane(kernels_of(t, d), &b, &y, (lane + 1) % LANES);
    }
}

/* --- derivatives by labels and weights --- */

/* Scores, exponentials of labels, and weights. */
typedef struct products {
    size_t count;
    bool is_f64, masked, weighted;
    float f32[2][MOST];
    double f64[2][MOST], exps[MOST];
    uint8_t where[MOST];
} products;

static void fill_products(products *p, random_state *r, bool is_f64) {
    p->count = LANES * (size_t)(1 + random_below(r, MOST / LANES));
    p->is_f64 = is_f64;
    p->masked = random_chance(r, 0.5);
    p->weighted = random_chance(r, 0.7);
    for (size_t i = 0; i < p->count; i++) {
        const double score = random_chance(r, 0.1) ? -(double)INFINITY : -20.0 * random_unit(r);
        const double values[] = {score, random_chance(r, 0.2) ? 0.0 : random_normal(r)};
        for (int m = 0; m < 2; m++) {
            p->f32[m][i] = (float)values[m];
            p->f64[m][i] = is_f64 ? values[m] : (double)p->f32[m][i];
        }
        p->exps[i] = random_chance(r, 0.2) ? 0.0 : exp(-30.0 * random_unit(r));
        p->where[i] = !p->masked || random_chance(r, 0.7);
    }
}

enum { LSE = 2, MAX = 1 };

static const double scale = 0.75, loss = 0.375;

/* The layouts differ in where the list's values are: here all lanes have the same. */
static void run_log_grad(const rankloss__kernels *k, const products *p, bool by_weights, bool interleaved,
                         double *out) {
    const rankloss__items items = {.logits = p->is_f64 ? (const void *)p->f64[0] : p->f32[0],
                                   .weights = !p->weighted ? NULL
                                              : p->is_f64  ? (const void *)p->f64[1]
                                                           : p->f32[1],
                                   .labels = p->exps,
                                   .label_exps = true,
                                   .where = p->masked ? p->where : NULL,
                                   .count = p->count,
                                   .unmasked = p->masked ? 0 : p->count,
                                   .interleaved = interleaved};
    const rankloss__list_sums sums = {.label_exps = true, .logit = in_all_lanes(MAX)};
    const rankloss__losses losses = {.lse = in_all_lanes(LSE)};
    const rankloss__terms terms = {.log_shift = in_all_lanes(loss),
                                   .log_scale = dd_in_all_lanes((rankloss__dd){scale, 0.0})};
    k->log_grad(&items, by_weights, &sums, &losses, &terms, (rankloss__out){out, RANKLOSS_F64});
}

/* t_i (lse - x_i) by a weight, t_i (w_i (lse - x_i) - loss) by a label; no part of 0 times anything. */
static void check_log_grad(const products *p, bool by_weights, size_t i, double got) {
    const long double minus_log_p = (long double)LSE - ((long double)p->f64[0][i] - (long double)MAX);
    const long double w = p->weighted && !by_weights ? (long double)p->f64[1][i] : 1.0L;
    const long double term = w == 0.0L ? 0.0L : w * minus_log_p, shift = by_weights ? 0.0L : (long double)loss;
    const long double factor = (long double)p->exps[i] * (long double)scale, exact = factor * (term - shift);
    if (p->where[i] == 0 || p->exps[i] == 0.0)
        assert_true(got == 0.0 && !signbit(got));
    else if (isinf(exact))
        assert_true((long double)got == exact);
    else if (!(fabsl((long double)got - exact) <= factor * (fabsl(term) + shift) * 0x1p-51L))
        fail_msg("got %a, exact %La", got, exact);
}

static void derivatives_go_through_the_softmax(void **state) {
    static products p;
    static double first[MOST], other[MOST];
    random_state r = random_new(random_run_seed(), 6);
    (void)state;
    for (int round = 0; round < 400; round++) {
        const bool by_weights = round / 2 % 2 != 0;
        fill_products(&p, &r, round % 2 != 0);
        run_log_grad(kernel_tables[0].kernels[p.is_f64], &p, by_weights, false, first);
        for (size_t i = 0; i < p.count; i++)
            check_log_grad(&p, by_weights, i, first[i]);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            for (int interleaved = 0; interleaved < 2 && kernel_table_runs(t); interleaved++) {
                run_log_grad(kernel_tables[t].kernels[p.is_f64], &p, by_weights, interleaved != 0, other);
                assert_memory_equal(other, first, p.count * sizeof *first);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_are_as_defined),
        cmocka_unit_test(whole_lists_have_the_same_in_their_lanes),
        cmocka_unit_test(the_mask_behind_its_beginning_is_enough),
        cmocka_unit_test(interleaved_exponentials_are_the_same),
        cmocka_unit_test(labels_without_a_softmax_are_told),
        cmocka_unit_test(a_list_without_items_has_a_total_of_zero),
        cmocka_unit_test(derivatives_go_through_the_softmax),
    };
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

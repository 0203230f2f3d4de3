/*
 * The shorter way of src/reduction/exact_sum.c, eight terms at a time, with every kernel table, against the fixed-point sums
 * of the test support.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <rankloss/array.h>

#include "exact.h"
#include "kernel_tables.h"
#include "random.h"
#include "reduction/exact_sum.h"
#include "run.h"

enum { LANES = RANKLOSS__LANES };

static const rankloss__kernels *kernels; /* at hand */

/* A sum, and the same in the fixed point of the test support. */
typedef struct both {
    rankloss__exact_sum sum;
    rankloss__split_sum split;
    exact_sum expected;
} both;

static void add(both *b, const double *terms, int count) {
    if (count == LANES)
        rankloss__split_sum_add(&b->split, kernels, terms, &b->sum);
    else
        for (int k = 0; k < count; k++)
            rankloss__exact_sum_add(&b->sum, terms[k]);
    for (int k = 0; k < count; k++)
        exact_add(&b->expected, terms[k]);
}

static void are_equal(both *b) {
    const double expected = exact_quotient(&b->expected, 1, RANKLOSS_F64);
    rankloss__split_sum_end(&b->split, &b->sum);
    assert_true(rankloss__exact_sum_quotient(&b->sum, 1, RANKLOSS_F64) == expected);
}

/* Most magnitudes can be split; some are at the limits, with their last bits, and some are beyond. */
static double any_term(random_state *r) {
    const int beyond = random_chance(r, 0.02) ? (int)random_below(r, 200) - 100 : 0;
    const double size = ldexp(random_unit(r) + 1.0, (int)random_below(r, 32) - 14 + beyond);
    if (random_chance(r, 0.1))
        return 0.0;
    return random_chance(r, 0.5) ? -size : size;
}

/* Terms are split when the next ones come: with zeros behind them, all of them have been. */
static bool is_split(both *b) {
    static const double zeros[LANES] = {0.0};
    const rankloss__exact_sum *sum = &b->sum;
    add(b, zeros, LANES);
    return sum->end == 0 && !sum->nan && !sum->plus_infinity && !sum->minus_infinity; /* nothing is in the digits */
}

static void agrees_with_fixed_point(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    int split = 0;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        both b = {.split = {.times = 0}};
        const int groups = (int)random_below(&r, 6) + 1;
        for (int g = 0; g < groups; g++) {
            double terms[LANES];
            const int count = random_chance(&r, 0.2) ? (int)random_below(&r, LANES + 1) : LANES;
            for (int k = 0; k < count; k++)
                terms[k] = any_term(&r);
            add(&b, terms, count);
            split += b.split.parts[0][0] != 0.0;
        }
        /* What cancels leaves the bits that are easily lost. */
        const double all_but_low = -exact_quotient(&b.expected, 1, RANKLOSS_F64);
        add(&b, &all_but_low, 1);
        are_equal(&b);
    }
    assert_true(split > 5000);
}

/* One term among zeros: whether it is split, and that the sum is exact either way. */
static void splits_only_what_fits(void **state) {
    static const struct {
        double term;
        bool fits;
    } rows[] = {
        {0x1.fffffffffffffp17, true},
        {0x1p18, false},
        {-0x1p18, false},
        {0x1p17 + 0x1p-15, true},
        {0x1p-66, true},
        {-0x1p-66, true},
        {0x1p-67, false},
        {0x1.0000000000001p-14, true},
        {0x1.0000000000001p-15, false},
        {0x1.8p-52, true},
        {0x1p-51 + 0x1p-66, true},
        {0x1p-1074, false},
        {0x1.fffffffffffffp1023, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int k = 0; k < LANES; k++) {
            both b = {.split = {.times = 0}};
            double terms[LANES] = {0.0};
            terms[k] = rows[i].term;
            add(&b, terms, LANES);
            assert_int_equal(is_split(&b), rows[i].fits);
            are_equal(&b);
        }
}

/* More additions than it has room for, of terms with the largest parts of either sign. */
static void is_emptied_before_it_overflows(void **state) {
    static const double largest[] = {0x1p18 - 0x1p-35, 0x1p17 + 0x1p-15, 0x1p-15 + 0x1p-51,
                                     -0x1p18 + 0x1p-15 + 0x1p-35};
    (void)state;
    for (int i = 0; i < 4; i++) {
        both b = {.split = {.times = 0}};
        double terms[LANES];
        for (int k = 0; k < LANES; k++)
            terms[k] = largest[i];
        for (int times = 0; times < RANKLOSS__SPLIT_MOST + 3; times++)
            add(&b, terms, LANES);
        assert_int_equal(b.split.times, 3);
        const double all_but_low = -exact_quotient(&b.expected, 1, RANKLOSS_F64);
        add(&b, &all_but_low, 1);
        are_equal(&b);
    }
}

static void what_is_not_finite_is_not_split(void **state) {
    const double specials[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    (void)state;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < LANES; k++) {
            both b = {.split = {.times = 0}};
            double terms[LANES] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
            terms[k] = specials[i];
            rankloss__split_sum_add(&b.split, kernels, terms, &b.sum);
            assert_false(is_split(&b));
            rankloss__split_sum_end(&b.split, &b.sum);
            const double got = rankloss__exact_sum_quotient(&b.sum, 1, RANKLOSS_F64);
            assert_true(got == specials[i] || (isnan(got) && isnan(specials[i])));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_fixed_point),
        cmocka_unit_test(splits_only_what_fits),
        cmocka_unit_test(is_emptied_before_it_overflows),
        cmocka_unit_test(what_is_not_finite_is_not_split),
    };
    int failed = run_refused();
    for (int t = 0; t < 2 * NUM_KERNEL_TABLES && failed == 0; t++) {
        kernels = kernel_tables[t / 2].kernels[t % 2];
        if (kernel_table_runs(t / 2))
            failed = cmocka_run_group_tests_name(kernel_tables[t / 2].name, tests, NULL, NULL);
    }
    return failed;
}

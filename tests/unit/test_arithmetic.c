/*
 * src/exact/log1p.h, twofold.h, wide.h and wide_sum.c against long double, and where long double ends, against identities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "exact/extended.h"
#include "exact/extended_dot.h"
#include "exact/log1p.h"
#include "random.h"
#include "run.h"

typedef rankloss__extended wide;

static double in_ulp(double got, long double exact) {
    const double near = (double)exact;
    const double ulp = nextafter(fabs(near), (double)INFINITY) - fabs(near);
    return (double)fabsl(((long double)got - exact) / (long double)ulp);
}

static void log1p_is_within_one_ulp(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    double worst = 0.0, where = 0.0;
    (void)state;
    for (int i = 0; i < 2000000 / random_run_share(); i++) {
        const double x =
            i % 2 == 0 ? ldexp(1.0 + random_unit(&r), (int)random_below(&r, 100) - 60) : 3.0 * random_unit(&r);
        const double error = in_ulp(rankloss__log1p(x), log1pl((long double)x));
        if (error > worst) {
            worst = error;
            where = x;
        }
    }
    printf("log1p: largest error %.3f ULP, at %a\n", worst, where);
    assert_true(worst < 1.0);
    assert_true(rankloss__log1p(0.0) == 0.0 && rankloss__log1p(0x1p-1074) == 0x1p-1074);
}

static wide any_wide(random_state *r) {
    const double x = ldexp(1.0 + random_unit(r), (int)random_below(r, 2000) - 1000);
    return rankloss__extended_from(random_chance(r, 0.5) ? -x : x);
}

/* |a - b| <= |b| * 2^-bits */
static bool close(wide a, wide b, int bits) {
    const wide rest = rankloss__extended_sub(a, b);
    return rest.hi == 0.0 || rest.exponent <= b.exponent - bits;
}

static void wide_numbers_keep_a_hundred_bits(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int i = 0; i < 200000 / random_run_share(); i++) {
        const wide a = any_wide(&r), b = any_wide(&r), c = any_wide(&r);
        const wide product = rankloss__extended_mul(a, b), sum = rankloss__extended_add(a, b);
        assert_true(close(rankloss__extended_div(product, b), a, 100));
        assert_true(close(rankloss__extended_mul(rankloss__extended_div(a, c), c), a, 100));
        /* The distributive law, where the sum has not cancelled. */
        if (sum.hi != 0.0 && sum.exponent >= a.exponent && sum.exponent >= b.exponent)
            assert_true(close(rankloss__extended_add(rankloss__extended_mul(a, c), rankloss__extended_mul(b, c)),
                              rankloss__extended_mul(sum, c), 98));
    }
}

static void wide_numbers_have_no_range(void **state) {
    const wide huge = rankloss__extended_from(DBL_MAX), tiny = rankloss__extended_from(0x1p-1074);
    wide power = huge;
    (void)state;
    for (int i = 0; i < 20; i++)
        power = rankloss__extended_mul(power, huge);
    for (int i = 0; i < 20; i++)
        power = rankloss__extended_div(power, huge);
    assert_true(rankloss__extended_to_double(power) == DBL_MAX);
    assert_true(rankloss__extended_to_double(rankloss__extended_div(rankloss__extended_mul(tiny, tiny), tiny)) ==
                0x1p-1074);
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(huge, huge)) == (double)INFINITY);
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(tiny, tiny)) == 0.0);
}

static void doubles_come_back_as_they_were(void **state) {
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int i = 0; i < 200000 / random_run_share(); i++) {
        union {
            uint64_t bits;
            double value;
        } x = {random_bits(&r)};
        const double back = rankloss__extended_to_double(rankloss__extended_from(x.value));
        assert_true(back == x.value || (isnan(back) && isnan(x.value)));
    }
}

/* Below the normal numbers a result is rounded to the last place that is left, once. */
static void subnormal_results_round_once(void **state) {
    const wide three_halves = rankloss__extended_from(0x1.8p0), least = rankloss__extended_from(0x1p-1074);
    const wide below = rankloss__extended_from(0x1.7ffffffffffffp0);
    (void)state;
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(three_halves, least)) == 0x1p-1073);
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(below, least)) == 0x1p-1074);
    assert_true(rankloss__extended_to_double(rankloss__extended_div(least, rankloss__extended_from(2.0))) == 0.0);
    assert_true(rankloss__extended_to_double(rankloss__extended_div(rankloss__extended_mul(three_halves, least),
                                                                    rankloss__extended_from(2.0))) == 0x1p-1074);
}

static void specials_combine_by_ieee(void **state) {
    const wide inf = rankloss__extended_from((double)INFINITY), nan = rankloss__extended_from((double)NAN);
    const wide zero = rankloss__extended_from(0.0), one = rankloss__extended_from(1.0);
    (void)state;
    assert_true(isnan(rankloss__extended_mul(inf, zero).hi) && isnan(rankloss__extended_sub(inf, inf).hi));
    assert_true(isnan(rankloss__extended_add(nan, one).hi) && isnan(rankloss__extended_mul(nan, zero).hi));
    assert_true(rankloss__extended_sub(one, inf).hi == -(double)INFINITY && rankloss__extended_div(one, inf).hi == 0.0);
    assert_true(rankloss__extended_div(one, zero).hi == (double)INFINITY &&
                isnan(rankloss__extended_div(zero, zero).hi));
}

static void twofold_operations_are_accurate(void **state) {
    random_state r = random_new(random_run_seed(), 4);
    (void)state;
    for (int i = 0; i < 200000 / random_run_share(); i++) {
        const double a = random_normal(&r), b = random_normal(&r);
        const rankloss__dd sum = rankloss__two_sum(a, b), product = rankloss__two_product(a, b);
        assert_true(sum.hi == a + b && product.hi == a * b);
        const rankloss__dd quotient = rankloss__dd_div((rankloss__dd){a, 0.0}, (rankloss__dd){b, 0.0});
        const rankloss__dd back = rankloss__dd_mul(quotient, (rankloss__dd){b, 0.0});
        assert_true(fabs((back.hi - a) + back.lo) <= 0x1p-100 * fabs(a));
    }
}

static wide any_product(random_state *r) {
    union {
        uint64_t bits;
        double value;
    } x = {random_bits(r)}, y = {random_bits(r)};
    const wide a = rankloss__extended_from(isfinite(x.value) ? x.value : DBL_MAX);
    return rankloss__extended_mul(a, rankloss__extended_from(isfinite(y.value) ? y.value : -0x1p-1074));
}

static bool same(wide a, wide b) {
    return a.hi == b.hi && a.lo == b.lo && a.exponent == b.exponent;
}

/* Of terms that all have their opposites but one, that one is left, in any order and however small it is. */
static void wide_sums_keep_what_cancels(void **state) {
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int round = 0; round < 20000 / random_run_share(); round++) {
        wide terms[41];
        const int pairs = (int)random_below(&r, 21), count = 2 * pairs + 1;
        for (int i = 0; i < pairs; i++) {
            terms[2 * i] = any_product(&r);
            terms[2 * i + 1] = rankloss__extended_negate(terms[2 * i]);
        }
        terms[2 * pairs] = any_product(&r);
        const wide left = terms[2 * pairs];
        rankloss__extended_dot sum = {.special = 0.0};
        for (int i = 0; i < count; i++) {
            const int j = i + (int)random_below(&r, count - i);
            const wide next = terms[j];
            terms[j] = terms[i];
            rankloss__extended_dot_add(&sum, next);
        }
        const wide got = rankloss__extended_dot_value(&sum);
        assert_true(same(got, left) || close(got, left, 103));
    }
}

static void wide_sums_reach_both_ends(void **state) {
    const wide huge = rankloss__extended_mul(rankloss__extended_from(DBL_MAX), rankloss__extended_from(DBL_MAX));
    const wide least = rankloss__extended_mul(rankloss__extended_from(0x1p-1074), rankloss__extended_from(0x1p-1074));
    rankloss__extended_dot sum = {.special = 0.0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        rankloss__extended_dot_add(&sum, huge);
    assert_true(
        close(rankloss__extended_dot_value(&sum), rankloss__extended_mul(huge, rankloss__extended_from(1000.0)), 103));
    rankloss__extended_dot_add(&sum, least);
    for (int i = 0; i < 1000; i++)
        rankloss__extended_dot_add(&sum, rankloss__extended_negate(huge));
    assert_true(same(rankloss__extended_dot_value(&sum), least));
    rankloss__extended_dot_add(&sum, rankloss__extended_negate(least));
    assert_true(same(rankloss__extended_dot_value(&sum), rankloss__extended_from(0.0)));
}

static void wide_sums_of_specials(void **state) {
    const wide inf = rankloss__extended_from((double)INFINITY), one = rankloss__extended_from(1.0);
    rankloss__extended_dot sum = {.special = 0.0};
    (void)state;
    rankloss__extended_dot_add(&sum, one);
    rankloss__extended_dot_add(&sum, inf);
    rankloss__extended_dot_add(&sum, rankloss__extended_negate(one));
    assert_true(rankloss__extended_dot_value(&sum).hi == (double)INFINITY);
    rankloss__extended_dot_add(&sum, rankloss__extended_negate(inf));
    assert_true(isnan(rankloss__extended_dot_value(&sum).hi));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log1p_is_within_one_ulp),         cmocka_unit_test(wide_numbers_keep_a_hundred_bits),
        cmocka_unit_test(wide_numbers_have_no_range),      cmocka_unit_test(doubles_come_back_as_they_were),
        cmocka_unit_test(subnormal_results_round_once),    cmocka_unit_test(specials_combine_by_ieee),
        cmocka_unit_test(twofold_operations_are_accurate), cmocka_unit_test(wide_sums_keep_what_cancels),
        cmocka_unit_test(wide_sums_reach_both_ends),       cmocka_unit_test(wide_sums_of_specials),
    };
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

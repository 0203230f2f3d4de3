/*
 * src/exact/extended.h by identities: what it computes has more bits and more range than a long double could check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "exact/extended.h"
#include "random.h"
#include "run.h"

typedef rankloss__extended extended;

static extended any_number(random_state *r) {
    const double x = ldexp(1.0 + random_unit(r), (int)random_below(r, 2000) - 1000);
    return rankloss__extended_from(random_chance(r, 0.5) ? -x : x);
}

/* |a - b| <= |b| * 2^-bits */
static bool close(extended a, extended b, int bits) {
    const extended rest = rankloss__extended_sub(a, b);
    return rest.hi == 0.0 || rest.exponent <= b.exponent - bits;
}

static void numbers_keep_a_hundred_bits(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int i = 0; i < 200000 / random_run_share(); i++) {
        const extended a = any_number(&r), b = any_number(&r), c = any_number(&r);
        const extended product = rankloss__extended_mul(a, b), sum = rankloss__extended_add(a, b);
        assert_true(close(rankloss__extended_div(product, b), a, 100));
        assert_true(close(rankloss__extended_mul(rankloss__extended_div(a, c), c), a, 100));
        /* The distributive law, where the sum has not cancelled. */
        if (sum.hi != 0.0 && sum.exponent >= a.exponent && sum.exponent >= b.exponent)
            assert_true(close(rankloss__extended_add(rankloss__extended_mul(a, c), rankloss__extended_mul(b, c)),
                              rankloss__extended_mul(sum, c), 98));
    }
}

static void numbers_have_no_range(void **state) {
    const extended huge = rankloss__extended_from(DBL_MAX), tiny = rankloss__extended_from(0x1p-1074);
    extended power = huge;
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
    const extended three_halves = rankloss__extended_from(0x1.8p0), least = rankloss__extended_from(0x1p-1074);
    const extended below = rankloss__extended_from(0x1.7ffffffffffffp0);
    (void)state;
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(three_halves, least)) == 0x1p-1073);
    assert_true(rankloss__extended_to_double(rankloss__extended_mul(below, least)) == 0x1p-1074);
    assert_true(rankloss__extended_to_double(rankloss__extended_div(least, rankloss__extended_from(2.0))) == 0.0);
    assert_true(rankloss__extended_to_double(rankloss__extended_div(rankloss__extended_mul(three_halves, least),
                                                                    rankloss__extended_from(2.0))) == 0x1p-1074);
}

static void specials_combine_by_ieee(void **state) {
    const extended inf = rankloss__extended_from((double)INFINITY), nan = rankloss__extended_from((double)NAN);
    const extended zero = rankloss__extended_from(0.0), one = rankloss__extended_from(1.0);
    (void)state;
    assert_true(isnan(rankloss__extended_mul(inf, zero).hi) && isnan(rankloss__extended_sub(inf, inf).hi));
    assert_true(isnan(rankloss__extended_add(nan, one).hi) && isnan(rankloss__extended_mul(nan, zero).hi));
    assert_true(rankloss__extended_sub(one, inf).hi == -(double)INFINITY && rankloss__extended_div(one, inf).hi == 0.0);
    assert_true(rankloss__extended_div(one, zero).hi == (double)INFINITY &&
                isnan(rankloss__extended_div(zero, zero).hi));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_a_hundred_bits),    cmocka_unit_test(numbers_have_no_range),
        cmocka_unit_test(doubles_come_back_as_they_were), cmocka_unit_test(subnormal_results_round_once),
        cmocka_unit_test(specials_combine_by_ieee),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

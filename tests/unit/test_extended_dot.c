/*
 * src/exact/extended_dot.c by sums of which all terms but one cancel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "exact/extended_dot.h"
#include "random.h"
#include "run.h"

typedef rankloss__extended extended;

/* |a - b| <= |b| * 2^-bits */
static bool close(extended a, extended b, int bits) {
    const extended rest = rankloss__extended_sub(a, b);
    return rest.hi == 0.0 || rest.exponent <= b.exponent - bits;
}

static extended any_product(random_state *r) {
    union {
        uint64_t bits;
        double value;
    } x = {random_bits(r)}, y = {random_bits(r)};
    const extended a = rankloss__extended_from(isfinite(x.value) ? x.value : DBL_MAX);
    return rankloss__extended_mul(a, rankloss__extended_from(isfinite(y.value) ? y.value : -0x1p-1074));
}

static bool same(extended a, extended b) {
    return a.hi == b.hi && a.lo == b.lo && a.exponent == b.exponent;
}

/* Of terms that all have their opposites but one, that one is left, in any order and however small it is. */
static void sums_keep_what_cancels(void **state) {
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int round = 0; round < 20000 / random_run_share(); round++) {
        extended terms[41];
        const int pairs = (int)random_below(&r, 21), count = 2 * pairs + 1;
        for (int i = 0; i < pairs; i++) {
            terms[2 * i] = any_product(&r);
            terms[2 * i + 1] = rankloss__extended_negate(terms[2 * i]);
        }
        terms[2 * pairs] = any_product(&r);
        const extended left = terms[2 * pairs];
        rankloss__extended_dot sum = {.special = 0.0};
        for (int i = 0; i < count; i++) {
            const int j = i + (int)random_below(&r, count - i);
            const extended next = terms[j];
            terms[j] = terms[i];
            rankloss__extended_dot_add(&sum, next);
        }
        const extended got = rankloss__extended_dot_value(&sum);
        assert_true(same(got, left) || close(got, left, 103));
    }
}

static void sums_reach_both_ends(void **state) {
    const extended huge = rankloss__extended_mul(rankloss__extended_from(DBL_MAX), rankloss__extended_from(DBL_MAX));
    const extended least =
        rankloss__extended_mul(rankloss__extended_from(0x1p-1074), rankloss__extended_from(0x1p-1074));
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

static void sums_of_specials(void **state) {
    const extended inf = rankloss__extended_from((double)INFINITY), one = rankloss__extended_from(1.0);
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
        cmocka_unit_test(sums_keep_what_cancels),
        cmocka_unit_test(sums_reach_both_ends),
        cmocka_unit_test(sums_of_specials),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

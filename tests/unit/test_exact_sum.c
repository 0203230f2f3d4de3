/*
 * src/reduction/exact_sum.c against the fixed-point sums of the test support, and properties that rounding would break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include <rankloss/array.h>

#include "exact.h"
#include "random.h"
#include "reduction/exact_sum.h"
#include "run.h"

static double library_sum(const double *terms, int count, uint64_t divisor, int32_t dtype) {
    rankloss__exact_sum sum = {0};
    for (int i = 0; i < count; i++)
        rankloss__exact_sum_add(&sum, terms[i]);
    return rankloss__exact_sum_quotient(&sum, divisor, dtype);
}

/* Any finite double, subnormals and the largest included; or one of a size that others do not drown. */
static double any_double(random_state *r, bool wild) {
    const double fraction = random_unit(r) + 1.0;
    const int exponent = wild ? (int)random_below(r, 2098) - 1074 : (int)random_below(r, 40) - 20;
    const double size = ldexp(fraction, exponent);
    return random_chance(r, 0.5) ? -size : size;
}

static void agrees_with_fixed_point(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 20000; round++) {
        double terms[12];
        const int count = (int)random_below(&r, 12) + 1;
        const int64_t divisor = round % 2 == 0 ? 1 : random_below(&r, 1 << 20) + 1;
        exact_sum expected = {{0}};
        for (int i = 0; i < count; i++) {
            terms[i] = any_double(&r, round % 3 == 0);
            if (i > 0 && random_chance(&r, 0.2))
                terms[i] = -terms[i - 1];
            if (isinf(terms[i]))
                terms[i] = DBL_MAX;
            exact_add(&expected, terms[i]);
        }
        const int32_t dtype = dtypes[round % 4];
        const double got = library_sum(terms, count, (uint64_t)divisor, dtype);
        assert_true(got == exact_quotient(&expected, divisor, dtype));
    }
}

static double library_ratio(const double *terms, int count, double divisor, int32_t dtype) {
    rankloss__exact_sum sum = {0};
    for (int i = 0; i < count; i++)
        rankloss__exact_sum_add(&sum, terms[i]);
    return rankloss__exact_sum_ratio(&sum, divisor, dtype);
}

/* Any divisor that is a double, above all such as bring the quotient near an end of the dtype's range. */
static double any_divisor(random_state *r, double sum, int32_t dtype) {
    static const int ends[][2] = {[RANKLOSS_F32] = {-149, 128},
                                  [RANKLOSS_F64] = {-1074, 1024},
                                  [RANKLOSS_F16] = {-24, 16},
                                  [RANKLOSS_BF16] = {-133, 128}};
    const double fraction = random_unit(r) + 1.0;
    int exponent = (int)random_below(r, 2098) - 1074;
    if (random_chance(r, 0.7) && sum != 0.0 && isfinite(sum))
        exponent = ilogb(sum) - ends[dtype][random_below(r, 2)] - 20 + (int)random_below(r, 26);
    const double divisor = ldexp(fraction, exponent);
    return divisor > 0.0 && isfinite(divisor) ? divisor : fraction;
}

static void agrees_with_fixed_point_by_any_divisor(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};
    static const int least_normal[] = {-126, -1022, -14, -126};
    random_state r = random_new(random_run_seed(), 4);
    int subnormal = 0, infinite = 0;
    (void)state;
    if (!exact_ratio_is_precise()) {
        print_message("long double has no more bits than double here, so that it cannot judge\n");
        skip();
    }
    for (int round = 0; round < 20000; round++) {
        double terms[4];
        const int count = (int)random_below(&r, 4) + 1;
        const int32_t dtype = dtypes[round % 4];
        exact_sum expected = {{0}};
        for (int i = 0; i < count; i++) {
            terms[i] = any_double(&r, round % 3 == 0);
            if (isinf(terms[i]))
                terms[i] = -DBL_MAX;
            exact_add(&expected, terms[i]);
        }
        const double divisor = any_divisor(&r, exact_quotient(&expected, 1, RANKLOSS_F64), dtype);
        const double got = library_ratio(terms, count, divisor, dtype);
        assert_true(got == exact_ratio(&expected, divisor, dtype));
        assert_true(got != 0.0 || !signbit(got));
        subnormal += got != 0.0 && fabs(got) < ldexp(1.0, least_normal[round % 4]);
        infinite += isinf(got) != 0;
    }
    assert_true(subnormal > 1000 && infinite > 1000);
}

/* A double that is an integer divides as the integer does. */
static void divides_by_doubles_as_by_integers(void **state) {
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        const double term = any_double(&r, round % 2 == 0);
        const uint64_t divisor = random_bits(&r) >> (11 + random_below(&r, 53));
        const double whole = (double)(divisor + (divisor == 0));
        assert_true(library_ratio(&term, 1, whole, RANKLOSS_F64) ==
                    library_sum(&term, 1, (uint64_t)whole, RANKLOSS_F64));
    }
}

static void rounds_ties_of_ratios_once(void **state) {
    const double smallest = 0x1p-1074, one = 1.0, three = 3.0, largest = DBL_MAX, up = 1.0 + 0x1p-52;
    const double just_above[] = {1.0, 0x1p-1074};
    (void)state;
    assert_true(library_ratio(&smallest, 1, smallest, RANKLOSS_F64) == 1.0);
    assert_true(library_ratio(&largest, 1, largest, RANKLOSS_F64) == 1.0);
    assert_true(library_ratio(&largest, 1, smallest, RANKLOSS_F64) == (double)INFINITY);
    assert_true(library_ratio(&smallest, 1, largest, RANKLOSS_F64) == 0.0);
    assert_true(library_ratio(&largest, 1, 0.5, RANKLOSS_F64) == (double)INFINITY);
    assert_true(library_ratio(&largest, 1, 1.0 + 0x1p-52, RANKLOSS_F64) < DBL_MAX);
    assert_true(library_ratio(&one, 1, 0x1p1023, RANKLOSS_F64) == 0x1p-1023);
    assert_true(library_ratio(&one, 1, 0x1p150, RANKLOSS_F32) == 0.0); /* half of the smallest, to even */
    assert_true(library_ratio(just_above, 2, 0x1p150, RANKLOSS_F32) == 0x1p-149);
    assert_true(library_ratio(&three, 1, 0x1p150, RANKLOSS_F32) == 0x1p-148);
    assert_true(library_ratio(&one, 1, 0x1p25, RANKLOSS_F16) == 0.0);
    assert_true(library_ratio(just_above, 2, 0x1p25, RANKLOSS_F16) == 0x1p-24);
    assert_true(library_ratio(&one, 1, 0x1p-127, RANKLOSS_BF16) == 0x1p127);
    assert_true(library_ratio(&one, 1, 0x1p-128, RANKLOSS_BF16) == (double)INFINITY);
    assert_true(library_ratio(&up, 1, 0x1p1022, RANKLOSS_F64) == 0x1p-1022 + 0x1p-1074);
    assert_true(library_ratio(&up, 1, 0x1p1023, RANKLOSS_F64) == 0x1p-1023); /* a tie, to even */
    assert_true(isnan(library_ratio((const double[]){(double)NAN}, 1, 2.0, RANKLOSS_F64)));
    assert_true(library_ratio((const double[]){-(double)INFINITY}, 1, smallest, RANKLOSS_F64) == -(double)INFINITY);
    assert_true(library_ratio(&one, 0, smallest, RANKLOSS_F64) == 0.0);
}

/* Terms of about one size, and some far from them. */
static void adds_many_as_one_by_one(void **state) {
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        double terms[40];
        const int count = (int)random_below(&r, 41);
        const double far = ldexp(1.0, (int)random_below(&r, 1800) - 900);
        exact_sum expected = {{0}};
        rankloss__exact_sum sum = {0};
        for (int i = 0; i < count; i++) {
            terms[i] = any_double(&r, false) * (random_chance(&r, 0.2) ? far : 1.0);
            exact_add(&expected, terms[i]);
        }
        for (int k = 0; k < count; k++)
            rankloss__exact_sum_add(&sum, terms[k]);
        assert_true(rankloss__exact_sum_quotient(&sum, 1, RANKLOSS_F64) == exact_quotient(&expected, 1, RANKLOSS_F64));
    }
}

static void one_of_many_is_not_finite(void **state) {
    const double specials[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 5; i++) {
            double terms[5] = {1.0, 1e200, -3.0, 1e-200, 5.0};
            rankloss__exact_sum sum = {0};
            terms[i] = specials[k];
            for (int j = 0; j < 5; j++)
                rankloss__exact_sum_add(&sum, terms[j]);
            const double got = rankloss__exact_sum_quotient(&sum, 3, RANKLOSS_F64);
            assert_true(got == specials[k] || (isnan(got) && isnan(specials[k])));
        }
}

static void keeps_what_cancels(void **state) {
    const double terms[] = {1e300, 0x1p-1074, -1e300, 1.0, -1.0};
    (void)state;
    assert_true(library_sum(terms, 5, 1, RANKLOSS_F64) == 0x1p-1074);
}

static void rounds_ties_to_even(void **state) {
    const double down[] = {1.0, 0x1p-53}, up[] = {1.0 + 0x1p-52, 0x1p-53}, above[] = {1.0, 0x1p-53, 0x1p-1074};
    (void)state;
    assert_true(library_sum(down, 2, 1, RANKLOSS_F64) == 1.0);
    assert_true(library_sum(up, 2, 1, RANKLOSS_F64) == 1.0 + 0x1p-51);
    assert_true(library_sum(above, 3, 1, RANKLOSS_F64) == 1.0 + 0x1p-52);
}

/* At one half of the smallest number, and at a quarter, none of the 64 bits of the quotient is kept. */
static void rounds_below_the_smallest_number(void **state) {
    static const struct {
        int32_t dtype;
        int least; /* the smallest number is 2 to this power */
    } rows[] = {{RANKLOSS_F32, -149}, {RANKLOSS_F64, -1074}, {RANKLOSS_F16, -24}, {RANKLOSS_BF16, -133}};
    (void)state;
    for (int k = 0; k < 4; k++) {
        const int32_t dtype = rows[k].dtype;
        const double smallest = ldexp(1.0, rows[k].least), three = 3 * smallest, five = 5 * smallest;
        assert_true(library_sum(&smallest, 1, 2, dtype) == 0.0);
        assert_true(library_sum(&smallest, 1, 3, dtype) == 0.0);
        assert_true(library_sum(&smallest, 1, 4, dtype) == 0.0);
        assert_true(library_sum(&three, 1, 4, dtype) == smallest);
        assert_true(library_sum(&three, 1, 5, dtype) == smallest);
        assert_true(library_sum(&five, 1, 11, dtype) == 0.0);
        assert_true(library_sum(&five, 1, 9, dtype) == smallest);
        assert_true(library_sum(&three, 1, 2, dtype) == 2 * smallest);
    }
}

static void overflows_only_at_the_end(void **state) {
    const double terms[] = {DBL_MAX, DBL_MAX, -DBL_MAX}, both[] = {DBL_MAX, DBL_MAX};
    (void)state;
    assert_true(library_sum(terms, 3, 1, RANKLOSS_F64) == DBL_MAX);
    assert_true(library_sum(both, 2, 1, RANKLOSS_F64) == (double)INFINITY);
    assert_true(library_sum(both, 2, 2, RANKLOSS_F64) == DBL_MAX);
    assert_true(library_sum(both, 2, 2, RANKLOSS_F32) == (double)INFINITY);
}

/* The largest number of each dtype, and what rounds to the power of two above it. */
static void overflows_where_the_dtype_does(void **state) {
    static const struct {
        int32_t dtype;
        double largest, half; /* a half of its last place */
    } rows[] = {{RANKLOSS_F32, 0x1.fffffep127, 0x1p103},
                {RANKLOSS_F64, DBL_MAX, 0x1p970},
                {RANKLOSS_F16, 0x1.ffcp15, 0x1p4},
                {RANKLOSS_BF16, 0x1.fep127, 0x1p119}};
    (void)state;
    for (int k = 0; k < 4; k++) {
        const double largest = rows[k].largest, half = rows[k].half;
        const double below[] = {largest, half, -half / 0x1p40}, above[] = {largest, half};
        assert_true(library_sum(&largest, 1, 1, rows[k].dtype) == largest);
        assert_true(library_sum(below, 3, 1, rows[k].dtype) == largest);
        assert_true(library_sum(above, 2, 1, rows[k].dtype) == (double)INFINITY);
    }
}

static void carries_infinities_and_nan(void **state) {
    const double plus[] = {1.0, (double)INFINITY}, minus[] = {-(double)INFINITY, 1e308},
                 both[] = {(double)INFINITY, -(double)INFINITY};
    const double nan_first[] = {(double)NAN, (double)INFINITY};
    (void)state;
    assert_true(library_sum(plus, 2, 3, RANKLOSS_F64) == (double)INFINITY);
    assert_true(library_sum(minus, 2, 3, RANKLOSS_F64) == -(double)INFINITY);
    assert_true(isnan(library_sum(both, 2, 1, RANKLOSS_F64)));
    assert_true(isnan(library_sum(nan_first, 2, 1, RANKLOSS_F64)));
}

static void gives_plus_zero(void **state) {
    const double zeros[] = {-0.0, -0.0}, cancelled[] = {-5.0, 5.0}, tiny[] = {-0x1p-1074};
    (void)state;
    assert_false(signbit(library_sum(zeros, 2, 1, RANKLOSS_F64)));
    assert_false(signbit(library_sum(cancelled, 2, 7, RANKLOSS_F32)));
    assert_false(signbit(library_sum(tiny, 1, 5, RANKLOSS_F64)));
    assert_true(library_sum(zeros, 0, 1, RANKLOSS_F64) == 0.0);
}

static void divides_by_large_counts(void **state) {
    const double terms[] = {0x1p62};
    (void)state;
    assert_true(library_sum(terms, 1, UINT64_C(1) << 62, RANKLOSS_F64) == 1.0);
    assert_true(library_sum(terms, 1, (UINT64_C(1) << 63) - 1, RANKLOSS_F64) == 0.5);
}

/* As by threads: any split of the terms, merged in any order, gives the same number. */
static void merges_in_any_grouping(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 200; round++) {
        rankloss__exact_sum whole, parts[3];
        memset(&whole, 0, sizeof whole);
        memset(parts, 0, sizeof parts);
        for (int i = 0; i < 300; i++) {
            const double term = any_double(&r, false);
            rankloss__exact_sum_add(&whole, term);
            rankloss__exact_sum_add(&parts[random_below(&r, 3)], term);
        }
        rankloss__exact_sum_merge(&parts[2], &parts[0]);
        rankloss__exact_sum_merge(&parts[2], &parts[1]);
        const double expected = rankloss__exact_sum_quotient(&whole, 7, RANKLOSS_F64);
        assert_true(rankloss__exact_sum_quotient(&parts[2], 7, RANKLOSS_F64) == expected);
    }
}

static void merges_every_digit(void **state) {
    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        rankloss__exact_sum sum, part;
        memset(&sum, 0, sizeof sum);
        memset(&part, 0, sizeof part);
        rankloss__exact_sum_add(&sum, ldexp(1.0, exponent));
        rankloss__exact_sum_add(&part, ldexp(1.0, exponent));
        rankloss__exact_sum_merge(&sum, &part);
        assert_true(rankloss__exact_sum_quotient(&sum, 2, RANKLOSS_F64) == ldexp(1.0, exponent));
    }
}

static void merges_what_is_not_finite(void **state) {
    const double specials[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    (void)state;
    for (int k = 0; k < 3; k++) {
        rankloss__exact_sum sum, part;
        memset(&sum, 0, sizeof sum);
        memset(&part, 0, sizeof part);
        rankloss__exact_sum_add(&sum, 1.0);
        rankloss__exact_sum_add(&part, specials[k]);
        rankloss__exact_sum_merge(&sum, &part);
        const double got = rankloss__exact_sum_quotient(&sum, 2, RANKLOSS_F64);
        assert_true(got == specials[k] || (isnan(got) && isnan(specials[k])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_fixed_point),
        cmocka_unit_test(agrees_with_fixed_point_by_any_divisor),
        cmocka_unit_test(divides_by_doubles_as_by_integers),
        cmocka_unit_test(rounds_ties_of_ratios_once),
        cmocka_unit_test(adds_many_as_one_by_one),
        cmocka_unit_test(one_of_many_is_not_finite),
        cmocka_unit_test(overflows_where_the_dtype_does),
        cmocka_unit_test(keeps_what_cancels),
        cmocka_unit_test(rounds_ties_to_even),
        cmocka_unit_test(rounds_below_the_smallest_number),
        cmocka_unit_test(overflows_only_at_the_end),
        cmocka_unit_test(carries_infinities_and_nan),
        cmocka_unit_test(gives_plus_zero),
        cmocka_unit_test(divides_by_large_counts),
        cmocka_unit_test(merges_in_any_grouping),
        cmocka_unit_test(merges_every_digit),
        cmocka_unit_test(merges_what_is_not_finite),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

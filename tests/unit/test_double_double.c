/*
 * src/exact/double_double.h against integers. Of numbers that are integers the exact result is known modulo 2^64, and with
 * it the error, which is small beside 2^64.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

#include "exact/double_double.h"
#include "random.h"
#include "run.h"

enum { ROUNDS = 200000 };

/* An integer of so many bits, of either sign. */
static double any_integer(random_state *r, int bits) {
    const double x = (double)(random_bits(r) >> (64 - bits));
    return random_chance(r, 0.5) ? -x : x;
}

/* An integer modulo 2^64. */
static uint64_t modulo(double integer) {
    const double rest = fmod(fabs(integer), 0x1p64);
    return integer < 0.0 ? UINT64_C(0) - (uint64_t)rest : (uint64_t)rest;
}

static uint64_t modulo_of_both(rankloss__dd x) {
    return modulo(x.hi) + modulo(x.lo);
}

/* How far a result is from the exact one. */
static double error_of(rankloss__dd got, uint64_t exact) {
    return fabs((double)(int64_t)(modulo_of_both(got) - exact));
}

/* Whether lo is what hi, rounded to nearest, leaves. */
static bool is_normalised(rankloss__dd x) {
    return x.hi + x.lo == x.hi;
}

static void sums_of_two_are_exact(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int i = 0; i < ROUNDS / random_run_share(); i++) {
        const double a = ldexp(any_integer(&r, 53), (int)random_below(&r, 80)), b = any_integer(&r, 53);
        const rankloss__dd ab = rankloss__two_sum(a, b), ba = rankloss__two_sum(b, a);
        assert_true(ab.hi == a + b && is_normalised(ab) && modulo_of_both(ab) == modulo(a) + modulo(b));
        assert_true(ba.hi == ab.hi && ba.lo == ab.lo);
        if (fabs(a) >= fabs(b)) {
            const rankloss__dd fast = rankloss__fast_two_sum(a, b);
            assert_true(fast.hi == ab.hi && fast.lo == ab.lo);
        }
    }
}

static void products_of_two_are_exact(void **state) {
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int i = 0; i < ROUNDS / random_run_share(); i++) {
        const double a = any_integer(&r, 53), b = any_integer(&r, 53);
        const rankloss__dd product = rankloss__two_product(a, b);
        assert_true(product.hi == a * b && is_normalised(product));
        assert_true(modulo_of_both(product) == modulo(a) * modulo(b));
    }
}

/* Of bits + 53 bits, as far as two doubles have them. */
static rankloss__dd any_number(random_state *r, int bits) {
    return rankloss__fast_two_sum(ldexp(any_integer(r, 53), bits), any_integer(r, bits - 1));
}

/* Joldes, Muller and Popescu: within 3 * 2^-106 of the sum, also where it cancels. */
static void sums_are_accurate(void **state) {
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int i = 0; i < ROUNDS / random_run_share(); i++) {
        const rankloss__dd a = any_number(&r, 64);
        const rankloss__dd b = random_chance(&r, 0.3) ? (rankloss__dd){-a.hi, any_integer(&r, 52)} : any_number(&r, 53);
        const rankloss__dd sum = rankloss__dd_add(a, b);
        assert_true(is_normalised(sum));
        assert_true(error_of(sum, modulo_of_both(a) + modulo_of_both(b)) <= 3.01 * 0x1p-106 * fabs(sum.hi));
    }
}

/* Joldes, Muller and Popescu: within 5 * 2^-106 of the product. */
static void products_are_accurate(void **state) {
    random_state r = random_new(random_run_seed(), 4);
    (void)state;
    for (int i = 0; i < ROUNDS / random_run_share(); i++) {
        const rankloss__dd a = any_number(&r, 27), b = any_number(&r, 27);
        const rankloss__dd product = rankloss__dd_mul(a, b);
        assert_true(is_normalised(product));
        assert_true(error_of(product, modulo_of_both(a) * modulo_of_both(b)) <= 5.01 * 0x1p-106 * fabs(product.hi));
    }
}

static void quotients_multiply_back(void **state) {
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    for (int i = 0; i < ROUNDS / random_run_share(); i++) {
        const rankloss__dd a = any_number(&r, 53), b = any_number(&r, 53);
        if (b.hi == 0.0)
            continue;
        const rankloss__dd back = rankloss__dd_mul(rankloss__dd_div(a, b), b);
        assert_true(fabs((back.hi - a.hi) + (back.lo - a.lo)) <= 0x1p-100 * fabs(a.hi));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_two_are_exact),   cmocka_unit_test(products_of_two_are_exact),
        cmocka_unit_test(sums_are_accurate),       cmocka_unit_test(products_are_accurate),
        cmocka_unit_test(quotients_multiply_back),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

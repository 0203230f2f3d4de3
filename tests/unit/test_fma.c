/*
 * src/exact/fma.h against the definition in integers as long as they need to be, and against the instruction or the
 * function of the C library where these are exact: on random bits, neighbours in size, cancellation, ties and what is
 * next to a tie, subnormal and overflowing results, zeros, infinities and NaN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "exact/fma.h"
#include "fused.h"
#include "random.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static uint64_t bits_of_double(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* --- the definition --- */

/* A sum of magnitudes in units of 2^-2148, the product of the two smallest doubles. */
enum { LIMBS = 136, LOWEST_BIT = -2148 };

typedef struct magnitude {
    uint32_t limb[LIMBS];
} magnitude;

/* Adds value * 2^bit units; value < 2^32. */
static void add_at(magnitude *m, uint64_t value, int bit) {
    uint64_t carry = value << bit % 32;
    for (int k = bit / 32; carry != 0; k++) {
        carry += m->limb[k];
        m->limb[k] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* The integer and the exponent of |x| = integer * 2^exponent, exponent >= -1074. */
static uint64_t integer_of(double x, int *exponent) {
    const uint64_t bits = bits_of_double(x);
    const int field = (int)(bits >> 52 & 0x7FF);
    *exponent = (field != 0 ? field : 1) - 1075;
    return (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)(field != 0) << 52;
}

static magnitude magnitude_of_product(double a, double b) {
    magnitude m = {{0}};
    int a_exponent, b_exponent;
    const uint64_t x = integer_of(a, &a_exponent), y = integer_of(b, &b_exponent);
    const int bit = a_exponent + b_exponent - LOWEST_BIT;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            add_at(&m, (x >> 16 * i & 0xFFFF) * (y >> 16 * k & 0xFFFF), bit + 16 * (i + k));
    return m;
}

static magnitude magnitude_of(double c) {
    return magnitude_of_product(c, 1.0);
}

static int compare(const magnitude *a, const magnitude *b) {
    for (int k = LIMBS; k-- > 0;)
        if (a->limb[k] != b->limb[k])
            return a->limb[k] > b->limb[k] ? 1 : -1;
    return 0;
}

static void add(magnitude *a, const magnitude *b) {
    uint64_t carry = 0;
    for (int k = 0; k < LIMBS; k++) {
        carry += (uint64_t)a->limb[k] + b->limb[k];
        a->limb[k] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* a - b for a >= b */
static void subtract(magnitude *a, const magnitude *b) {
    int64_t borrow = 0;
    for (int k = 0; k < LIMBS; k++) {
        const int64_t rest = (int64_t)a->limb[k] - b->limb[k] - borrow;
        borrow = rest < 0;
        a->limb[k] = (uint32_t)(rest + borrow * INT64_C(0x100000000));
    }
}

static uint64_t bit_of(const magnitude *m, int bit) {
    return m->limb[bit / 32] >> bit % 32 & 1u;
}

/* Whether a bit below `bit` is set. */
static bool any_below(const magnitude *m, int bit) {
    for (int k = 0; k < bit / 32; k++)
        if (m->limb[k] != 0)
            return true;
    return (m->limb[bit / 32] & ((1u << bit % 32) - 1u)) != 0;
}

/* The nearest double, the even one of two. */
static double nearest(const magnitude *m) {
    int top_limb = LIMBS - 1;
    while (top_limb > 0 && m->limb[top_limb] == 0)
        top_limb--;
    int top = 32 * top_limb + 31;
    while (top > 0 && bit_of(m, top) == 0)
        top--;
    const int smallest = -1074 - LOWEST_BIT;
    const int last = top - 52 > smallest ? top - 52 : smallest;
    uint64_t integer = 0;
    for (int bit = top; bit >= last; bit--)
        integer = integer << 1 | bit_of(m, bit);
    if (bit_of(m, last - 1) != 0 && (any_below(m, last - 1) || (integer & 1u) != 0))
        integer++;
    return ldexp((double)integer, last + LOWEST_BIT);
}

static double defined(double a, double b, double c) {
    const bool negative_product = signbit(a) != signbit(b), negative = signbit(c) != 0;
    if (isnan(a) || isnan(b) || isnan(c) || (isinf(a) && b == 0.0) || (isinf(b) && a == 0.0))
        return (double)NAN;
    if (isinf(a) || isinf(b)) {
        if (isinf(c) && negative != negative_product)
            return (double)NAN;
        return negative_product ? -(double)INFINITY : (double)INFINITY;
    }
    if (isinf(c))
        return c;
    magnitude product = magnitude_of_product(a, b), addend = magnitude_of(c);
    if (negative == negative_product) {
        add(&product, &addend);
        return negative ? -nearest(&product) : nearest(&product);
    }
    const int order = compare(&product, &addend);
    if (order == 0)
        return 0.0;
    magnitude *larger = order > 0 ? &product : &addend;
    subtract(larger, order > 0 ? &addend : &product);
    return (order > 0 ? negative_product : negative) ? -nearest(larger) : nearest(larger);
}

/* --- comparisons --- */

static void demand(const char *whose, double a, double b, double c, double got, double expected) {
    if ((isnan(got) && isnan(expected)) || bits_of_double(got) == bits_of_double(expected))
        return;
    printf("%s: fma(%a, %a, %a) is %a, not %a\n", whose, a, b, c, got, expected);
    fail();
}

static void try_against_definition(double a, double b, double c) {
    const double expected = defined(a, b, c);
    demand("integers", a, b, c, rankloss__integer_fma(a, b, c), expected);
    demand("the library's", a, b, c, rankloss__fma(a, b, c), expected);
}

static void try_against_processor(double a, double b, double c) {
    demand("integers", a, b, c, rankloss__integer_fma(a, b, c), fused(a, b, c));
}

/* --- arguments --- */

typedef void check(double a, double b, double c);

static double any_sign(random_state *r, double x) {
    return random_chance(r, 0.5) ? -x : x;
}

/* 1 <= result < 2, often with few bits */
static double any_fraction(random_state *r) {
    uint64_t fraction = random_bits(r) & 0xFFFFFFFFFFFFFu;
    const int kind = (int)random_below(r, 8);
    if (kind == 0)
        fraction &= ~UINT64_C(0) << random_below(r, 53);
    else if (kind == 1)
        fraction >>= random_below(r, 53);
    return double_of_bits(fraction | UINT64_C(0x3FF) << 52);
}

static void random_bit_patterns(random_state *r, check *attempt) {
    const double a = double_of_bits(random_bits(r)), b = double_of_bits(random_bits(r));
    attempt(a, b, double_of_bits(random_bits(r)));
}

/* Addend and product overlap, or nearly. */
static void like_sizes(random_state *r, check *attempt) {
    const int a = (int)random_below(r, 600) - 300, b = (int)random_below(r, 600) - 300;
    const int c = a + b + (int)random_below(r, 240) - 120;
    attempt(any_sign(r, ldexp(any_fraction(r), a)), any_sign(r, ldexp(any_fraction(r), b)),
            any_sign(r, ldexp(any_fraction(r), c)));
}

/* What rounding takes from a product, or a few last places more. */
static void cancelling(random_state *r, check *attempt) {
    const double a = any_sign(r, ldexp(any_fraction(r), (int)random_below(r, 900) - 450));
    const double b = ldexp(any_fraction(r), (int)random_below(r, 900) - 450);
    const uint64_t product = bits_of_double(-(a * b));
    attempt(a, b, double_of_bits(product + (uint64_t)random_below(r, 5) - 2u));
}

/* Half a last place beside the addend, exactly or by a few parts in 2^104. */
static void tying(random_state *r, check *attempt) {
    const int exponent = (int)random_below(r, 1800) - 900, part = (int)random_below(r, 40) - 20;
    const double c = any_sign(r, ldexp(any_fraction(r), exponent));
    const double off = (double)random_below(r, 3) * 0x1p-52, back = random_chance(r, 0.5) ? off : 0.0;
    attempt(any_sign(r, ldexp(1.0 + off, part)), ldexp(1.0 - back, exponent - 53 - part), c);
}

/* The result is subnormal or close. */
static void tiny(random_state *r, check *attempt) {
    const int a = (int)random_below(r, 1000) - 1000, total = -960 - (int)random_below(r, 200);
    const double c = ldexp(any_fraction(r), -960 - (int)random_below(r, 120));
    attempt(any_sign(r, ldexp(any_fraction(r), a)), ldexp(any_fraction(r), total - a), any_sign(r, c));
}

/* Half of the smallest subnormal number beside others. */
static void tiny_ties(random_state *r, check *attempt) {
    const double c = double_of_bits(random_bits(r) >> random_below(r, 52) & 0x1FFFFFFFFFFFFFu);
    const double half = 0x1p-500 * (1.0 + (double)random_below(r, 3) * 0x1p-52);
    attempt(any_sign(r, half), ldexp(1.0 - (double)random_below(r, 2) * 0x1p-53, -575), any_sign(r, c));
}

/* The result is the largest number or infinite, or just not. */
static void huge(random_state *r, check *attempt) {
    const int a = (int)random_below(r, 1000);
    const double c = ldexp(any_fraction(r), 1023 - (int)random_below(r, 70));
    const double b = ldexp(any_fraction(r), 1023 - a - (int)random_below(r, 70) + (int)random_below(r, 3));
    attempt(any_sign(r, ldexp(any_fraction(r), a)), b, any_sign(r, random_chance(r, 0.2) ? DBL_MAX : c));
}

static void (*const families[])(random_state *r, check *attempt) = {
    random_bit_patterns, like_sizes, cancelling, tying, tiny, tiny_ties, huge};

static void all_families(int count, uint64_t stream, check *attempt) {
    random_state r = random_new(random_run_seed(), stream);
    for (int i = 0; i < count; i++)
        families[(size_t)i % LENGTH(families)](&r, attempt);
}

static void special_numbers(check *attempt) {
    static const double numbers[] = {
        0.0, 0x1p-1074,         0x1.8p-1073, DBL_MIN - 0x1p-1074, DBL_MIN, 0x1p-537, 0x1p-53,
        1.0, 1.0 + DBL_EPSILON, 0x1p53,      0x1.0000001p512,     DBL_MAX};
    enum { FINITE = LENGTH(numbers), ALL = 2 * (FINITE + 2) };
    double all[ALL];
    for (int k = 0; k < ALL; k++) {
        const int number = k / 2;
        const double x = number < FINITE ? numbers[number] : number == FINITE ? (double)INFINITY : (double)NAN;
        all[k] = k % 2 == 0 ? x : -x;
    }
    for (int a = 0; a < ALL; a++)
        for (int b = 0; b < ALL; b++)
            for (int c = 0; c < ALL; c++)
                attempt(all[a], all[b], all[c]);
}

/* --- tests --- */

static void is_what_the_definition_says(void **state) {
    (void)state;
    special_numbers(try_against_definition);
    all_families(1000000, 1, try_against_definition);
}

static void is_what_the_processor_computes(void **state) {
    (void)state;
    if (!fused_is_exact()) {
        puts("neither this processor nor this C library has an exact fma to compare with");
        skip();
    }
    special_numbers(try_against_processor);
    all_families(8000000, 2, try_against_processor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_the_definition_says),
        cmocka_unit_test(is_what_the_processor_computes),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The two judges of results, MPFR and long double, against each other: formulas and arithmetic of their own, and so a
 * mistake in one of them shows, in a value or in the scale by which errors are measured.
 *
 * Arguments: the number of trials of each family and dtype, and the number of items of the longest lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "families.h"
#include "mp_call.h"
#include "number.h"
#include "run.h"

static long trials;
static long most_items;

typedef struct comparison {
    const reference *in_long_double;
    const char *label;
} comparison;

/* What long double may be off: a hundredth of a last place of a double at the scale, or the least that it can tell apart. */
static const long double tolerance = 0x1p-60L;
static const long double least = 0x1p-16000L;

static long double worst[2];

static void expect_near(const comparison *c, const char *what, output_kind kind, int64_t at, const mpfr_t exact,
                        long double got, long double scale, int which) {
    mpfr_t difference;
    mpfr_init2(difference, MP_BITS);
    mpfr_set_ld(difference, got, MPFR_RNDN);
    mpfr_sub(difference, difference, exact, MPFR_RNDN);
    const long double error = fabsl(mpfr_get_ld(difference, MPFR_RNDN));
    mpfr_clear(difference);
    if (!(error <= tolerance * scale + least)) {
        fail_msg("%s: %s of %s[%lld]: %.21Lg in long double, %.21Lg by MPFR: error 2^%.1Lf of the scale %.6Lg",
                 c->label, what, output_name(kind), (long long)at, got, mpfr_get_ld(exact, MPFR_RNDN),
                 log2l(error / scale), scale);
    }
    worst[which] = error > least ? fmaxl(worst[which], error / scale) : worst[which];
}

static void compare(void *context, output_kind kind, int64_t at, const mp_term *exact) {
    const comparison *c = context;
    const term got = c->in_long_double->output[kind].element[at];
    const long double scale = mpfr_get_ld(exact->scale, MPFR_RNDN);
    expect_near(c, "value", kind, at, exact->value, got.value, scale, 0);
    expect_near(c, "scale", kind, at, exact->scale, got.scale, scale, 1);
}

static void try_one(int32_t dtype, int family, long number) {
    random_state r = random_new(random_run_seed(), (uint64_t)(number * 1024 + family * 8 + dtype));
    trial t;
    char label[160];
    family_draw(&t, family, &r, dtype, most_items);
    snprintf(label, sizeof label, "%s, %s, seed %llu, trial %ld", number_name(dtype), family_name(family),
             (unsigned long long)random_run_seed(), number);
    reference in_long_double = reference_evaluate(&t.problem, &t.result);
    comparison c = {&in_long_double, label};
    mp_evaluate(&t.problem, &t.result, compare, &c);
    reference_free(&in_long_double);
    pool_free(&t.memory);
}

static void the_judges_agree(void **state) {
    (void)state;
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BF16; dtype++) {
        for (int family = 0; family < num_families(); family++) {
            for (long number = 0; number < trials; number++) {
                try_one(dtype, family, number);
            }
        }
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_judges_agree)};
    const int refused = run_refused_reference();
    trials = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    most_items = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    if (refused || trials < 1 || most_items < 1) {
        fprintf(stderr, "usage: %s TRIALS ITEMS\n", argv[0]);
        return refused ? refused : EXIT_FAILURE;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("largest difference: 2^%.1Lf of the scale in a value, 2^%.1Lf in a scale\n", log2l(worst[0]),
           log2l(worst[1]));
    return failed;
}

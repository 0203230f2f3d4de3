/*
 * Checks the error bounds of rankloss/softmax.h with MPFR, for every output and dtype, on families of hard lists; in one
 * trial of three, where it can be, the lists are cut into stretches, whose states are merged. Prints
 * the largest error of each family as Markdown, for docs/numerics.md.
 *
 * Arguments: the number of trials of each family and dtype, which RANKLOSS_TEST_SHARE divides, and the number of items of
 * the longest lists. RANKLOSS_TEST_SEED chooses other trials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "families.h"
#include "mp_call.h"
#include "number.h"
#include "run.h"
#include "stretches.h"
#include "ulp.h"

enum { MOST_FAMILIES = 32, FLOAT_DTYPES = 4 };

static const int32_t dtypes[FLOAT_DTYPES] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};

static long trials;
static long most_items;

/* The largest errors, and how many elements were judged. */
static double worst[FLOAT_DTYPES][MOST_FAMILIES][OUTPUT_KINDS];
static int64_t judged[FLOAT_DTYPES];

static void try_one(int d, int family, long number) {
    random_state r =
        random_new(random_run_seed(), (uint64_t)(number * FLOAT_DTYPES + d) * MOST_FAMILIES + (uint64_t)family);
    /* The longest lists take seconds each: one trial in eight. */
    const int64_t most = number % 8 == 0 ? most_items : most_items < 3000 ? most_items : 3000;
    trial t;
    char label[160];
    family_draw(&t, family, &r, dtypes[d], most);
    snprintf(label, sizeof label, "%s, %s, seed %llu, trial %ld, %lld lists of %lld items", number_name(dtypes[d]),
             family_name(family), (unsigned long long)random_run_seed(), number, (long long)t.problem.logits.shape[0],
             (long long)t.problem.logits.shape[1]);
    if ((number + family) % 3 == 2 && stretches_fit(&t.problem, &t.result)) {
        const char *wrong = stretches_run(&t.problem, &t.result, &r);
        if (wrong[0]) {
            fail_msg("%s, in stretches: %s", label, wrong);
        }
    } else {
        check_run(&t.problem, &t.result, label);
    }
    const mp_verdict v = mp_judge(&t.problem, &t.result);
    pool_free(&t.memory);
    judged[d] += v.judged;
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        double *const most_wrong = &worst[d][family][kind];
        *most_wrong = v.worst[kind] > *most_wrong ? v.worst[kind] : *most_wrong;
    }
    if (v.failure[0]) {
        fail_msg("%s: %s", label, v.failure);
    }
}

static void try_dtype(int d) {
    for (int family = 0; family < num_families(); family++) {
        for (long number = 0; number < trials; number++) {
            try_one(d, family, number);
        }
    }
}

static void f32_is_within_its_bars(void **state) {
    (void)state;
    try_dtype(0);
}

static void f64_is_within_its_bars(void **state) {
    (void)state;
    try_dtype(1);
}

static void f16_is_within_its_bars(void **state) {
    (void)state;
    try_dtype(2);
}

static void bf16_is_within_its_bars(void **state) {
    (void)state;
    try_dtype(3);
}

/* One row: the largest of each output. */
static void print_row(const char *name, const double row[OUTPUT_KINDS]) {
    printf("| %s |", name);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        printf(" %.2f |", row[kind]);
    }
    printf("\n");
}

static void print_table(int d) {
    const int32_t compute = dtypes[d] == RANKLOSS_F64 ? RANKLOSS_F64 : RANKLOSS_F32;
    double bars[OUTPUT_KINDS];
    double all[OUTPUT_KINDS] = {0};
    printf("\n%s, %lld values:\n\n| family |", number_name(dtypes[d]), (long long)judged[d]);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        bars[kind] = ulp_bar(compute, (output_kind)kind);
        printf(" %s |", output_name((output_kind)kind));
    }
    printf("\n|%s", " --- |");
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        printf(" --- |");
    }
    printf("\n");
    for (int family = 0; family < num_families(); family++) {
        print_row(family_name(family), worst[d][family]);
        for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
            all[kind] = worst[d][family][kind] > all[kind] ? worst[d][family][kind] : all[kind];
        }
    }
    print_row("**largest**", all);
    print_row("**bar**", bars);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f32_is_within_its_bars),
        cmocka_unit_test(f64_is_within_its_bars),
        cmocka_unit_test(f16_is_within_its_bars),
        cmocka_unit_test(bf16_is_within_its_bars),
    };
    const int refused = run_refused();
    const long share = (long)random_run_share();
    trials = argc > 1 ? (strtol(argv[1], NULL, 10) + share - 1) / share : 0;
    most_items = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    if (refused || trials < 1 || most_items < 1) {
        fprintf(stderr, "usage: %s TRIALS ITEMS\n", argv[0]);
        return refused ? refused : EXIT_FAILURE;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int d = 0; d < FLOAT_DTYPES; d++) {
        print_table(d);
    }
    return failed;
}

/*
 * The floating-point environment and errno of the caller's thread and of the threads that share the work: no bit of a
 * result depends on them, and a call leaves them as they were.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <rankloss/rankloss.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "check.h"
#include "float_environment.h"
#include "known_calls.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

/* Sets everything that a thread may have set, and says what that is. */
static float_environment enter(int rounding, const float_mode *mode, int flags) {
    fesetround(rounding);
    feclearexcept(FE_ALL_EXCEPT);
    /* A flag that is raised while its trap is on traps in the test itself. */
    feraiseexcept(mode->traps ? 0 : flags);
    float_mode_enter(mode);
    return float_environment_now();
}

static void expect_kept(float_environment given, float_environment left, const char *label) {
    if (!float_environment_same(given, left)) {
        fail_msg("%s: left as rounding %#x, flags %#x, control %#llx instead of %#x, %#x, %#llx", label,
                 (unsigned)left.rounding, (unsigned)left.flags, (unsigned long long)left.control,
                 (unsigned)given.rounding, (unsigned)given.flags, (unsigned long long)given.control);
    }
}

/* --- the caller's thread --- */

/* The outputs are made before and looked at after. */
static void try_caller(const known_call *call, int32_t num_threads, int rounding, const float_mode *mode, int flags) {
    pool p = {.count = 0};
    char label[160];
    fenv_t before;
    rankloss_problem problem = call->problem;
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL), expected = call->expected;
    problem.num_threads = num_threads;
    (void)snprintf(label, sizeof label, "%s, %d threads, rounding %#x, %s", call->name, (int)num_threads,
                   (unsigned)rounding, mode->name);
    fegetenv(&before);
    const float_environment given = enter(rounding, mode, flags);
    const rankloss_status status = rankloss_softmax(&problem, &result);
    const float_environment left = float_environment_now();
    fesetenv(&before);
    expect_kept(given, left, label);
    assert_int_equal(status, RANKLOSS_OK);
    check_same_bits(&result, &expected, label);
    pool_free(&p);
}

static void of_the_caller(void **state) {
    (void)state;
    static const int flags[] = {0, FE_INEXACT, FE_ALL_EXCEPT};
    static const int32_t threads[] = {1, 2, 4};
    /* With a share of the rounds, each call runs in each environment, but with one number of threads. */
    for (int k = 0; k < KNOWN_CALLS; k++) {
        for (size_t t = 0; t < LENGTH(threads); t++) {
            for (size_t m = 0; m < LENGTH(roundings); m++) {
                for (int mode = 0; mode < num_float_modes; mode++) {
                    if (random_run_share() > 1 && (k + (int)m + mode) % (int)LENGTH(threads) != (int)t)
                        continue;
                    try_caller(&known_calls[k], threads[t], roundings[m], &float_modes[mode], flags[mode % 3]);
                }
            }
        }
    }
}

/* --- the threads of the team --- */

#if defined(_OPENMP)

enum { TEAM = 4 };

/* What each thread of the team was given and had afterwards, and whether it was the same thread. */
static float_environment given_to[TEAM], left_by[TEAM];
static bool stayed[TEAM];

static _Thread_local fenv_t own;
static _Thread_local int own_number = -1;

static void enter_in_workers(int rounding, const float_mode *mode, int flags) {
#pragma omp parallel num_threads(TEAM)
    {
        const int t = omp_get_thread_num();
        if (t > 0) {
            fegetenv(&own);
            own_number = t;
            given_to[t] = enter(rounding, mode, flags);
        }
    }
}

static void leave_in_workers(void) {
#pragma omp parallel num_threads(TEAM)
    {
        const int t = omp_get_thread_num();
        if (t > 0) {
            left_by[t] = float_environment_now();
            stayed[t] = own_number == t;
            if (stayed[t])
                fesetenv(&own);
        }
    }
}

/*
 * OpenMP gives a later team of the same size the same threads, with what the caller has set there. Where the machine is so
 * busy that the call halves its team, the runtime ends those beyond it.
 */
static void try_workers(const known_call *call, int rounding, const float_mode *mode, int flags) {
    pool p = {.count = 0};
    char label[160];
    rankloss_problem problem = call->problem;
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL), expected = call->expected;
    problem.num_threads = TEAM;
    (void)snprintf(label, sizeof label, "%s, in a team with rounding %#x, %s", call->name, (unsigned)rounding,
                   mode->name);
    enter_in_workers(rounding, mode, flags);
    const rankloss_status status = rankloss_softmax(&problem, &result);
    leave_in_workers();
    assert_int_equal(status, RANKLOSS_OK);
    for (int t = 1; t < TEAM; t++) {
        assert_true(stayed[t] || t > 1);
        if (stayed[t])
            expect_kept(given_to[t], left_by[t], label);
    }
    check_same_bits(&result, &expected, label);
    pool_free(&p);
}

static void of_the_team(void **state) {
    (void)state;
    static const int flags[] = {0, FE_INEXACT, FE_ALL_EXCEPT};
    for (int k = KNOWN_CALL_OF_A_TEAM; k < KNOWN_CALLS; k++) {
        for (size_t m = 0; m < LENGTH(roundings); m++) {
            for (int mode = 0; mode < num_float_modes; mode++) {
                try_workers(&known_calls[k], roundings[m], &float_modes[mode], flags[mode % 3]);
            }
        }
    }
}

#else

static void of_the_team(void **state) {
    (void)state;
    printf("no team: this build has no OpenMP\n");
    skip();
}

#endif

/* --- calls that are refused --- */

/* The words of the error, which holds a number, are the same too. */
static void kept_by_a_refused_call(void **state) {
    (void)state;
    for (size_t m = 0; m < LENGTH(roundings); m++) {
        for (int mode = 0; mode < num_float_modes; mode++) {
            fenv_t before;
            rankloss_problem problem = known_calls[0].problem;
            problem.temperature = -0.1;
            fegetenv(&before);
            const float_environment given = enter(roundings[m], &float_modes[mode], 0);
            const rankloss_status status = rankloss_softmax(&problem, &known_calls[0].expected);
            const float_environment left = float_environment_now();
            fesetenv(&before);
            assert_int_equal(status, RANKLOSS_ERROR_OPTION);
            expect_kept(given, left, float_modes[mode].name);
            assert_string_equal(rankloss_last_error(), "temperature: -0.1 is not positive, finite and normal");
        }
    }
}

#if defined(__x86_64__)

static int refuse(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    (void)losses;
    (void)counted;
    (void)num_lists;
    *reduced = 0;
    (void)user;
    return 1;
}

/* SSE may round by another mode than the x87 registers, which are the ones that fegetround() reads. */
static void kept_where_sse_rounds_on_its_own(void **state) {
    (void)state;
    const unsigned before = _mm_getcsr(), given = (before & ~0x6000U) | 0x2000U;
    const rankloss_reducer reducer = {.reduce = refuse};
    float logits[2] = {1, 2}, loss = 0;
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2),
                                .labels = RANKLOSS_ARRAY(logits, 2),
                                .reduction = RANKLOSS_CUSTOM,
                                .reducer = &reducer};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    _mm_setcsr(given);
    const rankloss_status flat =
        rankloss_softmax_f32(-1, 2, logits, logits, NULL, NULL, RANKLOSS_SUM, &loss, NULL, NULL);
    const unsigned after_flat = _mm_getcsr();
    const rankloss_status refused = rankloss_softmax(&problem, &result);
    const unsigned after_reducer = _mm_getcsr();
    problem.temperature = -1;
    const rankloss_status general = rankloss_softmax(&problem, &result);
    const unsigned after_general = _mm_getcsr();
    _mm_setcsr(before);
    assert_int_equal(flat, RANKLOSS_ERROR_SHAPE);
    assert_int_equal(refused, RANKLOSS_ERROR_CALLBACK);
    assert_int_equal(general, RANKLOSS_ERROR_OPTION);
    assert_int_equal(after_flat, given);
    assert_int_equal(after_reducer, given);
    assert_int_equal(after_general, given);
}

#else

static void kept_where_sse_rounds_on_its_own(void **state) {
    (void)state;
    printf("one rounding mode: this processor has no registers beside each other for it\n");
    skip();
}

#endif

static void errno_is_kept(void **state) {
    (void)state;
    for (int k = 0; k < KNOWN_CALLS; k++) {
        errno = ERANGE;
        const rankloss_status status = rankloss_softmax(&known_calls[k].problem, &known_calls[k].expected);
        const int left = errno;
        assert_int_equal(status, RANKLOSS_OK);
        assert_int_equal(left, ERANGE);
        errno = 0;
        const rankloss_status refused = rankloss_softmax(NULL, &known_calls[k].expected);
        const int left_by_error = errno;
        assert_int_equal(refused, RANKLOSS_ERROR_NULL);
        assert_int_equal(left_by_error, 0);
    }
}

static int prepare(void **state) {
    (void)state;
    known_calls_draw();
    return known_calls_answer();
}

static int release(void **state) {
    (void)state;
    known_calls_free();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_caller),          cmocka_unit_test(of_the_team),
        cmocka_unit_test(kept_by_a_refused_call), cmocka_unit_test(kept_where_sse_rounds_on_its_own),
        cmocka_unit_test(errno_is_kept),
    };
    /* Or LLVM's OpenMP would set the threads of a team to the environment of the one that starts it, out of our sight. */
    run_set_variable("KMP_INHERIT_FP_CONTROL", "false");
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, prepare, release);
}

/*
 * The caller's own reduction: what the reducer is given, what is done with its results, and what is left alone where it
 * fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fenv.h>
#include <pthread.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "run.h"

static const rankloss_array none;

enum { LISTS = 5 };

/* What the reducer saw, and what it is to return. */
typedef struct witness {
    double losses[LISTS];
    uint8_t counted[LISTS];
    int64_t num_lists;
    int reduced;
    int derived;
    int fail_reduce;
    int fail_derivative;
} witness;

/* The sum of squares. */
static int reduce(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    witness *w = user;
    w->reduced++;
    w->num_lists = num_lists;
    memcpy(w->losses, losses, sizeof w->losses);
    memcpy(w->counted, counted, sizeof w->counted);
    *reduced = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        *reduced += losses[k] * losses[k];
    }
    return w->fail_reduce;
}

static int derivative(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user) {
    witness *w = user;
    w->derived += w->reduced == 1;
    for (int64_t k = 0; k < num_lists; k++) {
        d_losses[k] = counted[k] ? 2 * losses[k] : 12345;
    }
    return w->fail_derivative;
}

/* Five lists: the second masked, so that it does not count. */
static rankloss_problem draw_custom(pool *p, random_state *r, const rankloss_reducer *reducer) {
    rankloss_problem problem = draw_dense(p, r, RANKLOSS_F64, LISTS, 9);
    view_fill(&problem.where, 1);
    memset((char *)problem.where.data + 9, 0, 9);
    problem.cotangent = none;
    problem.reduction = RANKLOSS_CUSTOM;
    problem.reducer = reducer;
    return problem;
}

static void reducer_sees_losses_and_scales_derivatives(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 31);
    witness w = {.reduced = 0};
    const rankloss_reducer reducer = {reduce, derivative, &w};
    rankloss_problem problem = draw_custom(&p, &r, &reducer);
    rankloss_result custom = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    check_run(&problem, &custom, "custom");
    assert_int_equal(w.reduced, 1);
    assert_int_equal(w.derived, 1);
    assert_int_equal(w.num_lists, LISTS);

    problem.reduction = RANKLOSS_NONE;
    problem.reducer = NULL;
    problem.cotangent = view_vector(&p, RANKLOSS_F64, LISTS);
    rankloss_result each = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    double squares = 0;
    long double jvp = 0;
    for (int64_t k = 0; k < LISTS; k++) {
        view_set(&problem.cotangent, k, 2 * (long double)w.losses[k]);
        squares += w.losses[k] * w.losses[k];
    }
    check_run(&problem, &each, "each");
    for (int64_t k = 0; k < LISTS; k++) {
        assert_true(view_get(&each.loss, k) == (long double)w.losses[k]);
        assert_int_equal(w.counted[k], k != 1);
        jvp += 2 * (long double)w.losses[k] * view_get(&each.jvp, k);
    }
    assert_true(w.losses[1] == 0);
    assert_true(view_get(&custom.loss, 0) == (long double)squares);
    const long double error = view_get(&custom.jvp, 0) - jvp;
    assert_true(error < 1e-12L * (jvp < 0 ? -jvp : jvp) && -error < 1e-12L * (jvp < 0 ? -jvp : jvp));
    each.loss = each.jvp = custom.loss = custom.jvp = none;
    check_same_bits(&each, &custom, "the derivative is the cotangent");
    pool_free(&p);
}

static void derivative_is_not_needed_for_the_loss_alone(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 32);
    witness w = {.reduced = 0};
    const rankloss_reducer reducer = {reduce, NULL, &w};
    const rankloss_problem problem = draw_custom(&p, &r, &reducer);
    const rankloss_result result = make_plain_outputs(&p, &problem, 1 << OUTPUT_LOSS);
    const rankloss_result nothing = make_plain_outputs(&p, &problem, 0);
    check_run(&problem, &result, "loss alone");
    assert_int_equal(w.reduced, 1);
    check_run(&problem, &nothing, "nothing");
    pool_free(&p);
}

static void a_reducer_that_fails_ends_the_call(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        pool inputs = {.count = 0};
        pool outputs = {.count = 0};
        random_state r = random_new(random_run_seed(), 33);
        witness w = {.fail_reduce = which == 0, .fail_derivative = which == 0 ? 0 : -3};
        const rankloss_reducer reducer = {reduce, derivative, &w};
        const rankloss_problem problem = draw_custom(&inputs, &r, &reducer);
        const rankloss_result result = make_plain_outputs(&outputs, &problem, OUTPUTS_ALL);
        assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_CALLBACK);
        assert_true(strlen(rankloss_last_error()) > 0);
        assert_int_equal(w.derived, which);
        assert_true(pool_untouched_outside(&outputs, NULL, 0));
        pool_free(&inputs);
        pool_free(&outputs);
    }
}

/* --- Where and when it is called --- */

typedef struct circumstances {
    pool *outputs;
    pthread_t thread;
    bool upward; /* how the caller rounds; valgrind does not take part */
    int calls;
    bool as_promised;
} circumstances;

/* fegetround() may look at other registers than those that round. */
static bool rounds_upward(void) {
    volatile double one = 1;
    volatile double more = one + 0x1p-60;
    return more > one;
}

/* The caller's thread, the caller's rounding mode, and no output written so far. */
static void look_around(circumstances *c) {
    c->calls++;
    c->as_promised = c->as_promised && rounds_upward() == c->upward && pthread_equal(pthread_self(), c->thread) &&
                     pool_untouched_outside(c->outputs, NULL, 0);
}

static int reduce_looking(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced,
                          void *user) {
    (void)losses;
    (void)counted;
    (void)num_lists;
    look_around(user);
    *reduced = 1;
    return 0;
}

static int derivative_looking(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses,
                              void *user) {
    (void)losses;
    (void)counted;
    look_around(user);
    for (int64_t k = 0; k < num_lists; k++) {
        d_losses[k] = 1;
    }
    return 0;
}

static void reducer_runs_as_the_caller_before_any_output(void **state) {
    (void)state;
    for (int32_t threads = 1; threads <= 4; threads++) {
        pool inputs = {.count = 0};
        pool outputs = {.count = 0};
        random_state r = random_new(random_run_seed(), 35);
        circumstances seen = {.outputs = &outputs, .thread = pthread_self(), .as_promised = true};
        const rankloss_reducer reducer = {reduce_looking, derivative_looking, &seen};
        rankloss_problem problem = draw_dense(&inputs, &r, RANKLOSS_F32, 4000, 20);
        problem.cotangent = none;
        problem.reduction = RANKLOSS_CUSTOM;
        problem.reducer = &reducer;
        problem.num_threads = threads;
        const rankloss_result result = make_plain_outputs(&outputs, &problem, OUTPUTS_ALL);
        fesetround(FE_UPWARD);
        seen.upward = rounds_upward();
        const rankloss_status status = rankloss_softmax(&problem, &result);
        const bool upward = rounds_upward();
        fesetround(FE_TONEAREST);
        assert_int_equal(status, RANKLOSS_OK);
        assert_int_equal(upward, seen.upward);
        assert_int_equal(seen.calls, 2);
        assert_true(seen.as_promised);
        pool_free(&inputs);
        pool_free(&outputs);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reducer_sees_losses_and_scales_derivatives),
        cmocka_unit_test(derivative_is_not_needed_for_the_loss_alone),
        cmocka_unit_test(a_reducer_that_fails_ends_the_call),
        cmocka_unit_test(reducer_runs_as_the_caller_before_any_output),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * src/schedule/patience.c: the sizes that follow from times, without a clock; and threads.c, which has to ask it, with a
 * team whose other threads come late.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "run.h"
#include "schedule/patience.h"
#include "schedule/threads.h"

/* --- sizes from times --- */

static const double ms = 1e-3;

/* The work of a call: `own` for the caller of a team of `most`, and so more for one of a smaller team. */
typedef struct machine {
    rankloss__patience patience;
    int most;
    double own;
} machine;

/* Makes a call of which the threads are late by so many seconds, unless there is one alone. Returns how many there were. */
static int call(machine *m, double wait) {
    const int size = rankloss__patience_size(&m->patience, m->most);
    const double own = m->own * m->most / size;
    rankloss__patience_learn(&m->patience, size, own, size > 1 ? own + wait : own);
    return size;
}

/* Loses nearly as much as is borne: the next wait is one too many. */
static void tire(machine *m) {
    assert_int_equal(call(m, m->own + 29.999 * ms), m->most);
    assert_int_equal(rankloss__patience_size(&m->patience, m->most), m->most);
}

/* Calls that are not late, until one has as many threads as at most: how many had fewer. */
static int calls_until(machine *m, int size) {
    int calls = 0;
    while (rankloss__patience_size(&m->patience, m->most) < size && calls < 100000) {
        (void)call(m, 0);
        calls++;
    }
    return calls;
}

static void a_quiet_machine_keeps_its_team(void **state) {
    (void)state;
    machine m = {.most = 2, .own = .4 * ms};
    for (int k = 0; k < 1000; k++)
        assert_int_equal(call(&m, .05 * ms), 2);
    /* Up to as long as the work, and until a thread that sleeps is there. */
    for (int k = 0; k < 1000; k++)
        assert_int_equal(call(&m, .55 * ms), 2);
    m.own = .01 * ms;
    for (int k = 0; k < 1000; k++)
        assert_int_equal(call(&m, .19 * ms), 2);
    m.own = 50 * ms;
    for (int k = 0; k < 1000; k++)
        assert_int_equal(call(&m, 49 * ms), 2);
}

/* A new thread takes milliseconds to get a core of its own, or calls. */
static void threads_that_start_are_waited_for(void **state) {
    (void)state;
    machine m = {.most = 2, .own = .02 * ms};
    for (int k = 0; k < 3; k++)
        assert_int_equal(call(&m, 9.9 * ms), 2);
    for (int k = 0; k < 1000; k++)
        assert_int_equal(call(&m, 0), 2);
}

static void one_wait_is_worked_off(void **state) {
    (void)state;
    machine m = {.most = 2, .own = .4 * ms};
    tire(&m);
    assert_int_equal(call(&m, 8.4 * ms), 2);
    assert_int_equal(rankloss__patience_size(&m.patience, 2), 1);
    /* 8 ms lost, eight times as long in calls of .8 ms. */
    assert_in_range(calls_until(&m, 2), 79, 81);
    for (int k = 0; k < 100; k++)
        assert_int_equal(call(&m, 0), 2);
}

/* Each call that is not late makes up for a tenth of a millisecond, and all of them for no more than was lost. */
static void waits_now_and_then_are_borne(void **state) {
    (void)state;
    machine m = {.most = 2, .own = .4 * ms};
    tire(&m);
    for (int k = 0; k < 80; k++)
        assert_int_equal(call(&m, 0), 2);
    for (int round = 0; round < 100; round++) {
        for (int k = 0; k < 85; k++)
            assert_int_equal(call(&m, 0), 2);
        assert_int_equal(call(&m, 8.4 * ms), 2);
    }
    for (int k = 0; k < 10000; k++)
        assert_int_equal(call(&m, 0), 2);
    for (int k = 0; k < 4; k++)
        assert_int_equal(call(&m, 8.4 * ms), 2);
    assert_in_range(calls_until(&m, 2), 19, 21);
}

/* Whatever the length of the calls and of the waits. */
static void a_ninth_of_the_time_is_lost(void **state) {
    static const double owns[] = {.01, .05, .4, 3, 20}, waits[] = {.3, 2, 8, 15, 30};
    (void)state;
    for (int o = 0; o < 5; o++)
        for (int w = 0; w < 5; w++) {
            machine m = {.most = 2, .own = owns[o] * ms};
            double lost = 0, all = 0;
            tire(&m);
            while (all < 50) {
                const bool waited = call(&m, waits[w] * ms) > 1;
                const double own = waited ? m.own : 2 * m.own;
                all += own + (waited ? waits[w] * ms : 0);
                lost += waited ? waits[w] * ms - own : 0;
            }
            /* Waits that the team outweighs are none. */
            if (waits[w] - owns[o] > .2)
                assert_true(lost > 0 && lost < .112 * all);
            else
                assert_true(rankloss__patience_size(&m.patience, 2) == 2);
        }
}

static void large_teams_are_halved(void **state) {
    (void)state;
    machine m = {.most = 16, .own = .4 * ms};
    tire(&m);
    for (int size = 16; size > 1; size /= 2)
        assert_int_equal(call(&m, 30 * ms), size);
    assert_int_equal(call(&m, 0), 1);
    assert_int_equal(rankloss__patience_size(&m.patience, INT_MAX), INT_MAX >> 4);
    assert_int_equal(rankloss__patience_size(&m.patience, 2), 1);
    /* What is missing, at most 30 ms, is worked off on one thread. */
    assert_in_range(calls_until(&m, 2), 30, 40);
    /* Then each call that is not late has twice the threads of the one before. */
    for (int size = 2; size <= 16; size *= 2)
        assert_int_equal(call(&m, 0), size);
    assert_int_equal(call(&m, 0), 16);
    /* Where eight have cores and sixteen have not, eight do most of the work. */
    int with[17] = {0};
    for (int k = 0; k < 10000; k++)
        with[call(&m, rankloss__patience_size(&m.patience, 16) == 16 ? 8 * ms : 0)]++;
    assert_int_equal(with[16] + with[8], 10000);
    assert_in_range(with[8], 9850, 9900);
}

/* A process that was stopped for an hour, or a clock that was set, costs a quarter of a second. */
static void times_beyond_reason(void **state) {
    static const double jumps[] = {-3600, 3600};
    (void)state;
    for (int j = 0; j < 2; j++) {
        machine m = {.most = 2, .own = .4 * ms};
        tire(&m);
        assert_int_equal(call(&m, 8 * ms), 2);
        rankloss__patience_learn(&m.patience, 1, jumps[j], jumps[j]);
        assert_in_range(calls_until(&m, 2), 0, 320);
        rankloss__patience_learn(&m.patience, 2, jumps[j], jumps[j]);
        assert_in_range(calls_until(&m, 2), 0, 320);
        rankloss__patience_learn(&m.patience, 2, .4 * ms, jumps[j]);
        assert_in_range(calls_until(&m, 2), 0, 320);
    }
}

/* --- a team that is late --- */

enum { LISTS = 1000, LIST_SIZE = 100, LATE_MS = 100 }; /* far longer than a caller may lose its core for */

static atomic_int parts;
static atomic_long done;

static void rest(long milliseconds) {
    (void)nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* The part that begins at 0 is the caller's. One for all takes a while, so that nothing is made up for. */
static void be_late(long begin, long end, long all) {
    rest(begin > 0 ? LATE_MS : end == all ? 1 : 0);
    atomic_fetch_add(&parts, 1);
    atomic_fetch_add(&done, end - begin);
}

static void late_lists(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    (void)context;
    (void)team;
    be_late((long)begin, (long)end, LISTS);
}

static void late_range(void *context, size_t begin, size_t end) {
    (void)context;
    be_late((long)begin, (long)end, LISTS);
}

typedef enum way { BY_LISTS, BY_RANGE } way;

/* In how many parts the work was done; 0 where it was not done. */
static int parts_of_work(way by) {
    const rankloss_array logits = {NULL, RANKLOSS_F32, 2, {LISTS, LIST_SIZE}, {LIST_SIZE, 1}}, none = {0};
    const rankloss__batch batch = rankloss__batch_make(&logits, &none);
    atomic_store(&parts, 0);
    atomic_store(&done, 0);
    if (by == BY_LISTS)
        rankloss__threads_run(&batch, 0, LISTS, 2, late_lists, NULL);
    else
        rankloss__threads_share(LISTS, 2, late_range, NULL);
    return atomic_load(&done) == LISTS ? atomic_load(&parts) : 0;
}

typedef struct late_team {
    way by;
    int first, second, calls_until_a_team;
} late_team;

static void *run_late_team(void *argument) {
    late_team *const team = argument;
    team->first = parts_of_work(team->by);
    team->second = parts_of_work((way)(1 - team->by));
    for (team->calls_until_a_team = 1; parts_of_work(team->by) == 1 && team->calls_until_a_team < 1000;)
        team->calls_until_a_team++;
    return NULL;
}

/* Each on a thread of its own, which has learnt nothing from the teams of the one before. */
static void each_caller_learns_from_its_own_teams(void **state) {
    (void)state;
#if defined(_OPENMP)
    for (int k = 0; k < 4; k++) {
        late_team team = {.by = k % 2 == 0 ? BY_LISTS : BY_RANGE};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, run_late_team, &team), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(team.first, 2);
        assert_int_equal(team.second, 1);
        assert_in_range(team.calls_until_a_team, 2, 250);
    }
#else
    assert_int_equal(parts_of_work(BY_LISTS), 1);
    assert_int_equal(parts_of_work(BY_RANGE), 1);
    (void)run_late_team;
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_machine_keeps_its_team),
        cmocka_unit_test(threads_that_start_are_waited_for),
        cmocka_unit_test(one_wait_is_worked_off),
        cmocka_unit_test(waits_now_and_then_are_borne),
        cmocka_unit_test(a_ninth_of_the_time_is_lost),
        cmocka_unit_test(large_teams_are_halved),
        cmocka_unit_test(times_beyond_reason),
        cmocka_unit_test(each_caller_learns_from_its_own_teams),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

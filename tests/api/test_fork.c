/*
 * Calls around fork(): in a child that was forked before any call, after the caller's own parallel regions, after calls,
 * from another thread, from inside a parallel region, from inside a reducer, or while other threads were inside calls; in
 * the child's children and threads; and in the parent afterwards.
 *
 * A child that hangs is ended by an alarm.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <rankloss/rankloss.h>

#include "known_calls.h"
#include "run.h"

/* Seconds until a child is taken to hang: many in a build that may be slow. */
#if defined(NDEBUG)
enum { PATIENCE = 30 };
#else
enum { PATIENCE = 200 };
#endif

enum {
    CHILD_THREADS = 3,
    BUSY_THREADS = 3,
    FORKS_WHILE_BUSY = 8,
    ENDED_OTHERWISE = 255 /* a child that a signal has ended */
};

/* What a child finds; 0: nothing wrong. */
typedef int child_body(void);

static pid_t start_child(child_body *body) {
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        _exit(body());
    }
    return child;
}

/* What the child found. No cmocka: a child waits for its own children with it. */
static int end_of_child(pid_t child) {
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return ENDED_OTHERWISE;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : ENDED_OTHERWISE;
}

static void expect_child(pid_t child, const char *where) {
    const int found = end_of_child(child);
    if (found == ENDED_OTHERWISE) {
        fail_msg("%s: the child hangs or ends by a signal", where);
    }
    known_calls_expect(found, where);
}

/* --- bodies of children --- */

static int calls(void) {
    const int wrong = known_calls_wrong(0);
    return wrong ? wrong : known_calls_wrong(2);
}

static void *calls_of_thread(void *argument) {
    int *const wrong = argument;
    *wrong = calls();
    return NULL;
}

/* Waits for each thread before it starts the next, or for all at the end. */
static int calls_of_threads(bool in_turn) {
    pthread_t thread[CHILD_THREADS];
    int wrong[CHILD_THREADS] = {0}, found = 0;
    for (int t = 0; t < CHILD_THREADS; t++) {
        if (pthread_create(&thread[t], NULL, calls_of_thread, &wrong[t]) != 0) {
            return ENDED_OTHERWISE;
        }
        if (in_turn) {
            pthread_join(thread[t], NULL);
        }
    }
    for (int t = 0; t < CHILD_THREADS; t++) {
        if (!in_turn) {
            pthread_join(thread[t], NULL);
        }
        found = found ? found : wrong[t];
    }
    return found;
}

/* From its own thread, from others in turn and at once, and from its own again. */
static int calls_and_threads(void) {
    int wrong = calls();
    wrong = wrong ? wrong : calls_of_threads(true);
    wrong = wrong ? wrong : calls_of_threads(false);
    return wrong ? wrong : calls();
}

static int grandchild(void) {
    return end_of_child(start_child(calls));
}

/* The child's children before and after its own calls, down to the third generation. */
static int calls_and_children(void) {
    int wrong = end_of_child(start_child(calls));
    wrong = wrong ? wrong : calls();
    wrong = wrong ? wrong : end_of_child(start_child(calls_and_threads));
    wrong = wrong ? wrong : end_of_child(start_child(grandchild));
    return wrong ? wrong : calls();
}

/* --- before the parent has called anything --- */

/* The answers are not known yet: such a child tells what it got through a pipe. */
static int told[2];

enum { HASHES = 4 }; /* of all such children */

static int tell_hash(void) {
    const uint64_t hash = known_calls_hash(0);
    return write(told[1], &hash, sizeof hash) == (ssize_t)sizeof hash ? 0 : ENDED_OTHERWISE;
}

static int tell_hash_from_grandchild(void) {
    const int wrong = end_of_child(start_child(tell_hash));
    return wrong ? wrong : tell_hash();
}

static void before_any_call(void **state) {
    (void)state;
    assert_int_equal(pipe(told), 0);
    expect_child(start_child(tell_hash), "in a child before any call");
    expect_child(start_child(tell_hash_from_grandchild), "in a child and its child before any call");
}

/* OpenMP's threads then exist although the library has not asked for them, and a child has none of them. */
static void after_regions_of_the_caller(void **state) {
    (void)state;
    int threads = 0;
#if defined(_OPENMP)
#pragma omp parallel num_threads(4) reduction(+ : threads)
#endif
    threads += 1;
    assert_int_not_equal(threads, 0);
    expect_child(start_child(tell_hash), "in a child after parallel regions of the caller");
}

static void told_what_the_parent_gets(void **state) {
    (void)state;
    assert_int_equal(known_calls_answer(), 0);
    const uint64_t mine = known_calls_hash(0);
    assert_true(mine != 0);
    close(told[1]); /* or a hash that nobody has told would be waited for */
    for (int k = 0; k < HASHES; k++) {
        uint64_t hash = 0;
        assert_int_equal(read(told[0], &hash, sizeof hash), sizeof hash);
        assert_true(hash == mine);
    }
    close(told[0]);
}

/*
 * qemu's user mode loses its count of threads in a child that is forked from one of several, and fails on an assertion
 * of its own.
 */
static void skip_under_an_emulator(void) {
#if defined(EMULATED)
    printf("not under an emulator, which does not fork from one of several threads\n");
    skip();
#endif
}

/* --- after the parent's calls --- */

static void after_calls(void **state) {
    (void)state;
    skip_under_an_emulator();
    known_calls_expect(known_calls_wrong(4), "in the parent");
    expect_child(start_child(calls_and_threads), "in a child after calls");
    known_calls_expect(known_calls_wrong(4), "in the parent after fork");
    expect_child(start_child(calls_and_children), "in a child and its children after calls");
    known_calls_expect(known_calls_wrong(4), "in the parent after fork");
}

/* A thread that has a team of its own, and the child has only a copy of that thread. */
static void *fork_in_thread(void *argument) {
    int *const found = argument;
    *found = known_calls_wrong(3);
    *found = *found ? *found : end_of_child(start_child(calls_and_threads));
    *found = *found ? *found : known_calls_wrong(3);
    return NULL;
}

static void from_another_thread(void **state) {
    (void)state;
    skip_under_an_emulator();
    pthread_t thread;
    int found = 0;
    assert_int_equal(pthread_create(&thread, NULL, fork_in_thread, &found), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_not_equal(found, ENDED_OTHERWISE);
    known_calls_expect(found, "in a child that a thread has forked, or in that thread");
}

static void from_inside_a_parallel_region(void **state) {
    (void)state;
    int found = 0;
#if defined(_OPENMP)
#pragma omp parallel num_threads(3) reduction(+ : found)
    if (omp_get_thread_num() == 1)
#endif
        found += end_of_child(start_child(calls));
    assert_int_not_equal(found, ENDED_OTHERWISE);
    known_calls_expect(found, "in a child that is forked inside a parallel region");
}

/* --- in the middle of a call --- */

static int reduce_forking(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced,
                          void *found) {
    (void)counted;
    *(int *)found = end_of_child(start_child(calls));
    *reduced = num_lists > 0 ? losses[0] : 0.0;
    return 0;
}

static void from_inside_a_reducer(void **state) {
    (void)state;
    int found = -1;
    double loss = 0;
    const rankloss_reducer reducer = {.reduce = reduce_forking, .user = &found};
    rankloss_problem problem = known_calls[KNOWN_CALL_OF_A_TEAM].problem;
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    problem.reduction = RANKLOSS_CUSTOM;
    problem.reducer = &reducer;
    problem.num_threads = 4;
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);
    assert_int_not_equal(found, ENDED_OTHERWISE);
    known_calls_expect(found, "in a child that a reducer has forked");
}

typedef struct busy_thread {
    pthread_t thread;
    int32_t num_threads;
    int wrong;
} busy_thread;

static atomic_bool stop;
static atomic_int rounds;

static void *stay_busy(void *argument) {
    busy_thread *const self = argument;
    while (!atomic_load(&stop) && !self->wrong) {
        self->wrong = known_calls_wrong(self->num_threads);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static void while_other_threads_are_inside_calls(void **state) {
    (void)state;
    skip_under_an_emulator();
    busy_thread busy[BUSY_THREADS];
    int found = 0;
    for (int t = 0; t < BUSY_THREADS; t++) {
        busy[t] = (busy_thread){.num_threads = 1 + t};
        assert_int_equal(pthread_create(&busy[t].thread, NULL, stay_busy, &busy[t]), 0);
    }
    while (atomic_load(&rounds) == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    for (int k = 0; k < FORKS_WHILE_BUSY && !found; k++) {
        found = end_of_child(start_child(k == 3 ? calls_and_threads : calls));
    }
    atomic_store(&stop, true);
    for (int t = 0; t < BUSY_THREADS; t++) {
        assert_int_equal(pthread_join(busy[t].thread, NULL), 0);
        known_calls_expect(busy[t].wrong, "in a thread of the parent while another forks");
    }
    assert_int_not_equal(found, ENDED_OTHERWISE);
    known_calls_expect(found, "in a child that is forked while other threads are inside calls");
}

static int release(void **state) {
    (void)state;
    known_calls_free();
    return 0;
}

int main(void) {
    /* The first come before any call of the library: run_refused() would make one. */
    const struct CMUnitTest first[] = {
        cmocka_unit_test(before_any_call),
        cmocka_unit_test(after_regions_of_the_caller),
        cmocka_unit_test(told_what_the_parent_gets),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(after_calls),
        cmocka_unit_test(from_another_thread),
        cmocka_unit_test(from_inside_a_parallel_region),
        cmocka_unit_test(from_inside_a_reducer),
        cmocka_unit_test(while_other_threads_are_inside_calls),
    };
    known_calls_draw();
    const int failed = cmocka_run_group_tests(first, NULL, NULL);
    const int refused = run_refused();
    return refused ? refused : failed ? failed : cmocka_run_group_tests(others, NULL, release);
}

/*
 * Calls from many threads, from the first call of the process on; from inside a parallel region; from a thread with a
 * small stack.
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
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "known_calls.h"
#include "run.h"
#include "sanitized.h"

enum { THREADS = 8, ROUNDS = 4 };

/* --- the first calls of the process --- */

typedef struct thread_work {
    pool memory;
    rankloss_result result[KNOWN_CALLS];
    int32_t num_threads;
    rankloss_status status;
    const char *isa;
} thread_work;

static pthread_barrier_t start;

static void *run_calls(void *argument) {
    thread_work *work = argument;
    pthread_barrier_wait(&start);
    for (int k = 0; k < KNOWN_CALLS; k++) {
        rankloss_problem problem = known_calls[k].problem;
        problem.num_threads = work->num_threads;
        const rankloss_status status = rankloss_softmax(&problem, &work->result[k]);
        work->status = status == RANKLOSS_OK ? work->status : status;
    }
    work->isa = rankloss_isa();
    return NULL;
}

static void first_calls_of_the_process(void **state) {
    (void)state;
    static thread_work work[THREADS];
    pthread_t thread[THREADS];
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (int t = 0; t < THREADS; t++) {
        work[t].num_threads = t % 3;
        for (int k = 0; k < KNOWN_CALLS; k++) {
            work[t].result[k] = make_plain_outputs(&work[t].memory, &known_calls[k].problem, OUTPUTS_ALL);
        }
        assert_int_equal(pthread_create(&thread[t], NULL, run_calls, &work[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
    }
    assert_int_equal(known_calls_answer(), 0);
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(work[t].status, RANKLOSS_OK);
        assert_string_equal(work[t].isa, rankloss_isa());
        for (int k = 0; k < KNOWN_CALLS; k++) {
            check_same_bits(&work[t].result[k], &known_calls[k].expected, known_calls[k].name);
        }
        pool_free(&work[t].memory);
    }
    pthread_barrier_destroy(&start);
}

/* --- calls good and bad, side by side --- */

/* Every other thread also makes calls that fail: the words of an error are its own. */
typedef struct side {
    int number, wrong;
    bool words_are_its_own;
} side;

static void *run_side(void *argument) {
    side *self = argument;
    char words[64];
    rankloss_problem refused = known_calls[0].problem;
    refused.num_threads = -self->number - 1;
    (void)snprintf(words, sizeof words, "num_threads: %d ", -self->number - 1);
    self->words_are_its_own = true;
    for (int round = 0; round < ROUNDS && !self->wrong; round++) {
        if (self->number % 2 != 0) {
            const rankloss_status status = rankloss_softmax(&refused, &known_calls[0].expected);
            self->words_are_its_own &= status == RANKLOSS_ERROR_OPTION;
        }
        self->wrong = known_calls_wrong(round % 3);
        if (self->number % 2 != 0) {
            self->words_are_its_own &= strncmp(rankloss_last_error(), words, strlen(words)) == 0;
        } else {
            self->words_are_its_own &= rankloss_last_error()[0] == '\0';
        }
    }
    return NULL;
}

static void good_and_bad_calls_side_by_side(void **state) {
    (void)state;
    side sides[THREADS];
    pthread_t thread[THREADS];
    for (int t = 0; t < THREADS; t++) {
        sides[t] = (side){.number = t};
        assert_int_equal(pthread_create(&thread[t], NULL, run_side, &sides[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        known_calls_expect(sides[t].wrong, "beside other threads");
        assert_true(sides[t].words_are_its_own);
    }
}

/* --- other places --- */

static void inside_a_parallel_region(void **state) {
    (void)state;
    int wrong = 0;
#if defined(_OPENMP)
#pragma omp parallel num_threads(4) reduction(+ : wrong)
#endif
    wrong += known_calls_wrong_in_any_team();
    /* The sum over threads names no call. */
    known_calls_expect(wrong > 0, "inside a parallel region, this call or a later one");
}

#if !defined(SANITIZED) && defined(NDEBUG)

static void *run_quietly(void *argument) {
    int *wrong = argument;
    *wrong = known_calls_wrong_in_any_team();
    return NULL;
}

#endif

/* The 64 KiB of the header are those of a release build: in others each temporary of a kernel may have its place. */
static void on_a_small_stack(void **state) {
    (void)state;
#if defined(SANITIZED) || !defined(NDEBUG)
    printf("not on a small stack: this build needs more than the library does\n");
    skip();
#else
    pthread_attr_t attributes;
    pthread_t thread;
    int wrong = 0;
    /* AArch64 has no stack of less than 128 KiB. */
    const size_t least = (size_t)PTHREAD_STACK_MIN;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, least > 64 * 1024 ? least : 64 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_quietly, &wrong), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    known_calls_expect(wrong, "on a small stack");
#endif
}

static int release(void **state) {
    (void)state;
    known_calls_free();
    return 0;
}

int main(void) {
    /* The first comes before any other call of the library: run_refused() would make one. */
    const struct CMUnitTest first[] = {cmocka_unit_test(first_calls_of_the_process)};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(good_and_bad_calls_side_by_side),
        cmocka_unit_test(inside_a_parallel_region),
        cmocka_unit_test(on_a_small_stack),
    };
    known_calls_draw();
    const int failed = cmocka_run_group_tests(first, NULL, NULL);
    const int refused = run_refused();
    return refused ? refused : failed + cmocka_run_group_tests(others, NULL, release);
}

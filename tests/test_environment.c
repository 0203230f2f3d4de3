/*
 * The caller's surroundings: rounding mode, flush to zero, traps, errno, OpenMP regions, threads, fork, small stacks.
 * They change no bit of a result, and a call changes nothing of them.
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
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "run.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* A call whose answer is known: problems of several kinds, small ones and one that is worth a team of threads. */
typedef struct known_call {
    const char *name;
    rankloss_problem problem;
    rankloss_result expected;
} known_call;

enum { CALLS = 6 };

static pool memory;
static known_call calls[CALLS];

static void set_call(known_call *call, const char *name, rankloss_problem problem) {
    call->name = name;
    call->problem = problem;
    call->expected = make_plain_outputs(&memory, &problem, OUTPUTS_ALL);
}

/* Inputs alone: no function of the library is called here. */
static void make_calls(void) {
    random_state r = random_new(random_run_seed(), 60);
    rankloss_problem mean = draw_dense(&memory, &r, RANKLOSS_F32, 4000, 30);
    rankloss_problem half = draw_dense(&memory, &r, RANKLOSS_BF16, 40, 30);
    rankloss_problem tiny = draw_dense(&memory, &r, RANKLOSS_F32, 3, 40);
    rankloss_problem wide = draw_dense(&memory, &r, RANKLOSS_F64, 3, 700);
    mean.cotangent = (rankloss_array){.data = NULL};
    mean.reduction = RANKLOSS_MEAN;
    half.temperature = 0.7;
    draw_logits(&r, &tiny.logits, LOGITS_SUBNORMAL);
    draw_factors(&r, &tiny.labels, FACTORS_TINY);
    draw_logits(&r, &wide.logits, LOGITS_LONG_SPAN);
    set_call(&calls[0], "float32 lists", draw_dense(&memory, &r, RANKLOSS_F32, 5, 33));
    set_call(&calls[1], "float64 ragged lists", draw_ragged(&memory, &r, RANKLOSS_F64, 20, 60));
    set_call(&calls[2], "subnormal numbers", tiny);
    set_call(&calls[3], "float64 over a long span", wide);
    set_call(&calls[4], "bfloat16 with a temperature", half);
    set_call(&calls[5], "the mean of 120,000 items", mean);
}

/* 0, or the number of the first call that fails or gives other bits, counted from 1. No cmocka: it runs anywhere. */
static int first_wrong_call(int32_t num_threads) {
    int wrong = 0;
    for (int k = 0; k < CALLS && !wrong; k++) {
        pool p = {.count = 0};
        rankloss_problem problem = calls[k].problem;
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        problem.num_threads = num_threads;
        bool right = rankloss_softmax(&problem, &result) == RANKLOSS_OK;
        for (int kind = 0; kind < OUTPUT_KINDS && right; kind++) {
            right =
                view_same_bits(output_of(&result, (output_kind)kind), output_of(&calls[k].expected, (output_kind)kind));
        }
        wrong = right ? 0 : k + 1;
        pool_free(&p);
    }
    return wrong;
}

static void expect_right(int wrong, const char *where) {
    if (wrong) {
        fail_msg("%s: \"%s\" fails or gives other bits", where, calls[wrong - 1].name);
    }
}

/* --- The first calls of the process, from eight threads at once --- */

enum { THREADS = 8 };

typedef struct thread_work {
    pool memory;
    rankloss_result result[CALLS];
    int32_t num_threads;
    rankloss_status status;
} thread_work;

static pthread_barrier_t start;

static void *run_calls(void *argument) {
    thread_work *work = argument;
    pthread_barrier_wait(&start);
    for (int k = 0; k < CALLS; k++) {
        rankloss_problem problem = calls[k].problem;
        problem.num_threads = work->num_threads;
        const rankloss_status status = rankloss_softmax(&problem, &work->result[k]);
        work->status = status == RANKLOSS_OK ? work->status : status;
    }
    return NULL;
}

static void first_calls_from_many_threads(void **state) {
    (void)state;
    static thread_work work[THREADS];
    pthread_t thread[THREADS];
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (int t = 0; t < THREADS; t++) {
        work[t].num_threads = t % 3;
        for (int k = 0; k < CALLS; k++) {
            work[t].result[k] = make_plain_outputs(&work[t].memory, &calls[k].problem, OUTPUTS_ALL);
        }
        assert_int_equal(pthread_create(&thread[t], NULL, run_calls, &work[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
    }
    for (int k = 0; k < CALLS; k++) {
        check_run(&calls[k].problem, &calls[k].expected, calls[k].name);
        for (int t = 0; t < THREADS; t++) {
            check_same_bits(&work[t].result[k], &calls[k].expected, calls[k].name);
        }
    }
    for (int t = 0; t < THREADS; t++) {
        assert_int_equal(work[t].status, RANKLOSS_OK);
        pool_free(&work[t].memory);
    }
    pthread_barrier_destroy(&start);
}

/* --- The floating-point environment --- */

/* What the caller may have set, and must find again. */
typedef struct environment {
    int rounding;
    int flags;
    unsigned control; /* MXCSR, its flags included, where there is one */
} environment;

static environment current_environment(void) {
    environment e = {fegetround(), fetestexcept(FE_ALL_EXCEPT), 0};
#if defined(__SSE2__)
    e.control = _mm_getcsr();
#endif
    return e;
}

/* extra: bits of MXCSR to set or clear. The outputs are made before and looked at after. */
static void try_environment(int k, int32_t num_threads, int rounding, unsigned set, unsigned cleared, int flags) {
    pool p = {.count = 0};
    char label[128];
    fenv_t before;
    rankloss_problem problem = calls[k].problem;
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    problem.num_threads = num_threads;
    snprintf(label, sizeof label, "%s, %d threads, rounding %#x, control +%#x -%#x, flags %#x", calls[k].name,
             num_threads, (unsigned)rounding, set, cleared, (unsigned)flags);

    fegetenv(&before);
    fesetround(rounding);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(flags);
#if defined(__SSE2__)
    _mm_setcsr((_mm_getcsr() | set) & ~cleared);
#endif
    const environment given = current_environment();
    const rankloss_status status = rankloss_softmax(&problem, &result);
    const environment left = current_environment();
    fesetenv(&before);

    if (given.rounding != left.rounding || given.flags != left.flags || given.control != left.control) {
        fail_msg("%s: left as rounding %#x, flags %#x, control %#x", label, (unsigned)left.rounding,
                 (unsigned)left.flags, left.control);
    }
    assert_int_equal(status, RANKLOSS_OK);
    check_same_bits(&result, &calls[k].expected, label);
    pool_free(&p);
}

static void floating_point_environment(void **state) {
    (void)state;
    static const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const int flags[] = {0, FE_INEXACT, FE_ALL_EXCEPT};
#if defined(__SSE2__)
    static const unsigned set[] = {0, 0x8000, 0x0040, 0x8040};
    static const unsigned cleared[] = {0, 0x1F80};
#else
    static const unsigned set[] = {0};
    static const unsigned cleared[] = {0};
#endif
    for (int k = 0; k < CALLS; k++) {
        for (int32_t threads = 1; threads <= 2; threads++) {
            for (size_t m = 0; m < LENGTH(rounding); m++) {
                for (size_t s = 0; s < LENGTH(set); s++) {
                    for (size_t c = 0; c < LENGTH(cleared); c++) {
                        /* A flag that is raised while its trap is on traps in the test itself. */
                        try_environment(k, threads, rounding[m], set[s], cleared[c], cleared[c] ? 0 : flags[s % 3]);
                    }
                }
            }
        }
    }
}

static void errno_is_kept(void **state) {
    (void)state;
    for (int k = 0; k < CALLS; k++) {
        errno = ERANGE;
        const rankloss_status status = rankloss_softmax(&calls[k].problem, &calls[k].expected);
        const int left = errno;
        assert_int_equal(status, RANKLOSS_OK);
        assert_int_equal(left, ERANGE);
        errno = 0;
        const rankloss_status refused = rankloss_softmax(NULL, &calls[k].expected);
        const int left_by_error = errno;
        assert_int_equal(refused, RANKLOSS_ERROR_NULL);
        assert_int_equal(left_by_error, 0);
    }
}

/* --- Where a call may come from --- */

static void inside_a_parallel_region(void **state) {
    (void)state;
    int wrong = 0;
#if defined(_OPENMP)
#pragma omp parallel num_threads(4) reduction(+ : wrong)
#endif
    for (int32_t threads = 0; threads < 3; threads++) {
        wrong += first_wrong_call(threads);
    }
    expect_right(wrong > 0, "inside a parallel region");
}

static void *run_quietly(void *argument) {
    int *wrong = argument;
    for (int32_t threads = 0; threads < 3 && !*wrong; threads++) {
        *wrong = first_wrong_call(threads);
    }
    return NULL;
}

/* The child of a process that has run teams of threads; without care it waits for threads that it does not have. */
static void in_a_child_after_fork(void **state) {
    (void)state;
    int status = 0;
    expect_right(first_wrong_call(2), "in the parent");
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        int wrong = 0;
        alarm(60);
        run_quietly(&wrong);
        _exit(wrong);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status)) {
        fail_msg("in a child after fork: ended by signal %d", WTERMSIG(status));
    }
    expect_right(WEXITSTATUS(status), "in a child after fork");
    expect_right(first_wrong_call(2), "in the parent after fork");
}

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
    expect_right(wrong, "on a small stack");
#endif
}

static int release(void **state) {
    (void)state;
    pool_free(&memory);
    return 0;
}

int main(void) {
    /* The first comes before any other call of the library: run_refused() would make one. */
    const struct CMUnitTest first[] = {cmocka_unit_test(first_calls_from_many_threads)};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(floating_point_environment), cmocka_unit_test(errno_is_kept),
        cmocka_unit_test(inside_a_parallel_region),   cmocka_unit_test(in_a_child_after_fork),
        cmocka_unit_test(on_a_small_stack),
    };
    make_calls();
    const int failed = cmocka_run_group_tests(first, NULL, NULL);
    const int refused = run_refused();
    return refused ? refused : failed + cmocka_run_group_tests(others, NULL, release);
}

/*
 * No call uses the heap but for the caller's own reducer, for gradients that are summed over lists and for ids that are
 * not in order. There each allocation is made to fail in turn: the call returns an error with its message, writes
 * nothing and leaks nothing.
 *
 * malloc() and its relatives are replaced for the whole program, so that allocations inside the C library count too.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* posix_memalign() */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "run.h"
#include "sanitized.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#if defined(__GLIBC__) && !defined(SANITIZED)

/* --- The heap, watched --- */

/* What glibc's own functions are called behind their public names. */
extern void *__libc_malloc(size_t size);                     // NOLINT(bugprone-reserved-identifier)
extern void *__libc_calloc(size_t count, size_t size);       // NOLINT(bugprone-reserved-identifier)
extern void *__libc_realloc(void *block, size_t size);       // NOLINT(bugprone-reserved-identifier)
extern void *__libc_memalign(size_t alignment, size_t size); // NOLINT(bugprone-reserved-identifier)
extern void __libc_free(void *block);                        // NOLINT(bugprone-reserved-identifier)

/* While a call of the library is under way, whichever thread asks. */
static atomic_bool watched;
static atomic_long asked, bytes_asked, kept; /* allocations, their bytes, and how many are not given back */
static atomic_long granted;                  /* allocations before the first that fails */

static bool refused(size_t count, size_t size) {
    if (!watched)
        return false;
    asked++;
    bytes_asked += (long)(count * size);
    if (granted-- <= 0) {
        errno = ENOMEM;
        return true;
    }
    kept++;
    return false;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): those of stdlib.h are reserved

void *malloc(size_t size) {
    return refused(1, size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return refused(count, size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    return refused(1, size) ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return refused(1, size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = aligned_alloc(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

void free(void *block) {
    kept -= watched && block != NULL;
    __libc_free(block);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

/* Starts to watch a call; allocations fail from number `grant` on. */
static void watch(long grant) {
    asked = bytes_asked = kept = 0;
    granted = grant;
    watched = true;
}

static rankloss_status call_watched(const rankloss_problem *problem, const rankloss_result *result, long grant) {
    watch(grant);
    const rankloss_status status = rankloss_softmax(problem, result);
    watched = false;
    return status;
}

/* --- Calls that need none --- */

static void expect_no_heap(const rankloss_problem *problem, const rankloss_result *result, rankloss_status expected,
                           const char *label) {
    rankloss_problem alone = *problem;
    alone.num_threads = 1; /* a team is OpenMP's, which keeps its threads on the heap */
    const rankloss_status status = call_watched(&alone, result, 0);
    if (asked != 0)
        fail_msg("%s: %ld allocations", label, (long)asked);
    if (status != expected)
        fail_msg("%s: status %d: %s", label, (int)status, rankloss_last_error());
}

/* The first call of the process: it chooses the kernels and asks for the size of the cache. */
static void first_call(void **state) {
    (void)state;
    const float scores[] = {2, 1, 3}, relevance[] = {1, 0, 2};
    float loss, grad[3];
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(scores, 3), .labels = RANKLOSS_ARRAY(relevance, 3)};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(grad, 3)};
    expect_no_heap(&problem, &result, RANKLOSS_OK, "the first call");
}

/* With each dtype of the outputs, a mean and none; with a share of the rounds in a third of these six ways, in turn. */
static void expect_no_heap_anyhow(rankloss_problem problem, const char *label) {
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16};
    static size_t first;
    const size_t step = random_run_share() > 1 ? LENGTH(dtypes) : 1;
    first = (first + 1) % step;
    for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_NONE; reduction += RANKLOSS_NONE) {
        problem.reduction = reduction;
        if (reduction != RANKLOSS_NONE)
            problem.cotangent = (rankloss_array){.data = NULL};
        for (size_t k = first; k < LENGTH(dtypes); k += step) {
            pool p = {.count = 0};
            random_state r = random_new(random_run_seed(), 91);
            rankloss_result result = make_outputs(&p, &problem, dtypes[k], OUTPUTS_ALL, LAYOUT_ANY, &r);
            expect_no_heap(&problem, &result, RANKLOSS_OK, label);
            pool_free(&p);
        }
    }
}

static void dense_and_ragged(void **state) {
    (void)state;
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};
    static const int64_t sizes[][2] = {{400, 1}, {300, 30}, {20, 700}, {2, 5000}, {1, 70000}, {0, 7}, {7, 0}};
    for (size_t k = 0; k < LENGTH(dtypes); k++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 92);
        for (size_t s = 0; s < LENGTH(sizes); s++) {
            rankloss_problem problem = draw_dense(&p, &r, dtypes[k], sizes[s][0], sizes[s][1]);
            expect_no_heap_anyhow(problem, "dense lists");
            problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
            draw_bias(&p, &r, &problem, (bias_extent)(s % BIAS_KINDS));
            expect_no_heap_anyhow(problem, "softmaxes of labels, with a bias");
        }
        expect_no_heap_anyhow(draw_ragged(&p, &r, dtypes[k], 200, 90), "ragged lists");
        pool_free(&p);
    }
}

/* Inputs that no kernel takes as they are, and lists that need extended precision. */
static void exotic_inputs(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 93);
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, 20, 900);
    const int64_t shape[] = {20, 900};
    problem.logits = view_new(&p, RANKLOSS_F16, 2, shape, LAYOUT_ANY, &r);
    problem.labels = view_new(&p, RANKLOSS_U16, 2, shape, LAYOUT_ANY, &r);
    problem.temperature = 0.3;
    draw_logits(&r, &problem.logits, LOGITS_HUGE_SPAN);
    draw_factors(&r, &problem.labels, FACTORS_GRADED);
    draw_factors(&r, &problem.weights, FACTORS_HUGE);
    problem.label_mode = RANKLOSS_LABELS_SUM_TO_ONE;
    expect_no_heap_anyhow(problem, "exotic inputs");
    pool_free(&p);
}

static void errors_and_questions(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 94);
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 3, 5);
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    problem.temperature = -1e300;
    expect_no_heap(&problem, &result, RANKLOSS_ERROR_OPTION, "a bad temperature");
    problem.temperature = 0;
    problem.labels.shape[1] = 4;
    expect_no_heap(&problem, &result, RANKLOSS_ERROR_SHAPE, "a bad shape");
    watch(0);
    const char *const words[] = {rankloss_last_error(), rankloss_isa(), rankloss_version(),
                                 rankloss_status_string(RANKLOSS_ERROR_MEMORY)};
    watched = false;
    assert_int_equal(asked, 0);
    for (size_t k = 0; k < LENGTH(words); k++)
        assert_true(words[k][0] != '\0');
    pool_free(&p);
}

/* --- Calls that need it --- */

static int reduce(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    (void)counted;
    (void)user;
    *reduced = num_lists > 0 ? losses[num_lists - 1] : 0;
    return 0;
}

static int derive(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user) {
    (void)losses;
    (void)counted;
    (void)user;
    for (int64_t k = 0; k < num_lists; k++)
        d_losses[k] = 1;
    return 0;
}

/* Lets ever more allocations succeed until the call does; returns how many it took. */
static long fail_in_turn(const rankloss_problem *problem, int which, int64_t sums, const char *label) {
    for (long grant = 0;; grant++) {
        pool p = {.count = 0};
        rankloss_result result = make_plain_outputs(&p, problem, which);
        if (sums > 0)
            result.grad_labels = view_vector(&p, RANKLOSS_F32, sums);
        rankloss_result before = result;
        for (int kind = 0; kind < OUTPUT_KINDS; kind++)
            *output_of(&before, (output_kind)kind) = view_copy(&p, output_of(&result, (output_kind)kind));
        errno = ERANGE;
        const rankloss_status status = call_watched(problem, &result, grant);
        assert_int_equal(errno, ERANGE);
        if (kept != 0)
            fail_msg("%s: %ld allocations were not given back", label, (long)kept);
        if (status == RANKLOSS_OK) {
            pool_free(&p);
            return grant;
        }
        assert_int_equal(status, RANKLOSS_ERROR_MEMORY);
        assert_non_null(strstr(rankloss_last_error(), "no memory"));
        for (int kind = 0; kind < OUTPUT_KINDS; kind++)
            if (!view_same_bits(output_of(&result, (output_kind)kind), output_of(&before, (output_kind)kind)))
                fail_msg("%s: %s was written", label, output_name((output_kind)kind));
        pool_free(&p);
    }
}

enum { LISTS = 40, SIZE = 30 };

static rankloss_problem draw_problem(pool *p, const rankloss_reducer *reducer) {
    random_state r = random_new(random_run_seed(), 95);
    rankloss_problem problem = draw_dense(p, &r, RANKLOSS_F32, LISTS, SIZE);
    problem.cotangent = (rankloss_array){.data = NULL};
    problem.reduction = reducer != NULL ? RANKLOSS_CUSTOM : RANKLOSS_SUM;
    problem.reducer = reducer;
    problem.num_threads = 1;
    return problem;
}

static void reducer_without_memory(void **state) {
    (void)state;
    pool p = {.count = 0};
    const rankloss_reducer reducer = {reduce, derive, NULL};
    const rankloss_problem problem = draw_problem(&p, &reducer);
    assert_true(fail_in_turn(&problem, 1 << OUTPUT_LOSS, 0, "a reducer") > 0);
    assert_int_equal(bytes_asked, 9 * LISTS);
    assert_true(fail_in_turn(&problem, OUTPUTS_ALL, 0, "a reducer with derivatives") > 0);
    assert_int_equal(bytes_asked, 17 * LISTS);
    assert_true(fail_in_turn(&problem, OUTPUTS_ALL, SIZE, "a reducer and sums") > 1);
    pool_free(&p);
}

static void sums_over_lists_without_memory(void **state) {
    (void)state;
    pool p = {.count = 0};
    const rankloss_problem problem = draw_problem(&p, NULL);
    assert_true(fail_in_turn(&problem, OUTPUTS_ALL, SIZE, "sums over lists") > 0);

    random_state r = random_new(random_run_seed(), 96);
    rankloss_problem wide = draw_dense(&p, &r, RANKLOSS_F32, 2, 100000);
    wide.num_threads = 1;
    assert_true(fail_in_turn(&wide, 1 << OUTPUT_LOSS, 100000, "sums over long lists") > 0);
    assert_in_range(bytes_asked, 1, 1 << 20);
    pool_free(&p);
}

/* So many empty lists that the bytes of their losses do not fit a number. */
static void more_lists_than_memory_has_bytes(void **state) {
    (void)state;
    uint16_t nothing = 0;
    double loss = 7;
    const rankloss_reducer reducer = {reduce, derive, NULL};
    const int64_t shape[] = {INT64_C(1) << 61, 0};
    rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F16, &nothing, 2, shape),
                                .labels = rankloss_array_make(RANKLOSS_F16, &nothing, 2, shape),
                                .reduction = RANKLOSS_CUSTOM,
                                .reducer = &reducer};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    assert_int_equal(call_watched(&problem, &result, LONG_MAX), RANKLOSS_ERROR_MEMORY);
    assert_int_equal(asked, 0);
    assert_true(loss == 7);
}

/* --- Offsets --- */

static rankloss_status ids_watched(const rankloss_array *ids, int64_t *offsets, int64_t *num_lists, long grant) {
    watch(grant);
    const rankloss_status status = rankloss_offsets_from_ids(ids, offsets, num_lists);
    watched = false;
    return status;
}

static void sizes_and_ids_in_order(void **state) {
    (void)state;
    const int32_t sizes[] = {2, 0, 3, -1};
    const int64_t rising[] = {INT64_MIN, INT64_MIN, -1, 0, INT64_MAX}, falling[] = {INT64_MAX, 0, 0, -1, INT64_MIN};
    const uint64_t beyond[] = {0, 0, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    const rankloss_array ids[] = {RANKLOSS_ARRAY(rising, 5), RANKLOSS_ARRAY(falling, 5), RANKLOSS_ARRAY(beyond, 5)};
    int64_t offsets[6], num_lists = 0;
    for (int64_t count = 3; count <= 4; count++) {
        const rankloss_array view = RANKLOSS_ARRAY(sizes, count);
        watch(0);
        const rankloss_status status = rankloss_offsets_from_sizes(&view, offsets);
        watched = false;
        assert_int_equal(status, count == 3 ? RANKLOSS_OK : RANKLOSS_ERROR_OFFSETS);
        assert_int_equal(asked, 0);
    }
    for (size_t k = 0; k < LENGTH(ids); k++) {
        assert_int_equal(ids_watched(&ids[k], offsets, &num_lists, 0), RANKLOSS_OK);
        assert_int_equal(asked, 0);
        assert_int_equal(num_lists, 4);
    }
}

/* Those that are good, and those of which the last comes back. */
static void ids_in_no_order(void **state) {
    (void)state;
    const int16_t good[] = {5, 5, 9, -3, -3, -3, 7}, bad[] = {5, 5, 9, -3, -3, -3, 9};
    const rankloss_array ids[] = {RANKLOSS_ARRAY(good, 7), RANKLOSS_ARRAY(bad, 7)};
    for (size_t k = 0; k < LENGTH(ids); k++) {
        int64_t offsets[8] = {-7}, num_lists = -7;
        errno = ERANGE;
        assert_int_equal(ids_watched(&ids[k], offsets, &num_lists, 0), RANKLOSS_ERROR_MEMORY);
        assert_non_null(strstr(rankloss_last_error(), "ids: no memory"));
        assert_true(offsets[0] == -7 && num_lists == -7);
        assert_int_equal(ids_watched(&ids[k], offsets, &num_lists, 1), k == 0 ? RANKLOSS_OK : RANKLOSS_ERROR_OFFSETS);
        assert_int_equal(errno, ERANGE);
        assert_int_equal(kept, 0);
        assert_int_equal(bytes_asked, 32 * 4);
        assert_true(offsets[0] == (k == 0 ? 0 : -7) && num_lists == (k == 0 ? 4 : -7));
    }
}

int main(void) {
    /* The first comes before any other call of the library: run_refused() would make one. */
    const struct CMUnitTest first[] = {cmocka_unit_test(first_call)};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(dense_and_ragged),
        cmocka_unit_test(exotic_inputs),
        cmocka_unit_test(errors_and_questions),
        cmocka_unit_test(reducer_without_memory),
        cmocka_unit_test(sums_over_lists_without_memory),
        cmocka_unit_test(more_lists_than_memory_has_bytes),
        cmocka_unit_test(sizes_and_ids_in_order),
        cmocka_unit_test(ids_in_no_order),
    };
    const int failed = cmocka_run_group_tests(first, NULL, NULL);
    const int refused_here = run_refused();
    return refused_here ? refused_here : failed + cmocka_run_group_tests(others, NULL, NULL);
}

#else

int main(void) {
    printf("SKIPPED: the heap cannot be watched: it is a sanitizer's, or the C library is not glibc\n");
    return 77;
}

#endif

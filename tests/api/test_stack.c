/*
 * Measures the stack that calls of every kind use: each runs on a thread whose stack was filled beforehand, and its depth
 * is what it has overwritten. The header promises less than 64 KiB in each thread, in release builds.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "random.h"
#include "run.h"
#include "sanitized.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The thread's own data lie on its stack as well, as they do in a stack of 64 KiB. */
enum { STACK = 1 << 20, PROMISED = 64 * 1024, FILLER = 0xA5 };

static unsigned char *stack;
static size_t deepest;

typedef struct job {
    const rankloss_problem *problem;
    const rankloss_result *result;
    rankloss_status status;
} job;

static void *run_job(void *argument) {
    job *j = argument;
    j->status = rankloss_softmax(j->problem, j->result);
    return NULL;
}

static size_t depth_of(job *j) {
    pthread_attr_t attributes;
    pthread_t thread;
    static unsigned char page[4096];
    size_t untouched = 0;
    memset(page, FILLER, sizeof page);
    memset(stack, FILLER, STACK);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_job, j), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    while (untouched + sizeof page <= STACK && memcmp(stack + untouched, page, sizeof page) == 0)
        untouched += sizeof page; /* a byte at a time takes most of the test's time */
    while (untouched < STACK && stack[untouched] == FILLER)
        untouched++;
    return STACK - untouched;
}

static void measure(const rankloss_problem *problem, const rankloss_result *result, rankloss_status expected,
                    const char *label) {
    job j = {problem, result, RANKLOSS_OK};
    const size_t depth = depth_of(&j);
    assert_int_equal(j.status, expected);
    if (depth > deepest) {
        printf("%zu bytes of stack: %s, %d threads\n", depth, label, (int)problem->num_threads);
        deepest = depth;
    }
#if defined(NDEBUG)
    if (depth > PROMISED)
        fail_msg("%s: %zu bytes of stack", label, depth);
#endif
}

/*
 * With a mean and without, with contiguous outputs and with others, on one thread and on two. With a share of the rounds
 * each call tries a third of these eight combinations, in turn.
 */
static void measure_anyhow(const rankloss_problem *problem, const char *label) {
    static int first;
    const int step = random_run_share() > 1 ? 3 : 1;
    for (int way = first; way < 8; way += step) {
        const bool mean = (way & 4) == 0, plain = (way & 2) == 0;
        rankloss_problem tried = *problem;
        tried.reduction = mean ? RANKLOSS_MEAN : RANKLOSS_NONE;
        tried.num_threads = 1 + way % 2;
        if (mean)
            tried.cotangent = (rankloss_array){.data = NULL};
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 97);
        const rankloss_result result = plain ? make_plain_outputs(&p, &tried, OUTPUTS_ALL)
                                             : make_outputs(&p, &tried, RANKLOSS_BF16, OUTPUTS_ALL, LAYOUT_ANY, &r);
        measure(&tried, &result, RANKLOSS_OK, label);
        pool_free(&p);
    }
    first = (first + 1) % step;
}

static void dense_and_ragged(void **state) {
    (void)state;
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16};
    /* Each is work enough for two threads. */
    static const struct {
        int64_t lists, size;
        const char *label;
    } batches[] = {
        {600, 30, "short lists"}, {60, 700, "lists"}, {8, 5000, "long lists"}, {1, 70000, "a very long list"}};
    for (size_t d = 0; d < LENGTH(dtypes); d++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 98);
        for (size_t b = 0; b < LENGTH(batches); b++) {
            rankloss_problem dense = draw_dense(&p, &r, dtypes[d], batches[b].lists, batches[b].size);
            measure_anyhow(&dense, batches[b].label);
            dense.label_mode = RANKLOSS_LABELS_SOFTMAX;
            draw_bias(&p, &r, &dense, (bias_extent)(b % BIAS_KINDS));
            measure_anyhow(&dense, batches[b].label);
        }
        const rankloss_problem ragged = draw_ragged(&p, &r, dtypes[d], 500, 90);
        measure_anyhow(&ragged, "ragged lists");
        pool_free(&p);
    }
}

/* Labels that underflow: short lists that are taken out of their group, too. */
static void labels_far_apart(void **state) {
    (void)state;
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64};
    static const int64_t sizes[] = {40, 700, 5000};
    for (size_t d = 0; d < LENGTH(dtypes); d++) {
        for (size_t k = 0; k < LENGTH(sizes); k++) {
            pool p = {.count = 0};
            random_state r = random_new(random_run_seed(), 102);
            rankloss_problem problem = draw_dense(&p, &r, dtypes[d], 10000 / sizes[k], sizes[k]);
            problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
            draw_bias(&p, &r, &problem, BIAS_PER_ITEM);
            draw_logits(&r, &problem.labels, LOGITS_LONG_SPAN);
            measure_anyhow(&problem, "labels far apart");
            pool_free(&p);
        }
    }
}

static void exotic_inputs(void **state) {
    (void)state;
    static const int64_t sizes[] = {20, 900, 70000};
    for (size_t k = 0; k < LENGTH(sizes); k++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 99);
        const int64_t shape[] = {2, sizes[k]};
        rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F64, shape[0], shape[1]);
        problem.logits = view_new(&p, RANKLOSS_F16, 2, shape, LAYOUT_ANY, &r);
        problem.labels = view_new(&p, RANKLOSS_U16, 2, shape, LAYOUT_ANY, &r);
        problem.temperature = 0.3;
        problem.label_mode = k % 2 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_SUM_TO_ONE;
        draw_logits(&r, &problem.logits, LOGITS_HUGE_SPAN);
        draw_factors(&r, &problem.labels, FACTORS_GRADED);
        draw_factors(&r, &problem.weights, FACTORS_HUGE);
        measure_anyhow(&problem, "exotic inputs");
        pool_free(&p);
    }
}

static void gradients_summed_over_lists(void **state) {
    (void)state;
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64};
    for (size_t d = 0; d < LENGTH(dtypes); d++) {
        for (int64_t size = 30; size <= 3000; size += 2970) {
            pool p = {.count = 0};
            random_state r = random_new(random_run_seed(), 100);
            rankloss_problem problem = draw_dense(&p, &r, dtypes[d], 50, size);
            rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            problem.label_mode = size > 30 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW;
            result.grad_labels = view_vector(&p, dtypes[d], size);
            result.grad_weights = view_vector(&p, dtypes[d], 1);
            measure(&problem, &result, RANKLOSS_OK, "gradients summed over lists");
            pool_free(&p);
        }
    }
}

/* The states of lists, and everything by them: on the fast path and in extended precision. */
static void lists_in_stretches(void **state) {
    (void)state;
    static const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64};
    static const int64_t sizes[] = {30, 900, 70000};
    for (int round = 0; round < 18; round++) {
        pool p = {.count = 0};
        random_state r = random_new(random_run_seed(), 102);
        const int64_t list_size = sizes[round / 2 % 3], num_lists = 1 + 20000 / list_size;
        rankloss_problem problem = draw_dense(&p, &r, dtypes[round % 2], num_lists, list_size);
        problem.label_mode = round / 6;
        if (round % 4 < 2 && list_size < 1000)
            draw_logits(&r, &problem.logits, LOGITS_LONG_SPAN);
        rankloss_list_state *states = pool_bytes(&p, num_lists * (int64_t)sizeof *states);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        result.state = states;
        measure(&problem, &result, RANKLOSS_OK, "states beside all outputs");
        problem.state = states;
        result.state = NULL;
        measure_anyhow(&problem, "all outputs by states");
        measure(&problem, &result, RANKLOSS_OK, "all outputs by states");
        pool_free(&p);
    }
}

static int reduce(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    (void)losses;
    (void)counted;
    (void)user;
    *reduced = (double)num_lists;
    return 0;
}

static int derive(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user) {
    (void)counted;
    (void)user;
    memcpy(d_losses, losses, (size_t)num_lists * sizeof *losses);
    return 0;
}

static void reducers_and_errors(void **state) {
    (void)state;
    pool p = {.count = 0};
    random_state r = random_new(random_run_seed(), 101);
    const rankloss_reducer reducer = {reduce, derive, NULL};
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 50, 900);
    problem.cotangent = (rankloss_array){.data = NULL};
    problem.reduction = RANKLOSS_CUSTOM;
    problem.reducer = &reducer;
    const rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    measure(&problem, &result, RANKLOSS_OK, "a reducer");
    problem.labels.shape[1] = 899;
    measure(&problem, &result, RANKLOSS_ERROR_SHAPE, "a bad shape");
    problem.temperature = -1e300;
    measure(&problem, &result, RANKLOSS_ERROR_OPTION, "a bad temperature");
    pool_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_summed_over_lists),
        cmocka_unit_test(dense_and_ragged),
        cmocka_unit_test(labels_far_apart),
        cmocka_unit_test(exotic_inputs),
        cmocka_unit_test(lists_in_stretches),
        cmocka_unit_test(reducers_and_errors),
    };
#if defined(SANITIZED)
    printf("SKIPPED: a sanitizer needs more stack than the library does\n");
    return 77;
#endif
    const int refused = run_refused();
    if (refused)
        return refused;
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

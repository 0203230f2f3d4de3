/*
 * What a computation over many machines pays besides its items: merging, and a list by its states. In turn, medians; for the
 * model in docs/scale.md.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#endif

#include <rankloss/rankloss.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ITEMS = 4000000, LISTS = 1000, ROUNDS = 21, MERGES = 2000 };

static float logits[ITEMS], labels[ITEMS], grad[ITEMS];
static float loss;
static rankloss_list_state list;
static rankloss_accumulator sum;

static void check(rankloss_status status) {
    if (status != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        exit(EXIT_FAILURE);
    }
}

/* --- what is timed --- */

static rankloss_problem one_list(void) {
    return (rankloss_problem){
        .logits = RANKLOSS_ARRAY(logits, ITEMS), .labels = RANKLOSS_ARRAY(labels, ITEMS), .num_threads = 1};
}

static const rankloss_result loss_and_gradient = {.loss = {&loss, RANKLOSS_F32, 0, {0}, {0}},
                                                  .grad_logits = {grad, RANKLOSS_F32, 1, {ITEMS}, {1}}};

static void call(void) {
    const rankloss_problem problem = one_list();
    check(rankloss_softmax(&problem, &loss_and_gradient));
}

static void find_state(void) {
    const rankloss_problem problem = one_list();
    check(rankloss_softmax(&problem, &(rankloss_result){.state = &list}));
}

static void call_by_state(void) {
    rankloss_problem problem = one_list();
    problem.state = &list;
    check(rankloss_softmax(&problem, &loss_and_gradient));
}

/* Of a copy, since an accumulator that doubles overflows at some time. */
static void merge_accumulators(void) {
    for (int k = 0; k < MERGES; k++) {
        rankloss_accumulator into = sum;
        check(rankloss_accumulator_merge(&into, &sum));
    }
}

static void merge_states(void) {
    for (int k = 0; k < MERGES; k++) {
        rankloss_list_state into = list;
        check(rankloss_list_state_merge(&into, &list));
    }
}

static const struct {
    const char *name, *unit;
    void (*run)(void);
    double count; /* of what the unit is for, in a run */
} rows[] = {{"loss and gradient of one list", "ns an item", call, ITEMS},
            {"its state", "ns an item", find_state, ITEMS},
            {"loss and gradient by the state", "ns an item", call_by_state, ITEMS},
            {"merging two accumulators", "ns", merge_accumulators, MERGES},
            {"merging two states", "ns", merge_states, MERGES}};

enum { NUM_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* --- timing --- */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void) {
    static double times[NUM_ROWS][ROUNDS];
    uint32_t state = 1;
    for (int i = 0; i < ITEMS; i++) {
        state = state * 1664525U + 1013904223U;
        logits[i] = (float)(state >> 8) * 0x1p-21F;
        labels[i] = i % 1000 == 0 ? 1.0F : 0.0F;
    }
    const rankloss_problem lists = {.logits = RANKLOSS_ARRAY(logits, LISTS, 10),
                                    .labels = RANKLOSS_ARRAY(labels, LISTS, 10)};
    check(rankloss_softmax(&lists, &(rankloss_result){.accumulator = &sum}));
    for (int round = -1; round < ROUNDS; round++) { /* the first one warms up */
        for (int k = 0; k < NUM_ROWS; k++) {
            const double start = now();
            rows[k].run();
            times[k][round < 0 ? 0 : round] = now() - start;
        }
    }
    printf("RankLoss %s, %s, one thread\n", rankloss_version(), rankloss_isa());
    for (int k = 0; k < NUM_ROWS; k++) {
        qsort(times[k], ROUNDS, sizeof(times[k][0]), compare);
        printf("%-32s %8.2f %s\n", rows[k].name, 1e9 * times[k][ROUNDS / 2] / rows[k].count, rows[k].unit);
    }
    return EXIT_SUCCESS;
}

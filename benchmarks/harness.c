/*
 * Warm-up, rounds in turn, and what the rounds come to.
 */
#define _POSIX_C_SOURCE 200809L

#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "support.h"

enum { MIN_ROUNDS = 5 };

static const double max_repeats = 1e5;

/* A call that takes longer than this finds nothing of the call before it in any cache. */
static const double max_warmed_call = 4e-3;

typedef struct samples {
    double *wall;
    double cpu; /* of all calls */
    int repeats;
    bool warm_first;
} samples;

static double clock_seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_seconds(void) {
    return clock_seconds(CLOCK_MONOTONIC);
}

/* The seconds of one call, without its preparation. */
static double time_call(const bench_task *task) {
    if (task->prepare != NULL)
        task->prepare(task->context);
    const double begin = bench_seconds();
    task->run(task->context);
    return bench_seconds() - begin;
}

/* The first call starts threads and touches pages; the second says how many calls make a burst. */
static samples calibrate(const bench_task *task, bench_effort effort) {
    samples s = {.wall = bench_allocate(effort.rounds, sizeof(double))};
    time_call(task);
    const double begin = bench_seconds();
    const double taken = time_call(task);
    const double repeats = effort.burst / (bench_seconds() - begin + 1e-9) + 1.0;
    s.repeats = (int)(repeats < max_repeats ? repeats : max_repeats);
    s.warm_first = task->prepare == NULL && taken < max_warmed_call;
    return s;
}

/* Calls without preparation are timed together, so that the clock is read twice for all of them. */
static double time_burst(const bench_task *task, int repeats) {
    double taken = 0.0;
    const double begin = bench_seconds();
    for (int k = 0; k < repeats; k++) {
        if (task->prepare != NULL)
            taken += time_call(task);
        else
            task->run(task->context);
    }
    return task->prepare != NULL ? taken : bench_seconds() - begin;
}

/* The unmeasured call in front brings the task's own data back into the caches, in place of the last task's. */
static void sample(const bench_task *task, samples *s, int round) {
    if (s->warm_first)
        task->run(task->context);
    const double cpu_begin = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    s->wall[round] = time_burst(task, s->repeats) / s->repeats;
    s->cpu += clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values, with linear interpolation. */
static double quantile(const double *sorted, int count, double q) {
    const double position = q * (double)(count - 1);
    const int below = (int)position;
    const int above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (position - (double)below) * (sorted[above] - sorted[below]);
}

static bench_timing summarize(samples *s, int rounds) {
    double sum = 0.0;
    for (int k = 0; k < rounds; k++)
        sum += s->wall[k];
    qsort(s->wall, (size_t)rounds, sizeof(double), ascending);
    const bench_timing timing = {
        .q1 = quantile(s->wall, rounds, .25),
        .median = quantile(s->wall, rounds, .5),
        .q3 = quantile(s->wall, rounds, .75),
        .mean = sum / rounds,
        .p95 = quantile(s->wall, rounds, .95),
        .cpu = s->cpu / ((double)rounds * s->repeats),
    };
    free(s->wall);
    return timing;
}

/* Every other round goes backwards, so that no task always follows the same one. */
static int run_rounds(const bench_task *tasks, size_t num_tasks, bench_effort effort, samples *all) {
    const double begin = bench_seconds();
    int round = 0;
    while (round < effort.rounds && (round < MIN_ROUNDS || bench_seconds() - begin < effort.seconds)) {
        for (size_t k = 0; k < num_tasks; k++) {
            const size_t turn = round % 2 == 0 ? k : num_tasks - 1 - k;
            sample(&tasks[turn], &all[turn], round);
        }
        round++;
    }
    return round;
}

void bench_measure(const bench_task *tasks, size_t num_tasks, bench_effort effort, bench_timing *timings) {
    samples *all = bench_allocate((int64_t)num_tasks, sizeof(samples));
    for (size_t k = 0; k < num_tasks; k++)
        all[k] = calibrate(&tasks[k], effort);
    const int rounds = run_rounds(tasks, num_tasks, effort, all);
    for (size_t k = 0; k < num_tasks; k++)
        timings[k] = summarize(&all[k], rounds);
    free(all);
}

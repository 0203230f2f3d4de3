/*
 * How long calls take. All tasks of a set run in turn, round after round, so that a busy moment of the machine falls on
 * all of them; what is reported is the median of the rounds and the quartiles around it.
 *
 * Knows nothing of what the tasks do.
 */
#ifndef BENCHMARKS_HARNESS_H
#define BENCHMARKS_HARNESS_H

#include <stddef.h>

typedef struct bench_task {
    void (*prepare)(void *context); /**< before each call, not timed; NULL where there is nothing to do */
    void (*run)(void *context);
    void *context;
} bench_task;

/**
 * A set ends after rounds, or earlier when it has taken seconds and done a few rounds. In a round each task is called
 * until it has taken burst seconds, preparation included, and at least once.
 */
typedef struct bench_effort {
    int rounds;
    double seconds, burst;
} bench_effort;

/**
 * Seconds a call: quartiles, mean and 95th percentile of the rounds. cpu: processor time over all threads, of
 * preparation and call together, the mean of all calls. Linux counts it in ticks of some milliseconds, except for the
 * thread that asks, so that it takes long bursts to mean much.
 */
typedef struct bench_timing {
    double q1, median, q3, mean, p95, cpu;
} bench_timing;

/** Seconds since some fixed moment. */
double bench_seconds(void);

/** Warms up, then measures each of the num_tasks tasks into timings. */
void bench_measure(const bench_task *tasks, size_t num_tasks, bench_effort effort, bench_timing *timings);

#endif

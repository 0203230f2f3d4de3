/*
 * Processes that never rest, for calls to be timed beside.
 */
#ifndef BENCHMARKS_NEIGHBOURS_H
#define BENCHMARKS_NEIGHBOURS_H

#include <sys/types.h>

enum { BENCH_MAX_NEIGHBOURS = 1024 };

typedef struct bench_neighbours {
    int count;
    pid_t ids[BENCH_MAX_NEIGHBOURS];
} bench_neighbours;

/** One, which runs where the system puts it. */
void bench_neighbours_start(bench_neighbours *neighbours);

/** One on each core that this process may use. */
void bench_neighbours_start_on_each_core(bench_neighbours *neighbours);

void bench_neighbours_stop(const bench_neighbours *neighbours);

#endif

/*
 * What the machine can do at best, measured: bytes through memory, and exponentials. A call that moves its arrays once
 * and takes one exp an item cannot be faster than the slower of the two.
 */
#ifndef BENCHMARKS_LIMITS_H
#define BENCHMARKS_LIMITS_H

#include <stdint.h>

/** a[i] = b[i] + 3 c[i], 12 bytes an item, split over the threads. */
typedef struct bench_triad {
    float *a, *b, *c;
    int64_t num_items;
    int threads;
} bench_triad;

/** Arrays of num_bytes together. */
bench_triad bench_triad_make(int64_t num_bytes, int threads);
void bench_triad_free(bench_triad *triad);

/** A task for the harness; context is a bench_triad. */
void bench_triad_run(void *context);

/** As many exponentials as num_items, of a few numbers that stay in the first cache, a polynomial of degree 6. */
typedef struct bench_exps {
    int64_t num_items;
    int threads;
    double wall, cpu; /**< seconds of all runs so far, and the processor time that all threads had in them */
} bench_exps;

/** A task for the harness; context is a bench_exps. */
void bench_exps_run(void *context);

#endif

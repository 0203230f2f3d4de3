/*
 * Seeded random numbers: the same on every machine.
 */
#ifndef BENCHMARKS_RANDOM_H
#define BENCHMARKS_RANDOM_H

#include <math.h>
#include <stdint.h>

typedef struct bench_random {
    uint64_t state;
} bench_random;

/** Uniform in (0, 1): a 64-bit linear congruential generator with Knuth's constants, its upper 53 bits. */
static inline double bench_uniform(bench_random *random) {
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(random->state >> 11) + 0.5) * 0x1p-53;
}

/** Standard normal, by Box and Muller. */
static inline double bench_normal(bench_random *random) {
    const double radius = sqrt(-2.0 * log(bench_uniform(random)));
    return radius * cos(6.283185307179586 * bench_uniform(random));
}

#endif

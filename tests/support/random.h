/*
 * A seeded source of random numbers (xoshiro256**, seeded by splitmix64).
 */
#ifndef RANKLOSS_TESTS_RANDOM_H
#define RANKLOSS_TESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct random_state {
    uint64_t word[4];
} random_state;

/** The seed of this run: the environment variable RANKLOSS_TEST_SEED or a fixed one. Prints it at the first call. */
uint64_t random_run_seed(void);

/**
 * What part of its rounds a long test leaves to other builds: it runs about one in so many, by the environment variable
 * RANKLOSS_TEST_SHARE, or each. Prints it at the first call unless it is 1.
 */
int64_t random_run_share(void);

/** A stream of its own for each (seed, stream). */
random_state random_new(uint64_t seed, uint64_t stream);

uint64_t random_bits(random_state *r);

/** 0 <= result < bound. */
int64_t random_below(random_state *r, int64_t bound);

/** True with a probability. */
bool random_chance(random_state *r, double probability);

/** In [0, 1), a multiple of 2^-53. */
double random_unit(random_state *r);

/** From the normal distribution. */
double random_normal(random_state *r);

/** Numbers from the normal distribution, or their squares and a tenth where they are to be positive, in both dtypes. */
void random_fill(random_state *r, bool positive, int count, float *f32, double *f64);

#endif

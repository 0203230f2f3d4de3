/*
 * Numbers that look random and are the same everywhere for the same seed: SplitMix64 (Steele, Lea, Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014).
 */
#ifndef TRAIN_RANDOM_H
#define TRAIN_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /**< the seed, at first */
};

/** Even on [0, 1). */
double random_uniform(struct random *random);

/** Close to normal with mean 0 and variance 1: twelve uniform numbers added up, which needs no libm to round alike. */
double random_normal(struct random *random);

#endif

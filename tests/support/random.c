/*
 * xoshiro256** and splitmix64 by Blackman and Vigna, which are in the public domain.
 */
#include "random.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t random_run_seed(void) {
    static uint64_t seed;
    static bool known;
    if (!known) {
        const char *text = getenv("RANKLOSS_TEST_SEED");
        seed = text && *text ? strtoull(text, NULL, 0) : 20240117;
        known = true;
        printf("RANKLOSS_TEST_SEED=%" PRIu64 "\n", seed);
    }
    return seed;
}

int64_t random_run_share(void) {
    static int64_t share;
    if (share == 0) {
        const char *text = getenv("RANKLOSS_TEST_SHARE");
        share = text && *text ? strtoll(text, NULL, 0) : 1;
        share = share > 1 ? share : 1;
        if (share > 1) {
            printf("RANKLOSS_TEST_SHARE=%" PRId64 ": one round in so many\n", share);
        }
    }
    return share;
}

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

random_state random_new(uint64_t seed, uint64_t stream) {
    uint64_t state = seed ^ splitmix(&stream);
    random_state r;
    for (int i = 0; i < 4; i++) {
        r.word[i] = splitmix(&state);
    }
    return r;
}

static uint64_t rotate(uint64_t x, int left) {
    return x << left | x >> (64 - left);
}

uint64_t random_bits(random_state *r) {
    uint64_t *w = r->word;
    const uint64_t result = rotate(w[1] * 5, 7) * 9;
    const uint64_t shifted = w[1] << 17;
    w[2] ^= w[0];
    w[3] ^= w[1];
    w[1] ^= w[2];
    w[0] ^= w[3];
    w[2] ^= shifted;
    w[3] = rotate(w[3], 45);
    return result;
}

int64_t random_below(random_state *r, int64_t bound) {
    return (int64_t)(random_bits(r) % (uint64_t)bound);
}

double random_unit(random_state *r) {
    return (double)(random_bits(r) >> 11) * 0x1p-53;
}

bool random_chance(random_state *r, double probability) {
    return random_unit(r) < probability;
}

double random_normal(random_state *r) {
    const double radius = sqrt(-2 * log(1 - random_unit(r)));
    return radius * cos(6.283185307179586 * random_unit(r));
}

void random_fill(random_state *r, bool positive, int count, float *f32, double *f64) {
    for (int i = 0; i < count; i++) {
        const double x = random_normal(r);
        f64[i] = positive ? x * x + 0.1 : x;
        f32[i] = (float)f64[i];
    }
}

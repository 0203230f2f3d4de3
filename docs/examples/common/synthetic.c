#include "synthetic.h"

#include <math.h>
#include <stdbool.h>

enum { NUM_LISTS = 5000, MIN_LIST = 5, MAX_LIST = 40, NUM_FEATURES = 20, GROUP = 5, FIRST_OPTIONAL = 16 };

#define CORRELATION 0.8
#define ABSENT 0.3
#define NOISE 0.7

/* --- Random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) --- */

struct random {
    uint64_t state; /* the seed, at first */
};

static uint64_t next(struct random *random) {
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t bits = random->state;
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

/* Even on [0, 1). */
static double random_uniform(struct random *random) {
    return (double)(next(random) >> 11) * 0x1p-53;
}

/* Close to normal with mean 0 and variance 1: twelve uniform numbers added up, which needs no libm to round alike. */
static double random_normal(struct random *random) {
    double sum = 0.0;
    for (int i = 0; i < 12; i++) {
        sum += random_uniform(random);
    }
    return sum - 6.0;
}

/* --- Lists --- */

/* A vector of unit length, so that no seed drowns the features in noise, or the noise in features. */
static void make_hidden_weights(struct random *random, double weights[NUM_FEATURES + 1]) {
    double squares = 0.0;
    for (int j = 1; j <= NUM_FEATURES; j++) {
        weights[j] = random_normal(random);
        squares += weights[j] * weights[j];
    }
    for (int j = 1; j <= NUM_FEATURES; j++) {
        weights[j] /= sqrt(squares);
    }
}

static float grade(double relevance) {
    static const double bounds[] = {0.25, 1.0, 1.6, 2.2};
    float label = 0.0F;
    for (int i = 0; i < 4; i++) {
        label += relevance > bounds[i] ? 1.0F : 0.0F;
    }
    return label;
}

static void add_item(struct random *random, const double weights[NUM_FEATURES + 1], struct dataset *data) {
    dataset_add_item(data, 0.0F, true);
    double relevance = NOISE * random_normal(random);
    double shared = 0.0;
    for (int j = 1; j <= NUM_FEATURES; j++) {
        shared = j % GROUP == 1 ? random_normal(random) : shared;
        const double deviations = sqrt(CORRELATION) * shared + sqrt(1.0 - CORRELATION) * random_normal(random);
        const bool absent = j >= FIRST_OPTIONAL && random_uniform(random) < ABSENT;
        if (!absent) {
            relevance += weights[j] * deviations;
            dataset_add_entry(data, (uint32_t)j, (float)(10.0 * j + (1.0 + j) * deviations));
        }
    }
    data->labels[data->num_items - 1] = grade(relevance);
}

void synthetic_make(uint64_t seed, struct dataset *data) {
    struct random random = {seed};
    double weights[NUM_FEATURES + 1] = {0.0};
    make_hidden_weights(&random, weights);
    for (int list = 0; list < NUM_LISTS; list++) {
        const int size = MIN_LIST + (int)(random_uniform(&random) * (MAX_LIST - MIN_LIST + 1));
        for (int i = 0; i < size; i++) {
            add_item(&random, weights, data);
        }
        dataset_end_list(data, data->num_items);
    }
}

#include "random.h"

static uint64_t next(struct random *random) {
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t bits = random->state;
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

double random_uniform(struct random *random) {
    return (double)(next(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random) {
    double sum = 0.0;
    for (int i = 0; i < 12; i++) {
        sum += random_uniform(random);
    }
    return sum - 6.0;
}

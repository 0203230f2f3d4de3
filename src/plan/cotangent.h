/*
 * What multiplies the derivatives of a list: its cotangent, the derivative by the caller's reducer, the number of lists
 * of a mean, and the temperature.
 */
#ifndef RANKLOSS_SRC_PLAN_COTANGENT_H
#define RANKLOSS_SRC_PLAN_COTANGENT_H

#include <math.h>
#include <stdbool.h>

#include "exact/double_double.h"
#include "kernels/kernels.h"

typedef struct rankloss__upstream {
    double cotangent;
    double share;   /* a further factor where its product with the cotangent is far from 1; otherwise 1 */
    double divisor; /* counted lists of a mean; otherwise 1 */
    double temperature;
    rankloss__dd first;  /* cotangent / divisor / temperature */
    rankloss__dd second; /* cotangent / divisor / temperature^2 */
    double labels;       /* cotangent / divisor */
    bool
        moderate; /* all of them are 0, or far enough from the ends of double's range for the kernels; else first, second
                      and labels are not set */
} rankloss__upstream;

static inline bool rankloss__is_moderate_factor(double x) {
    const double size = fabs(x);
    return size == 0.0 || (size >= 0x1p-200 && size <= 0x1p200);
}

static inline rankloss__upstream rankloss__upstream_make(double cotangent, double divisor, double temperature) {
    rankloss__upstream up = {.cotangent = cotangent, .share = 1.0, .divisor = divisor, .temperature = temperature};
    const rankloss__dd g = {cotangent, 0.0}, d = {divisor, 0.0}, t = {temperature, 0.0};
    up.moderate = rankloss__is_moderate_factor(cotangent) && rankloss__is_moderate_factor(temperature);
    if (!up.moderate)
        return up;
    if (divisor == 1.0 && temperature == 1.0) { /* what the divisions below would give; fast for a cotangent per list */
        up.labels = cotangent + 0.0;
        up.first = up.second = (rankloss__dd){up.labels, 0.0};
        return up;
    }
    const rankloss__dd scaled = rankloss__dd_div(g, d);
    up.labels = scaled.hi;
    up.first = rankloss__dd_div(scaled, t);
    up.second = rankloss__dd_div(up.first, t);
    up.moderate = rankloss__is_moderate_factor(up.labels) && rankloss__is_moderate_factor(up.second.hi);
    return up;
}

/* Under the caller's own reduction. Where the product is not moderate, extended precision gets both factors. */
static inline rankloss__upstream rankloss__upstream_make_shared(double cotangent, double share, double temperature) {
    const double product = cotangent * share;
    rankloss__upstream up = rankloss__upstream_make(product, 1.0, temperature);
    const bool lost = product == 0.0 && cotangent != 0.0 && share != 0.0;
    if (!up.moderate || lost) {
        up.moderate = false;
        up.cotangent = cotangent;
        up.share = share;
    }
    return up;
}

/* Sets lane k of factors. */
static inline void rankloss__set_factors(rankloss__factors *factors, int k, const rankloss__upstream *upstream) {
    factors->first.hi[k] = upstream->first.hi;
    factors->first.lo[k] = upstream->first.lo;
    factors->second.hi[k] = upstream->second.hi;
    factors->second.lo[k] = upstream->second.lo;
    factors->labels.at[k] = upstream->labels;
}

/* The same factors in every lane. */
static inline rankloss__factors rankloss__factors_of(const rankloss__upstream *upstream) {
    rankloss__factors factors;
    for (int k = 0; k < RANKLOSS__LANES; k++)
        rankloss__set_factors(&factors, k, upstream);
    return factors;
}

#endif

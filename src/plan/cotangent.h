/*
 * What multiplies the derivatives of a list: its cotangent, what the caller's reducer has for it, the number of lists
 * that a mean divides by, and the temperature.
 */
#ifndef RANKLOSS_SRC_PLAN_COTANGENT_H
#define RANKLOSS_SRC_PLAN_COTANGENT_H

#include <math.h>
#include <stdbool.h>

#include "exact/double_double.h"

typedef struct rankloss__upstream {
    double cotangent;
    double share;   /* a further factor where its product with the cotangent is no ordinary double; otherwise 1 */
    double divisor; /* counted lists of a mean; otherwise 1 */
    double temperature;
    rankloss__dd first;  /* cotangent / divisor / temperature */
    rankloss__dd second; /* cotangent / divisor / temperature^2 */
    double labels;       /* cotangent / divisor */
    bool ordinary;       /* all of them are 0, or far enough from the ends of double's range for the common path */
} rankloss__upstream;

static inline bool rankloss__is_ordinary_factor(double x) {
    const double size = fabs(x);
    return size == 0.0 || (size >= 0x1p-200 && size <= 0x1p200);
}

static inline rankloss__upstream rankloss__upstream_make(double cotangent, double divisor, double temperature) {
    rankloss__upstream up = {.cotangent = cotangent, .share = 1.0, .divisor = divisor, .temperature = temperature};
    const rankloss__dd g = {cotangent, 0.0}, d = {divisor, 0.0}, t = {temperature, 0.0};
    up.ordinary = rankloss__is_ordinary_factor(cotangent) && rankloss__is_ordinary_factor(temperature);
    if (!up.ordinary)
        return up;
    const rankloss__dd scaled = rankloss__dd_div(g, d);
    up.labels = scaled.hi;
    up.first = rankloss__dd_div(scaled, t);
    up.second = rankloss__dd_div(up.first, t);
    up.ordinary = rankloss__is_ordinary_factor(up.labels) && rankloss__is_ordinary_factor(up.second.hi);
    return up;
}

/* Under the caller's own reduction. Where the product leaves the common path the careful one gets both factors. */
static inline rankloss__upstream rankloss__upstream_make_shared(double cotangent, double share, double temperature) {
    const double product = cotangent * share;
    rankloss__upstream up = rankloss__upstream_make(product, 1.0, temperature);
    const bool lost = product == 0.0 && cotangent != 0.0 && share != 0.0;
    if (!up.ordinary || lost) {
        up.ordinary = false;
        up.cotangent = cotangent;
        up.share = share;
    }
    return up;
}

#endif

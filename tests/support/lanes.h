/*
 * What is known of lists, the same in every lane.
 */
#ifndef RANKLOSS_TESTS_SUPPORT_LANES_H
#define RANKLOSS_TESTS_SUPPORT_LANES_H

#include "exact/double_double.h"
#include "kernels/kernels.h"

static inline rankloss__lanes in_all_lanes(double value) {
    rankloss__lanes lanes;
    for (int k = 0; k < RANKLOSS__LANES; k++)
        lanes.at[k] = value;
    return lanes;
}

static inline rankloss__dd_lanes dd_in_all_lanes(rankloss__dd value) {
    rankloss__dd_lanes lanes;
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        lanes.hi[k] = value.hi;
        lanes.lo[k] = value.lo;
    }
    return lanes;
}

#endif

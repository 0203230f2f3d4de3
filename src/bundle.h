/*
 * Up to eight short lists side by side, a lane a list, so that what a list costs besides its items is paid once for
 * eight. Whether a list is short depends on its size alone, and its lane knows no other, so that its company changes
 * no bit.
 */
#ifndef RANKLOSS_SRC_BUNDLE_H
#define RANKLOSS_SRC_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gradient.h"
#include "inputs.h"

typedef struct rankloss__bundle {
    const rankloss__inputs *inputs;
    rankloss__scratch *scratch;
    int count; /* lists; lanes from there on repeat the first */
    rankloss__place places[RANKLOSS__LANES];
    size_t sizes[RANKLOSS__LANES];
    rankloss__items items;
    rankloss__peaks peaks;
    rankloss__folded folded;
    rankloss__loss sums;
    unsigned held; /* a bit a lane: its sums hold; of the others nothing is known, and they go alone */
} rankloss__bundle;

/* The longest short list: eight of them fill a block. */
static inline bool rankloss__is_short(const rankloss__inputs *inputs, int64_t size) {
    return size > 0 && size <= RANKLOSS__BLOCK / RANKLOSS__LANES / (inputs->is_f64 ? 2 : 1);
}

/* Reads 1 to 8 short lists into the scratch. */
void rankloss__bundle_open(rankloss__bundle *bundle, const rankloss__inputs *inputs, const int64_t *lists, int count,
                           rankloss__scratch *scratch);

/* Computes the losses: bundle->sums.loss. */
void rankloss__bundle_forward(rankloss__bundle *bundle);

/* Lanes whose list can have this derivative from the bundle. upstream: one a lane. */
unsigned rankloss__bundle_fits(const rankloss__bundle *bundle, rankloss__derivative which,
                               const rankloss__upstream *const upstream[RANKLOSS__LANES]);

/* Writes a derivative of the lists in `lanes`. terms: with the second ones where the derivative needs them. */
void rankloss__bundle_write(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                            const rankloss__terms *terms, unsigned lanes);

/* jvp: without the cotangent. Returns the lanes whose list has it from the bundle. */
unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lane *jvp);

#endif

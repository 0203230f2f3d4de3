/*
 * Up to eight short lists side by side, a lane a list, so that what a list costs besides its items is paid once for
 * eight. Whether a list is short depends on its size alone, and its lane knows no other, so that its company changes no
 * bit.
 */
#ifndef RANKLOSS_SRC_LIST_BUNDLE_H
#define RANKLOSS_SRC_LIST_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "list/gradient.h"
#include "list/list_inputs.h"

typedef struct rankloss__bundle {
    const rankloss__inputs *inputs;
    rankloss__scratch *scratch;
    int count;    /* lists; lanes from there on repeat the first */
    bool regular; /* the lists of a dense batch, one behind the other: as far apart as any two of them */
    rankloss__position places[RANKLOSS__LANES];
    size_t sizes[RANKLOSS__LANES];
    rankloss__extent extent; /* of sizes */
    rankloss__items items;
    rankloss__list_sums folded;
    rankloss__losses sums;
    unsigned held; /* a bit a list: its sums hold; of the others nothing is known, and they go alone */
} rankloss__bundle;

static inline bool rankloss__is_short(int64_t size) {
    return size > 0 && size <= RANKLOSS__INTERLEAVED_SIZE;
}

/* A bundle of such a batch, which can be filled again and again. */
void rankloss__bundle_make(rankloss__bundle *bundle, const rankloss__inputs *inputs, rankloss__scratch *scratch);

/* Reads 1 to RANKLOSS__LANES short lists into the scratch. */
void rankloss__bundle_read(rankloss__bundle *bundle, const int64_t *lists, int count);

/* Computes the losses: bundle->sums.loss, list k's in lane k. */
void rankloss__bundle_forward(rankloss__bundle *bundle);

/* Lists that can have this derivative from the bundle, a bit each. upstream: one a list. */
unsigned rankloss__bundle_fits(const rankloss__bundle *bundle, rankloss__derivative which,
                               const rankloss__upstream *const upstream[RANKLOSS__LANES]);

/* Writes a derivative of the lists in `wanted`. terms: with the second ones where the derivative needs them. */
void rankloss__bundle_write(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                            const rankloss__terms *terms, unsigned wanted);

/* jvp: without the cotangent, list k's in lane k. Returns the lists that have it from the bundle. */
unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lanes *jvp);

#endif

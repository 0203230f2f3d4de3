/*
 * Several short lists side by side, so that what a list costs besides its items is paid once for all of them. How many
 * lanes a list takes depends on its size alone, and its lanes know no others, so that its company changes no bit.
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
    int count;         /* lists */
    int lists, parts;  /* as many as there is room for, and the lanes that each takes; see kernels.h */
    bool regular;      /* the lists of a dense batch, one behind the other: as far apart as any two of them */
    rankloss__place places[RANKLOSS__LANES]; /* of the lists; those from count on repeat the first */
    size_t sizes[RANKLOSS__LANES], before[RANKLOSS__LANES]; /* the items of each lane, and those of its list before it */
    rankloss__extent extent;                                /* of sizes */
    rankloss__items items;
    rankloss__folded folded;
    rankloss__loss sums;
    unsigned held; /* a bit a list: its sums hold; of the others nothing is known, and they go alone */
} rankloss__bundle;

/* The rows that the scratch has room for. */
static inline int64_t rankloss__bundle_rows(const rankloss__inputs *inputs) {
    return RANKLOSS__BLOCK / RANKLOSS__LANES / (inputs->is_f64 ? 2 : 1);
}

/* The lanes that a list of this size takes in a bundle; 0: it is empty, or too long for one. */
static inline int rankloss__bundle_parts(const rankloss__inputs *inputs, int64_t size) {
    const int64_t rows = rankloss__bundle_rows(inputs);
    if (size <= rows)
        return size > 0 ? 1 : 0;
    return size <= 2 * rows ? 2 : size <= 4 * rows ? 4 : 0;
}

/* A bundle for lists that take so many lanes each. It can be filled again and again. */
void rankloss__bundle_make(rankloss__bundle *bundle, const rankloss__inputs *inputs, int parts,
                           rankloss__scratch *scratch);

/* Reads 1 to RANKLOSS__LANES / parts lists into the scratch. */
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
unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lane *jvp);

#endif

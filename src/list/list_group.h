/*
 * Up to eight lists computed together, a lane a list, so that what a list costs besides its items, its logarithm and its
 * divisions above all, is paid once for eight.
 *
 * There are two layouts. Short lists are interleaved: item i of list k is in lane k of row i, so that each step works
 * on eight lists at once (interleaved_lists.c). Longer ones stay side by side, as in memory: each is summed by itself,
 * with item i in lane i mod 8, and its sums go to lane k (side_by_side_lists.c). What follows the sums is the same for
 * both (list_group.c).
 *
 * The layout of a list does not depend on the others, and lanes do not mix, so its neighbours change no bit.
 */
#ifndef RANKLOSS_SRC_LIST_LIST_GROUP_H
#define RANKLOSS_SRC_LIST_LIST_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/fast_path.h"
#include "list/fetch_ahead.h"
#include "list/list_inputs.h"
#include "list/scratch.h"
#include "list/worker.h"

typedef struct rankloss__list_group {
    const rankloss__plan *plan;
    rankloss__scratch *scratch;
    rankloss__layout layout;
    rankloss__one_step one_step;       /* of interleaved lists, with the three below */
    rankloss__short_lists short_lists; /* what the kernel gets; the same for all but extent, factors and some inputs */
    int64_t starts[RANKLOSS__LANES];
    int64_t packed_starts[RANKLOSS__LANES]; /* in a copy of dense lists, one behind the other */
    rankloss__streams *streams;             /* what is fetched meanwhile */
    int count;                              /* lists; of interleaved ones the lanes from there on repeat the first */
    bool is_simple; /* dense, with one batch axis at most: positions differ by the number of the list alone */
    rankloss__position positions[RANKLOSS__LANES];
    size_t sizes[RANKLOSS__LANES];
    rankloss__extent extent;                /* of sizes; of interleaved lists */
    bool equally_spaced;                    /* eight neighbours in a batch with one axis */
    rankloss__items interleaved;            /* of all interleaved lists */
    rankloss__items items[RANKLOSS__LANES]; /* side by side: of each list */
    double *exps[RANKLOSS__LANES];          /* of these items, or the first of all interleaved ones */
    size_t argmax[RANKLOSS__LANES];         /* side by side */
    rankloss__list_sums sums;
    bool sums_are_defined; /* side by side: in lanes without a list, which are computed as well */
    rankloss__losses losses;
} rankloss__list_group;

/* A group that can be computed again and again, in the worker's scratch. */
void rankloss__list_group_make(rankloss__list_group *group, rankloss__worker *worker);

/*
 * Computes the wanted outputs of 1 to RANKLOSS__LANES lists of one layout, which is not RANKLOSS__ALONE. Side by side,
 * they have no more items in all than rankloss__most_side_by_side() says, each list rounded up to RANKLOSS__LANES.
 * Those that need more than the fast path are computed alone. Returns the lists that it computed entirely, a bit each.
 */
unsigned rankloss__list_group_run(rankloss__list_group *group, rankloss__worker *worker, rankloss__layout layout,
                                  const int64_t *lists, int count, unsigned wanted);

/* Where each list begins in an array that the batch has: of interleaved ones in all lanes, otherwise of `count` lists. */
void rankloss__find_first_items(const rankloss__list_group *group, const rankloss__view *view,
                                void *lists[RANKLOSS__LANES]);

/* The inputs of short lists and where their rows go, by their numbers in kernels.h. */
static inline const rankloss__view *rankloss__short_view(const rankloss__inputs *inputs, int which) {
    const rankloss__view *const views[] = {&inputs->logits, &inputs->labels, &inputs->weights, &inputs->bias};
    return views[which];
}

static inline rankloss__interleaved_block *rankloss__short_block(rankloss__interleaved_scratch *scratch, int which) {
    rankloss__interleaved_block *const blocks[] = {&scratch->logits, &scratch->labels, &scratch->weights,
                                                   &scratch->bias};
    return blocks[which];
}

/* --- what each layout does its own way --- */

/*
 * Reads the lists at group->positions and sets sums and losses. Returns the lanes, a bit each, in which everything but
 * the tangents is finite.
 */
unsigned rankloss__interleaved_sums(rankloss__list_group *group);
unsigned rankloss__side_by_side_sums(rankloss__list_group *group);

/* How many items there are of the lists at hand, and if their sizes differ and the call has no mask, where each ends. */
void rankloss__interleaved_set_sizes(rankloss__list_group *group);

/* Reads into the scratch what the kernel for lists in one step does not, and says where that finds the rest. */
void rankloss__interleaved_read_for_one_step(rankloss__list_group *group);

/* The same where only dense inputs have to be converted. */
void rankloss__interleaved_convert(rankloss__list_group *group);

/* The sum of v_i grad_i of each list but for its argmax; side by side of some of them, a bit each. */
void rankloss__interleaved_jvp(const rankloss__list_group *group, const rankloss__terms *terms,
                               rankloss__dd_lanes *sum);
void rankloss__side_by_side_jvp(const rankloss__list_group *group, const rankloss__terms *terms, unsigned lists,
                                rankloss__dd_lanes *sum);

/* Writes a derivative of some of the lists, a bit each. */
void rankloss__interleaved_write(const rankloss__list_group *group, rankloss__derivative which,
                                 const rankloss__terms *terms, unsigned lists);
void rankloss__side_by_side_write(const rankloss__list_group *group, rankloss__derivative which,
                                  const rankloss__terms *terms, unsigned lists);

#endif

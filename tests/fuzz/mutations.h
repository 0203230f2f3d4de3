/*
 * The table of what is done to a valid call, and of what the call must answer then: the rules of rankloss/softmax.h,
 * written down a second time.
 */
#ifndef RANKLOSS_TESTS_FUZZ_MUTATIONS_H
#define RANKLOSS_TESTS_FUZZ_MUTATIONS_H

#include <stdbool.h>

#include <rankloss/status.h>

#include "input.h"
#include "sample.h"

/** Sets of statuses. */
enum {
    MAY_OK = 1 << RANKLOSS_OK,
    MAY_NULL = 1 << RANKLOSS_ERROR_NULL,
    MAY_DTYPE = 1 << RANKLOSS_ERROR_DTYPE,
    MAY_SHAPE = 1 << RANKLOSS_ERROR_SHAPE,
    MAY_STRIDE = 1 << RANKLOSS_ERROR_STRIDE,
    MAY_OFFSETS = 1 << RANKLOSS_ERROR_OFFSETS,
    MAY_OPTION = 1 << RANKLOSS_ERROR_OPTION,
    MAY_OVERLAP = 1 << RANKLOSS_ERROR_OVERLAP,
    MAY_OVERFLOW = 1 << RANKLOSS_ERROR_OVERFLOW,
    MAY_MEMORY = 1 << RANKLOSS_ERROR_MEMORY,
    MAY_CALLBACK = 1 << RANKLOSS_ERROR_CALLBACK,
    NUM_STATUSES = RANKLOSS_ERROR_CALLBACK + 1,
    UNDECIDED = (1 << NUM_STATUSES) - 1
};

/** What has been done to a sample. */
typedef struct change {
    sample *s;
    /** Where the numbers come from. */
    input *in;
    /** Parts that a mutation before this one has changed; they are left alone, or it might be undone. */
    unsigned touched;
    /** What this mutation may make the call answer: as the table says, unless the mutation sets it itself. */
    unsigned may;
} change;

/** One row: what is done. */
typedef struct mutation {
    const char *name;
    /** The statuses that the call may end with. MAY_OK alone: the call stays valid. */
    unsigned may;
    /** False where the sample has nothing to do it to. */
    bool (*apply)(change *c);
} mutation;

extern const mutation mutations[];
extern const int num_mutations;

enum { MOST_MUTATIONS = 2 };

/** What has become of a sample. */
typedef struct verdict {
    /** The statuses that the call may end with. */
    unsigned may;
    /** Whether an answer other than an error is the reference's: not after a mutation that leaves it undecided. */
    bool judged;
    const mutation *done[MOST_MUTATIONS];
    int count;
} verdict;

/** Does what the bytes ask for. */
verdict mutate(sample *s, input *in);

#endif

/*
 * The table of what is done to a valid call, and of what the call must answer then: the rules of rankloss/softmax.h,
 * written down a second time.
 */
#ifndef RANKLOSS_TESTS_FUZZ_MUTATIONS_H
#define RANKLOSS_TESTS_FUZZ_MUTATIONS_H

#include <stdbool.h>

#include "changes.h"
#include "input.h"
#include "sample.h"

/** One row: what is done. */
typedef struct mutation {
    const char *name;
    /** The statuses that the call may end with. MAY_OK alone: the call stays valid. */
    unsigned may;
    apply_change *apply;
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

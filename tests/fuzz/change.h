/*
 * A sample that is being changed, and how the change is chosen.
 */
#ifndef RANKLOSS_TESTS_FUZZ_CHANGE_H
#define RANKLOSS_TESTS_FUZZ_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

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

/** Which arrays fit. */
typedef bool fitting(const rankloss_array *view);

fitting has_axis;
fitting has_long_axis; /* and elements */
fitting has_wide_elements;
fitting may_grow;
fitting has_axis_and_elements;

/** The parts, and what shares the memory of one of them. */
unsigned together(const sample *s, unsigned parts);

/** An array of the set that fits, and which is touched from now on; NULL where there is none. */
rankloss_array *choose(change *c, unsigned set, fitting *fits, part *chosen);

/** False where an earlier mutation has touched the options; they are touched from now on. */
bool take_options(change *c);

int32_t choose_axis(change *c, const rankloss_array *view);

/** An axis of more than one element. */
int32_t choose_long_axis(change *c, const rankloss_array *view);

/** Data that is not NULL, aligned for every dtype, and row-major: all that is wrong is the shape. */
void make_plain(change *c, rankloss_array *view);

/** Whether one of the outputs is given. */
bool asks_for(const sample *s, unsigned outputs);

#endif

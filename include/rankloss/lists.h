/*
 * The offsets of ragged lists, made from what data usually has: the sizes of the lists (`group` in LightGBM and
 * XGBoost), or an id for each item (`qid`, a column of a data frame).
 *
 *     int64_t offsets[NUM_ITEMS + 1], num_lists;
 *     const rankloss_array ids = RANKLOSS_ARRAY(qid, NUM_ITEMS);
 *     if (rankloss_offsets_from_ids(&ids, offsets, &num_lists) == RANKLOSS_OK)
 *         problem.offsets = RANKLOSS_ARRAY(offsets, num_lists + 1);
 *
 * Offsets     List k is the items from offsets[k] to before offsets[k + 1], the lists in the order in which they lie.
 *             The first offset is 0, and the last of the num_lists + 1 is the number of all items.
 *
 * Memory      Neither sizes nor ids in order (each list's id above the one before it, or each below) need the heap. Other
 *             ids take 32 bytes a list of it, for the time of the call.
 *
 * Errors      Every argument is checked before anything is written: after an error offsets and num_lists are what they
 *             were, and rankloss_last_error() says which argument is wrong and why. Beside the errors named below: a
 *             NULL pointer or an absent view is RANKLOSS_ERROR_NULL, a dtype that is not named RANKLOSS_ERROR_DTYPE, a
 *             view of other than one axis RANKLOSS_ERROR_SHAPE, a misaligned pointer RANKLOSS_ERROR_STRIDE, a number of
 *             bytes or an address that does not fit RANKLOSS_ERROR_OVERFLOW, and an output that overlaps the input, the
 *             view of it or the other output RANKLOSS_ERROR_OVERLAP. No function prints, exits, aborts or changes errno.
 *             What cannot be detected: offsets with less room than is asked for.
 *
 * Threads     Every function may be called from any number of threads at once, and computes on the calling thread.
 */
#ifndef RANKLOSS_LISTS_H
#define RANKLOSS_LISTS_H

#include <stdint.h>

#include <rankloss/array.h>
#include <rankloss/export.h>
#include <rankloss/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Offsets from the sizes of the lists: I32, I64, U32 or U64, shape (num_lists), any strides. A size may be 0. offsets
 * has room for num_lists + 1 entries, all of which are written.
 *
 * A negative size is RANKLOSS_ERROR_OFFSETS; more than 2^63 - 1 items in all are RANKLOSS_ERROR_OVERFLOW.
 */
RANKLOSS_API rankloss_status rankloss_offsets_from_sizes(const rankloss_array *sizes, int64_t *offsets);

/**
 * Offsets from an id for each item: I8, I16, I32, I64, U8, U16, U32 or U64, shape (num_items), any strides. The items of
 * a list lie side by side, and no other list has its id; in which order the ids come does not matter.
 *
 * offsets has room for num_items + 1 entries, of which num_lists + 1 are written, and *num_lists is set. No list is
 * without items: no items are no lists.
 *
 * An id that comes back after items of another list is RANKLOSS_ERROR_OFFSETS, in words that name the id, the first item
 * that has it and the item where it comes back: lists are never joined or cut in silence. No memory for ids that are
 * not in order is RANKLOSS_ERROR_MEMORY.
 */
RANKLOSS_API rankloss_status rankloss_offsets_from_ids(const rankloss_array *ids, int64_t *offsets, int64_t *num_lists);

#ifdef __cplusplus
}
#endif

#endif

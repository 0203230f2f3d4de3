/*
 * How a call ended, and why it failed.
 */
#ifndef RANKLOSS_STATUS_H
#define RANKLOSS_STATUS_H

#include <rankloss/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The values are part of the ABI: they are never renumbered, only added to. */
typedef enum rankloss_status {
    RANKLOSS_OK = 0,
    RANKLOSS_ERROR_NULL = 1,  /**< a required pointer is NULL */
    RANKLOSS_ERROR_DTYPE = 2, /**< an unknown dtype, or one that this argument cannot have */
    RANKLOSS_ERROR_SHAPE =
        3, /**< ndim, a negative extent, shapes that do not broadcast, the wrong shape of an output */
    RANKLOSS_ERROR_STRIDE = 4, /**< a stride that an output cannot have, or a misaligned pointer */
    RANKLOSS_ERROR_OFFSETS =
        5, /**< offsets that do not start at 0, decrease, or do not end at num_items; a negative size; an id twice */
    RANKLOSS_ERROR_OPTION =
        6, /**< an unknown enumerator, a bad temperature or divisor, num_threads < 0, a non-zero reserved field */
    RANKLOSS_ERROR_OVERLAP = 7,  /**< an output overlaps another output, or an input in a way that is not allowed */
    RANKLOSS_ERROR_OVERFLOW = 8, /**< a number of elements, bytes or lists, or an address, does not fit */
    RANKLOSS_ERROR_MEMORY = 9,   /**< out of memory */
    RANKLOSS_ERROR_CALLBACK = 10 /**< the caller's reducer reported failure */
} rankloss_status;

/** A few words for a status: static storage, never NULL, even for a value that is not a status. */
RANKLOSS_API const char *rankloss_status_string(rankloss_status status);

/**
 * What was wrong with this thread's latest failed call, in words: which argument, which rule, which numbers; for
 * example "labels: shape (2, 5) does not broadcast to the logits' shape (2, 4)". "" before any failure; a call that
 * succeeds leaves it as it is. Never NULL. Valid until this thread's next failing call.
 */
RANKLOSS_API const char *rankloss_last_error(void);

#ifdef __cplusplus
}
#endif

#endif

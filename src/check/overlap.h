/*
 * Whether strided arrays share a byte. Exact but for layouts so entangled that the search gives up: those count as
 * overlapping. The arrays must have passed the checks of their sizes and addresses.
 */
#ifndef RANKLOSS_SRC_CHECK_OVERLAP_H
#define RANKLOSS_SRC_CHECK_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>

#include <rankloss/array.h>

/* Whether two elements of an array share a byte. */
bool rankloss__overlaps_itself(const rankloss_array *array);

bool rankloss__overlap(const rankloss_array *a, const rankloss_array *b);

/* A struct as the bytes that it is. */
rankloss_array rankloss__bytes_of(const void *data, size_t size);

#endif

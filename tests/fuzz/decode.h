/*
 * Makes a valid call from any bytes.
 */
#ifndef RANKLOSS_TESTS_FUZZ_DECODE_H
#define RANKLOSS_TESTS_FUZZ_DECODE_H

#include <rankloss/softmax.h>

#include "input.h"
#include "sample.h"

/** At most so many items. */
enum { MOST_ITEMS = 640 };

/** What lies in the memory of an output before the call, and in the gaps of an input: bytes of NaN, of no mask. */
enum { OUTPUT_FILLER = 0xA5, INPUT_FILLER = 0xFF };

/** Fills in a sample that has begun. Every rule of rankloss/softmax.h holds. */
void decode(sample *s, input *in);

/** Fills the elements of an input with numbers. */
void decode_numbers(input *in, const rankloss_array *view, part which);

#endif

/*
 * An exact sum and the number of its terms in the words of an accumulator: what calls on many machines add up in.
 *
 * Word 0 is the number of terms, word 1 has a bit each for NaN and for an infinity of either sign, and from word 2 on is the
 * fixed-point number of exact_sum.h in two's complement, the least word first. The others are 0. So equal sums have equal
 * words, and adding two is an addition of whole numbers.
 */
#ifndef RANKLOSS_SRC_REDUCTION_STORED_SUM_H
#define RANKLOSS_SRC_REDUCTION_STORED_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/accumulator.h>

#include "reduction/exact_sum.h"

/* Whether the words may be those of a sum, which memory that has not been zeroed hardly is. */
bool rankloss__is_stored_sum(const rankloss_accumulator *words);

/* Of what rankloss__is_stored_sum() takes for one. */
int64_t rankloss__stored_sum_count(const rankloss_accumulator *words);

/* Whether the number of terms has room for so many more. */
bool rankloss__stored_sum_has_room(const rankloss_accumulator *words, int64_t count);

/* Adds a sum of so many terms, for which there is room. `from` may be `into`. */
void rankloss__stored_sum_merge(rankloss_accumulator *into, const rankloss_accumulator *from);
void rankloss__stored_sum_add(rankloss_accumulator *into, rankloss__exact_sum *sum, int64_t count);

/* The sum divided by a positive number, or by that of its terms where that is 0; rounded once to a float dtype. */
double rankloss__stored_sum_ratio(const rankloss_accumulator *words, double divisor, int32_t dtype);

#endif

/*
 * Sums as words. The words are unsigned, so that no content of them is undefined behaviour: a sum of terms whose number fits
 * an int64_t has bits to spare, and other words wrap.
 */
#include "reduction/stored_sum.h"

#include <stddef.h>

/* The places of words. */
enum { COUNT, SPECIALS, SUM };

enum { END = SUM + RANKLOSS__SUM_WORDS };

_Static_assert(END <= RANKLOSS_ACCUMULATOR_WORDS, "an accumulator has too few words for an exact sum");

enum { IS_NAN = 1, IS_PLUS_INFINITY = 2, IS_MINUS_INFINITY = 4, ALL_SPECIALS = 7 };

bool rankloss__is_stored_sum(const rankloss_accumulator *words) {
    uint64_t others = 0;
    for (int k = END; k < RANKLOSS_ACCUMULATOR_WORDS; k++)
        others |= words->words[k];
    return others == 0 && words->words[SPECIALS] <= ALL_SPECIALS && words->words[COUNT] <= INT64_MAX;
}

int64_t rankloss__stored_sum_count(const rankloss_accumulator *words) {
    return (int64_t)words->words[COUNT];
}

bool rankloss__stored_sum_has_room(const rankloss_accumulator *words, int64_t count) {
    return words->words[COUNT] <= INT64_MAX - (uint64_t)count;
}

/* Each word of both is read before it is written, so that they may be the same. */
void rankloss__stored_sum_merge(rankloss_accumulator *into, const rankloss_accumulator *from) {
    uint64_t carry = 0;
    for (int k = SUM; k < END; k++) {
        const uint64_t with_carry = from->words[k] + carry;
        carry = with_carry < carry;
        into->words[k] += with_carry;
        carry += into->words[k] < with_carry;
    }
    into->words[SPECIALS] |= from->words[SPECIALS];
    into->words[COUNT] += from->words[COUNT];
}

void rankloss__stored_sum_add(rankloss_accumulator *into, rankloss__exact_sum *sum, int64_t count) {
    rankloss_accumulator stored = {{0}};
    rankloss__exact_sum_store(sum, stored.words + SUM);
    stored.words[COUNT] = (uint64_t)count;
    stored.words[SPECIALS] = (sum->nan ? IS_NAN : 0u) | (sum->plus_infinity ? IS_PLUS_INFINITY : 0u) |
                             (sum->minus_infinity ? IS_MINUS_INFINITY : 0u);
    rankloss__stored_sum_merge(into, &stored);
}

double rankloss__stored_sum_ratio(const rankloss_accumulator *words, double divisor, int32_t dtype) {
    const uint64_t specials = words->words[SPECIALS], count = words->words[COUNT];
    rankloss__exact_sum sum = {.nan = (specials & IS_NAN) != 0,
                               .plus_infinity = (specials & IS_PLUS_INFINITY) != 0,
                               .minus_infinity = (specials & IS_MINUS_INFINITY) != 0};
    rankloss__exact_sum_load(&sum, words->words + SUM);
    if (divisor != 0.0)
        return rankloss__exact_sum_ratio(&sum, divisor, dtype);
    return count != 0 ? rankloss__exact_sum_quotient(&sum, count, dtype) : 0.0;
}

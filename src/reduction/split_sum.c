#include "reduction/split_sum.h"

#include <stdbool.h>
#include <string.h>

enum { LANES = RANKLOSS__SPLIT_LANES, PARTS = RANKLOSS__SPLIT_PARTS };

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* value, |value| < size / 16, rounded to a multiple of size 2^-52; size is a power of two. */
static double round_to(double value, double size) {
    const double around = 1.5 * size;
    return (value + around) - around;
}

/*
 * False, and nothing is added, where a term is not below 2^18 or has bits below 2^-66. All lanes alike and without a
 * branch, for the compiler to take several at once.
 */
static bool add_eight(rankloss__split_sum *waiting, const double terms[LANES]) {
    const uint64_t largest = bits_of(0x1p18) - 1;
    double high[LANES], middle[LANES], low[LANES];
    uint64_t lost = 0, above = 0;
    for (int k = 0; k < LANES; k++) {
        high[k] = round_to(terms[k], 0x1p38);
        const double rest = terms[k] - high[k];
        middle[k] = round_to(rest, 0x1p2);
        low[k] = rest - middle[k];
        lost |= bits_of(low[k]) ^ bits_of(round_to(low[k], 0x1p-14));
        above |= largest - (bits_of(terms[k]) & INT64_MAX);
    }
    if (lost != 0 || above >> 63 != 0)
        return false;
    for (int k = 0; k < LANES; k++) {
        waiting->parts[0][k] += high[k];
        waiting->parts[1][k] += middle[k];
        waiting->parts[2][k] += low[k];
    }
    waiting->added++;
    return true;
}

void rankloss__split_sum_add(rankloss__split_sum *waiting, const double *terms, int count, rankloss__exact_sum *sum) {
    if (waiting->added == RANKLOSS__SPLIT_MOST)
        rankloss__split_sum_settle(waiting, sum);
    if (count != LANES || !add_eight(waiting, terms))
        rankloss__exact_sum_add_all(sum, terms, count);
}

void rankloss__split_sum_settle(rankloss__split_sum *waiting, rankloss__exact_sum *sum) {
    double totals[PARTS] = {0.0};
    if (waiting->added == 0)
        return;
    for (int part = 0; part < PARTS; part++)
        for (int k = 0; k < LANES; k++)
            totals[part] += waiting->parts[part][k];
    rankloss__exact_sum_add_all(sum, totals, PARTS);
    memset(waiting, 0, sizeof *waiting);
}

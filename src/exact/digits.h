/*
 * Fixed-point numbers: digits of 32 bits, the least first, each kept in 64 bits so that carries can wait (the "small
 * superaccumulator" of R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015).
 */
#ifndef RANKLOSS_SRC_EXACT_DIGITS_H
#define RANKLOSS_SRC_EXACT_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

/* A term as three neighbouring digits, the first of which has this number. */
typedef struct rankloss__term_digits {
    unsigned first;
    int64_t at[3];
} rankloss__term_digits;

/* mantissa * 2^place in units of the number's last bit; mantissa < 2^53. A digit stays below 2^33. */
static inline rankloss__term_digits rankloss__digits_of(uint64_t mantissa, unsigned place, bool negative) {
    const unsigned shift = place % 32;
    const uint64_t low = (mantissa & 0xFFFFFFFFu) << shift, high = (mantissa >> 32) << shift;
    const int64_t sign = negative ? -1 : 1;
    return (rankloss__term_digits){place / 32,
                                   {sign * (int64_t)(low & 0xFFFFFFFFu),
                                    sign * (int64_t)((low >> 32) + (high & 0xFFFFFFFFu)),
                                    sign * (int64_t)(high >> 32)}};
}

static inline void rankloss__add_digits(int64_t *digits, const rankloss__term_digits *term) {
    for (int k = 0; k < 3; k++)
        digits[term->first + (unsigned)k] += term->at[k];
}

/* Brings the digits into [0, 2^32), the last one excepted, which then has the sign of the number. */
static inline void rankloss__carry(int64_t *digits, int count) {
    const int64_t one = INT64_C(1) << 32;
    for (int k = 0; k + 1 < count; k++) {
        int64_t low = digits[k] % one;
        if (low < 0)
            low += one;
        digits[k + 1] += (digits[k] - low) / one;
        digits[k] = low;
    }
}

#endif

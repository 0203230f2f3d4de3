/*
 * Doubles as integers: their bits, and fixed-point numbers that they are added to without rounding.
 *
 * A fixed-point number is digits of 32 bits, the least first, each kept in 64 bits so that carries can wait (the "small
 * superaccumulator" of R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015).
 */
#ifndef RANKLOSS_SRC_EXACT_DIGITS_H
#define RANKLOSS_SRC_EXACT_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The sign, 11 bits of exponent, 52 of the fraction. */
static inline uint64_t rankloss__bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/*
 * Adds mantissa * 2^place in units of the number's last bit; mantissa < 2^53. It is three digits, from place / 32 on, each
 * of which changes by less than 2^33.
 */
static inline void rankloss__add_digits(int64_t *digits, uint64_t mantissa, unsigned place, bool negative) {
    const unsigned first = place / 32, shift = place % 32;
    const uint64_t low = (mantissa & 0xFFFFFFFFu) << shift, high = (mantissa >> 32) << shift;
    const int64_t sign = negative ? -1 : 1;
    digits[first] += sign * (int64_t)(low & 0xFFFFFFFFu);
    digits[first + 1] += sign * (int64_t)((low >> 32) + (high & 0xFFFFFFFFu));
    digits[first + 2] += sign * (int64_t)(high >> 32);
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

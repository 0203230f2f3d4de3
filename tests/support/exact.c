/*
 * Fixed-point sums.
 */
#include "exact.h"

#include <math.h>
#include <stdbool.h>

#include "number.h"

enum { LOWEST_BIT = -1138 };

void exact_add(exact_sum *sum, double x) {
    int exponent;
    const int64_t significand = (int64_t)ldexp(fabs(frexp(x, &exponent)), 53);
    const int64_t sign = x < 0 ? -1 : 1;
    if (significand == 0) {
        return;
    }
    const int bit = exponent - 53 - LOWEST_BIT;
    const uint64_t low = (uint64_t)(significand & 0xFFFFFFFF) << bit % 32;
    const uint64_t high = (uint64_t)(significand >> 32) << bit % 32;
    int64_t *limb = sum->limb + bit / 32;
    limb[0] += sign * (int64_t)(low & 0xFFFFFFFF);
    limb[1] += sign * (int64_t)((low >> 32) + (high & 0xFFFFFFFF));
    limb[2] += sign * (int64_t)(high >> 32);
}

/* Brings every limb but the topmost into 0 .. 2^32 - 1. */
static void carry(exact_sum *sum) {
    for (int k = 0; k + 1 < EXACT_LIMBS; k++) {
        int64_t rest = sum->limb[k] % 0x100000000;
        rest += rest < 0 ? 0x100000000 : 0;
        sum->limb[k + 1] += (sum->limb[k] - rest) / 0x100000000;
        sum->limb[k] = rest;
    }
}

static uint64_t bits_from(const exact_sum *sum, int bit, int count) {
    uint64_t bits = 0;
    for (int k = count - 1; k >= 0; k--) {
        const int at = bit + k;
        bits = bits << 1 | (at >= 0 ? (uint64_t)sum->limb[at / 32] >> at % 32 & 1 : 0);
    }
    return bits;
}

/* Takes the sign away, and returns whether it was negative. */
static bool make_positive(exact_sum *sum) {
    carry(sum);
    const bool negative = sum->limb[EXACT_LIMBS - 1] < 0;
    for (int k = 0; k < EXACT_LIMBS && negative; k++) {
        sum->limb[k] = -sum->limb[k];
    }
    carry(sum);
    return negative;
}

double exact_quotient(const exact_sum *sum, int64_t divisor, int32_t dtype) {
    exact_sum work = *sum;
    const bool negative = make_positive(&work);
    uint64_t remainder = 0;
    int top = -1;
    for (int k = EXACT_LIMBS - 1; k >= 0; k--) {
        const uint64_t dividend = remainder << 32 | (uint64_t)work.limb[k];
        work.limb[k] = (int64_t)(dividend / (uint64_t)divisor);
        remainder = dividend % (uint64_t)divisor;
        top = top < 0 && work.limb[k] ? 32 * k + 31 : top;
    }
    if (top < 0) {
        return 0;
    }
    while (!bits_from(&work, top, 1)) {
        top--;
    }
    /* 62 bits and a 63rd that is 1 where anything follows: enough to round once to any dtype from there. */
    bool more = remainder != 0;
    for (int bit = top - 62; bit >= 0; bit--) {
        more = more || bits_from(&work, bit, 1);
    }
    const uint64_t significand = bits_from(&work, top - 61, 62) << 1 | more;
    const long double value = ldexpl((long double)significand, top - 62 + LOWEST_BIT);
    return (double)number_round(dtype, negative ? -value : value);
}

/* Bytes of a quotient, the lowest first; 24 of them below the last limb, for a divisor of 53 bits and 62 bits behind it. */
enum { BYTES_BELOW = 24, BYTES = BYTES_BELOW + 4 * EXACT_LIMBS };

static bool bit_of(const uint8_t *bytes, int bit) {
    return bit >= 0 && (bytes[bit / 8] >> bit % 8 & 1) != 0;
}

/* number / divisor, a byte at a time; true where something is left. */
static bool divide_bytes(const exact_sum *number, uint64_t divisor, uint8_t *quotient) {
    uint64_t remainder = 0;
    for (int k = BYTES - 1; k >= 0; k--) {
        const int at = k - BYTES_BELOW;
        const uint64_t byte = at >= 0 ? (uint64_t)number->limb[at / 4] >> 8 * (at % 4) & 255 : 0;
        const uint64_t dividend = remainder << 8 | byte;
        quotient[k] = (uint8_t)(dividend / divisor);
        remainder = dividend % divisor;
    }
    return remainder != 0;
}

bool exact_ratio_is_precise(void) {
    volatile long double one = 1;
    volatile long double more = one + ldexpl(1, -63);
    return more > one;
}

double exact_ratio(const exact_sum *sum, double divisor, int32_t dtype) {
    exact_sum work = *sum;
    uint8_t quotient[BYTES];
    int exponent;
    int top = 8 * BYTES - 1;
    const uint64_t whole = (uint64_t)ldexp(frexp(divisor, &exponent), 53);
    const bool negative = make_positive(&work);
    bool more = divide_bytes(&work, whole, quotient);
    while (top >= 0 && !bit_of(quotient, top)) {
        top--;
    }
    if (top < 0) {
        return 0;
    }
    uint64_t significand = 0;
    for (int bit = top; bit > top - 62; bit--) {
        significand = significand << 1 | bit_of(quotient, bit);
    }
    for (int bit = top - 62; bit >= 0; bit--) {
        more = more || bit_of(quotient, bit);
    }
    significand = significand << 1 | more;
    const long double value =
        ldexpl((long double)significand, top - 62 - 8 * BYTES_BELOW + LOWEST_BIT - (exponent - 53));
    return (double)number_round(dtype, negative ? -value : value);
}

#include "wide_sum.h"

#include <math.h>
#include <string.h>

#include "digits.h"

/* Adds part * 2^exponent; part is normal, or 0. */
static void add_part(rankloss__wide_sum *sum, double part, int exponent) {
    if (part == 0.0)
        return;
    uint64_t bits;
    memcpy(&bits, &part, sizeof bits);
    const uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | UINT64_C(1) << 52;
    const int place = exponent + rankloss__exponent_of(part) - 52 - RANKLOSS__WIDE_SUM_LEAST;
    const rankloss__term_digits term = rankloss__digits_of(mantissa, (unsigned)place, bits >> 63 != 0);
    rankloss__add_digits(sum->digits, &term);
}

void rankloss__wide_sum_add(rankloss__wide_sum *sum, rankloss__wide term) {
    if (rankloss__wide_is_special(term)) {
        sum->special += term.hi;
        return;
    }
    add_part(sum, term.hi, (int)term.exponent);
    add_part(sum, term.lo, (int)term.exponent);
    if (++sum->pending == UINT32_C(1) << 28) {
        rankloss__carry(sum->digits, RANKLOSS__WIDE_SUM_DIGITS);
        sum->pending = 0;
    }
}

/*
 * The digits of a negative sum have the sign in the last one alone: what they come to on the way is a small number, and
 * exact, until the first that counts.
 */
rankloss__wide rankloss__wide_sum_value(rankloss__wide_sum *sum) {
    if (sum->special != 0.0) /* NaN too */
        return rankloss__wide_special(sum->special);
    rankloss__carry(sum->digits, RANKLOSS__WIDE_SUM_DIGITS);
    rankloss__wide value = rankloss__wide_special(0.0);
    for (int k = RANKLOSS__WIDE_SUM_DIGITS - 1; k >= 0; k--) {
        const rankloss__twofold digit = {(double)sum->digits[k], 0.0};
        value = rankloss__wide_add(value, rankloss__wide_make(digit, 32 * k + RANKLOSS__WIDE_SUM_LEAST));
    }
    return value;
}

/*
 * Exact sums in fixed point: each of the two doubles of a term is added to the digits that its bits fall in.
 */
#include "exact/extended_dot.h"

#include "exact/digits.h"

/* Adds part * 2^exponent; part is normal, or 0. */
static void add_part(rankloss__extended_dot *sum, double part, int exponent) {
    if (part == 0.0)
        return;
    const uint64_t bits = rankloss__bits_of(part);
    const uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | UINT64_C(1) << 52;
    const int place = exponent + rankloss__exponent_of(part) - 52 - RANKLOSS__EXTENDED_DOT_LEAST;
    rankloss__add_digits(sum->digits, mantissa, (unsigned)place, bits >> 63 != 0);
}

void rankloss__extended_dot_add(rankloss__extended_dot *sum, rankloss__extended term) {
    if (rankloss__extended_is_special(term)) {
        sum->special += term.hi;
        return;
    }
    add_part(sum, term.hi, (int)term.exponent);
    add_part(sum, term.lo, (int)term.exponent);
    if (++sum->pending == UINT32_C(1) << 28) {
        rankloss__carry(sum->digits, RANKLOSS__EXTENDED_DOT_DIGITS);
        sum->pending = 0;
    }
}

/*
 * In a negative sum only the last digit has the sign. Until the first digit that matters, the partial value is a small
 * integer, and exact.
 */
rankloss__extended rankloss__extended_dot_value(rankloss__extended_dot *sum) {
    if (sum->special != 0.0) /* NaN too */
        return rankloss__extended_special(sum->special);
    rankloss__carry(sum->digits, RANKLOSS__EXTENDED_DOT_DIGITS);
    rankloss__extended value = rankloss__extended_special(0.0);
    for (int k = RANKLOSS__EXTENDED_DOT_DIGITS - 1; k >= 0; k--) {
        const rankloss__dd digit = {(double)sum->digits[k], 0.0};
        value = rankloss__extended_add(value, rankloss__extended_make(digit, 32 * k + RANKLOSS__EXTENDED_DOT_LEAST));
    }
    return value;
}

/*
 * Digits with late carries, parts that wait for them, and a quotient that is rounded once.
 */
#include "reduction/exact_sum.h"

#include <math.h>
#include <string.h>

#include <rankloss/array.h>

#include "exact/digits.h"
#include "exact/extended.h"

static void use_digits(rankloss__exact_sum *sum, unsigned first, unsigned end) {
    if (sum->end == 0 || first < sum->first)
        sum->first = first;
    if (end > sum->end)
        sum->end = end;
}

/* Two more digits take in all that is carried. The last that is left has the sign of the sum. */
static void carry(rankloss__exact_sum *sum) {
    if (sum->end == 0)
        return;
    sum->end = sum->end + 2 < RANKLOSS__SUM_DIGITS ? sum->end + 2 : RANKLOSS__SUM_DIGITS;
    rankloss__carry(sum->digits + sum->first, (int)(sum->end - sum->first));
    while (sum->end > sum->first + 1 && sum->digits[sum->end - 1] == 0)
        sum->end--;
    sum->pending = 0;
}

static void add_digits(rankloss__exact_sum *sum, const rankloss__term_digits *term) {
    use_digits(sum, term->first, term->first + 3);
    rankloss__add_digits(sum->digits, term);
}

static rankloss__term_digits digits_of(uint64_t bits) {
    const unsigned exponent = bits >> 52 & 0x7FF;
    const uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)(exponent != 0) << 52;
    const unsigned place = exponent - (exponent != 0) + RANKLOSS__SUM_BELOW;
    return rankloss__digits_of(mantissa, place, bits >> 63 != 0);
}

static void note_special(rankloss__exact_sum *sum, double term) {
    sum->nan |= term != term;
    sum->plus_infinity |= term > 0.0;
    sum->minus_infinity |= term < 0.0;
}

/* Terms of about the same size meet in the same digits, which therefore stay in registers. */
void rankloss__exact_sum_add_all(rankloss__exact_sum *sum, const double *terms, int count) {
    const unsigned nowhere = RANKLOSS__SUM_DIGITS;
    rankloss__term_digits held = {nowhere, {0, 0, 0}};
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &terms[i], sizeof bits);
        if ((bits >> 52 & 0x7FF) == 0x7FF) {
            note_special(sum, terms[i]);
            continue;
        }
        if (bits << 1 == 0)
            continue;
        const rankloss__term_digits term = digits_of(bits);
        if (term.first != held.first) {
            if (held.first != nowhere)
                add_digits(sum, &held);
            held = term;
            continue;
        }
        for (int k = 0; k < 3; k++)
            held.at[k] += term.at[k];
    }
    if (held.first != nowhere)
        add_digits(sum, &held);
    /* A digit grows by less than 2^33 at a time. */
    sum->pending += (uint32_t)count;
    if (sum->pending >= UINT32_C(1) << 28)
        carry(sum);
}

void rankloss__exact_sum_add(rankloss__exact_sum *sum, double term) {
    rankloss__exact_sum_add_all(sum, &term, 1);
}

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
static bool add_parts(rankloss__exact_sum *sum, const double terms[8]) {
    const uint64_t largest = bits_of(0x1p18) - 1;
    double high[8], middle[8], low[8];
    uint64_t lost = 0, above = 0;
    for (int k = 0; k < 8; k++) {
        high[k] = round_to(terms[k], 0x1p38);
        const double rest = terms[k] - high[k];
        middle[k] = round_to(rest, 0x1p2);
        low[k] = rest - middle[k];
        lost |= bits_of(low[k]) ^ bits_of(round_to(low[k], 0x1p-14));
        above |= largest - (bits_of(terms[k]) & INT64_MAX);
    }
    if (lost != 0 || above >> 63 != 0)
        return false;
    for (int k = 0; k < 8; k++) {
        sum->parts[0][k] += high[k];
        sum->parts[1][k] += middle[k];
        sum->parts[2][k] += low[k];
    }
    sum->split++;
    return true;
}

static void settle_parts(rankloss__exact_sum *sum) {
    double totals[RANKLOSS__SPLIT_PARTS] = {0.0};
    if (sum->split == 0)
        return;
    for (int part = 0; part < RANKLOSS__SPLIT_PARTS; part++)
        for (int k = 0; k < 8; k++)
            totals[part] += sum->parts[part][k];
    memset(sum->parts, 0, sizeof sum->parts);
    sum->split = 0;
    rankloss__exact_sum_add_all(sum, totals, RANKLOSS__SPLIT_PARTS);
}

void rankloss__exact_sum_add_eight(rankloss__exact_sum *sum, const double terms[8]) {
    if (sum->split == RANKLOSS__SPLIT_MOST)
        settle_parts(sum);
    if (!add_parts(sum, terms))
        rankloss__exact_sum_add_all(sum, terms, 8);
}

void rankloss__exact_sum_merge(rankloss__exact_sum *sum, rankloss__exact_sum *other) {
    settle_parts(sum);
    settle_parts(other);
    carry(sum);
    carry(other);
    if (other->end != 0)
        use_digits(sum, other->first, other->end);
    for (unsigned k = other->first; k < other->end; k++)
        sum->digits[k] += other->digits[k];
    sum->nan |= other->nan;
    sum->plus_infinity |= other->plus_infinity;
    sum->minus_infinity |= other->minus_infinity;
}

/* Bit `place` of a magnitude, 0 below its end. */
static uint64_t bit_at(const rankloss__exact_sum *sum, int place) {
    return place < 0 ? 0 : (uint64_t)sum->digits[place / 32] >> (place % 32) & 1u;
}

static bool any_bit_below(const rankloss__exact_sum *sum, int place) {
    while (place > 0 && place % 32 != 0)
        if (bit_at(sum, --place) != 0)
            return true;
    for (int k = 0; k < place / 32; k++)
        if (sum->digits[k] != 0)
            return true;
    return false;
}

/* The 64 leading bits of a quotient, the weight of the last of them, and whether anything follows. */
typedef struct quotient {
    uint64_t bits;
    int exponent;
    bool sticky;
} quotient;

static quotient divide(const rankloss__exact_sum *sum, uint64_t divisor) {
    quotient result = {0, 0, false};
    uint64_t rest = 0;
    int top = RANKLOSS__SUM_DIGITS - 1;
    while (top >= 0 && sum->digits[top] == 0)
        top--;
    if (top < 0)
        return result;
    int place = top * 32 + 32;
    while (result.bits >> 63 == 0) {
        place--;
        rest = rest * 2 + bit_at(sum, place);
        result.bits *= 2;
        if (rest >= divisor) {
            rest -= divisor;
            result.bits |= 1;
        }
    }
    result.exponent = place - (1074 + RANKLOSS__SUM_BELOW);
    result.sticky = rest != 0 || any_bit_below(sum, place);
    return result;
}

/* q rounded to `precision` bits, fewer where its last bit would weigh less than 2^least; ties to even. */
static double round_quotient(quotient q, int precision, int least, int largest) {
    int drop = 64 - precision;
    if (q.exponent + drop < least)
        drop = least - q.exponent;
    if (drop > 65 || q.bits == 0)
        return 0.0;
    const uint64_t kept = drop < 64 ? q.bits >> drop : 0;
    const uint64_t half = drop <= 64 ? UINT64_C(1) << (drop - 1) : 0; /* at 65 all of q is below one half */
    const uint64_t rest = drop < 64 ? q.bits & (2 * half - 1) : q.bits;
    const bool above = rest > half || (rest == half && q.sticky);
    const bool up = half != 0 && (above || (rest == half && (kept & 1) != 0));
    const uint64_t rounded = kept + up;
    if (rounded == 0)
        return 0.0;
    const rankloss__extended value = rankloss__extended_make((rankloss__dd){(double)rounded, 0.0}, q.exponent + drop);
    return value.exponent > largest ? (double)INFINITY : rankloss__extended_to_double(value);
}

static double round_to_dtype(quotient q, int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F32:
        return round_quotient(q, 24, -149, 127);
    case RANKLOSS_F16:
        return round_quotient(q, 11, -24, 15);
    case RANKLOSS_BF16:
        return round_quotient(q, 8, -133, 127);
    default:
        return round_quotient(q, 53, -1074, 1023);
    }
}

/* Makes the sum its magnitude, all digits in [0, 2^32); returns whether it was negative. */
static bool take_magnitude(rankloss__exact_sum *sum) {
    carry(sum);
    const bool negative = sum->digits[sum->end - 1] < 0;
    if (negative) {
        for (unsigned k = sum->first; k < sum->end; k++)
            sum->digits[k] = -sum->digits[k];
        rankloss__carry(sum->digits + sum->first, (int)(sum->end - sum->first));
    }
    return negative;
}

double rankloss__exact_sum_quotient(rankloss__exact_sum *sum, uint64_t divisor, int32_t dtype) {
    settle_parts(sum);
    if (sum->nan || (sum->plus_infinity && sum->minus_infinity))
        return (double)NAN;
    if (sum->plus_infinity || sum->minus_infinity)
        return sum->plus_infinity ? (double)INFINITY : -(double)INFINITY;
    if (sum->end == 0)
        return 0.0;
    const bool negative = take_magnitude(sum);
    const double magnitude = round_to_dtype(divide(sum, divisor), dtype);
    return negative && magnitude != 0.0 ? -magnitude : magnitude;
}

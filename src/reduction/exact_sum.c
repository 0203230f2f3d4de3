/*
 * Exact sums: fixed-point digits with late carries, floating-point parts for eight terms at a time, and a quotient that
 * is rounded once.
 *
 * The digits alone would be right, and slow: three read-modify-writes for each term. Eight terms as parts are a few
 * vector operations of a kernel (kernels/steps/terms.inc), and exact as well: each part of a term is a multiple of one power
 * of two, and no sum of the parts exceeds 2^53 of that power before they are moved to the digits. Terms that do not split so
 * are recognised by their size and by the bits of their last part, and go to the digits directly. All of it is exact, so no
 * order of terms changes a bit.
 */
#include "reduction/exact_sum.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <rankloss/array.h>

#include "exact/digits.h"

/* Notes that the digits from `first` to before `end` are in use. */
static void use_digits(rankloss__exact_sum *sum, unsigned first, unsigned end) {
    if (sum->end == 0 || first < sum->first)
        sum->first = (uint16_t)first;
    if (end > sum->end)
        sum->end = (uint16_t)end;
}

/* Two more digits have room for every carry. The last one that is not 0 has the sign of the sum. */
static void carry(rankloss__exact_sum *sum) {
    if (sum->end == 0)
        return;
    sum->end = (uint16_t)(sum->end + 2 < RANKLOSS__SUM_DIGITS ? sum->end + 2 : RANKLOSS__SUM_DIGITS);
    rankloss__carry(sum->digits + sum->first, sum->end - sum->first);
    while (sum->end > sum->first + 1 && sum->digits[sum->end - 1] == 0)
        sum->end--;
    sum->pending = 0;
}

void rankloss__exact_sum_add(rankloss__exact_sum *sum, double term) {
    const uint64_t bits = rankloss__bits_of(term);
    const unsigned exponent = bits >> 52 & 0x7FF;
    const uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)(exponent != 0) << 52;
    if (exponent == 0x7FF) {
        sum->nan |= term != term;
        sum->plus_infinity |= term > 0.0;
        sum->minus_infinity |= term < 0.0;
        return;
    }
    if (mantissa == 0)
        return;
    const unsigned place = exponent - (exponent != 0) + RANKLOSS__SUM_BELOW;
    use_digits(sum, place / 32, place / 32 + 3);
    rankloss__add_digits(sum->digits, mantissa, place, bits >> 63 != 0);
    /* A digit grows by less than 2^33 at a time. */
    if (++sum->pending >= UINT32_C(1) << 28)
        carry(sum);
}

/* --- eight at a time --- */

static void add_waiting(const rankloss__split_sum *split, rankloss__exact_sum *sum) {
    for (int k = 0; k < RANKLOSS__LANES; k++)
        rankloss__exact_sum_add(sum, split->waiting[k]);
}

void rankloss__split_sum_end(rankloss__split_sum *split, rankloss__exact_sum *sum) {
    if (split->times == 0)
        return;
    add_waiting(split, sum);
    for (int part = 0; part < RANKLOSS__SPLIT_PARTS; part++) {
        double total = 0.0;
        for (int k = 0; k < RANKLOSS__LANES; k++)
            total += split->parts[part][k];
        rankloss__exact_sum_add(sum, total);
    }
    *split = (rankloss__split_sum){.times = 0};
}

/* Where a term does not split, all eight go to the digits. */
void rankloss__split_sum_add(rankloss__split_sum *split, const rankloss__kernels *kernels,
                             const double terms[RANKLOSS__LANES], rankloss__exact_sum *sum) {
    if (split->times == RANKLOSS__SPLIT_MOST)
        rankloss__split_sum_end(split, sum);
    if (!kernels->add_split(terms, split->waiting, split->parts)) {
        add_waiting(split, sum);
        memcpy(split->waiting, terms, sizeof split->waiting);
    }
    split->times++;
}

/* --- reading --- */

void rankloss__exact_sum_merge(rankloss__exact_sum *sum, rankloss__exact_sum *other) {
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

/* The 64 leading bits of a quotient, the weight of the last of them, and whether anything follows. */
typedef struct quotient {
    uint64_t bits;
    int exponent;
    bool sticky;
} quotient;

/* By long division, a bit at a time, of a sum that is not negative and has no pending carries. */
static quotient divide(const rankloss__exact_sum *sum, uint64_t divisor) {
    const int least = 32 * sum->first;
    quotient result = {0, 0, false};
    uint64_t rest = 0;
    int place = 32 * sum->end;
    if (sum->digits[sum->end - 1] == 0) /* the only one */
        return result;
    while (result.bits >> 63 == 0) {
        place--;
        rest = rest * 2 + (place >= least ? (uint64_t)sum->digits[place / 32] >> (place % 32) & 1u : 0);
        result.bits *= 2;
        if (rest >= divisor) {
            rest -= divisor;
            result.bits |= 1;
        }
    }
    result.exponent = place - (1074 + RANKLOSS__SUM_BELOW);
    result.sticky = rest != 0;
    while (place-- > least)
        result.sticky |= ((uint64_t)sum->digits[place / 32] >> (place % 32) & 1u) != 0;
    return result;
}

/* q rounded to a dtype of floating point, ties to even. */
static double round_to_dtype(quotient q, int32_t dtype) {
    static const struct {
        int precision, least; /* bits; the weight of the last bit of the smallest number */
        double largest;
    } formats[] = {[RANKLOSS_F32] = {24, -149, 0x1.FFFFFEp127},
                   [RANKLOSS_F64] = {53, -1074, DBL_MAX},
                   [RANKLOSS_F16] = {11, -24, 0x1.FFCp15},
                   [RANKLOSS_BF16] = {8, -133, 0x1.FEp127}};
    int drop = 64 - formats[dtype].precision;
    if (q.exponent + drop < formats[dtype].least)
        drop = formats[dtype].least - q.exponent;
    if (drop > 65 || q.bits == 0)
        return 0.0;
    const uint64_t kept = drop < 64 ? q.bits >> drop : 0;
    const uint64_t half = drop <= 64 ? UINT64_C(1) << (drop - 1) : 0; /* at 65 all of q is below one half */
    const uint64_t rest = drop < 64 ? q.bits & (2 * half - 1) : q.bits;
    const bool above = rest > half || (rest == half && q.sticky);
    const bool up = half != 0 && (above || (rest == half && (kept & 1) != 0));
    const int exponent = q.exponent + drop;
    if (q.exponent + 63 > 1023) /* no double */
        return (double)INFINITY;
    /* At most 53 bits, times a power of two that is a double, if a subnormal one: exact, as the result is. */
    const uint64_t power = exponent < -1022 ? UINT64_C(1) << (exponent + 1074) : (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &power, sizeof value);
    value *= (double)(kept + up);
    return value <= formats[dtype].largest ? value : (double)INFINITY;
}

/* sum / (divisor * 2^exponent) */
static double quotient_of(rankloss__exact_sum *sum, uint64_t divisor, int exponent, int32_t dtype) {
    if (sum->nan || (sum->plus_infinity && sum->minus_infinity))
        return (double)NAN;
    if (sum->plus_infinity || sum->minus_infinity)
        return sum->plus_infinity ? (double)INFINITY : -(double)INFINITY;
    if (sum->end == 0)
        return 0.0;
    carry(sum);
    const bool negative = sum->digits[sum->end - 1] < 0;
    if (negative) { /* the division is of the magnitude, all digits in [0, 2^32) */
        for (unsigned k = sum->first; k < sum->end; k++)
            sum->digits[k] = -sum->digits[k];
        carry(sum);
    }
    quotient q = divide(sum, divisor);
    q.exponent -= exponent; /* exact, as the power of two that it stands for */
    const double magnitude = round_to_dtype(q, dtype);
    return negative && magnitude != 0.0 ? -magnitude : magnitude;
}

double rankloss__exact_sum_quotient(rankloss__exact_sum *sum, uint64_t divisor, int32_t dtype) {
    return quotient_of(sum, divisor, 0, dtype);
}

double rankloss__exact_sum_ratio(rankloss__exact_sum *sum, double divisor, int32_t dtype) {
    const uint64_t bits = rankloss__bits_of(divisor);
    const int exponent = (int)(bits >> 52), normal = exponent != 0;
    const uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)normal << 52;
    const int zeros = __builtin_ctzll(mantissa); /* a small divisor takes fewer steps, and a count is itself again */
    return quotient_of(sum, mantissa >> zeros, exponent - normal - 1074 + zeros, dtype);
}

/* --- as words --- */

void rankloss__exact_sum_store(rankloss__exact_sum *sum, uint64_t words[RANKLOSS__SUM_WORDS]) {
    const int64_t one = INT64_C(1) << 32;
    int64_t above = 0; /* what the digits below have carried */
    memset(words, 0, RANKLOSS__SUM_WORDS * sizeof *words);
    for (unsigned k = 0; k < 2 * RANKLOSS__SUM_WORDS; k++) {
        const int64_t digit = sum->digits[k] + above;
        const uint32_t low = (uint32_t)digit;
        above = (digit - (int64_t)low) / one;
        words[k / 2] |= (uint64_t)low << (k % 2 * 32);
    }
}

void rankloss__exact_sum_load(rankloss__exact_sum *sum, const uint64_t words[RANKLOSS__SUM_WORDS]) {
    for (unsigned k = 0; k < 2 * RANKLOSS__SUM_WORDS; k++) {
        sum->digits[k] = (int64_t)(words[k / 2] >> (k % 2 * 32) & 0xFFFFFFFFu);
        if (sum->digits[k] != 0)
            use_digits(sum, k, k + 1);
    }
    /* The sign is in the last digit alone. */
    if (words[RANKLOSS__SUM_WORDS - 1] >> 63 != 0)
        sum->digits[2 * RANKLOSS__SUM_WORDS - 1] -= INT64_C(1) << 32;
}

/*
 * Roundings and errors by MPFR.
 */
#include "mp_number.h"

#include <math.h>

#include <rankloss/array.h>

#include "number.h"

void mp_term_init(mp_term *t) {
    mpfr_inits2(MP_BITS, t->value, t->scale, (mpfr_ptr)NULL);
    mp_term_set_zero(t);
}

void mp_term_clear(mp_term *t) {
    mpfr_clears(t->value, t->scale, (mpfr_ptr)NULL);
}

void mp_term_set_zero(mp_term *t) {
    mpfr_set_zero(t->value, 1);
    mpfr_set_zero(t->scale, 1);
}

void mp_term_add(mp_term *sum, const mpfr_t factor, const mp_term *t) {
    mpfr_t size;
    mpfr_init2(size, MP_BITS);
    mpfr_abs(size, factor, MPFR_RNDN);
    mpfr_fma(sum->value, factor, t->value, sum->value, MPFR_RNDN);
    mpfr_fma(sum->scale, size, t->scale, sum->scale, MPFR_RNDN);
    mpfr_clear(size);
}

/* The exponents of a float dtype: it holds multiples of 2^lowest below 2^limit. */
typedef struct range {
    long lowest;
    long limit;
} range;

static range range_of(int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
        return (range){-1074, 1024};
    case RANKLOSS_F16:
        return (range){-24, 16};
    case RANKLOSS_BF16:
        return (range){-133, 128};
    default:
        return (range){-149, 128};
    }
}

/* r has the precision of dtype and was rounded, which went the way `ternary`: what its range makes of it. */
static double in_range(int32_t dtype, mpfr_t r, int ternary) {
    const mpfr_exp_t least = mpfr_get_emin();
    const mpfr_exp_t most = mpfr_get_emax();
    const range held = range_of(dtype);
    mpfr_set_emin(held.lowest + 1);
    mpfr_set_emax(held.limit);
    ternary = mpfr_check_range(r, ternary, MPFR_RNDN);
    mpfr_subnormalize(r, ternary, MPFR_RNDN);
    const double value = mpfr_get_d(r, MPFR_RNDN);
    mpfr_set_emin(least);
    mpfr_set_emax(most);
    return value;
}

double mp_nearest(int32_t dtype, const mpfr_t a) {
    mpfr_t r;
    mpfr_init2(r, number_precision(dtype));
    const int ternary = mpfr_set(r, a, MPFR_RNDN);
    const double value = in_range(dtype, r, ternary);
    mpfr_clear(r);
    return value;
}

/* The n for which 2^n is the last place of dtype at a magnitude, as if the dtype had no largest number. */
static long last_place(int32_t dtype, const mpfr_t magnitude) {
    const long lowest = range_of(dtype).lowest;
    if (mpfr_zero_p(magnitude)) {
        return lowest;
    }
    const long last = (long)mpfr_get_exp(magnitude) - number_precision(dtype);
    return last < lowest ? lowest : last;
}

/* Whether exact, moved away from 0 by `bar` units, rounds to the infinity that was got. */
static int may_overflow(int32_t output, double got, const mpfr_t exact, double bar, long unit) {
    mpfr_t moved;
    mpfr_init2(moved, MP_BITS);
    mpfr_set_d(moved, copysign(bar, got), MPFR_RNDN);
    mpfr_mul_2si(moved, moved, unit, MPFR_RNDN);
    mpfr_add(moved, moved, exact, MPFR_RNDN);
    const int may = mp_nearest(output, moved) == got;
    mpfr_clear(moved);
    return may;
}

double mp_error(int32_t compute, int32_t output, double got, const mp_term *exact, double bar) {
    mpfr_t error;
    mpfr_t half;
    mpfr_inits2(MP_BITS, error, half, (mpfr_ptr)NULL);
    mpfr_abs(error, exact->value, MPFR_RNDN);
    mpfr_max(error, error, exact->scale, MPFR_RNDN);
    const long unit = last_place(compute, error);
    double result;
    if (!isfinite(got)) {
        result = isinf(got) && may_overflow(output, got, exact->value, bar, unit) ? 0 : (double)INFINITY;
    } else {
        const int coarser = number_precision(output) < number_precision(compute);
        mpfr_set_ui_2exp(half, (unsigned long)coarser, last_place(output, exact->value) - 1, MPFR_RNDN);
        mpfr_set_d(error, got, MPFR_RNDN);
        mpfr_sub(error, exact->value, error, MPFR_RNDN);
        mpfr_abs(error, error, MPFR_RNDN);
        mpfr_sub(error, error, half, MPFR_RNDN);
        mpfr_mul_2si(error, error, -unit, MPFR_RNDN);
        result = mpfr_sgn(error) > 0 ? mpfr_get_d(error, MPFR_RNDU) : 0;
    }
    mpfr_clears(error, half, (mpfr_ptr)NULL);
    return result;
}

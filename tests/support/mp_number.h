/*
 * Numbers of MPFR beside numbers of a dtype: rounding to it, and errors in units of its last place. MPFR
 * rounds correctly at any precision, and so can check the bounds themselves.
 */
#ifndef RANKLOSS_TESTS_MP_NUMBER_H
#define RANKLOSS_TESTS_MP_NUMBER_H

#include <stdint.h>

#include <mpfr.h>

/** Bits of every number: the formulas that are evaluated lose less than 20 of them. */
enum { MP_BITS = 192 };

/** A value, and the sum of the magnitudes of its terms, by which its rounding errors are measured. */
typedef struct mp_term {
    mpfr_t value;
    mpfr_t scale;
} mp_term;

void mp_term_init(mp_term *t);
void mp_term_clear(mp_term *t);
void mp_term_set_zero(mp_term *t);

/** sum += factor * t, the scale by the magnitude of factor. */
void mp_term_add(mp_term *sum, const mpfr_t factor, const mp_term *t);

/** The number of a float dtype that is nearest to a, ties to even, with subnormals and overflow to infinity. */
double mp_nearest(int32_t dtype, const mpfr_t a);

/**
 * |got - exact|, less the half place that an output coarser than the compute dtype may be off, in units in the last place
 * of the compute dtype at the larger of scale and |exact|. An infinite result counts as exact where what is `bar` units
 * away from exact rounds to it; any other result that is no number is infinitely wrong.
 */
double mp_error(int32_t compute, int32_t output, double got, const mp_term *exact, double bar);

#endif

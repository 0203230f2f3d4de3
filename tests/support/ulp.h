/*
 * How far a result is from the exact value, in units in the last place, and how far it may be.
 */
#ifndef RANKLOSS_TESTS_ULP_H
#define RANKLOSS_TESTS_ULP_H

#include <stdbool.h>
#include <stdint.h>

#include "reference.h"

/** The bar that rankloss/softmax.h states for an output, in ULP of the compute dtype. */
double ulp_bar(int32_t compute, output_kind kind);

/**
 * |got - exact| in units in the last place of dtype at the larger of the scale and |exact|. 0 where got is what exact
 * rounds to, the same NaN or infinity included; infinite where only one of the two is a number.
 */
double ulp_error(int32_t dtype, long double got, long double exact, long double scale);

/**
 * Whether an element of an output of some dtype is within the bar. A dtype coarser than the compute dtype adds the
 * one rounding to it: half a unit in its own last place.
 */
bool ulp_within_bar(int32_t compute, int32_t dtype, output_kind kind, long double got, term exact);

#endif

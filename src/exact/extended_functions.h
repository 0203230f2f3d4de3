/*
 * The exponential and the logarithm of extended numbers.
 */
#ifndef RANKLOSS_SRC_EXACT_EXTENDED_FUNCTIONS_H
#define RANKLOSS_SRC_EXACT_EXTENDED_FUNCTIONS_H

#include "exact/extended.h"

/* exp(x) of a finite x <= 10^5, never 0: to some 2^-98 for |x| <= 690, to 2^-90 for |x| <= 10^5. */
rankloss__extended rankloss__extended_exp(rankloss__extended x);

/* log(1 + x) of x >= 0, to some 2^-90 */
rankloss__extended rankloss__extended_log1p(rankloss__extended x);

#endif

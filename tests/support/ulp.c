/*
 * Errors in ULP.
 */
#include "ulp.h"

#include <math.h>

#include "number.h"

double ulp_bar(int32_t compute, output_kind kind) {
    if (compute == RANKLOSS_F64) {
        return 4;
    }
    return kind == OUTPUT_LOSS ? 1 : 2;
}

/* The same value, or NaN both. */
static bool same(long double a, long double b) {
    return a == b || (isnan(a) && isnan(b));
}

double ulp_error(int32_t dtype, long double got, long double exact, long double scale) {
    const long double rounded = number_round(dtype, exact);
    if (same(got, rounded)) {
        return 0;
    }
    if (!isfinite(got) || !isfinite(rounded)) {
        return (double)INFINITY;
    }
    return (double)(fabsl(got - exact) / number_spacing(dtype, fmaxl(fabsl(scale), fabsl(exact))));
}

bool ulp_within_bar(int32_t compute, int32_t dtype, output_kind kind, long double got, term exact) {
    if (same(got, number_round(dtype, exact.value))) {
        return true;
    }
    const long double magnitude = fmaxl(fabsl(exact.scale), fabsl(exact.value));
    const bool coarser = number_precision(dtype) < number_precision(compute);
    const long double rounding = coarser ? number_spacing(dtype, exact.value) / 2 : 0;
    const long double allowed = (long double)ulp_bar(compute, kind) * number_spacing(compute, magnitude) + rounding;
    if (isinf(got)) {
        return got == number_round(dtype, exact.value - allowed) || got == number_round(dtype, exact.value + allowed);
    }
    return isfinite(got) && isfinite(exact.value) && fabsl(got - exact.value) <= allowed;
}

#include "estimate.h"

#include <math.h>

struct estimate estimate_of(const double *values, size_t count) {
    struct estimate estimate = {(double)NAN, (double)NAN};
    double sum = 0.0;
    double squares = 0.0;
    double counted = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += isnan(values[i]) ? 0.0 : values[i];
        counted += isnan(values[i]) ? 0.0 : 1.0;
    }
    if (counted > 0.0) {
        estimate.mean = sum / counted;
    }
    for (size_t i = 0; i < count; i++) {
        const double deviation = isnan(values[i]) ? 0.0 : values[i] - estimate.mean;
        squares += deviation * deviation;
    }
    if (counted > 1.0) {
        estimate.standard_error = sqrt(squares / (counted - 1.0) / counted);
    }
    return estimate;
}

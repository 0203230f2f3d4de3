/*
 * Means and their standard errors against values worked out by hand.
 */
#include "../common/estimate.h"

#include <math.h>
#include <stdio.h>

static int failures = 0;

static void check(const char *what, struct estimate got, double mean, double standard_error) {
    const double numbers[2][2] = {{got.mean, mean}, {got.standard_error, standard_error}};
    for (size_t i = 0; i < 2; i++) {
        if (fabs(numbers[i][0] - numbers[i][1]) > 1e-15 || isnan(numbers[i][0]) != isnan(numbers[i][1])) {
            fprintf(stderr, "%s: %.17g, not %.17g\n", what, numbers[i][0], numbers[i][1]);
            failures++;
        }
    }
}

int main(void) {
    const double nothing = (double)NAN;
    const double values[] = {1.0, nothing, 2.0, 4.0, 5.0, nothing};
    check("four values", estimate_of(values, 6), 3.0, sqrt(10.0 / 3.0 / 4.0));
    check("two values", estimate_of(values, 3), 1.5, 0.5);
    check("one value", estimate_of(values, 2), 1.0, nothing);
    check("no value", estimate_of(values + 1, 1), nothing, nothing);
    check("nothing at all", estimate_of(values, 0), nothing, nothing);
    return failures == 0 ? 0 : 1;
}

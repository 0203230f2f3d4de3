#include "gradient.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <mpi.h>

#include "../letor/memory.h"

/* The largest magnitude of the terms of each weight; infinite where one of them is not finite. */
static void find_largest(const struct dataset *lists, const float *grad_scores, size_t num_weights, double *largest) {
    for (size_t i = 0; i < lists->num_items; i++) {
        for (size_t e = lists->rows[i]; e < lists->rows[i + 1]; e++) {
            const double term = (double)grad_scores[i] * (double)lists->entries[e].value;
            double *const most = &largest[lists->entries[e].column];
            *most = isfinite(term) ? fmax(*most, fabs(term)) : (double)INFINITY;
        }
    }
    MPI_Allreduce(MPI_IN_PLACE, largest, (int)num_weights, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
}

/* One over the unit, in which num_items terms of at most the largest sum to at most 2^62; 0 where there is none. */
static double scale_for(double largest, size_t num_items) {
    int exponent_of_count = 0;
    int exponent_of_largest = 0;
    if (!isfinite(largest)) {
        return 0.0;
    }
    frexp((double)num_items, &exponent_of_count); /* num_items < 2^exponent_of_count */
    frexp(largest, &exponent_of_largest);
    return ldexp(1.0, 62 - exponent_of_count - exponent_of_largest);
}

static void add_terms(const struct dataset *lists, const float *grad_scores, const double *scales, size_t num_weights,
                      int64_t *sums) {
    for (size_t i = 0; i < lists->num_items; i++) {
        for (size_t e = lists->rows[i]; e < lists->rows[i + 1]; e++) {
            const uint32_t column = lists->entries[e].column;
            if (scales[column] > 0.0) {
                const double term = (double)grad_scores[i] * (double)lists->entries[e].value;
                sums[column] += llrint(term * scales[column]);
            }
        }
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, (int)num_weights, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
}

void gradient_of_weights(const struct dataset *lists, const float *grad_scores, size_t num_items, size_t num_weights,
                         double *gradient) {
    double *const scales = new_array(num_weights, sizeof(*scales));
    int64_t *const sums = new_array(num_weights, sizeof(*sums));
    find_largest(lists, grad_scores, num_weights, scales);
    for (size_t j = 0; j < num_weights; j++) {
        scales[j] = scale_for(scales[j], num_items);
    }
    add_terms(lists, grad_scores, scales, num_weights, sums);
    for (size_t j = 0; j < num_weights; j++) {
        gradient[j] = scales[j] > 0.0 ? (double)sums[j] / scales[j] : (double)NAN;
    }
    free(scales);
    free(sums);
}

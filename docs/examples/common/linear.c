#include "linear.h"

void linear_scores(const struct dataset *data, const double *weights, float *scores) {
    for (size_t i = 0; i < data->num_items; i++) {
        double sum = 0.0;
        for (size_t e = data->rows[i]; e < data->rows[i + 1]; e++) {
            sum += weights[data->entries[e].column] * (double)data->entries[e].value;
        }
        scores[i] = (float)sum;
    }
}

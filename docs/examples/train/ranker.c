#include "ranker.h"

void ranker_scores(const struct dataset *data, const double *weights, float *scores) {
    for (size_t i = 0; i < data->num_items; i++) {
        double sum = 0.0;
        for (size_t e = data->rows[i]; e < data->rows[i + 1]; e++) {
            sum += weights[data->entries[e].column] * (double)data->entries[e].value;
        }
        scores[i] = (float)sum;
    }
}

void ranker_gradient(const struct dataset *data, const float *grad_scores, double *grad_weights, size_t num_weights) {
    for (size_t j = 0; j < num_weights; j++) {
        grad_weights[j] = 0.0;
    }
    for (size_t i = 0; i < data->num_items; i++) {
        for (size_t e = data->rows[i]; e < data->rows[i + 1]; e++) {
            grad_weights[data->entries[e].column] += (double)grad_scores[i] * (double)data->entries[e].value;
        }
    }
}

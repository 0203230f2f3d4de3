#include "ndcg.h"

#include <math.h>
#include <stdlib.h>

#include "../letor/memory.h"
#include "estimate.h"

struct ranked {
    float score;
    float label;
};

static int by_falling_score(const void *left, const void *right) {
    const struct ranked *const a = left;
    const struct ranked *const b = right;
    return (a->score < b->score) - (a->score > b->score);
}

/* The discount of a rank that counts from 0. */
static double discount(size_t rank, size_t k) {
    return rank < k ? 1.0 / log2((double)rank + 2.0) : 0.0;
}

static double dcg(const struct ranked *items, size_t count, size_t k, enum gain gain) {
    double sum = 0.0;
    for (size_t begin = 0, end = 0; begin < count && begin < k; begin = end) {
        double gains = 0.0;
        double discounts = 0.0;
        end = begin;
        do {
            gains += gain_of(gain, items[end].label);
            discounts += discount(end, k);
            end++;
        } while (end < count && items[end].score == items[begin].score);
        sum += gains / (double)(end - begin) * discounts;
    }
    return sum;
}

/* Ranks the items that take part, and returns how many they are; ranked has room for list_size. */
static size_t rank(const float *scores, const float *labels, const bool *where, size_t list_size,
                   struct ranked *ranked) {
    size_t count = 0;
    for (size_t i = 0; i < list_size; i++) {
        if (where == NULL || where[i]) {
            ranked[count++] = (struct ranked){scores[i], labels[i]};
        }
    }
    qsort(ranked, count, sizeof(*ranked), by_falling_score);
    return count;
}

double ndcg(const float *scores, const float *labels, const bool *where, size_t list_size, size_t k, enum gain gain) {
    struct ranked *const ranked = new_array(list_size, sizeof(*ranked));
    const double ideal = dcg(ranked, rank(labels, labels, where, list_size, ranked), k, gain);
    const double real = dcg(ranked, rank(scores, labels, where, list_size, ranked), k, gain);
    free(ranked);
    return ideal > 0.0 ? real / ideal : (double)NAN;
}

void ndcg_of_lists(const struct dataset *data, const float *scores, size_t k, enum gain gain, double *values) {
    for (size_t list = 0; list < data->num_lists; list++) {
        const size_t begin = (size_t)data->offsets[list];
        const size_t size = (size_t)data->offsets[list + 1] - begin;
        values[list] =
            size > 0 ? ndcg(scores + begin, data->labels + begin, data->where + begin, size, k, gain) : (double)NAN;
    }
}

double ndcg_mean(const struct dataset *data, const float *scores, size_t k, enum gain gain) {
    double *const values = new_array(data->num_lists, sizeof(*values));
    ndcg_of_lists(data, scores, k, gain, values);
    const double mean = estimate_of(values, data->num_lists).mean;
    free(values);
    return mean;
}

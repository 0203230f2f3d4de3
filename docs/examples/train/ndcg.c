#include "ndcg.h"

#include <math.h>
#include <stdlib.h>

#include "allocate.h"

struct ranked {
    float score;
    float label;
};

static int by_falling_score(const void *left, const void *right) {
    const struct ranked *const a = left;
    const struct ranked *const b = right;
    return (a->score < b->score) - (a->score > b->score);
}

static double gain(float label) {
    return exp2((double)label) - 1.0;
}

/* The discount of a rank that counts from 0. */
static double discount(size_t rank, size_t k) {
    return rank < k ? 1.0 / log2((double)rank + 2.0) : 0.0;
}

static double dcg(const struct ranked *items, size_t count, size_t k) {
    double sum = 0.0;
    for (size_t begin = 0, end = 0; begin < count && begin < k; begin = end) {
        double gains = 0.0;
        double discounts = 0.0;
        end = begin;
        do {
            gains += gain(items[end].label);
            discounts += discount(end, k);
            end++;
        } while (end < count && items[end].score == items[begin].score);
        sum += gains / (double)(end - begin) * discounts;
    }
    return sum;
}

/* DCG@k of the ranking by scores; scratch has room for list_size items. */
static double ranked_dcg(const float *scores, const float *labels, size_t list_size, size_t k, struct ranked *scratch) {
    for (size_t i = 0; i < list_size; i++) {
        scratch[i] = (struct ranked){scores[i], labels[i]};
    }
    qsort(scratch, list_size, sizeof(*scratch), by_falling_score);
    return dcg(scratch, list_size, k);
}

static double ndcg_of_list(const float *scores, const float *labels, size_t list_size, size_t k,
                           struct ranked *scratch) {
    const double ideal = ranked_dcg(labels, labels, list_size, k, scratch);
    return ideal > 0.0 ? ranked_dcg(scores, labels, list_size, k, scratch) / ideal : (double)NAN;
}

double ndcg(const float *scores, const float *labels, size_t list_size, size_t k) {
    struct ranked *const scratch = new_array(list_size, sizeof(*scratch));
    const double result = ndcg_of_list(scores, labels, list_size, k, scratch);
    free(scratch);
    return result;
}

double ndcg_mean(const struct dataset *data, const float *scores, size_t k) {
    struct ranked *const scratch = new_array(data->num_items, sizeof(*scratch));
    double sum = 0.0;
    size_t counted = 0;
    for (size_t list = 0; list < data->num_lists; list++) {
        const size_t begin = (size_t)data->offsets[list];
        const size_t size = (size_t)data->offsets[list + 1] - begin;
        const double value = ndcg_of_list(scores + begin, data->labels + begin, size, k, scratch);
        if (!isnan(value)) {
            sum += value;
            counted++;
        }
    }
    free(scratch);
    return counted > 0 ? sum / (double)counted : (double)NAN;
}

#include "objective.h"

#include <math.h>
#include <stdlib.h>

#include <rankloss/rankloss.h>

#include "../common/linear.h"
#include "../letor/memory.h"
#include "platform.h"

struct objective objective_make(const struct dataset *train, size_t num_weights, int32_t num_threads) {
    return (struct objective){.train = train,
                              .num_weights = num_weights,
                              .num_threads = num_threads,
                              .scores = new_array(train->num_items, sizeof(float)),
                              .grad_scores = new_array(train->num_items, sizeof(float))};
}

void objective_free(struct objective *objective) {
    free(objective->scores);
    free(objective->grad_scores);
    *objective = (struct objective){0};
}

/* Loss and gradient in one pass over the lists. The loss is asked for as a double, though the scores are floats:
 * training compares losses that differ late in their digits. */
static double loss_and_gradient(struct objective *objective) {
    const struct dataset *const train = objective->train;
    const int64_t num_items = (int64_t)train->num_items;
    const int64_t num_lists = (int64_t)train->num_lists;
    double loss = 0.0;
    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(objective->scores, num_items),
        .labels = RANKLOSS_ARRAY(train->labels, num_items),
        .where = RANKLOSS_ARRAY(train->where, num_items),
        .offsets = RANKLOSS_ARRAY(train->offsets, num_lists + 1),
        .reduction = RANKLOSS_MEAN,
        .num_threads = objective->num_threads,
    };
    const rankloss_result result = {
        .loss = RANKLOSS_ARRAY(&loss, 1),
        .grad_logits = RANKLOSS_ARRAY(objective->grad_scores, num_items),
    };
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        die("rankloss_softmax: %s", rankloss_last_error());
    }
    return loss;
}

static double loss_with(void *of, const double *weights) {
    struct objective *const objective = of;
    linear_scores(objective->train, weights, objective->scores);
    const double begin = platform_seconds();
    const double loss = loss_and_gradient(objective);
    const double seconds = platform_seconds() - begin;
    objective->fastest = objective->calls == 0 ? seconds : fmin(objective->fastest, seconds);
    objective->calls++;
    return loss;
}

/* X^T grad_scores: the chain rule from what the loss says of scores to what the ranker can change. */
static void gradient_by_weights(void *of, double *grad_weights) {
    const struct objective *const objective = of;
    const struct dataset *const train = objective->train;
    for (size_t j = 0; j < objective->num_weights; j++) {
        grad_weights[j] = 0.0;
    }
    for (size_t i = 0; i < train->num_items; i++) {
        for (size_t e = train->rows[i]; e < train->rows[i + 1]; e++) {
            grad_weights[train->entries[e].column] +=
                (double)objective->grad_scores[i] * (double)train->entries[e].value;
        }
    }
}

struct loss_function objective_function(struct objective *objective) {
    return (struct loss_function){.num_weights = objective->num_weights,
                                  .loss = loss_with,
                                  .gradient = gradient_by_weights,
                                  .objective = objective};
}

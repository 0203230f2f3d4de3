#include "objective.h"

#include <stdlib.h>

#include <mpi.h>
#include <rankloss/rankloss.h>

#include "../common/linear.h"
#include "../letor/memory.h"
#include "accumulators.h"
#include "gradient.h"

static void check(rankloss_status status) {
    if (status != RANKLOSS_OK) {
        die("RankLoss: %s", rankloss_last_error());
    }
}

/* The lists of this rank as a part of a batch that is the lists of all. */
static rankloss_problem problem_of(const struct objective *objective) {
    const struct dataset *const lists = objective->lists;
    const int64_t num_items = (int64_t)lists->num_items;
    return (rankloss_problem){.logits = RANKLOSS_ARRAY(objective->scores, num_items),
                              .labels = RANKLOSS_ARRAY(lists->labels, num_items),
                              .where = RANKLOSS_ARRAY(lists->where, num_items),
                              .offsets = RANKLOSS_ARRAY(lists->offsets, (int64_t)lists->num_lists + 1),
                              .reduction = RANKLOSS_MEAN,
                              .divisor = (double)objective->all_lists,
                              .num_threads = objective->num_threads};
}

struct objective objective_make(const struct dataset *lists, size_t num_weights, int32_t num_threads) {
    struct objective objective = {.lists = lists,
                                  .num_weights = num_weights,
                                  .num_threads = num_threads,
                                  .scores = new_array(lists->num_items, sizeof(float)),
                                  .grad_scores = new_array(lists->num_items, sizeof(float))};
    const rankloss_problem problem = problem_of(&objective);
    int64_t counts[2] = {(int64_t)lists->num_items};
    check(rankloss_count_lists(&problem, &counts[1]));
    MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    objective.all_items = counts[0];
    objective.all_lists = counts[1];
    return objective;
}

void objective_free(struct objective *objective) {
    free(objective->scores);
    free(objective->grad_scores);
    *objective = (struct objective){0};
}

double objective_mean(const rankloss_accumulator *sum) {
    double mean = 0.0;
    const rankloss_array out = RANKLOSS_ARRAY(&mean, 1);
    check(rankloss_accumulator_read(sum, 0.0, &out));
    return mean;
}

/* The gradient by the scores needs no message, once the divisor is that of all lists; the loss needs one. */
double objective_loss(struct objective *objective, const double *weights) {
    linear_scores(objective->lists, weights, objective->scores);
    objective->sum = (rankloss_accumulator){{0}};
    const rankloss_problem problem = problem_of(objective);
    const rankloss_result result = {
        .grad_logits = RANKLOSS_ARRAY(objective->grad_scores, (int64_t)objective->lists->num_items),
        .accumulator = &objective->sum,
    };
    check(rankloss_softmax(&problem, &result));
    accumulators_merge(&objective->sum);
    return objective_mean(&objective->sum);
}

static double loss_with(void *objective, const double *weights) {
    return objective_loss(objective, weights);
}

static void gradient_by_weights(void *of, double *gradient) {
    const struct objective *const objective = of;
    gradient_of_weights(objective->lists, objective->grad_scores, (size_t)objective->all_items, objective->num_weights,
                        gradient);
}

struct loss_function objective_function(struct objective *objective) {
    return (struct loss_function){.num_weights = objective->num_weights,
                                  .loss = loss_with,
                                  .gradient = gradient_by_weights,
                                  .objective = objective};
}

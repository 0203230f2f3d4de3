/*
 * Trains a linear ranker on a learning-to-rank file, or on a generated set, with the loss of RankLoss. objective.c has
 * the call; the rest is what any training program needs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "allocate.h"
#include "columns.h"
#include "dataset.h"
#include "descent.h"
#include "fail.h"
#include "letor.h"
#include "ndcg.h"
#include "objective.h"
#include "options.h"
#include "progress.h"
#include "ranker.h"
#include "report.h"
#include "synthetic.h"

enum { NDCG_K = 10 };

/* Two sets: of the features as they come, or of the columns made of them. */
struct sets {
    struct dataset train;
    struct dataset held_out;
};

static void free_sets(struct sets *sets) {
    dataset_free(&sets->train);
    dataset_free(&sets->held_out);
}

static bool load(const struct options *options, struct sets *raw) {
    if (options->train == NULL) {
        synthetic_make(options->seed, &raw->train);
    } else if (!letor_read(options->train, &raw->train)) {
        return false;
    }
    if (options->test != NULL) {
        return letor_read(options->test, &raw->held_out);
    }
    dataset_hold_out(&raw->train, &raw->held_out);
    return true;
}

static void describe(const struct options *options, const struct sets *raw) {
    if (options->train == NULL) {
        printf("generated set, seed %llu\n", (unsigned long long)options->seed);
    } else {
        printf("%s\n", options->train);
    }
    printf("training  %6zu lists, %7zu items\n", raw->train.num_lists, raw->train.num_items);
    printf("held out  %6zu lists, %7zu items, %s\n\n", raw->held_out.num_lists, raw->held_out.num_items,
           options->test == NULL ? "every fifth list" : options->test);
}

static double ndcg_of_ranker(const struct dataset *data, const double *weights) {
    float *const scores = new_array(data->num_items, sizeof(*scores));
    ranker_scores(data, weights, scores);
    const double mean = ndcg_mean(data, scores, NDCG_K);
    free(scores);
    return mean;
}

static struct metrics measure(const struct sets *sets, const struct descent *descent) {
    return (struct metrics){.loss = descent->loss,
                            .ndcg_train = ndcg_of_ranker(&sets->train, descent->weights),
                            .ndcg_held_out = ndcg_of_ranker(&sets->held_out, descent->weights)};
}

static void train(const struct options *options, const struct sets *sets, struct descent *descent) {
    const struct metrics before = measure(sets, descent);
    struct metrics after = before;
    const struct progress progress = progress_begin(options->epochs, &before);
    int epoch = 1;
    for (; epoch <= options->epochs && descent_epoch(descent); epoch++) {
        after = measure(sets, descent);
        progress_show(&progress, epoch, &after);
    }
    progress_end(&progress);
    if (epoch <= options->epochs) {
        printf("converged: no step lowers the loss by more than its rounding\n");
    }
    report_metrics(&before, &after);
}

static void run(const struct options *options, const struct sets *raw) {
    struct columns columns = columns_learn(&raw->train);
    struct sets sets = {columns_apply(&columns, &raw->train), columns_apply(&columns, &raw->held_out)};
    struct objective objective = objective_make(&sets.train, columns_count(&columns), options->threads);
    struct descent descent = descent_make(&objective, options->learning_rate);
    train(options, &sets, &descent);
    report_weights(descent.weights, objective.num_weights);
    report_speed(&objective);
    descent_free(&descent);
    objective_free(&objective);
    free_sets(&sets);
    columns_free(&columns);
}

int main(int argc, char **argv) {
    struct options options;
    if (!options_parse(argc, argv, &options)) {
        return EXIT_BAD_INPUT;
    }
    if (options.help) {
        options_help();
        return EXIT_SUCCESS;
    }
    struct sets raw = {dataset_make(), dataset_make()};
    const bool loaded = load(&options, &raw);
    if (loaded) {
        describe(&options, &raw);
        run(&options, &raw);
    }
    free_sets(&raw);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        die("cannot write to stdout");
    }
    return loaded ? EXIT_SUCCESS : EXIT_BAD_INPUT;
}

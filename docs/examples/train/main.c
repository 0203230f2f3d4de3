/*
 * Trains a linear ranker on a learning-to-rank file, or on a generated set, with the loss of RankLoss. objective.c has
 * the call; the rest is what any training program needs.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/columns.h"
#include "../common/descent.h"
#include "../common/linear.h"
#include "../common/ndcg.h"
#include "../common/options.h"
#include "../common/sets.h"
#include "../common/synthetic.h"
#include "../letor/memory.h"
#include "objective.h"
#include "platform.h"
#include "report.h"

enum { NDCG_K = 10, DEFAULT_EPOCHS = 50, MOST_EPOCHS = 1000000, MOST_THREADS = 1024 };

#define DEFAULT_LEARNING_RATE 0.01

/* --- The command line --- */

struct settings {
    struct files files; /* without one: a generated set */
    uint64_t epochs, seed, threads;
    double learning_rate;
};

static const char usage[] = "usage: rankloss_train [OPTION ...] [TRAIN [TEST]]\n";

static enum command parse(char **argv, struct settings *settings) {
    const struct option options[] = {
        {"--epochs", .count = &settings->epochs, .low = 0, .high = MOST_EPOCHS},
        {"--learning-rate", .positive = &settings->learning_rate},
        {"--seed", .count = &settings->seed, .low = 0, .high = INT64_MAX},
        {"--threads", .count = &settings->threads, .low = 1, .high = MOST_THREADS},
    };
    const struct command_line line = {.program = "rankloss_train",
                                      .usage = usage,
                                      .options = options,
                                      .num_options = sizeof(options) / sizeof(options[0]),
                                      .files = &settings->files};
    *settings = (struct settings){.files = {.ignored = NAN, .gain = GAIN_EXP},
                                  .epochs = DEFAULT_EPOCHS,
                                  .learning_rate = DEFAULT_LEARNING_RATE,
                                  .seed = SYNTHETIC_SEED,
                                  .threads = (uint64_t)platform_processors()};
    return command_line_parse(&line, argv);
}

static void help(void) {
    printf("%s\n"
           "Trains a linear ranker with the ranking softmax loss and shows how well it ranks lists it has not seen.\n"
           "Without a file it makes a set of its own.\n"
           "\n"
           "%s"
           "  --epochs N           steps of full-batch gradient descent (default %d)\n"
           "  --learning-rate X    the first step tried; later ones adapt (default %g)\n"
           "  --seed N             of the generated set (default %d)\n"
           "  --threads N          the most threads to compute the loss with (default: one per processor, here %d)\n"
           "  --help               print this\n"
           "\n"
           "Exit status: 0, or 2 for a wrong option or a file that cannot be used, or 1 for any other failure.\n",
           usage, help_for_files, DEFAULT_EPOCHS, DEFAULT_LEARNING_RATE, SYNTHETIC_SEED, platform_processors());
}

/* --- The run --- */

static bool load(const struct settings *settings, struct sets *raw) {
    struct report report = {.length = 0};
    if (settings->files.train == NULL) {
        synthetic_make(settings->seed, &raw->train);
        printf("generated set, seed %" PRIu64 "\n", settings->seed);
    }
    const bool done = sets_read(&settings->files, raw, &report);
    fputs(report.text, stderr);
    return done;
}

static double ndcg_of_ranker(const struct dataset *data, const double *weights, enum gain gain) {
    float *const scores = new_array(data->num_items, sizeof(*scores));
    linear_scores(data, weights, scores);
    const double mean = ndcg_mean(data, scores, NDCG_K, gain);
    free(scores);
    return mean;
}

static struct metrics measure(const struct sets *sets, const struct descent *descent, enum gain gain) {
    return (struct metrics){.loss = descent->loss,
                            .ndcg_train = ndcg_of_ranker(&sets->train, descent->weights, gain),
                            .ndcg_held_out = ndcg_of_ranker(&sets->held_out, descent->weights, gain)};
}

static void train(const struct settings *settings, const struct sets *sets, struct descent *descent) {
    const int epochs = (int)settings->epochs;
    const struct metrics before = measure(sets, descent, (enum gain)settings->files.gain);
    struct metrics after = before;
    report_zero(&before);
    int epoch = 1;
    for (; epoch <= epochs && descent_epoch(descent); epoch++) {
        after = measure(sets, descent, (enum gain)settings->files.gain);
        report_epoch(epoch, epochs, &after);
    }
    report_metrics(epoch <= epochs, &before, &after);
}

static void run(const struct settings *settings, const struct sets *raw) {
    struct columns columns = columns_learn(&raw->train);
    struct sets sets = {columns_apply(&columns, &raw->train), columns_apply(&columns, &raw->held_out)};
    struct objective objective = objective_make(&sets.train, columns_count(&columns), (int32_t)settings->threads);
    const struct loss_function function = objective_function(&objective);
    struct descent descent = descent_make(&function, settings->learning_rate);
    train(settings, &sets, &descent);
    report_weights(descent.weights, objective.num_weights);
    report_speed(&objective);
    descent_free(&descent);
    objective_free(&objective);
    sets_free(&sets);
    columns_free(&columns);
}

int main(int argc, char **argv) {
    (void)argc;
    struct settings settings;
    const enum command command = parse(argv, &settings);
    if (command != COMMAND_RUN) {
        if (command == COMMAND_HELP) {
            help();
        }
        return command == COMMAND_HELP ? EXIT_SUCCESS : EXIT_BAD_INPUT;
    }
    struct sets raw = {dataset_make(), dataset_make()};
    const bool loaded = load(&settings, &raw);
    if (loaded) {
        sets_describe(&settings.files, &raw);
        run(&settings, &raw);
    }
    sets_free(&raw);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        die("rankloss_train: cannot write to stdout");
    }
    return loaded ? EXIT_SUCCESS : EXIT_BAD_INPUT;
}

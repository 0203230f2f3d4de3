/*
 * Trains the linear ranker of rankloss_train, with its lists shared out over the ranks of MPI: the same bits of loss,
 * gradient and weights for every number of ranks, also where a run goes on from a checkpoint with another number. What
 * this takes is in objective.c and gradient.c; the rest is what any training program needs.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpi.h>

#include "../common/columns.h"
#include "../common/options.h"
#include "../common/sets.h"
#include "../common/synthetic.h"
#include "../letor/memory.h"
#include "hash.h"
#include "ranks.h"
#include "run.h"
#include "share.h"

enum { DEFAULT_EPOCHS = 50, MOST_EPOCHS = 1000000, MOST_THREADS = 1024 };

#define DEFAULT_LEARNING_RATE 0.01

/* --- The command line --- */

struct settings {
    struct files files; /* without one: a generated set */
    uint64_t seed;
    struct run_settings run;
};

static const char usage[] = "usage: mpiexec -n RANKS rankloss_mpi_train [OPTION ...] [TRAIN [TEST]]\n";

static enum command parse(char **argv, struct settings *settings) {
    struct run_settings *const run = &settings->run;
    const struct option options[] = {
        {"--epochs", .count = &run->epochs, .low = 0, .high = MOST_EPOCHS},
        {"--learning-rate", .positive = &run->learning_rate},
        {"--seed", .count = &settings->seed, .low = 0, .high = INT64_MAX},
        {"--threads", .count = &run->threads, .low = 1, .high = MOST_THREADS},
        {"--checkpoint", .text = &run->checkpoint},
        {"--resume", .text = &run->resume},
    };
    const struct command_line line = {.program = "rankloss_mpi_train",
                                      .usage = usage,
                                      .options = options,
                                      .num_options = sizeof(options) / sizeof(options[0]),
                                      .files = &settings->files};
    *settings =
        (struct settings){.files = {.ignored = NAN, .gain = GAIN_EXP},
                          .seed = SYNTHETIC_SEED,
                          .run = {.epochs = DEFAULT_EPOCHS, .threads = 1, .learning_rate = DEFAULT_LEARNING_RATE}};
    return command_line_parse(&line, argv);
}

static void help(void) {
    printf("%s\n"
           "Trains a linear ranker with the ranking softmax loss, its lists shared out over the ranks. The number of\n"
           "ranks changes no bit. Every rank reads the files, which so cannot be standard input; without one it\n"
           "makes the same set as the others.\n"
           "\n"
           "%s"
           "  --epochs N           steps of full-batch gradient descent (default %d)\n"
           "  --learning-rate X    the first step tried; later ones adapt (default %g)\n"
           "  --seed N             of the generated set (default %d)\n"
           "  --threads N          the most threads that a rank computes the loss with (default 1)\n"
           "  --checkpoint FILE    written by rank 0 after every epoch\n"
           "  --resume FILE        go on from such a file, with any number of ranks\n"
           "  --help               print this\n"
           "\n"
           "Exit status: 0, or 2 for a wrong option or a file that cannot be used, or 1 for any other failure.\n",
           usage, help_for_files, DEFAULT_EPOCHS, DEFAULT_LEARNING_RATE, SYNTHETIC_SEED);
}

/* Rank 0 first, so that what is wrong for all is said once. */
static bool parse_on_all(struct ranks ranks, char **argv, struct settings *settings, enum command *command) {
    int of_first = ranks.own == 0 ? (int)parse(argv, settings) : 0;
    MPI_Bcast(&of_first, 1, MPI_INT, 0, MPI_COMM_WORLD);
    *command = (enum command)of_first;
    const bool parsed = *command != COMMAND_RUN || ranks.own == 0 || parse(argv, settings) == COMMAND_RUN;
    return ranks_all(parsed) && *command != COMMAND_WRONG;
}

/* --- The lists --- */

static bool is_standard_input(const char *path) {
    return path != NULL && strcmp(path, "-") == 0;
}

/* All lists, on every rank. */
static bool read_sets(struct ranks ranks, const struct settings *settings, struct sets *raw) {
    const struct files *const files = &settings->files;
    struct report report = {.length = 0};
    bool done = false;
    if (is_standard_input(files->train) || is_standard_input(files->test)) {
        refuse(&report, "standard input", 0, "is rank 0's alone, and every rank reads the lists: name a file");
    } else {
        if (files->train == NULL) {
            synthetic_make(settings->seed, &raw->train);
        }
        done = sets_read(files, raw, &report);
    }
    ranks_report(ranks, &report);
    return ranks_all(done);
}

static uint64_t hash_sets(const struct sets *sets) {
    return hash_lists(hash_lists(0, &sets->train), &sets->held_out);
}

static void describe(const struct settings *settings, const struct sets *raw) {
    if (settings->files.train == NULL) {
        printf("generated set, seed %" PRIu64 "\n", settings->seed);
    }
    sets_describe(&settings->files, raw);
}

/* Whether the ranks are about to do the same with the same: each has read a file of its own machine's. */
static bool agree(struct ranks ranks, const struct run_settings *settings, uint64_t lists) {
    uint64_t hash = hash_number(lists, settings->epochs);
    hash = hash_words(hash, &settings->learning_rate, 1);
    hash = hash_number(hash, settings->resume != NULL);
    return ranks_same(ranks, hash, "lists or options");
}

/* --- The whole --- */

/* The columns are learnt from all lists, before each rank keeps its own. */
static bool share_and_run(struct ranks ranks, const struct settings *settings, struct sets *raw) {
    const uint64_t lists = hash_sets(raw);
    if (!agree(ranks, &settings->run, lists)) {
        return false;
    }
    if (ranks.own == 0) {
        describe(settings, raw);
    }
    struct columns columns = columns_learn(&raw->train);
    struct sets own = {share_of(&raw->train, ranks), share_of(&raw->held_out, ranks)};
    sets_free(raw);
    struct sets sets = {columns_apply(&columns, &own.train), columns_apply(&columns, &own.held_out)};
    sets_free(&own);
    const bool done = run_training(ranks, &settings->run, &sets, columns_count(&columns), lists);
    sets_free(&sets);
    columns_free(&columns);
    return done;
}

static bool load_and_run(struct ranks ranks, const struct settings *settings) {
    struct sets raw = {dataset_make(), dataset_make()};
    const bool done = read_sets(ranks, settings, &raw) && share_and_run(ranks, settings, &raw);
    sets_free(&raw);
    return done;
}

int main(int argc, char **argv) {
    struct settings settings;
    enum command command = COMMAND_WRONG;
    const struct ranks ranks = ranks_start(&argc, &argv);
    bool done = parse_on_all(ranks, argv, &settings, &command);
    if (done && command == COMMAND_RUN) {
        done = load_and_run(ranks, &settings);
    } else if (done && ranks.own == 0) {
        help();
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        die("rankloss_mpi_train: cannot write to stdout");
    }
    ranks_end();
    return done ? EXIT_SUCCESS : EXIT_BAD_INPUT;
}

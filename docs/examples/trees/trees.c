#include "trees.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "../common/estimate.h"
#include "../common/ndcg.h"
#include "../letor/memory.h"

enum { NDCG_K = 10, DEFAULT_ROUNDS = 100, DEFAULT_LEAVES = 31, MOST_ROUNDS = 1000000, MOST_LEAVES = 65536 };

#define DEFAULT_LEARNING_RATE 0.1

/* --- Settings --- */

static void help(const char *usage) {
    printf(
        "%s\n"
        "Grows boosted trees with the ranking softmax loss as the objective, and shows how well they rank lists they\n"
        "have not seen, beside objectives of the library's own.\n"
        "\n"
        "%s"
        "  --rounds N           trees (default %d)\n"
        "  --leaves N           of a tree, at most (default %d)\n"
        "  --learning-rate X    (default %g)\n"
        "  --l2 X               added to the sum of Hessians of a leaf (default: what the library takes)\n"
        "  --min-hessian X      least sum of Hessians of a leaf (default: what the library takes)\n"
        "  --absent zero|missing\n"
        "                       a feature that a line leaves out (default: what the library takes it for)\n"
        "  --threads N          (default: what the library takes)\n"
        "  --model FILE         where to save the model of this loss\n"
        "  --help               print this\n"
        "\n"
        "Exit status: 0, or 2 for a wrong option or a file that cannot be used, or 1 for any other failure.\n",
        usage, help_for_files, DEFAULT_ROUNDS, DEFAULT_LEAVES, DEFAULT_LEARNING_RATE);
}

static enum command parse(const char *program, char **argv, struct trees_settings *settings) {
    char usage[128];
    snprintf(usage, sizeof(usage), "usage: %s [OPTION ...] TRAIN [TEST]\n", program);
    const struct option options[] = {
        {"--rounds", .count = &settings->rounds, .low = 1, .high = MOST_ROUNDS},
        {"--leaves", .count = &settings->leaves, .low = 2, .high = MOST_LEAVES},
        {"--learning-rate", .positive = &settings->learning_rate},
        {"--l2", .not_negative = &settings->l2},
        {"--min-hessian", .not_negative = &settings->min_hessian},
        {"--absent", .text = &settings->absent, .choices = {"zero", "missing"}},
        {"--threads", .count = &settings->threads, .low = 1, .high = 1024},
        {"--model", .text = &settings->model},
    };
    const struct command_line line = {.program = program,
                                      .usage = usage,
                                      .options = options,
                                      .num_options = sizeof(options) / sizeof(options[0]),
                                      .files = &settings->files};
    *settings = (struct trees_settings){.files = {.ignored = NAN, .gain = GAIN_EXP},
                                        .rounds = DEFAULT_ROUNDS,
                                        .leaves = DEFAULT_LEAVES,
                                        .learning_rate = DEFAULT_LEARNING_RATE,
                                        .l2 = (double)NAN,
                                        .min_hessian = (double)NAN};
    const enum command command = command_line_parse(&line, argv);
    if (command == COMMAND_HELP) {
        help(usage);
    } else if (command == COMMAND_RUN && settings->files.train == NULL) {
        fprintf(stderr, "%s: no training file\n%sTry --help.\n", program, usage);
        return COMMAND_WRONG;
    }
    return command;
}

/* --- Sets --- */

static void copy_features(struct trees_set *set) {
    const struct dataset *const lists = &set->lists;
    const size_t count = lists->rows[lists->num_items];
    set->columns = new_array(count, sizeof(*set->columns));
    set->values = new_array(count, sizeof(*set->values));
    for (size_t e = 0; e < count; e++) {
        set->columns[e] = lists->entries[e].column;
        set->values[e] = lists->entries[e].value;
    }
    memcpy(set->rows, lists->rows, (lists->num_items + 1) * sizeof(*set->rows));
}

/* Gives every item all columns, those that its line leaves out with the value of absent. */
static void fill_features(struct trees_set *set, float absent) {
    const struct dataset *const lists = &set->lists;
    const size_t width = set->num_columns;
    set->columns = new_array(lists->num_items, width * sizeof(*set->columns));
    set->values = new_array(lists->num_items, width * sizeof(*set->values));
    for (size_t i = 0; i < lists->num_items; i++) {
        const size_t begin = i * width;
        for (size_t column = 0; column < width; column++) {
            set->columns[begin + column] = (unsigned)column;
            set->values[begin + column] = absent;
        }
        for (size_t e = lists->rows[i]; e < lists->rows[i + 1]; e++) {
            set->values[begin + lists->entries[e].column] = lists->entries[e].value;
        }
        set->rows[i + 1] = begin + width;
    }
}

static void set_sizes(struct trees_set *set) {
    const struct dataset *const lists = &set->lists;
    set->list_sizes = new_array(lists->num_lists, sizeof(*set->list_sizes));
    for (size_t list = 0; list < lists->num_lists; list++) {
        const unsigned size = (unsigned)(lists->offsets[list + 1] - lists->offsets[list]);
        set->list_sizes[set->num_sizes] = size;
        set->num_sizes += size > 0;
    }
}

static struct trees_set make_set(const struct trees_settings *settings, struct dataset lists, size_t num_columns) {
    struct trees_set set = {.lists = lists,
                            .num_columns = num_columns,
                            .rows = new_array(lists.num_items + 1, sizeof(size_t)),
                            .gains = new_array(lists.num_items, sizeof(float)),
                            .scores = new_array(lists.num_items, sizeof(double))};
    if (settings->absent == NULL) {
        copy_features(&set);
    } else {
        fill_features(&set, strcmp(settings->absent, "zero") == 0 ? 0.0F : NAN);
    }
    set_sizes(&set);
    const enum gain gain = (enum gain)settings->files.gain;
    for (size_t i = 0; i < lists.num_items; i++) {
        set.gains[i] = lists.where[i] ? (float)gain_of(gain, lists.labels[i]) : 0.0F;
    }
    return set;
}

static bool read_sets(const struct trees_settings *settings, struct sets *sets) {
    struct report report = {.length = 0};
    const bool done = sets_read(&settings->files, sets, &report);
    fputs(report.text, stderr);
    if (!done) {
        return false;
    }
    if (sets->train.num_items == 0 || sets->held_out.num_items == 0) {
        fprintf(stderr, "%s: too few lists to hold some out: name a TEST file\n", settings->files.train);
        return false;
    }
    return true;
}

static bool read_trees_sets(const struct trees_settings *settings, struct trees_sets *sets) {
    struct sets raw = {dataset_make(), dataset_make()};
    if (!read_sets(settings, &raw)) {
        sets_free(&raw);
        return false;
    }
    const size_t train = raw.train.num_columns;
    const size_t held_out = raw.held_out.num_columns;
    const size_t num_columns = train > held_out ? train : held_out;
    sets_describe(&settings->files, &raw);
    sets->train = make_set(settings, raw.train, num_columns);
    sets->held_out = make_set(settings, raw.held_out, num_columns);
    sets->ndcg = new_array(raw.held_out.num_lists, sizeof(*sets->ndcg));
    return true;
}

static void free_set(struct trees_set *set) {
    dataset_free(&set->lists);
    free(set->rows);
    free(set->columns);
    free(set->values);
    free(set->list_sizes);
    free(set->gains);
    free(set->scores);
}

int trees_main(const char *program, char **argv, trees_run *run) {
    struct trees_settings settings;
    struct trees_sets sets;
    const enum command command = parse(program, argv, &settings);
    if (command != COMMAND_RUN) {
        return command == COMMAND_HELP ? EXIT_SUCCESS : EXIT_BAD_INPUT;
    }
    if (!read_trees_sets(&settings, &sets)) {
        return EXIT_BAD_INPUT;
    }
    run(&settings, &sets);
    free_set(&sets.train);
    free_set(&sets.held_out);
    free(sets.ndcg);
    return EXIT_SUCCESS;
}

/* --- What scores are worth --- */

static void find_ndcg(const struct trees_set *set, enum gain gain, double *values) {
    const size_t num_items = set->lists.num_items;
    float *const scores = new_array(num_items, sizeof(*scores));
    for (size_t i = 0; i < num_items; i++) {
        scores[i] = (float)set->scores[i];
    }
    ndcg_of_lists(&set->lists, scores, NDCG_K, gain, values);
    free(scores);
}

static double ndcg_of_scores(const struct trees_set *set, enum gain gain) {
    double *const values = new_array(set->lists.num_lists, sizeof(*values));
    find_ndcg(set, gain, values);
    const double mean = estimate_of(values, set->lists.num_lists).mean;
    free(values);
    return mean;
}

static double mean_loss(const struct trees_set *set) {
    const int64_t num_items = (int64_t)set->lists.num_items;
    double loss = 0.0;
    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(set->scores, num_items),
        .labels = RANKLOSS_ARRAY(set->gains, num_items),
        .where = RANKLOSS_ARRAY(set->lists.where, num_items),
        .offsets = RANKLOSS_ARRAY(set->lists.offsets, (int64_t)set->lists.num_lists + 1),
        .reduction = RANKLOSS_MEAN,
    };
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        die("rankloss_softmax: %s", rankloss_last_error());
    }
    return loss;
}

bool trees_comparable(const struct trees_settings *settings, const struct trees_sets *sets) {
    const struct dataset *const data[] = {&sets->train.lists, &sets->held_out.lists};
    if (settings->files.gain != GAIN_EXP) {
        printf("objectives of the library's own are not tried: their gains are 2^label - 1\n");
        return false;
    }
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < data[s]->num_items; i++) {
            const float label = data[s]->labels[i];
            if (!data[s]->where[i] || label != floorf(label) || label > 30.0F) {
                printf("objectives of the library's own are not tried: they know no mask, and no labels but 0, 1, ... "
                       "30\n");
                return false;
            }
        }
    }
    return true;
}

void trees_progress(const struct trees_settings *settings, const struct trees_sets *sets, uint64_t round) {
    if (round != 1 && round % 10 != 0 && round != settings->rounds) {
        return;
    }
    const enum gain gain = (enum gain)settings->files.gain;
    char head[48];
    snprintf(head, sizeof(head), "round %" PRIu64 "/%" PRIu64, round, settings->rounds);
    printf("%-16s  mean loss train %.6f  held-out %.6f  NDCG@10 train %.4f  held-out %.4f\n", head,
           mean_loss(&sets->train), mean_loss(&sets->held_out), ndcg_of_scores(&sets->train, gain),
           ndcg_of_scores(&sets->held_out, gain));
    fflush(stdout);
}

static void print_row(const struct trees_settings *settings, const struct trees_sets *sets, const char *objective,
                      const double *ndcg, const char *ahead) {
    const struct estimate held_out = estimate_of(ndcg, sets->held_out.lists.num_lists);
    printf("%-26s  %8.4f  %.4f +- %.4f  %17s  %12.6f%12.6f\n", objective,
           ndcg_of_scores(&sets->train, (enum gain)settings->files.gain), held_out.mean, held_out.standard_error, ahead,
           mean_loss(&sets->train), mean_loss(&sets->held_out));
    fflush(stdout);
}

void trees_table_begin(const struct trees_settings *settings, struct trees_sets *sets) {
    printf("\n%-26s  %26s  %17s  %24s\n", "", "NDCG@10", "NDCG@10", "mean softmax loss");
    printf("%-26s  %8s  %16s  %17s  %12s%12s\n", "objective", "training", "held-out", "RankLoss ahead", "training",
           "held-out");
    find_ndcg(&sets->held_out, (enum gain)settings->files.gain, sets->ndcg);
    print_row(settings, sets, "ranking softmax (RankLoss)", sets->ndcg, "");
}

void trees_table_row(const struct trees_settings *settings, const struct trees_sets *sets, const char *objective) {
    const size_t num_lists = sets->held_out.lists.num_lists;
    double *const ndcg = new_array(num_lists, sizeof(*ndcg));
    double *const differences = new_array(num_lists, sizeof(*differences));
    char text[40];
    find_ndcg(&sets->held_out, (enum gain)settings->files.gain, ndcg);
    for (size_t list = 0; list < num_lists; list++) {
        differences[list] = sets->ndcg[list] - ndcg[list];
    }
    const struct estimate ahead = estimate_of(differences, num_lists);
    snprintf(text, sizeof(text), "%+.4f +- %.4f", ahead.mean, ahead.standard_error);
    print_row(settings, sets, objective, ndcg, text);
    free(ndcg);
    free(differences);
}

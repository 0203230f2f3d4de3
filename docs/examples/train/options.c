#include "options.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "platform.h"
#include "synthetic.h"

enum { DEFAULT_EPOCHS = 50, MOST_EPOCHS = 1000000, MOST_THREADS = 1024 };

#define DEFAULT_LEARNING_RATE 0.01

static const char usage[] = "usage: rankloss_train [OPTION ...] [TRAIN [TEST]]\n";

static bool wrong(const char *what, const char *word) {
    fprintf(stderr, "rankloss_train: %s '%s'\n%sTry --help.\n", what, word, usage);
    return false;
}

static bool set_epochs(struct options *options, const char *text) {
    uint64_t count = 0;
    const bool good = parse_count(text, 0, MOST_EPOCHS, &count);
    options->epochs = (int)count;
    return good || wrong("--epochs takes an integer from 0 to 1000000, not", text);
}

static bool set_learning_rate(struct options *options, const char *text) {
    return (parse_number(text, &options->learning_rate) && options->learning_rate > 0.0) ||
           wrong("--learning-rate takes a positive number, not", text);
}

static bool set_seed(struct options *options, const char *text) {
    return parse_count(text, 0, INT64_MAX, &options->seed) || wrong("--seed takes an integer from 0, not", text);
}

static bool set_threads(struct options *options, const char *text) {
    uint64_t count = 0;
    const bool good = parse_count(text, 1, MOST_THREADS, &count);
    options->threads = (int32_t)count;
    return good || wrong("--threads takes an integer from 1 to 1024, not", text);
}

static bool set_train(struct options *options, const char *text) {
    if (options->train != NULL) {
        return wrong("a second training file", text);
    }
    options->train = text;
    return true;
}

static bool set_test(struct options *options, const char *text) {
    if (options->test != NULL) {
        return wrong("a second test file", text);
    }
    options->test = text;
    return true;
}

static bool set_file(struct options *options, const char *text) {
    return options->train == NULL ? set_train(options, text) : set_test(options, text);
}

static const struct {
    const char *name;
    bool (*set)(struct options *options, const char *text);
} table[] = {
    {"--train", set_train},   {"--test", set_test},
    {"--epochs", set_epochs}, {"--learning-rate", set_learning_rate},
    {"--seed", set_seed},     {"--threads", set_threads},
};

/* Takes one option and its value, which are argv[0] and argv[1]. */
static bool parse_option(struct options *options, char **argv) {
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(argv[0], table[i].name) == 0) {
            return argv[1] == NULL ? wrong("no value behind", argv[0]) : table[i].set(options, argv[1]);
        }
    }
    return wrong("unknown option", argv[0]);
}

bool options_parse(int argc, char **argv, struct options *options) {
    *options = (struct options){.epochs = DEFAULT_EPOCHS,
                                .learning_rate = DEFAULT_LEARNING_RATE,
                                .seed = SYNTHETIC_SEED,
                                .threads = platform_processors()};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            options->help = true;
        } else if (argv[i][0] != '-') {
            if (!set_file(options, argv[i])) {
                return false;
            }
        } else if (!parse_option(options, argv + i++)) {
            return false;
        }
    }
    return options->train != NULL || options->test == NULL ||
           wrong("no training file beside the test file", options->test);
}

void options_help(void) {
    printf("%s\n"
           "Trains a linear ranker with the ranking softmax loss and shows how well it ranks lists it has not seen.\n"
           "\n"
           "  --train FILE, TRAIN  lists to learn from, a line an item: label qid:N index:value ...\n"
           "                       or without qid, with the lengths of the lists in FILE.query;\n"
           "                       without a file: a generated set\n"
           "  --test FILE, TEST    held-out lists; without one: every fifth list of TRAIN\n"
           "  --epochs N           steps of full-batch gradient descent (default %d)\n"
           "  --learning-rate X    the first step tried; later ones adapt (default %g)\n"
           "  --seed N             of the generated set (default %d)\n"
           "  --threads N          the most threads to compute the loss with (default: one per processor, here %d)\n"
           "  --help               print this\n"
           "\n"
           "Exit status: 0, or 2 for a wrong option or a file that cannot be used, or 1 for any other failure.\n",
           usage, DEFAULT_EPOCHS, DEFAULT_LEARNING_RATE, SYNTHETIC_SEED, platform_processors());
}

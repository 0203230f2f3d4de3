#include "options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../letor/text.h"

static bool wrong(const struct command_line *line, const char *what, const char *word) {
    fprintf(stderr, "%s: %s '%s'\n%sTry --help.\n", line->program, what, word, line->usage);
    return false;
}

static bool takes(const struct command_line *line, const struct option *option, const char *what, const char *word) {
    char text[128];
    snprintf(text, sizeof(text), "%s takes %s, not", option->name, what);
    return wrong(line, text, word);
}

static bool set_count(const struct command_line *line, const struct option *option, const char *word) {
    char range[64];
    if (parse_count(word, option->low, option->high, option->count)) {
        return true;
    }
    if (option->high == INT64_MAX) {
        snprintf(range, sizeof(range), "an integer from %" PRIu64, option->low);
    } else {
        snprintf(range, sizeof(range), "an integer from %" PRIu64 " to %" PRIu64, option->low, option->high);
    }
    return takes(line, option, range, word);
}

static bool set_positive(const struct command_line *line, const struct option *option, const char *word) {
    return (parse_number(word, option->positive) && *option->positive > 0.0 && isfinite(*option->positive)) ||
           takes(line, option, "a positive number", word);
}

static bool set_label(const struct command_line *line, const struct option *option, const char *word) {
    double number = 0.0;
    if (!parse_number(word, &number) || fabs(number) > 1e38) {
        return takes(line, option, "a number", word);
    }
    *option->label = (float)number;
    return true;
}

static bool set_choice(const struct command_line *line, const struct option *option, const char *word) {
    char names[64] = "";
    for (unsigned i = 0; option->words[i] != NULL; i++) {
        if (strcmp(word, option->words[i]) == 0) {
            *option->choice = i;
            return true;
        }
        const size_t length = strlen(names);
        snprintf(names + length, sizeof(names) - length, "%s%s", i > 0 ? " or " : "", option->words[i]);
    }
    return takes(line, option, names, word);
}

static bool set(const struct command_line *line, const struct option *option, const char *word) {
    if (option->count != NULL) {
        return set_count(line, option, word);
    }
    if (option->positive != NULL) {
        return set_positive(line, option, word);
    }
    if (option->label != NULL) {
        return set_label(line, option, word);
    }
    if (option->choice != NULL) {
        return set_choice(line, option, word);
    }
    *option->text = word;
    return true;
}

static bool set_file(const struct command_line *line, const char **file, const char *which, const char *word) {
    char text[64];
    if (*file != NULL) {
        snprintf(text, sizeof(text), "a second %s file", which);
        return wrong(line, text, word);
    }
    *file = word;
    return true;
}

/* Takes one option and its value, which are argv[0] and argv[1]. */
static bool parse_option(const struct command_line *line, char **argv) {
    if (strcmp(argv[0], "--train") == 0 || strcmp(argv[0], "--test") == 0) {
        const bool train = strcmp(argv[0], "--train") == 0;
        return argv[1] == NULL ? wrong(line, "no value behind", argv[0])
                               : set_file(line, train ? line->train : line->test, train ? "training" : "test", argv[1]);
    }
    for (size_t i = 0; i < line->num_options; i++) {
        if (strcmp(argv[0], line->options[i].name) == 0) {
            return argv[1] == NULL ? wrong(line, "no value behind", argv[0]) : set(line, &line->options[i], argv[1]);
        }
    }
    return wrong(line, "unknown option", argv[0]);
}

static bool parse_file(const struct command_line *line, const char *word) {
    return *line->train == NULL ? set_file(line, line->train, "training", word)
                                : set_file(line, line->test, "test", word);
}

static bool check_files(const struct command_line *line) {
    if (*line->train == NULL) {
        return *line->test == NULL || wrong(line, "no training file beside the test file", *line->test);
    }
    if (*line->test != NULL && strcmp(*line->train, "-") == 0 && strcmp(*line->test, "-") == 0) {
        return wrong(line, "one file only can be", "-");
    }
    return true;
}

enum command command_line_parse(const struct command_line *line, char **argv) {
    for (char **word = argv + 1; *word != NULL; word++) {
        if (strcmp(*word, "--help") == 0) {
            return COMMAND_HELP;
        }
        const bool option = (*word)[0] == '-' && strcmp(*word, "-") != 0;
        if (!(option ? parse_option(line, word) : parse_file(line, *word))) {
            return COMMAND_WRONG;
        }
        word += option;
    }
    return check_files(line) ? COMMAND_RUN : COMMAND_WRONG;
}

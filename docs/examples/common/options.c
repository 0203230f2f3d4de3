#include "options.h"

#include <float.h>
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

static bool set_not_negative(const struct command_line *line, const struct option *option, const char *word) {
    double *const number = option->not_negative;
    return (parse_number(word, number) && *number >= 0.0 && isfinite(*number)) ||
           takes(line, option, "a number from 0", word);
}

static bool set_text(const struct command_line *line, const struct option *option, const char *word) {
    const char *const *const choices = option->choices;
    char words[64];
    if (choices[0] == NULL || strcmp(word, choices[0]) == 0 || strcmp(word, choices[1]) == 0) {
        *option->text = word;
        return true;
    }
    snprintf(words, sizeof(words), "%s or %s", choices[0], choices[1]);
    return takes(line, option, words, word);
}

static bool set(const struct command_line *line, const struct option *option, const char *word) {
    if (option->count != NULL) {
        return set_count(line, option, word);
    }
    if (option->positive != NULL) {
        return set_positive(line, option, word);
    }
    if (option->not_negative != NULL) {
        return set_not_negative(line, option, word);
    }
    return set_text(line, option, word);
}

/* --- What all programs have --- */

static bool set_file(const struct command_line *line, const char **file, const char *which, const char *word) {
    char text[64];
    if (*file != NULL) {
        snprintf(text, sizeof(text), "a second %s file", which);
        return wrong(line, text, word);
    }
    *file = word;
    return true;
}

static bool set_train(const struct command_line *line, const char *word) {
    return set_file(line, &line->files->train, "training", word);
}

static bool set_test(const struct command_line *line, const char *word) {
    return set_file(line, &line->files->test, "test", word);
}

static bool set_ignored(const struct command_line *line, const char *word) {
    double number = 0.0;
    if (!parse_number(word, &number) || fabs(number) > (double)FLT_MAX) {
        return wrong(line, "--ignore-label takes a number, not", word);
    }
    line->files->ignored = (float)number;
    return true;
}

static bool set_gain(const struct command_line *line, const char *word) {
    const bool linear = strcmp(word, "linear") == 0;
    line->files->gain = linear ? GAIN_LINEAR : GAIN_EXP;
    return linear || strcmp(word, "exp") == 0 || wrong(line, "--gain takes exp or linear, not", word);
}

static const struct {
    const char *name;
    bool (*set)(const struct command_line *line, const char *word);
} common[] = {{"--train", set_train}, {"--test", set_test}, {"--ignore-label", set_ignored}, {"--gain", set_gain}};

const char help_for_files[] =
    "  --train FILE, TRAIN  lists to learn from, a line an item: label qid:N index:value ...\n"
    "                       or without qid, with the sizes of the lists in FILE.query or FILE.group;\n"
    "                       - is standard input\n"
    "  --test FILE, TEST    held-out lists; without one: every fifth list of TRAIN\n"
    "  --ignore-label X     items of this label have not been judged: they take no part\n"
    "  --gain exp|linear    what a label is worth: 2^label - 1 (default), or the label itself\n";

/* --- The whole --- */

/* Takes one option and its value, which are argv[0] and argv[1]. */
static bool parse_option(const struct command_line *line, char **argv) {
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (strcmp(argv[0], common[i].name) == 0) {
            return argv[1] == NULL ? wrong(line, "no value behind", argv[0]) : common[i].set(line, argv[1]);
        }
    }
    for (size_t i = 0; i < line->num_options; i++) {
        if (strcmp(argv[0], line->options[i].name) == 0) {
            return argv[1] == NULL ? wrong(line, "no value behind", argv[0]) : set(line, &line->options[i], argv[1]);
        }
    }
    return wrong(line, "unknown option", argv[0]);
}

static bool parse_file(const struct command_line *line, const char *word) {
    return line->files->train == NULL ? set_train(line, word) : set_test(line, word);
}

static bool check_files(const struct command_line *line) {
    const struct files *const files = line->files;
    if (files->train == NULL) {
        return files->test == NULL || wrong(line, "no training file beside the test file", files->test);
    }
    return files->test == NULL || strcmp(files->train, "-") != 0 || strcmp(files->test, "-") != 0 ||
           wrong(line, "one file only can be", "-");
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

/*
 * The command line of the programs: up to two files and how their labels are read, which all have; and options with a
 * value each, of which a program has a table.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sets.h"

/** Which of the pointers is not NULL says what the option takes, and where it goes. */
struct option {
    const char *name;
    uint64_t *count; /**< an integer from low to high */
    uint64_t low, high;
    double *positive;
    double *not_negative;
    const char **text;
    const char *choices[2]; /**< of the text; NULL: any will do */
};

struct command_line {
    const char *program;
    const char *usage;
    const struct option *options;
    size_t num_options;
    struct files *files; /**< words that are no options, or --train, --test; and --ignore-label, --gain */
};

enum command { COMMAND_RUN, COMMAND_HELP, COMMAND_WRONG };

/** What --help says of the options that all programs have. */
extern const char help_for_files[];

/** COMMAND_WRONG if the command line is, with the reason and the usage printed on stderr. */
enum command command_line_parse(const struct command_line *line, char **argv);

#endif

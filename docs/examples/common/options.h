/*
 * The command line of the programs: options with a value each, of which a program has a table, and up to two files.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Which of the pointers is not NULL says what the option takes, and where it goes. */
struct option {
    const char *name;
    uint64_t *count; /**< an integer from low to high */
    uint64_t low, high;
    double *positive;
    float *label;
    const char **text;
    unsigned *choice; /**< the place of one of the words, up to a NULL */
    const char *const *words;
};

struct command_line {
    const char *program;
    const char *usage;
    const struct option *options;
    size_t num_options;
    const char **train; /**< the first word that is no option, or what follows --train */
    const char **test;  /**< the second, or what follows --test */
};

enum command { COMMAND_RUN, COMMAND_HELP, COMMAND_WRONG };

/** COMMAND_WRONG if the command line is, with the reason and the usage printed on stderr. */
enum command command_line_parse(const struct command_line *line, char **argv);

#endif

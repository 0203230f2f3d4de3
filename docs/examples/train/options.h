/*
 * The command line.
 */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *train; /**< NULL: a generated set */
    const char *test;  /**< NULL: every fifth list of the training file is held out */
    int epochs;
    double learning_rate;
    uint64_t seed;
    int32_t threads;
    bool help;
};

/** False if the command line is wrong, with the reason and the usage printed on stderr. */
bool options_parse(int argc, char **argv, struct options *options);

/** Prints what --help asks for on stdout. */
void options_help(void);

#endif

/*
 * What the programs that grow trees share: settings, sets as libraries of trees take them, and the figures by which an
 * objective is judged, with how far they are to be trusted. Knows none of these libraries.
 */
#ifndef TREES_TREES_H
#define TREES_TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/options.h"
#include "../common/sets.h"

struct trees_settings {
    struct files files;
    uint64_t rounds, leaves, threads; /**< threads: 0 is what the libraries take */
    double learning_rate;
    double l2;          /**< what is added to a leaf's sum of Hessians; NAN: what the libraries take */
    double min_hessian; /**< a leaf's least sum of Hessians; NAN: what the libraries take */
    const char *absent; /**< of a feature that a line leaves out: "zero", "missing"; NULL: the libraries decide */
    const char *model;  /**< the file to save to; NULL: the model is not saved */
};

/** One set: its lists, and a copy of their features as compressed sparse rows. */
struct trees_set {
    struct dataset lists;
    size_t num_columns;   /**< of both sets */
    size_t *rows;         /**< num_items + 1: item i has the columns and values from rows[i] to before rows[i + 1] */
    unsigned *columns;    /**< rows[num_items] */
    float *values;        /**< rows[num_items] */
    unsigned *list_sizes; /**< num_sizes: those of the lists that have items */
    size_t num_sizes;
    float *gains;   /**< what the labels are worth: those of the loss */
    double *scores; /**< of the model that is judged, set by the program */
};

struct trees_sets {
    struct trees_set train;
    struct trees_set held_out;
    double *ndcg; /**< of each held-out list by this loss, which that by other objectives is compared with */
};

/** What a program does with its settings and sets. */
typedef void trees_run(const struct trees_settings *settings, struct trees_sets *sets);

/** The whole of a program: its settings from argv, the sets, which it says the size of, and run. Returns the exit status:
 * that of a bad input if a file is refused, or no list is left to be held out. */
int trees_main(const char *program, char **argv, trees_run *run);

/** True if objectives of the libraries' own can learn from these sets; otherwise prints why not. */
bool trees_comparable(const struct trees_settings *settings, const struct trees_sets *sets);

/** A line with what the scores of the sets are worth after a round: after the first, every tenth and the last. */
void trees_progress(const struct trees_settings *settings, const struct trees_sets *sets, uint64_t round);

/** The head of the table of objectives, and the row of this loss: what the scores of the sets are worth. */
void trees_table_begin(const struct trees_settings *settings, struct trees_sets *sets);

/** The row of another objective, and how far ahead of it this loss was, by the differences within lists. */
void trees_table_row(const struct trees_settings *settings, const struct trees_sets *sets, const char *objective);

#endif

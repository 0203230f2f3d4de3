/*
 * One list of many items, such as the scores of everything that a shop has: each item is made from its number, so that a rank
 * makes its own and no others. And the list's results in long double, by the formulas as they are written, for comparison.
 */
#ifndef EXAMPLES_MPI_CATALOGUE_H
#define EXAMPLES_MPI_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

enum catalogue_kind {
    CATALOGUE_ORDINARY,
    CATALOGUE_DOMINANT, /**< one item is far above the others, and the relevant one */
    CATALOGUE_MASKED,   /**< a third of the items are masked; their scores are NaN */
    CATALOGUE_SOFTMAX,  /**< labels are scores, of which the target is the softmax */
    CATALOGUE_KINDS
};

struct item {
    float score, label;
    uint8_t valid;
};

struct catalogue {
    enum catalogue_kind kind;
    int64_t items;
};

const char *catalogue_kind_name(enum catalogue_kind kind);

struct item catalogue_item(struct catalogue catalogue, int64_t number);

/** What the loss and every derivative are computed from. */
struct exact_list {
    long double largest, others; /**< the largest score; the exponentials of all others' differences from it */
    long double largest_label, label_exps;
    long double coefs, loss;
};

/** Of the whole list, by all ranks: each goes through its items, from `first` to before `end`. */
struct exact_list exact_list(struct catalogue catalogue, int64_t first, int64_t end);

/** The derivative by the score of an item, and the magnitude by which its error is measured. */
long double exact_gradient(const struct exact_list *list, struct catalogue catalogue, struct item item,
                           long double *scale);

/** The difference of a float from a number, in units of the last place of another number as a float. */
double units_between(float got, long double exact, long double scale);

#endif

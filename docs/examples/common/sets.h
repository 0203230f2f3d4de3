/*
 * What a program learns from and what it is judged by, as its command line has them: read, with labels that say how
 * good an item is.
 */
#ifndef COMMON_SETS_H
#define COMMON_SETS_H

#include <stdbool.h>

#include "../letor/dataset.h"
#include "../letor/text.h"
#include "gain.h"

enum { EXIT_BAD_INPUT = 2 };

struct files {
    const char *train; /**< NULL: the training lists do not come from a file */
    const char *test;  /**< NULL: every fifth list of the training lists is held out */
    float ignored;     /**< the label of items that nobody has judged, which take no part; NAN: none */
    unsigned gain;     /**< an enum gain */
};

struct sets {
    struct dataset train;
    struct dataset held_out;
};

/**
 * Reads the files. Where there is none for training, sets->train is as it was before; otherwise both are empty before.
 * Labels below 0, such as the -1 of SVMlight for what is not relevant, become 0, with a warning: as a coefficient of
 * the loss they would have no least value. False if a file is refused, or has labels that the gain is not for. What
 * there is to say of the files is added to the report.
 */
bool sets_read(const struct files *files, struct sets *sets, struct report *report);

/** Prints how many lists and items they have. */
void sets_describe(const struct files *files, const struct sets *sets);

void sets_free(struct sets *sets);

#endif

/*
 * Which items are a list: by a qid for each item, or by the sizes of the lists. Where the lists begin and end is what
 * rankloss/lists.h makes of either.
 */
#ifndef LETOR_LISTS_H
#define LETOR_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"
#include "text.h"

/** The qids of the items so far. Zero-initialised there are none. */
struct qids {
    uint64_t *ids; /**< in two's complement where they are negative */
    size_t *lines;
    size_t count, ids_capacity, lines_capacity;
    bool negative; /**< there is one below 0 */
    bool beyond;   /**< there is one above INT64_MAX */
};

void qids_free(struct qids *qids);

/** Takes the qid of the next item, which stands in the current line of text. False if it is refused. */
bool qids_add(struct qids *qids, const char *word, const struct text *text);

/** Parts the items of data, read from the text items, into lists by their qids. False if it is refused. */
bool lists_from_qids(const struct qids *qids, const struct text *items, struct dataset *data);

/** Parts them by the sizes of the lists, one a line of text. False if it is refused. */
bool lists_from_sizes(struct text *text, const struct text *items, struct dataset *data);

/** Opens FILE.query or FILE.group, whichever there is beside the file path, and does that. */
bool lists_from_file_of_sizes(const char *path, const struct text *items, struct dataset *data);

#endif

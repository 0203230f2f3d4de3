/*
 * Lists of items with labels and sparse features, one after the other in flat arrays: the ragged form that RankLoss
 * takes, with the features of item i beside it as a sparse row. Knows no file format and no model.
 */
#ifndef LETOR_DATASET_H
#define LETOR_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One feature that an item has. */
struct entry {
    uint32_t column;
    float value;
};

struct dataset {
    size_t num_lists;
    size_t num_items;
    size_t num_columns;    /**< one more than the largest column */
    int64_t *offsets;      /**< num_lists + 1: list k is the items from offsets[k] to before offsets[k + 1] */
    float *labels;         /**< num_items */
    bool *where;           /**< num_items: the item takes part; one that nobody has judged does not */
    size_t *rows;          /**< num_items + 1: item i has the entries from rows[i] to before rows[i + 1] */
    struct entry *entries; /**< rows[num_items] */
    size_t offsets_capacity, labels_capacity, where_capacity, rows_capacity, entries_capacity;
};

/** An empty set. Release with dataset_free(). */
struct dataset dataset_make(void);

void dataset_free(struct dataset *data);

/** Appends an item without features. */
void dataset_add_item(struct dataset *data, float label, bool where);

/** Gives the last item one more feature. */
void dataset_add_entry(struct dataset *data, uint32_t column, float value);

/** Makes the items from the end of the last list to before end a list, perhaps an empty one. */
void dataset_end_list(struct dataset *data, size_t end);

/** Appends a copy of a list of another set. */
void dataset_add_list(struct dataset *to, const struct dataset *from, size_t list);

/**
 * Moves every fifth list of data (the fifth, the tenth, ...) to held_out, which is empty before. Taking them by
 * position keeps the split the same from run to run.
 */
void dataset_hold_out(struct dataset *data, struct dataset *held_out);

#endif

/*
 * The qids of a file in the order of its lists, and whether one of them comes back after another list.
 */
#ifndef TRAIN_LIST_IDS_H
#define TRAIN_LIST_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list_id {
    uint64_t qid;
    size_t line; /**< where the list begins */
};

/** Zero-initialised it is empty. */
struct list_ids {
    struct list_id *ids;
    size_t count, capacity;
};

void list_ids_free(struct list_ids *lists);

/** Takes the qid of the next item. True if it begins a list: if it is the first qid, or not the one before. */
bool list_ids_add(struct list_ids *lists, uint64_t qid, size_t line);

/**
 * True if a qid begins two lists; *again then is the first list of the file that repeats one. Sorts the ids, so that a
 * file of many lists takes no longer than it must: call it last.
 */
bool list_ids_repeated(struct list_ids *lists, struct list_id *again);

#endif

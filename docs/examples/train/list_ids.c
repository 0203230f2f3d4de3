#include "list_ids.h"

#include <stdlib.h>

#include "allocate.h"

void list_ids_free(struct list_ids *lists) {
    free(lists->ids);
    *lists = (struct list_ids){0};
}

bool list_ids_add(struct list_ids *lists, uint64_t qid, size_t line) {
    if (lists->count > 0 && lists->ids[lists->count - 1].qid == qid) {
        return false;
    }
    lists->ids = grow_array(lists->ids, &lists->capacity, lists->count + 1, sizeof(*lists->ids));
    lists->ids[lists->count++] = (struct list_id){qid, line};
    return true;
}

static int by_qid_then_line(const void *left, const void *right) {
    const struct list_id *const a = left;
    const struct list_id *const b = right;
    if (a->qid != b->qid) {
        return a->qid < b->qid ? -1 : 1;
    }
    return (a->line > b->line) - (a->line < b->line);
}

bool list_ids_repeated(struct list_ids *lists, struct list_id *again) {
    qsort(lists->ids, lists->count, sizeof(*lists->ids), by_qid_then_line);
    bool found = false;
    for (size_t i = 1; i < lists->count; i++) {
        const struct list_id *const id = &lists->ids[i];
        if (id->qid == id[-1].qid && (!found || id->line < again->line)) {
            *again = *id;
            found = true;
        }
    }
    return found;
}

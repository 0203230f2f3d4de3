#include "lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

/* --- By qid --- */

void qids_free(struct qids *qids) {
    free(qids->ids);
    free(qids->lines);
    *qids = (struct qids){0};
}

static void append(struct qids *qids, uint64_t id, size_t line) {
    const size_t count = qids->count + 1;
    qids->ids = grow_array(qids->ids, &qids->ids_capacity, count, sizeof(*qids->ids));
    qids->lines = grow_array(qids->lines, &qids->lines_capacity, count, sizeof(*qids->lines));
    qids->ids[qids->count] = id;
    qids->lines[qids->count] = line;
    qids->count = count;
}

bool qids_add(struct qids *qids, const char *word, const struct text *text) {
    const bool minus = word[0] == '-';
    uint64_t size = 0;
    if (!parse_count(word + minus, 0, minus ? UINT64_C(1) << 63 : UINT64_MAX, &size)) {
        return refuse(text->report, text->name, text->number,
                      "qid '%.40s' is not an integer of 64 bits: give each list a number", word);
    }
    qids->negative |= minus && size > 0;
    qids->beyond |= !minus && size > INT64_MAX;
    if (qids->negative && qids->beyond) {
        return refuse(text->report, text->name, text->number,
                      "qid %.40s: this file has qids below 0 and above %" PRId64 ", which no type of 64 bits holds "
                      "together: number the lists anew",
                      word, INT64_MAX);
    }
    append(qids, minus ? 0 - size : size, text->number);
    return true;
}

/* The lists of the first count items. */
static rankloss_status part(const struct qids *qids, size_t count, int64_t *offsets, int64_t *num_lists) {
    const rankloss_dtype dtype = qids->beyond ? RANKLOSS_U64 : RANKLOSS_I64;
    const rankloss_array ids = rankloss_array_make(dtype, qids->ids, 1, (const int64_t[]){(int64_t)count});
    return rankloss_offsets_from_ids(&ids, offsets, num_lists);
}

/* The item whose qid has come back after another list: with it, and not without it, the first items are refused. */
static size_t find_return(const struct qids *qids, int64_t *offsets) {
    size_t good = 0;
    size_t bad = qids->count;
    while (bad - good > 1) {
        const size_t middle = good + (bad - good) / 2;
        int64_t num_lists = 0;
        if (part(qids, middle, offsets, &num_lists) == RANKLOSS_OK) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

static bool refuse_return(const struct qids *qids, size_t item, const struct text *text) {
    char qid[32];
    if (qids->beyond) {
        snprintf(qid, sizeof(qid), "%" PRIu64, qids->ids[item]);
    } else {
        snprintf(qid, sizeof(qid), "%" PRId64, (int64_t)qids->ids[item]);
    }
    return refuse(text->report, text->name, qids->lines[item],
                  "qid %s again, after other lists: the items of a list must stand together; sort the lines by qid",
                  qid);
}

/* Gives data its lists. The offsets go with them. */
static void set_lists(struct dataset *data, int64_t *offsets, size_t num_lists, size_t capacity) {
    free(data->offsets);
    data->offsets = offsets;
    data->num_lists = num_lists;
    data->offsets_capacity = capacity;
}

bool lists_from_qids(const struct qids *qids, const struct text *items, struct dataset *data) {
    int64_t *const offsets = new_array(qids->count + 1, sizeof(*offsets));
    int64_t num_lists = 0;
    const rankloss_status status = part(qids, qids->count, offsets, &num_lists);
    if (status == RANKLOSS_OK) {
        set_lists(data, offsets, (size_t)num_lists, qids->count + 1);
        return true;
    }
    if (status != RANKLOSS_ERROR_OFFSETS) {
        die("%s: %s", items->name, rankloss_last_error());
    }
    const size_t item = find_return(qids, offsets);
    free(offsets);
    return refuse_return(qids, item, items);
}

/* --- By size --- */

struct sizes {
    int64_t *of;
    size_t count, capacity;
};

static bool read_size(struct text *text, struct sizes *sizes) {
    const char *const word = next_word(&text->line);
    if (word == NULL) {
        return true;
    }
    uint64_t size = 0;
    if (!parse_count(word, 0, INT32_MAX, &size)) {
        return refuse(text->report, text->name, text->number,
                      "list size '%.40s' is not an integer from 0 to %" PRId32 ": one a line is wanted", word,
                      INT32_MAX);
    }
    const char *const more = next_word(&text->line);
    if (more != NULL) {
        return refuse(text->report, text->name, text->number, "'%.40s' behind the list size: one a line is wanted",
                      more);
    }
    sizes->of = grow_array(sizes->of, &sizes->capacity, sizes->count + 1, sizeof(*sizes->of));
    sizes->of[sizes->count++] = (int64_t)size;
    return true;
}

static bool read_sizes(struct text *text, struct sizes *sizes) {
    enum text_status status = TEXT_END;
    while ((status = text_next(text)) == TEXT_LINE) {
        if (!read_size(text, sizes)) {
            return false;
        }
    }
    return status == TEXT_END;
}

static bool apply_sizes(const struct sizes *sizes, const struct text *text, const struct text *items,
                        struct dataset *data) {
    int64_t *const offsets = new_array(sizes->count + 1, sizeof(*offsets));
    const rankloss_array view = RANKLOSS_ARRAY(sizes->of, (int64_t)sizes->count);
    if (rankloss_offsets_from_sizes(&view, offsets) != RANKLOSS_OK) {
        die("%s: %s", text->name, rankloss_last_error());
    }
    const int64_t total = offsets[sizes->count];
    if (total != (int64_t)data->num_items) {
        free(offsets);
        return refuse(text->report, text->name, 0,
                      "the list sizes sum to %" PRId64 ", but %s has %zu items: these are not of one data set", total,
                      items->name, data->num_items);
    }
    set_lists(data, offsets, sizes->count, sizes->count + 1);
    return true;
}

bool lists_from_sizes(struct text *text, const struct text *items, struct dataset *data) {
    struct sizes sizes = {0};
    const bool done = read_sizes(text, &sizes) && apply_sizes(&sizes, text, items, data);
    free(sizes.of);
    return done;
}

static char *with_ending(const char *path, const char *ending) {
    const size_t size = strlen(path) + strlen(ending) + 1;
    char *const name = new_array(size, 1);
    snprintf(name, size, "%s%s", path, ending);
    return name;
}

bool lists_from_file_of_sizes(const char *path, const struct text *items, struct dataset *data) {
    if (strcmp(path, "-") == 0) {
        return refuse(items->report, items->name, 0,
                      "the lines have no qid, and nothing stands beside standard input: name a file instead");
    }
    char *const query_name = with_ending(path, ".query");
    char *const group_name = with_ending(path, ".group");
    struct text query;
    struct text group;
    const bool has_query = text_open(&query, query_name, items->report);
    const bool has_group = text_open(&group, group_name, items->report);
    bool done = false;
    if (has_query && has_group) {
        refuse(items->report, path, 0, "the lines have no qid, and both %s and %s have sizes of lists: take one away",
               query_name, group_name);
    } else if (!has_query && !has_group) {
        refuse(items->report, path, 0,
               "the lines have no qid, and neither %s nor %s can be opened: one has to have the sizes of the lists",
               query_name, group_name);
    } else {
        done = lists_from_sizes(has_query ? &query : &group, items, data);
    }
    if (has_query) {
        text_close(&query);
    }
    if (has_group) {
        text_close(&group);
    }
    free(query_name);
    free(group_name);
    return done;
}

#include "letor.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "allocate.h"
#include "fail.h"
#include "lines.h"
#include "list_ids.h"
#include "number.h"
#include "query_file.h"

enum form { FORM_UNKNOWN, FORM_QID, FORM_QUERY_FILE };

struct reader {
    struct lines lines;
    struct dataset *data;
    enum form form;
    struct list_ids ids;
    size_t *last_item; /* for each index, the number (from 1) of the last item that had it */
    size_t last_item_capacity;
};

static bool read_label(struct reader *reader, const char *word) {
    const struct lines *const at = &reader->lines;
    double label = 0.0;
    if (!parse_number(word, &label)) {
        return refuse(at->path, at->number, "label '%.40s' is not a finite number", word);
    }
    if (label < 0.0 || label > LETOR_MAX_LABEL) {
        return refuse(at->path, at->number, "label %.40s is not between 0 and %d", word, LETOR_MAX_LABEL);
    }
    dataset_add_item(reader->data, (float)label);
    return true;
}

/* Ends the list before this item if the item's qid is another one. */
static bool read_qid(struct reader *reader, const char *digits) {
    const struct lines *const at = &reader->lines;
    uint64_t qid = 0;
    if (!parse_count(digits, 0, INT64_MAX, &qid)) {
        return refuse(at->path, at->number, "qid '%.40s' is not an integer from 0 to %" PRId64, digits, INT64_MAX);
    }
    if (list_ids_add(&reader->ids, qid, at->number) && reader->data->num_items > 1) {
        dataset_end_list(reader->data, reader->data->num_items - 1);
    }
    return true;
}

/* The first item decides for the whole file whether lists are told apart by qid. */
static bool check_form(struct reader *reader, bool has_qid) {
    const struct lines *const at = &reader->lines;
    if (reader->form == FORM_UNKNOWN) {
        reader->form = has_qid ? FORM_QID : FORM_QUERY_FILE;
    }
    if (has_qid == (reader->form == FORM_QID)) {
        return true;
    }
    return refuse(at->path, at->number, has_qid ? "a qid, but the lines before have none" : "no qid after the label");
}

/* Whether this index stands in the current line for the first time. */
static bool first_in_line(struct reader *reader, uint32_t index) {
    const size_t had = reader->last_item_capacity;
    reader->last_item =
        grow_array(reader->last_item, &reader->last_item_capacity, (size_t)index + 1, sizeof(*reader->last_item));
    memset(reader->last_item + had, 0, (reader->last_item_capacity - had) * sizeof(*reader->last_item));
    const size_t item = reader->data->num_items;
    const bool first = reader->last_item[index] != item;
    reader->last_item[index] = item;
    return first;
}

static bool read_feature(struct reader *reader, char *word) {
    const struct lines *const at = &reader->lines;
    char *const colon = strchr(word, ':');
    if (colon == NULL) {
        return refuse(at->path, at->number, "'%.40s' has no ':': a feature is index:value", word);
    }
    *colon = '\0';
    const char *const text = colon + 1;
    uint64_t index = 0;
    if (!parse_count(word, 1, LETOR_MAX_INDEX, &index)) {
        return refuse(at->path, at->number, "feature index '%.40s' is not an integer from 1 to %d", word,
                      LETOR_MAX_INDEX);
    }
    double value = 0.0;
    if (text[0] == '\0') {
        return refuse(at->path, at->number, "feature %.40s has no value behind its ':'", word);
    }
    if (!parse_number(text, &value) || fabs(value) > (double)FLT_MAX) {
        return refuse(at->path, at->number, "value '%.40s' of feature %.40s is not a finite 32-bit float", text, word);
    }
    if (!first_in_line(reader, (uint32_t)index)) {
        return refuse(at->path, at->number, "feature index %.40s stands in this line twice", word);
    }
    dataset_add_entry(reader->data, (uint32_t)index, (float)value);
    return true;
}

static bool read_item(struct reader *reader, const char *label, char *rest) {
    if (!read_label(reader, label)) {
        return false;
    }
    char *word = next_word(&rest);
    const bool has_qid = word != NULL && strncmp(word, "qid:", 4) == 0;
    if (!check_form(reader, has_qid) || (has_qid && !read_qid(reader, word + 4))) {
        return false;
    }
    for (word = has_qid ? next_word(&rest) : word; word != NULL; word = next_word(&rest)) {
        if (!read_feature(reader, word)) {
            return false;
        }
    }
    return true;
}

static bool read_line(struct reader *reader) {
    const struct lines *const at = &reader->lines;
    char *rest = at->text;
    const char *const label = next_word(&rest);
    if (label != NULL && !read_item(reader, label, rest)) {
        return false;
    }
    return at->complete ||
           refuse(at->path, at->number, "no newline at the end: is the file cut short? If not, add one");
}

static bool read_items(struct reader *reader) {
    enum lines_status status;
    while ((status = lines_next(&reader->lines)) == LINES_READ) {
        if (!read_line(reader)) {
            return false;
        }
    }
    return status == LINES_END;
}

static bool end_lists(struct reader *reader) {
    struct dataset *const data = reader->data;
    const char *const path = reader->lines.path;
    if (data->num_items == 0) {
        return refuse(path, 0, "holds no items");
    }
    if (reader->form == FORM_QUERY_FILE) {
        return query_file_read(path, data);
    }
    dataset_end_list(data, data->num_items);
    struct list_id again;
    if (list_ids_repeated(&reader->ids, &again)) {
        return refuse(path, again.line,
                      "qid %" PRIu64 " again, after other lists: the items of a list must stand together", again.qid);
    }
    return true;
}

bool letor_read(const char *path, struct dataset *data) {
    struct reader reader = {.data = data};
    if (!lines_open(&reader.lines, path)) {
        return refuse(path, 0, "cannot be opened: %s", strerror(errno));
    }
    const bool read = read_items(&reader) && end_lists(&reader);
    lines_close(&reader.lines);
    list_ids_free(&reader.ids);
    free(reader.last_item);
    return read;
}

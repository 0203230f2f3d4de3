#include "query_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocate.h"
#include "fail.h"
#include "lines.h"
#include "number.h"

static bool read_length(struct lines *lines, struct dataset *data, uint64_t *total) {
    char *rest = lines->text;
    const char *const word = next_word(&rest);
    if (word == NULL) {
        return true;
    }
    uint64_t length = 0;
    if (!parse_count(word, 0, INT32_MAX, &length)) {
        return refuse(lines->path, lines->number, "list length '%.40s' is not an integer from 0 to %" PRId32, word,
                      INT32_MAX);
    }
    const char *const more = next_word(&rest);
    if (more != NULL) {
        return refuse(lines->path, lines->number, "'%.40s' behind the list length: one length a line", more);
    }
    *total += length;
    dataset_end_list(data, (size_t)*total);
    return true;
}

static bool read_lengths(struct lines *lines, const char *data_path, struct dataset *data) {
    uint64_t total = 0;
    enum lines_status status;
    while ((status = lines_next(lines)) == LINES_READ) {
        if (!read_length(lines, data, &total)) {
            return false;
        }
    }
    if (status == LINES_END && total != data->num_items) {
        return refuse(lines->path, 0, "the list lengths sum to %" PRIu64 ", but %s has %zu items", total, data_path,
                      data->num_items);
    }
    return status == LINES_END;
}

bool query_file_read(const char *data_path, struct dataset *data) {
    const size_t size = strlen(data_path) + sizeof(".query");
    char *const path = new_array(size, 1);
    snprintf(path, size, "%s.query", data_path);
    struct lines lines;
    bool read = false;
    if (lines_open(&lines, path)) {
        read = read_lengths(&lines, data_path, data);
        lines_close(&lines);
    } else {
        refuse(data_path, 0, "the lines have no qid, and %s cannot be opened: %s", path, strerror(errno));
    }
    free(path);
    return read;
}

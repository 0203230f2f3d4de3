#include "letor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"

enum form { FORM_UNKNOWN, FORM_QIDS, FORM_SIZES };

struct reader {
    const struct letor_options *options;
    struct text *text;
    struct dataset *data;
    struct qids qids;
    enum form form;
};

/* --- A word each --- */

/* What rounds to the largest float is that number: programs print it with fewer digits than it has. */
static float to_float(double number) {
    if (fabs(number) < 0x1.ffffffp127) {
        return (float)number;
    }
    return number > 0.0 ? INFINITY : -INFINITY;
}

static bool read_label(struct reader *reader, const char *word) {
    const struct text *const at = reader->text;
    const struct letor_options *const options = reader->options;
    double number = 0.0;
    if (!parse_number(word, &number) || isinf(to_float(number))) {
        return refuse(at->report, at->name, at->number,
                      "label '%.40s' is not a finite number: a line is label qid:N index:value ...", word);
    }
    const float label = to_float(number);
    const bool judged = label != options->ignored_label;
    if (judged && label > options->largest_label) {
        return refuse(at->report, at->name, at->number, "label %.40s is above %g%s", word,
                      (double)options->largest_label, options->why);
    }
    dataset_add_item(reader->data, label, judged);
    return true;
}

/* The first item decides for the whole file whether lists are told apart by qid. */
static bool check_form(struct reader *reader, bool has_qid) {
    const struct text *const at = reader->text;
    if (reader->form == FORM_UNKNOWN) {
        reader->form = has_qid ? FORM_QIDS : FORM_SIZES;
    }
    if (has_qid == (reader->form == FORM_QIDS)) {
        return true;
    }
    return refuse(at->report, at->name, at->number,
                  has_qid ? "a qid, but the lines before have none: give it to every line or to none"
                          : "no qid after the label, but the lines before have one: give it to every line or to none");
}

/* Whether a word is one of those for a value that is not known, in letters of any case. */
static bool is_missing(const char *word) {
    static const char *const names[] = {"nan", "+nan", "-nan", "null"};
    char lower[5] = "";
    for (size_t i = 0; i < sizeof(lower) - 1 && word[i] != '\0'; i++) {
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] - 'A' + 'a' : word[i]);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(lower, names[i]) == 0 && strlen(word) == strlen(lower)) {
            return true;
        }
    }
    return false;
}

/* NAN where it is missing. */
static bool parse_value(const char *word, float *value) {
    double number = 0.0;
    if (is_missing(word)) {
        *value = NAN;
        return true;
    }
    if (!parse_number(word, &number)) {
        return false;
    }
    const float rounded = to_float(number);
    *value = isinf(rounded) ? NAN : rounded;
    return true;
}

static bool read_feature(struct reader *reader, char *word) {
    const struct text *const at = reader->text;
    char *const colon = strchr(word, ':');
    if (colon == NULL) {
        return refuse(at->report, at->name, at->number, "'%.40s' has no ':': a feature is index:value", word);
    }
    *colon = '\0';
    const char *const text = colon + 1;
    uint64_t index = 0;
    if (!parse_count(word, 0, LETOR_MAX_INDEX, &index)) {
        return refuse(at->report, at->name, at->number,
                      "feature index '%.40s' is not an integer from 0 to %d: number the features anew", word,
                      LETOR_MAX_INDEX);
    }
    float value = 0.0F;
    if (text[0] == '\0') {
        return refuse(at->report, at->name, at->number,
                      "feature %.40s has no value behind its ':': leave it out, or write nan", word);
    }
    if (!parse_value(text, &value)) {
        return refuse(
            at->report, at->name, at->number,
            "value '%.40s' of feature %.40s is no finite number, nor nan or null, which stand for a missing one", text,
            word);
    }
    dataset_add_entry(reader->data, (uint32_t)index, value);
    return true;
}

/* --- A line each --- */

static int by_column(const void *left, const void *right) {
    const struct entry *const a = left;
    const struct entry *const b = right;
    return (a->column > b->column) - (a->column < b->column);
}

/* Most files have their indices in order; only the rows of others are sorted. Returns a column that the row has twice,
 * or none (count). */
static size_t sort_row(struct entry *row, size_t count) {
    size_t i = 1;
    while (i < count && row[i - 1].column < row[i].column) {
        i++;
    }
    if (i < count) {
        qsort(row, count, sizeof(*row), by_column);
    }
    for (i = 1; i < count && row[i - 1].column != row[i].column; i++) {
    }
    return i < count ? i : count;
}

/* Sorts the features of the last item, and takes out those without a value. */
static bool end_row(struct reader *reader) {
    const struct text *const at = reader->text;
    struct dataset *const data = reader->data;
    const size_t begin = data->rows[data->num_items - 1];
    const size_t count = data->rows[data->num_items] - begin;
    if (count == 0) {
        return true;
    }
    struct entry *const row = data->entries + begin;
    const size_t twice = sort_row(row, count);
    if (twice < count) {
        return refuse(at->report, at->name, at->number,
                      "feature index %d stands in this line twice: take out the one that is not meant",
                      (int)row[twice].column);
    }
    size_t kept = 0;
    for (size_t e = 0; e < count; e++) {
        row[kept] = row[e];
        kept += isnan(row[e].value) ? 0 : 1;
    }
    data->rows[data->num_items] = begin + kept;
    return true;
}

static bool read_item(struct reader *reader, const char *label, char *rest) {
    if (!read_label(reader, label)) {
        return false;
    }
    char *word = next_word(&rest);
    const bool has_qid = word != NULL && strncmp(word, "qid:", 4) == 0;
    if (!check_form(reader, has_qid) || (has_qid && !qids_add(&reader->qids, word + 4, reader->text))) {
        return false;
    }
    for (word = has_qid ? next_word(&rest) : word; word != NULL; word = next_word(&rest)) {
        if (!read_feature(reader, word)) {
            return false;
        }
    }
    return end_row(reader);
}

static bool read_line(struct reader *reader) {
    const struct text *const at = reader->text;
    char *rest = at->line;
    const char *const label = next_word(&rest);
    if (label != NULL && !read_item(reader, label, rest)) {
        return false;
    }
    if (!at->complete) {
        warn(at->report, at->name, at->number, "no newline at the end: if the file is cut short, so may be this line");
    }
    return true;
}

/* --- A file each --- */

static bool read_items(struct reader *reader) {
    enum text_status status = TEXT_END;
    while ((status = text_next(reader->text)) == TEXT_LINE) {
        if (!read_line(reader)) {
            return false;
        }
    }
    if (status == TEXT_END && reader->data->num_items == 0) {
        return refuse(reader->text->report, reader->text->name, 0, "holds no items: is it the right file?");
    }
    return status == TEXT_END;
}

/* sizes: NULL where they are in a file beside path. */
static bool read_lists(struct reader *reader, struct text *sizes, const char *path) {
    if (!read_items(reader)) {
        return false;
    }
    if (reader->form == FORM_QIDS) {
        return lists_from_qids(&reader->qids, reader->text, reader->data);
    }
    return sizes != NULL ? lists_from_sizes(sizes, reader->text, reader->data)
                         : lists_from_file_of_sizes(path, reader->text, reader->data);
}

bool letor_read_texts(struct text *items, struct text *sizes, const struct letor_options *options,
                      struct dataset *data) {
    struct reader reader = {.options = options, .text = items, .data = data};
    const bool done = read_lists(&reader, sizes, items->name);
    qids_free(&reader.qids);
    return done;
}

bool letor_read(const char *path, const struct letor_options *options, struct dataset *data, struct report *report) {
    struct text text;
    if (!text_open(&text, path, report)) {
        return refuse(report, path, 0, "cannot be opened: %s", strerror(errno));
    }
    struct reader reader = {.options = options, .text = &text, .data = data};
    const bool done = read_lists(&reader, NULL, path);
    qids_free(&reader.qids);
    text_close(&text);
    return done;
}

/*
 * Any bytes as a file for the reader of the examples: what it accepts must be lists that the library takes, and what it
 * refuses must be refused in words.
 *
 * The first byte is the label that says "not judged", and whether labels are limited; what follows is a file of items,
 * and behind a byte FF, if there is one, the file with the sizes of their lists.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "../target.h"
#include "letor.h"

static void demand(bool holds, const char *what, const struct report *report) {
    if (!holds) {
        fprintf(stderr, "the reader: %s\nit said: %s\n", what, report->text);
        abort();
    }
}

/* --- What is refused --- */

static void judge_words(const struct report *report) {
    for (const char *c = report->text; *c != '\0'; c++) {
        demand(*c == '\n' || (*c >= ' ' && *c <= '~'), "words that no terminal prints", report);
    }
    demand(report->text[report->length] == '\0' && report->text[report->length - 1] == '\n', "no line of words",
           report);
}

/* --- What is read --- */

static void judge_row(const struct dataset *data, size_t item, const struct report *report) {
    const struct entry *previous = NULL;
    demand(data->rows[item] <= data->rows[item + 1], "rows that go backwards", report);
    for (size_t e = data->rows[item]; e < data->rows[item + 1]; e++) {
        const struct entry *const entry = &data->entries[e];
        demand(isfinite(entry->value), "a feature without a value", report);
        demand(entry->column <= LETOR_MAX_INDEX && entry->column < data->num_columns, "a column too far", report);
        demand(previous == NULL || previous->column < entry->column, "a row out of order", report);
        previous = entry;
    }
}

static void judge_items(const struct dataset *data, const struct letor_options *options, const struct report *report) {
    demand(data->num_items > 0 && data->rows[0] == 0, "no items", report);
    for (size_t i = 0; i < data->num_items; i++) {
        const float label = data->labels[i];
        demand(isfinite(label) && data->where[i] == (label != options->ignored_label), "a label or its mask", report);
        demand(!data->where[i] || label <= options->largest_label, "a label above the largest", report);
        judge_row(data, i, report);
    }
}

/* The loss of scores that are all zero: sum of labels times log of the list's size. No offsets or labels may stop it. */
static void judge_lists(const struct dataset *data, const struct report *report) {
    const int64_t num_items = (int64_t)data->num_items;
    const float zero = 0.0F;
    double loss = 0.0;
    rankloss_problem problem = {.labels = RANKLOSS_ARRAY(data->labels, num_items),
                                .where = RANKLOSS_ARRAY(data->where, num_items),
                                .offsets = RANKLOSS_ARRAY(data->offsets, (int64_t)data->num_lists + 1),
                                .reduction = RANKLOSS_SUM};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    problem.logits = RANKLOSS_ARRAY(&zero, num_items);
    problem.logits.strides[0] = 0;
    demand(rankloss_softmax(&problem, &result) == RANKLOSS_OK, rankloss_last_error(), report);
    demand(isfinite(loss), "a loss that is not finite", report);
}

/* --- One input --- */

static struct letor_options decode_options(uint8_t byte) {
    struct letor_options options = LETOR_ANY_LABEL;
    options.ignored_label = byte % 4 == 0 ? NAN : (float)(byte % 4) - 2.0F;
    options.largest_label = byte % 8 < 4 ? INFINITY : 31.0F;
    options.why = "";
    return options;
}

static void run(const struct letor_options *options, struct text *items, struct text *sizes) {
    struct dataset data = dataset_make();
    if (letor_read_texts(items, sizes, options, &data)) {
        judge_items(&data, options, items->report);
        judge_lists(&data, items->report);
    } else {
        judge_words(items->report);
    }
    dataset_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const struct letor_options options = decode_options(data[0]);
    const uint8_t *const mark = memchr(data + 1, 0xFF, size - 1);
    const uint8_t *const end = mark != NULL ? mark : data + size;
    struct report report = {.length = 0};
    struct text items;
    struct text sizes;
    text_of_bytes(&items, "items", data + 1, (size_t)(end - data) - 1, &report);
    text_of_bytes(&sizes, "sizes", end + (mark != NULL), (size_t)(data + size - end) - (mark != NULL), &report);
    run(&options, &items, &sizes);
    text_close(&items);
    text_close(&sizes);
    return 0;
}

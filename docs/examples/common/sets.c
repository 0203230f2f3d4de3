#include "sets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../letor/letor.h"

static size_t raise_labels(struct dataset *data) {
    size_t raised = 0;
    for (size_t i = 0; i < data->num_items; i++) {
        if (data->where[i] && data->labels[i] < 0.0F) {
            data->labels[i] = 0.0F;
            raised++;
        }
    }
    return raised;
}

static bool read_set(const char *path, const struct files *files, struct dataset *data, struct report *report) {
    struct letor_options options = LETOR_ANY_LABEL;
    options.ignored_label = files->ignored;
    if (files->gain == GAIN_EXP) {
        options.largest_label = GAIN_EXP_LARGEST_LABEL;
        options.why = ", the largest for a gain of 2^label - 1: with --gain linear it is the label itself";
    }
    const bool done = letor_read(path, &options, data, report);
    const size_t raised = done ? raise_labels(data) : 0;
    if (raised > 0) {
        warn(report, path, 0, "%zu labels below 0 count as 0; to leave such items out: --ignore-label LABEL", raised);
    }
    return done;
}

bool sets_read(const struct files *files, struct sets *sets, struct report *report) {
    if (files->train != NULL && !read_set(files->train, files, &sets->train, report)) {
        return false;
    }
    if (files->test != NULL) {
        return read_set(files->test, files, &sets->held_out, report);
    }
    dataset_hold_out(&sets->train, &sets->held_out);
    return true;
}

static size_t count_ignored(const struct dataset *data) {
    size_t ignored = 0;
    for (size_t i = 0; i < data->num_items; i++) {
        ignored += !data->where[i];
    }
    return ignored;
}

static void describe(const char *name, const struct dataset *data) {
    const size_t ignored = count_ignored(data);
    printf("%s  %6zu lists, %7zu items", name, data->num_lists, data->num_items);
    if (ignored > 0) {
        printf(" (%zu not judged)", ignored);
    }
}

void sets_describe(const struct files *files, const struct sets *sets) {
    if (files->train != NULL) {
        printf("%s\n", strcmp(files->train, "-") == 0 ? "standard input" : files->train);
    }
    describe("training", &sets->train);
    describe("\nheld out", &sets->held_out);
    printf(", %s\n\n", files->test == NULL ? "every fifth list" : files->test);
}

void sets_free(struct sets *sets) {
    dataset_free(&sets->train);
    dataset_free(&sets->held_out);
}

#include "load.h"

#include <math.h>
#include <stdio.h>

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

bool load(const char *path, float ignored, enum gain gain, struct dataset *data) {
    struct report report = {.length = 0};
    struct letor_options options = LETOR_ANY_LABEL;
    options.ignored_label = ignored;
    if (gain == GAIN_EXP) {
        options.largest_label = GAIN_EXP_LARGEST_LABEL;
        options.why = ", the largest for a gain of 2^label - 1: with --gain linear it is the label itself";
    }
    const bool done = letor_read(path, &options, data, &report);
    const size_t raised = done ? raise_labels(data) : 0;
    if (raised > 0) {
        warn(&report, path, 0, "%zu labels below 0 count as 0; to leave such items out: --ignore-label LABEL", raised);
    }
    fputs(report.text, stderr);
    return done;
}

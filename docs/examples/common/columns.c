#include "columns.h"

#include <math.h>
#include <stdlib.h>

#include "../letor/memory.h"

/* Nothing in a training set of a million items is further from the mean; in other lists a wild value must not overflow
 * a score. */
#define MOST_DEVIATIONS 1000.0

static void learn_means(struct columns *columns, const struct dataset *train) {
    for (size_t e = 0; e < train->rows[train->num_items]; e++) {
        struct feature *const feature = &columns->of[train->entries[e].column];
        feature->mean += (double)train->entries[e].value;
        feature->count++;
    }
    for (size_t j = 0; j < columns->num_features; j++) {
        struct feature *const feature = &columns->of[j];
        feature->mean /= feature->count > 0 ? (double)feature->count : 1.0;
        feature->optional = feature->count < train->num_items;
    }
}

/* Equal values come out as the deviation 0, not as something near it: the sum of up to 2^29 equal floats is exact in
 * double, and so is their mean. */
static void learn_deviations(struct columns *columns, const struct dataset *train) {
    for (size_t e = 0; e < train->rows[train->num_items]; e++) {
        struct feature *const feature = &columns->of[train->entries[e].column];
        const double difference = (double)train->entries[e].value - feature->mean;
        feature->deviation += difference * difference / (double)feature->count;
    }
    for (size_t j = 0; j < columns->num_features; j++) {
        struct feature *const feature = &columns->of[j];
        feature->deviation = sqrt(feature->deviation);
    }
}

struct columns columns_learn(const struct dataset *train) {
    struct columns columns = {.num_features = train->num_columns,
                              .of = new_array(train->num_columns, sizeof(struct feature))};
    learn_means(&columns, train);
    learn_deviations(&columns, train);
    return columns;
}

void columns_free(struct columns *columns) {
    free(columns->of);
    *columns = (struct columns){0};
}

static void add_columns(const struct columns *columns, struct entry entry, struct dataset *into) {
    if (entry.column >= columns->num_features) {
        return;
    }
    const struct feature *const feature = &columns->of[entry.column];
    if (feature->deviation > 0.0) {
        const double deviations = ((double)entry.value - feature->mean) / feature->deviation;
        const double bounded = fmax(-MOST_DEVIATIONS, fmin(deviations, MOST_DEVIATIONS));
        dataset_add_entry(into, 2 * entry.column, (float)bounded);
    }
    if (feature->count > 0 && feature->optional) {
        dataset_add_entry(into, 2 * entry.column + 1, 1.0F);
    }
}

struct dataset columns_apply(const struct columns *columns, const struct dataset *raw) {
    struct dataset made = dataset_make();
    for (size_t list = 0; list < raw->num_lists; list++) {
        for (size_t i = (size_t)raw->offsets[list]; i < (size_t)raw->offsets[list + 1]; i++) {
            dataset_add_item(&made, raw->labels[i], raw->where[i]);
            for (size_t e = raw->rows[i]; e < raw->rows[i + 1]; e++) {
                add_columns(columns, raw->entries[e], &made);
            }
        }
        dataset_end_list(&made, made.num_items);
    }
    return made;
}

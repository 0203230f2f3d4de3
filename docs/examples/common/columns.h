/*
 * From the features of a file to the columns of a linear ranker, by what the training lists alone tell.
 *
 * Files differ in what an index that is not there means: zero (SVMlight, LETOR, LightGBM) or unknown (a value that was
 * not to be had). Each feature j becomes two columns, and they serve both:
 *
 *     column 2 j      (value - mean) / deviation where the feature is there, 0 where it is not;
 *     column 2 j + 1  1 where the feature is there, 0 where it is not.
 *
 * mean and deviation are those of the values that are there in the training lists. An unknown value so counts as the
 * mean, and the second column learns what being known says about the item. If absent means zero instead, no ranker is
 * lost: w * value is w * deviation times the first column plus w * mean times the second. Zeros never become stored
 * values, so sparse files stay sparse.
 *
 * What cannot rank is left out: the first column of a feature with one value only, the second of a feature that every
 * training item has, and both of a feature that none has.
 */
#ifndef COMMON_COLUMNS_H
#define COMMON_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../letor/dataset.h"

struct feature {
    size_t count; /**< training items that have it */
    double mean;
    double deviation; /**< 0 where all values are equal */
    bool optional;    /**< some training item lacks it */
};

struct columns {
    size_t num_features;
    struct feature *of; /**< by index */
};

/** What the training lists tell of each feature. Release with columns_free(). */
struct columns columns_learn(const struct dataset *train);

void columns_free(struct columns *columns);

/** The lists of raw, training lists or others, with columns in the place of features. Release with dataset_free(). */
struct dataset columns_apply(const struct columns *columns, const struct dataset *raw);

static inline size_t columns_count(const struct columns *columns) {
    return 2 * columns->num_features;
}

static inline size_t feature_of_column(size_t column) {
    return column / 2;
}

static inline bool column_is_presence(size_t column) {
    return column % 2 == 1;
}

#endif

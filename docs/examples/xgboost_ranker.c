/*
 * The ranking softmax loss as an objective of XGBoost, through its C API, beside the ranking objectives that XGBoost
 * has. boost() is what a program of your own needs; it works with XGBoost 1.7 and later.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <rankloss/rankloss.h>
#include <xgboost/c_api.h>

#include "letor/memory.h"
#include "trees/trees.h"

static void check(int status) {
    if (status != 0) {
        die("XGBoost: %s", XGBGetLastError());
    }
}

/* --- The loss as an objective --- */

/* The scores of the items so far, which XGBoost keeps until the next call. In training they are those of all trees. */
static const float *predict(BoosterHandle booster, DMatrixHandle matrix, bool training) {
    char config[160];
    const bst_ulong *shape = NULL;
    bst_ulong dimensions = 0;
    const float *scores = NULL;
    snprintf(config, sizeof(config),
             "{\"type\": 1, \"training\": %s, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": false}",
             training ? "true" : "false");
    check(XGBoosterPredictFromDMatrix(booster, matrix, config, &shape, &dimensions, &scores));
    return scores;
}

/*
 * Adds a tree. Its targets are the gradient and the diagonal of the Hessian of the sum of the lists' losses: a mean would
 * make both smaller than XGBoost's regularisation. XGBoost has the offsets of the lists as they are wanted.
 */
static void boost(BoosterHandle booster, DMatrixHandle matrix, const struct trees_set *set, float *grad, float *hess) {
    const int64_t num_items = (int64_t)set->lists.num_items;
    const unsigned *offsets = NULL;
    bst_ulong num_offsets = 0;
    check(XGDMatrixGetUIntInfo(matrix, "group_ptr", &num_offsets, &offsets));
    const float *const scores = predict(booster, matrix, true);
    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(scores, num_items),
        .labels = RANKLOSS_ARRAY(set->gains, num_items),
        .where = RANKLOSS_ARRAY(set->lists.where, num_items),
        .offsets = RANKLOSS_ARRAY(offsets, (int64_t)num_offsets),
        .reduction = RANKLOSS_SUM,
    };
    const rankloss_result result = {
        .grad_logits = RANKLOSS_ARRAY(grad, num_items),
        .hess_logits = RANKLOSS_ARRAY(hess, num_items),
    };
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        die("rankloss_softmax: %s", rankloss_last_error());
    }
    check(XGBoosterBoostOneIter(booster, matrix, grad, hess, (bst_ulong)num_items));
}

/* --- Data and boosters --- */

/* A vector as XGBoost's C API is told of it. */
static void format_vector(char text[160], const void *data, size_t count, const char *type) {
    snprintf(text, 160, "{\"data\": [%" PRIuPTR ", true], \"shape\": [%zu], \"typestr\": \"%s\", \"version\": 3}",
             (uintptr_t)data, count, type);
}

static DMatrixHandle make_matrix(const struct trees_set *set) {
    const size_t num_items = set->lists.num_items;
    char rows[160];
    char columns[160];
    char values[160];
    DMatrixHandle matrix = NULL;
    format_vector(rows, set->rows, num_items + 1, sizeof(size_t) == 8 ? "<u8" : "<u4");
    format_vector(columns, set->columns, set->rows[num_items], "<u4");
    format_vector(values, set->values, set->rows[num_items], "<f4");
    check(XGDMatrixCreateFromCSR(rows, columns, values, set->num_columns, "{\"missing\": NaN}", &matrix));
    check(XGDMatrixSetUIntInfo(matrix, "group", set->list_sizes, set->num_sizes));
    check(XGDMatrixSetFloatInfo(matrix, "label", set->lists.labels, num_items));
    return matrix;
}

/* NAN leaves what XGBoost takes. */
static void set_number(BoosterHandle booster, const char *name, double value) {
    char text[32];
    if (isnan(value)) {
        return;
    }
    snprintf(text, sizeof(text), "%.17g", value);
    check(XGBoosterSetParam(booster, name, text));
}

/* Trees of so many leaves, the best split first, as LightGBM grows them. */
static BoosterHandle make_booster(const struct trees_settings *settings, const DMatrixHandle matrices[2],
                                  const char *objective) {
    BoosterHandle booster = NULL;
    check(XGBoosterCreate(matrices, 2, &booster));
    check(XGBoosterSetParam(booster, "objective", objective));
    check(XGBoosterSetParam(booster, "tree_method", "hist"));
    check(XGBoosterSetParam(booster, "grow_policy", "lossguide"));
    check(XGBoosterSetParam(booster, "verbosity", "0"));
    set_number(booster, "base_score", 0.0);
    set_number(booster, "max_depth", 0.0);
    set_number(booster, "max_leaves", (double)settings->leaves);
    set_number(booster, "learning_rate", settings->learning_rate);
    set_number(booster, "lambda", settings->l2);
    set_number(booster, "min_child_weight", settings->min_hessian);
    set_number(booster, "nthread", (double)settings->threads);
    return booster;
}

/* --- Runs --- */

static void keep_scores(BoosterHandle booster, const DMatrixHandle matrices[2], struct trees_sets *sets) {
    struct trees_set *const both[] = {&sets->train, &sets->held_out};
    for (size_t s = 0; s < 2; s++) {
        const float *const scores = predict(booster, matrices[s], false);
        for (size_t i = 0; i < both[s]->lists.num_items; i++) {
            both[s]->scores[i] = (double)scores[i];
        }
    }
}

static void train_with_this_loss(const struct trees_settings *settings, const DMatrixHandle matrices[2],
                                 struct trees_sets *sets) {
    const size_t num_items = sets->train.lists.num_items;
    float *const grad = new_array(num_items, sizeof(*grad));
    float *const hess = new_array(num_items, sizeof(*hess));
    /* XGBoost wants a name, but asks this objective for nothing: its scores are those of the trees. */
    BoosterHandle booster = make_booster(settings, matrices, "reg:squarederror");
    for (uint64_t round = 1; round <= settings->rounds; round++) {
        boost(booster, matrices[0], &sets->train, grad, hess);
        keep_scores(booster, matrices, sets);
        trees_progress(settings, sets, round);
    }
    if (settings->model != NULL) {
        check(XGBoosterSaveModel(booster, settings->model));
        printf("saved to %s\n", settings->model);
    }
    check(XGBoosterFree(booster));
    free(grad);
    free(hess);
}

static void train_with(const char *objective, const struct trees_settings *settings, const DMatrixHandle matrices[2],
                       struct trees_sets *sets) {
    BoosterHandle booster = make_booster(settings, matrices, objective);
    for (uint64_t round = 0; round < settings->rounds; round++) {
        check(XGBoosterUpdateOneIter(booster, (int)round, matrices[0]));
    }
    keep_scores(booster, matrices, sets);
    check(XGBoosterFree(booster));
    trees_table_row(settings, sets, objective);
}

static void run(const struct trees_settings *settings, struct trees_sets *sets) {
    const DMatrixHandle matrices[2] = {make_matrix(&sets->train), make_matrix(&sets->held_out)};
    train_with_this_loss(settings, matrices, sets);
    trees_table_begin(settings, sets);
    if (trees_comparable(settings, sets)) {
        train_with("rank:ndcg", settings, matrices, sets);
        train_with("rank:pairwise", settings, matrices, sets);
    }
    check(XGDMatrixFree(matrices[0]));
    check(XGDMatrixFree(matrices[1]));
}

int main(int argc, char **argv) {
    (void)argc;
    return trees_main("rankloss_xgboost", argv, run);
}

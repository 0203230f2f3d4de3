/*
 * The ranking softmax loss as an objective of LightGBM, through its C API, beside the ranking objectives that LightGBM
 * has. boost() is what a program of your own needs. LightGBM's Python wheel has the library, but no header: what is
 * called of it is declared here.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "letor/memory.h"
#include "trees/trees.h"

/* --- LightGBM's C API, as far as it is used --- */

typedef void *dataset_handle;
typedef void *booster_handle;

enum { LIGHTGBM_FLOAT32 = 0, LIGHTGBM_INT32 = 2, LIGHTGBM_INT64 = 3 };

const char *LGBM_GetLastError(void);
int LGBM_DatasetCreateFromCSR(const void *rows, int rows_type, const int32_t *columns, const void *values,
                              int values_type, int64_t num_rows_and_one, int64_t num_values, int64_t num_columns,
                              const char *parameters, dataset_handle reference, dataset_handle *dataset);
int LGBM_DatasetSetField(dataset_handle dataset, const char *name, const void *data, int count, int type);
int LGBM_DatasetGetField(dataset_handle dataset, const char *name, int *count, const void **data, int *type);
int LGBM_DatasetFree(dataset_handle dataset);
int LGBM_BoosterCreate(dataset_handle train, const char *parameters, booster_handle *booster);
int LGBM_BoosterAddValidData(booster_handle booster, dataset_handle data);
int LGBM_BoosterUpdateOneIter(booster_handle booster, int *is_finished);
int LGBM_BoosterUpdateOneIterCustom(booster_handle booster, const float *grad, const float *hess, int *is_finished);
int LGBM_BoosterGetPredict(booster_handle booster, int data, int64_t *count, double *scores);
int LGBM_BoosterSaveModel(booster_handle booster, int start, int count, int importance, const char *file);
int LGBM_BoosterFree(booster_handle booster);

static void check(int status) {
    if (status != 0) {
        die("LightGBM: %s", LGBM_GetLastError());
    }
}

/* --- The loss as an objective --- */

/* What the booster's trees so far say of its training data (0), and of the data added to it (1). */
static void keep_scores(booster_handle booster, struct trees_sets *sets) {
    int64_t count = 0;
    check(LGBM_BoosterGetPredict(booster, 0, &count, sets->train.scores));
    check(LGBM_BoosterGetPredict(booster, 1, &count, sets->held_out.scores));
}

/*
 * Adds a tree. Its targets are the gradient and the diagonal of the Hessian of the sum of the lists' losses: a mean would
 * make both smaller than LightGBM's least Hessian of a leaf. LightGBM has the offsets of the lists as they are wanted.
 * Returns false where no tree would have a split.
 */
static bool boost(booster_handle booster, dataset_handle data, const struct trees_set *set, float *grad, float *hess) {
    const int64_t num_items = (int64_t)set->lists.num_items;
    const void *offsets = NULL;
    int num_offsets = 0;
    int type = 0;
    int is_finished = 0;
    check(LGBM_DatasetGetField(data, "group", &num_offsets, &offsets, &type));
    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(set->scores, num_items),
        .labels = RANKLOSS_ARRAY(set->gains, num_items),
        .where = RANKLOSS_ARRAY(set->lists.where, num_items),
        .offsets = RANKLOSS_ARRAY((const int32_t *)offsets, num_offsets),
        .reduction = RANKLOSS_SUM,
    };
    const rankloss_result result = {
        .grad_logits = RANKLOSS_ARRAY(grad, num_items),
        .hess_logits = RANKLOSS_ARRAY(hess, num_items),
    };
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        die("rankloss_softmax: %s", rankloss_last_error());
    }
    check(LGBM_BoosterUpdateOneIterCustom(booster, grad, hess, &is_finished));
    return is_finished == 0;
}

/* --- Data and boosters --- */

static dataset_handle make_data(const struct trees_set *set, dataset_handle reference, const char *parameters) {
    const size_t num_items = set->lists.num_items;
    const size_t num_values = set->rows[num_items];
    int64_t *const rows = new_array(num_items + 1, sizeof(*rows));
    dataset_handle data = NULL;
    for (size_t i = 0; i <= num_items; i++) {
        rows[i] = (int64_t)set->rows[i];
    }
    check(LGBM_DatasetCreateFromCSR(rows, LIGHTGBM_INT64, (const int32_t *)set->columns, set->values, LIGHTGBM_FLOAT32,
                                    (int64_t)num_items + 1, (int64_t)num_values, (int64_t)set->num_columns, parameters,
                                    reference, &data));
    check(LGBM_DatasetSetField(data, "label", set->lists.labels, (int)num_items, LIGHTGBM_FLOAT32));
    check(LGBM_DatasetSetField(data, "group", set->list_sizes, (int)set->num_sizes, LIGHTGBM_INT32));
    free(rows);
    return data;
}

enum { PARAMETERS_SIZE = 320 };

/* An objective's booster with its data, which LightGBM bins once for each. */
struct model {
    dataset_handle train, held_out;
    booster_handle booster;
};

/* NAN leaves what LightGBM takes. */
static void add_number(char parameters[PARAMETERS_SIZE], const char *name, double value) {
    const size_t length = strlen(parameters);
    if (!isnan(value)) {
        snprintf(parameters + length, PARAMETERS_SIZE - length, " %s=%.17g", name, value);
    }
}

static struct model make_model(const struct trees_settings *settings, const struct trees_sets *sets,
                               const char *objective) {
    struct model model = {NULL, NULL, NULL};
    char parameters[PARAMETERS_SIZE];
    snprintf(parameters, sizeof(parameters),
             "objective=%s boost_from_average=false num_leaves=%" PRIu64 " num_threads=%" PRIu64
             " verbosity=-1 deterministic=true seed=1",
             objective, settings->leaves, settings->threads);
    add_number(parameters, "learning_rate", settings->learning_rate);
    add_number(parameters, "lambda_l2", settings->l2);
    add_number(parameters, "min_sum_hessian_in_leaf", settings->min_hessian);
    model.train = make_data(&sets->train, NULL, parameters);
    model.held_out = make_data(&sets->held_out, model.train, parameters);
    check(LGBM_BoosterCreate(model.train, parameters, &model.booster));
    check(LGBM_BoosterAddValidData(model.booster, model.held_out));
    return model;
}

static void free_model(struct model *model) {
    check(LGBM_BoosterFree(model->booster));
    check(LGBM_DatasetFree(model->held_out));
    check(LGBM_DatasetFree(model->train));
}

/* --- Runs --- */

static void train_with_this_loss(const struct trees_settings *settings, struct trees_sets *sets) {
    const size_t num_items = sets->train.lists.num_items;
    float *const grad = new_array(num_items, sizeof(*grad));
    float *const hess = new_array(num_items, sizeof(*hess));
    struct model model = make_model(settings, sets, "none");
    bool grows = true;
    keep_scores(model.booster, sets);
    for (uint64_t round = 1; round <= settings->rounds && grows; round++) {
        grows = boost(model.booster, model.train, &sets->train, grad, hess);
        keep_scores(model.booster, sets);
        trees_progress(settings, sets, round);
    }
    if (!grows) {
        printf("no tree has a split any more\n");
    }
    if (settings->model != NULL) {
        check(LGBM_BoosterSaveModel(model.booster, 0, -1, 0, settings->model));
        printf("saved to %s\n", settings->model);
    }
    free_model(&model);
    free(grad);
    free(hess);
}

static void train_with(const char *objective, const struct trees_settings *settings, struct trees_sets *sets) {
    struct model model = make_model(settings, sets, objective);
    int is_finished = 0;
    for (uint64_t round = 0; round < settings->rounds && is_finished == 0; round++) {
        check(LGBM_BoosterUpdateOneIter(model.booster, &is_finished));
    }
    keep_scores(model.booster, sets);
    free_model(&model);
    trees_table_row(settings, sets, objective);
}

static void run(const struct trees_settings *settings, struct trees_sets *sets) {
    train_with_this_loss(settings, sets);
    trees_table_begin(settings, sets);
    if (trees_comparable(settings, sets)) {
        train_with("lambdarank", settings, sets);
        train_with("rank_xendcg", settings, sets);
    }
}

int main(int argc, char **argv) {
    (void)argc;
    return trees_main("rankloss_lightgbm", argv, run);
}

/*
 * The exact cases of tests/golden through the public interface, in float32 and float64 where these represent the inputs
 * exactly, on one thread and on two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "cases.h"
#include "number.h"
#include "run.h"
#include "ulp.h"
#include "views.h"

static const char *path;
static double worst[2][OUTPUT_KINDS];
static int64_t compared;

/* What a case calls an output, and the scale of its errors; NULL: the exact value itself. */
static const struct {
    output_kind kind;
    const char *key;
    const char *scale;
    const char *shape;
} columns[] = {
    {OUTPUT_LOSS, "loss", "loss_abs", "loss"},
    {OUTPUT_GRAD_LOGITS, "grad_logits", "grad_logits_abs", "logits"},
    {OUTPUT_GRAD_LABELS, "grad_labels", NULL, "labels"},
    {OUTPUT_GRAD_WEIGHTS, "grad_weights", NULL, "weights"},
    {OUTPUT_HESS_LOGITS, "hess_diag", NULL, "logits"},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static rankloss_array read_array(pool *p, const golden_case *c, const char *name, int32_t dtype) {
    int64_t shape[RANKLOSS_MAX_NDIM];
    double *values;
    if (!case_has(c, name)) {
        return (rankloss_array){.data = NULL};
    }
    const int32_t ndim = strcmp(name, "offsets") == 0 ? 1 : case_shape(c, name, shape);
    const int64_t count = case_numbers(c, name, &values);
    if (strcmp(name, "offsets") == 0) {
        shape[0] = count;
    }
    const rankloss_array view = view_new(p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL);
    assert_int_equal(view_count(&view), count);
    view_assign(&view, values);
    free(values);
    return view;
}

/* Whether dtype holds every number of the case's inputs. */
static bool fits(const golden_case *c, int32_t dtype) {
    static const char *const inputs[] = {"logits", "labels", "weights", "cotangent"};
    bool all = true;
    for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++) {
        double *values;
        const int64_t count = case_numbers(c, inputs[k], &values);
        for (int64_t i = 0; i < count; i++) {
            all = all && (isnan(values[i]) || number_round(dtype, (long double)values[i]) == (long double)values[i]);
        }
        free(values);
    }
    return all;
}

/* Gives the logits the leading axes of the labels where they have fewer, by stride 0. Returns whether they had. */
static bool widen_logits(rankloss_problem *problem) {
    rankloss_array *logits = &problem->logits;
    const rankloss_array *labels = &problem->labels;
    if (logits->ndim >= labels->ndim) {
        return false;
    }
    const int32_t missing = labels->ndim - logits->ndim;
    rankloss_array wide = {.data = logits->data, .dtype = logits->dtype, .ndim = labels->ndim};
    for (int32_t axis = 0; axis < wide.ndim; axis++) {
        wide.shape[axis] = labels->shape[axis];
        wide.strides[axis] = axis < missing ? 0 : logits->strides[axis - missing];
    }
    *logits = wide;
    return true;
}

static int32_t read_reduction(const golden_case *c) {
    char text[8];
    case_text(c, "reduction", text, sizeof text);
    return strcmp(text, "mean") == 0 ? RANKLOSS_MEAN : strcmp(text, "sum") == 0 ? RANKLOSS_SUM : RANKLOSS_NONE;
}

static void compare(const golden_case *c, int32_t dtype, size_t column, const rankloss_array *view, const char *name) {
    const output_kind kind = columns[column].kind;
    char key[64];
    double *exact;
    double *scale;
    snprintf(key, sizeof key, "%s_xlogy", columns[column].key);
    const int64_t count = case_numbers(c, case_has(c, key) ? key : columns[column].key, &exact);
    const int64_t scales = case_numbers(c, columns[column].scale ? columns[column].scale : columns[column].key, &scale);
    assert_int_equal(count, view_count(view));
    assert_int_equal(count, scales);
    double *most = &worst[dtype == RANKLOSS_F64][kind];
    for (int64_t i = 0; i < count; i++) {
        const long double got = view_get(view, i);
        const long double scale_of = (long double)(columns[column].scale ? scale[i] : exact[i]);
        const double error = ulp_error(dtype, got, (long double)exact[i], scale_of);
        const bool negative_zero = exact[i] == 0 && signbit(got) != 0;
        if (!(error <= ulp_bar(dtype, kind)) || negative_zero) {
            fail_msg("%s in %s: %s[%lld]: got %La, exact %a: error %g", name, number_name(dtype), output_name(kind),
                     (long long)i, got, exact[i], error);
        }
        *most = error > *most ? error : *most;
    }
    compared += count;
    free(exact);
    free(scale);
}

static void run_case(const golden_case *c, const char *name, int32_t dtype, int32_t num_threads) {
    pool p = {.count = 0};
    rankloss_problem problem = {
        .logits = read_array(&p, c, "logits", dtype),
        .labels = read_array(&p, c, "labels", dtype),
        .where = read_array(&p, c, "where", RANKLOSS_BOOL),
        .weights = read_array(&p, c, "weights", dtype),
        .offsets = read_array(&p, c, "offsets", RANKLOSS_I64),
        .cotangent = read_array(&p, c, "cotangent", dtype),
        .reduction = read_reduction(c),
        .num_threads = num_threads,
    };
    const bool widened = widen_logits(&problem);
    rankloss_result result = {.reserved = {0}};
    for (size_t k = 0; k < COLUMNS; k++) {
        int64_t shape[RANKLOSS_MAX_NDIM];
        const int32_t ndim = case_shape(c, columns[k].shape, shape);
        const bool of_logits = strcmp(columns[k].shape, "logits") == 0;
        if (case_has(c, columns[k].key) && !(widened && of_logits)) {
            *output_of(&result, columns[k].kind) = view_new(&p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL);
        }
    }
    const rankloss_status status = rankloss_softmax(&problem, &result);
    if (status != RANKLOSS_OK) {
        fail_msg("%s: %s", name, rankloss_last_error());
    }
    for (size_t k = 0; k < COLUMNS; k++) {
        const rankloss_array *view = output_of(&result, columns[k].kind);
        if (!view_is_absent(view)) {
            compare(c, dtype, k, view, name);
        }
    }
    pool_free(&p);
}

static void every_case(int32_t dtype, int expected_cases) {
    FILE *file = fopen(path, "r");
    golden_case c = {NULL, 0};
    int cases = 0;
    assert_non_null(file);
    while (case_next(file, &c)) {
        char name[64];
        case_text(&c, "name", name, sizeof name);
        if (fits(&c, dtype)) {
            run_case(&c, name, dtype, 1);
            run_case(&c, name, dtype, 2);
            cases++;
        }
    }
    case_free(&c);
    fclose(file);
    assert_int_equal(cases, expected_cases);
}

static void exact_cases_in_f32(void **state) {
    (void)state;
    every_case(RANKLOSS_F32, 104);
}

static void exact_cases_in_f64(void **state) {
    (void)state;
    every_case(RANKLOSS_F64, 142);
}

static void print_errors(void) {
    printf("isa %s, %lld values; largest errors in ULP:\n", rankloss_isa(), (long long)compared);
    for (size_t k = 0; k < COLUMNS; k++) {
        printf("  %-12s f32 %.3f   f64 %.3f\n", output_name(columns[k].kind), worst[0][columns[k].kind],
               worst[1][columns[k].kind]);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_cases_in_f32),
        cmocka_unit_test(exact_cases_in_f64),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: test_golden CASES.jsonl\n");
        return EXIT_FAILURE;
    }
    path = argv[1];
    const int refused = run_refused();
    if (refused) {
        return refused;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    print_errors();
    return failed;
}

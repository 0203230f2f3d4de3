/*
 * Comparison of results with the reference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check.h"

#include <stdio.h>

#include <rankloss/cpu.h>

#include "number.h"
#include "ulp.h"

/* The largest error by compute dtype (f32, f64) and output, where the output has that dtype too. */
static double worst[2][OUTPUT_KINDS];
static int64_t judged;

void check_run(const rankloss_problem *problem, const rankloss_result *result, const char *label) {
    const rankloss_status status = rankloss_softmax(problem, result);
    if (status != RANKLOSS_OK) {
        fail_msg("%s: %s: %s", label, rankloss_status_string(status), rankloss_last_error());
    }
}

static void judge(int32_t compute, const rankloss_array *view, output_kind kind, const reference_output *exact,
                  const char *label) {
    for (int64_t i = 0; i < exact->count; i++) {
        const term e = exact->element[i];
        const long double got = view_get(view, i);
        const double error = ulp_error(compute, got, e.value, e.scale);
        judged++;
        if (!ulp_within_bar(compute, view->dtype, kind, got, e)) {
            fail_msg("%s: %s[%lld] (%s, computed in %s): got %.21Lg, exact %.21Lg, scale %.21Lg: error %g, bar %g",
                     label, output_name(kind), (long long)i, number_name(view->dtype), number_name(compute), got,
                     e.value, e.scale, error, ulp_bar(compute, kind));
        }
        double *most = &worst[compute == RANKLOSS_F64][kind];
        *most = view->dtype == compute && error > *most ? error : *most;
    }
}

void check_judge(int32_t compute, rankloss_result *result, const reference *exact, const char *label) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        judge(compute, output_of(result, (output_kind)kind), (output_kind)kind, &exact->output[kind], label);
    }
}

void check_against_reference(const rankloss_problem *problem, rankloss_result *result, const char *label) {
    const int32_t compute = reference_compute_dtype(problem);
    reference exact = reference_evaluate(problem, result);
    check_run(problem, result, label);
    check_judge(compute, result, &exact, label);
    reference_free(&exact);
}

void check_same_bits(rankloss_result *a, rankloss_result *b, const char *label) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *in_a = output_of(a, (output_kind)kind);
        const rankloss_array *in_b = output_of(b, (output_kind)kind);
        if (!view_is_absent(in_a) && !view_same_bits(in_a, in_b)) {
            fail_msg("%s: other bits in %s", label, output_name((output_kind)kind));
        }
    }
}

void check_print_errors(void) {
    printf("isa %s, %lld values; largest errors in ULP:\n", rankloss_isa(), (long long)judged);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        printf("  %-12s f32 %.3f (bar %g)   f64 %.3f (bar %g)\n", output_name((output_kind)kind), worst[0][kind],
               ulp_bar(RANKLOSS_F32, (output_kind)kind), worst[1][kind], ulp_bar(RANKLOSS_F64, (output_kind)kind));
    }
}

/* The loss has one element for each list or one altogether. */
static rankloss_array loss_shape(const rankloss_problem *problem) {
    rankloss_array shape = problem->logits;
    shape.ndim = problem->reduction == RANKLOSS_NONE ? shape.ndim - 1 : 0;
    if (problem->reduction == RANKLOSS_NONE && !view_is_absent(&problem->offsets)) {
        shape.ndim = 1;
        shape.shape[0] = problem->offsets.shape[0] - 1;
    }
    return shape;
}

rankloss_result make_outputs(pool *p, const rankloss_problem *problem, int32_t dtype, int which, layout how,
                             random_state *random) {
    rankloss_result result = {.reserved = {0}};
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        if (which & 1 << kind) {
            const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
            const rankloss_array like = per_list ? loss_shape(problem) : problem->logits;
            *output_of(&result, (output_kind)kind) = view_new(p, dtype, like.ndim, like.shape, how, random);
        }
    }
    return result;
}

rankloss_result make_plain_outputs(pool *p, const rankloss_problem *problem, int which) {
    return make_outputs(p, problem, reference_compute_dtype(problem), which, LAYOUT_ROW_MAJOR, NULL);
}

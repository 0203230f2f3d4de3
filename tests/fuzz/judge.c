/*
 * The judge.
 */
#include "judge.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/cpu.h>

#include "decode.h"
#include "number.h"
#include "reference.h"
#include "ulp.h"
#include "views.h"

enum { ERRNO_BEFORE = 4711 };

/* --- what was called --- */

static void print_view(const char *name, const rankloss_array *view) {
    fprintf(stderr, "  %-12s %-5s data %p ndim %" PRId32, name, number_name(view->dtype), view->data, view->ndim);
    for (int32_t axis = 0; axis < view->ndim && axis < RANKLOSS_MAX_NDIM; axis++) {
        fprintf(stderr, "%s%" PRId64 " by %" PRId64, axis ? ", " : ": ", view->shape[axis], view->strides[axis]);
    }
    fprintf(stderr, "\n");
}

static void print_sample(const sample *s, const verdict *v) {
    const rankloss_problem *p = s->problem;
    fprintf(stderr, "  isa %s, reduction %d, label_mode %d, temperature %a, num_threads %d%s\n", rankloss_isa(),
            (int)p->reduction, (int)p->label_mode, p->temperature, (int)p->num_threads,
            s->in_place ? ", in place" : "");
    for (int i = 0; i < v->count; i++) {
        fprintf(stderr, "  mutation: %s\n", v->done[i]->name);
    }
    for (int which = 0; which < NUM_PARTS; which++) {
        if (is_given(sample_array(s, (part)which))) {
            print_view(part_name((part)which), sample_array(s, (part)which));
        }
    }
}

/* Says what is wrong, and ends the program. */
_Noreturn static void wrong(const sample *s, const verdict *v, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "WRONG: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    print_sample(s, v);
    abort();
}

/* --- the judgement --- */

static void judge_status(const sample *s, const verdict *v, rankloss_status status) {
    const int number = (int)status;
    if (number < 0 || number >= NUM_STATUSES || !(v->may >> number & 1U)) {
        wrong(s, v, "status %d (%s; %s), allowed are the bits %x", number, rankloss_status_string(status),
              rankloss_last_error(), v->may);
    }
    if (status != RANKLOSS_OK && rankloss_last_error()[0] == '\0') {
        wrong(s, v, "status %d has no message", number);
    }
}

/* Whether an input holds, after its cast to the compute dtype, numbers alone. */
static bool is_finite_input(const rankloss_array *view, int32_t dtype) {
    const int64_t count = has_elements(view) ? view_count(view) : 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(number_round(dtype, view_get(view, i)))) {
            return false;
        }
    }
    return true;
}

/* Infinite factors meet in sums, where an infinity or a NaN comes out by the order of the additions. */
static bool has_infinite_factor(const sample *s) {
    const int32_t compute = reference_compute_dtype(s->problem);
    return !is_finite_input(&s->problem->labels, compute) || !is_finite_input(&s->problem->weights, compute) ||
           !is_finite_input(&s->problem->bias, compute) || !is_finite_input(&s->problem->cotangent, RANKLOSS_F64) ||
           !is_finite_input(&s->problem->tangent, RANKLOSS_F64);
}

static bool is_sum(output_kind kind) {
    return kind == OUTPUT_LOSS || kind == OUTPUT_JVP || kind == OUTPUT_GRAD_LABELS || kind == OUTPUT_GRAD_WEIGHTS;
}

/* What is added to a sum over lists is held as a double, so that such beyond its range are infinities. */
static bool sums_beyond_range(output_kind kind, term exact) {
    return is_sum(kind) && exact.scale > (long double)DBL_MAX;
}

/* And each may have lost half of the smallest double to its rounding. */
static bool sums_near_smallest(output_kind kind, term exact, long double got) {
    const long double half_of_smallest = ldexpl(1, -1075);
    return is_sum(kind) && fabsl(got - exact.value) <= (long double)MOST_ITEMS * half_of_smallest;
}

/*
 * Whether an element may hold `got` although the reference has another value. The reducer passes over every third list:
 * where the loss of such a one is NaN its sum is a number, but not what the error of that is measured by.
 */
static bool is_open(bool infinite_factor, output_kind kind, term exact, long double got) {
    if (kind == OUTPUT_LOSS && isnan(exact.scale)) {
        return true;
    }
    if (sums_near_smallest(kind, exact, got)) {
        return true;
    }
    return !isfinite(got) && ((infinite_factor && !isfinite(exact.value)) || sums_beyond_range(kind, exact));
}

static void judge_output(const sample *s, const verdict *v, output_kind kind, const reference_output *exact,
                         bool infinite_factor) {
    const int32_t compute = reference_compute_dtype(s->problem);
    const rankloss_array *view = sample_array(s, (part)(LOSS + (int)kind));
    for (int64_t i = 0; i < exact->count; i++) {
        const term e = exact->element[i];
        const long double got = view_get(view, i);
        if (!ulp_within_bar(compute, view->dtype, kind, got, e) && !is_open(infinite_factor, kind, e, got)) {
            wrong(s, v, "%s[%" PRId64 "]: got %.21Lg, exact %.21Lg, scale %.21Lg: error %g ULP, bar %g",
                  output_name(kind), i, got, e.value, e.scale, ulp_error(compute, got, e.value, e.scale),
                  ulp_bar(compute, kind));
        }
    }
}

static void judge_outputs(sample *s, const verdict *v, const reference *exact, bool infinite_factor) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        judge_output(s, v, (output_kind)kind, &exact->output[kind], infinite_factor);
    }
}

rankloss_status judge(sample *s, const verdict *v) {
    const bool judged = v->judged && v->may == MAY_OK;
    reference exact = {.num_lists = 0};
    bool infinite_factor = false;
    char message[512];
    snprintf(message, sizeof message, "%s", rankloss_last_error());
    sample_remember(s);
    if (judged) {
        rankloss_problem whole = *s->problem;
        whole.reducer = &s->whole_reducer;
        exact = reference_evaluate(&whole, s->result);
        infinite_factor = has_infinite_factor(s);
    }
    errno = ERRNO_BEFORE;
    const rankloss_status status = rankloss_softmax(s->problem_given, s->result_given);
    if (errno != ERRNO_BEFORE) {
        wrong(s, v, "errno is %d", errno);
    }
    judge_status(s, v, status);
    if (status == RANKLOSS_OK && strncmp(message, rankloss_last_error(), sizeof message - 1) != 0) {
        wrong(s, v, "a call that succeeds has changed the message of the last error");
    }
    if (judged) {
        judge_outputs(s, v, &exact, infinite_factor);
    }
    if (!sample_unchanged(s, status == RANKLOSS_OK)) {
        wrong(s, v, "written outside the elements of the outputs");
    }
    reference_free(&exact);
    return status;
}

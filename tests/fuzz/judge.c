/*
 * Checks how a call ended.
 */
#include "judge.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "reference.h"
#include "ulp.h"
#include "views.h"
#include "wrong.h"

enum { ERRNO_BEFORE = 4711 };

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

/* How many terms are added up in an element of an output, at most; 1 where it is no sum over lists or items. */
static int64_t most_terms(const sample *s, output_kind kind, const rankloss_array *view) {
    const rankloss_array *logits = &s->problem->logits;
    const int64_t items = view_count(logits);
    if (kind == OUTPUT_LOSS || kind == OUTPUT_JVP) {
        return s->problem->reduction == RANKLOSS_NONE ? 1 : items;
    }
    if (kind == OUTPUT_GRAD_LABELS || kind == OUTPUT_GRAD_WEIGHTS) {
        return view->ndim == logits->ndim && view_count(view) == items ? 1 : items;
    }
    return 1;
}

/* What a mean divides by, at most; 1 where it has divided before it adds. */
static long double most_divided_by(const sample *s, output_kind kind) {
    const rankloss_problem *p = s->problem;
    const bool is_mean = p->reduction == RANKLOSS_MEAN && (kind == OUTPUT_LOSS || kind == OUTPUT_JVP);
    if (is_mean && p->divisor != 0) {
        return (long double)p->divisor;
    }
    if (!is_mean || view_count(&p->logits) == 0) {
        return 1;
    }
    return (long double)(is_given(&p->offsets) ? p->offsets.shape[0] - 1
                                               : view_count(&p->logits) / p->logits.shape[p->logits.ndim - 1]);
}

/* What is known of an output besides its elements. */
typedef struct standing {
    bool infinite_factor;
    bool custom_loss; /* of the caller's own reduction */
    int64_t terms;
    long double divisor; /* of a mean, at most: what it adds has not been divided yet */
} standing;

/*
 * Each term of a sum is held as a double: beyond the range it is an infinity, and near the smallest numbers it may have
 * lost half of that to its rounding, of which a divisor below 1 makes more.
 */
static bool is_open_sum(standing of, term exact, long double got) {
    const long double half_of_smallest = ldexpl(1, -1075);
    if (of.terms == 1) {
        return false;
    }
    return (!isfinite(got) && exact.scale * of.divisor > (long double)DBL_MAX) ||
           fabsl(got - exact.value) <= (long double)of.terms * half_of_smallest / fminl(of.divisor, 1);
}

/*
 * Whether an element may hold `got` although the reference has another value. The reducer passes over every third list:
 * where the loss of such a one is NaN its sum is a number, but not what the error of that is measured by.
 */
static bool is_open(standing of, term exact, long double got) {
    if ((of.custom_loss && isnan(exact.scale)) || is_open_sum(of, exact, got)) {
        return true;
    }
    return !isfinite(got) && of.infinite_factor && !isfinite(exact.value);
}

static void judge_output(const sample *s, const verdict *v, output_kind kind, const reference_output *exact,
                         bool infinite_factor) {
    const int32_t compute = reference_compute_dtype(s->problem);
    const rankloss_array *view = sample_array(s, (part)(LOSS + (int)kind));
    const standing of = {infinite_factor, kind == OUTPUT_LOSS && s->problem->reduction == RANKLOSS_CUSTOM,
                         most_terms(s, kind, view), most_divided_by(s, kind)};
    for (int64_t i = 0; i < exact->count; i++) {
        const term e = exact->element[i];
        const long double got = view_get(view, i);
        if (!ulp_within_bar(compute, view->dtype, kind, got, e) && !is_open(of, e, got)) {
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
    if (judged && exact.resolved) {
        judge_outputs(s, v, &exact, infinite_factor);
    }
    if (!sample_unchanged(s, status == RANKLOSS_OK)) {
        wrong(s, v, "written outside the elements of the outputs");
    }
    reference_free(&exact);
    return status;
}

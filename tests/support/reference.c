/*
 * A whole call in long double: which element of which input an item takes, and where its derivatives are summed.
 */
#include "reference.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "list_reference.h"
#include "number.h"
#include "views.h"

bool reference_is_precise(void) {
    volatile long double one = 1;
    volatile long double more = one + ldexpl(1, -63);
    return LDBL_MANT_DIG >= 64 && more > one;
}

const char *output_name(output_kind kind) {
    static const char *const name[] = {"loss",        "grad_logits", "grad_labels", "grad_weights",
                                       "hess_logits", "jvp",         "hvp_logits"};
    return name[kind];
}

rankloss_array *output_of(rankloss_result *result, output_kind kind) {
    rankloss_array *const member[] = {&result->loss,         &result->grad_logits, &result->grad_labels,
                                      &result->grad_weights, &result->hess_logits, &result->jvp,
                                      &result->hvp_logits};
    return member[kind];
}

int32_t reference_compute_dtype(const rankloss_problem *problem) {
    return problem->logits.dtype == RANKLOSS_F64 ? RANKLOSS_F64 : RANKLOSS_F32;
}

static void *allocate(int64_t count, size_t size) {
    void *memory = calloc((size_t)count + 1, size);
    if (!memory) {
        fprintf(stderr, "the reference is out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* The lists of a problem: list k is `size` items, whose first has the row-major number `first` in the logits. */
static int64_t count_lists(const rankloss_problem *p) {
    if (!view_is_absent(&p->offsets)) {
        return p->offsets.shape[0] - 1;
    }
    int64_t lists = 1;
    for (int32_t axis = 0; axis + 1 < p->logits.ndim; axis++) {
        lists *= p->logits.shape[axis];
    }
    return lists;
}

static int64_t list_first(const rankloss_problem *p, int64_t k) {
    if (!view_is_absent(&p->offsets)) {
        return (int64_t)view_get(&p->offsets, k);
    }
    return k * p->logits.shape[p->logits.ndim - 1];
}

/* The element of view, by row-major number, that item `flat` of list k takes: NumPy's rules, or the ragged ones. */
static int64_t broadcast_index(const rankloss_problem *p, const rankloss_array *view, int64_t k, int64_t flat) {
    if (!view_is_absent(&p->offsets)) {
        return view->ndim == 2 ? k : view->ndim == 1 && view->shape[0] == p->logits.shape[0] ? flat : 0;
    }
    int64_t index = 0;
    int64_t weight = 1;
    for (int32_t back = 1; back <= view->ndim; back++) {
        const int64_t full = p->logits.shape[p->logits.ndim - back];
        const int64_t extent = view->shape[view->ndim - back];
        index += extent == 1 ? 0 : flat % full * weight;
        weight *= extent;
        flat /= full;
    }
    return index;
}

static long double input(const rankloss_problem *p, const rankloss_array *view, int64_t k, int64_t flat,
                         long double absent) {
    return view_is_absent(view) ? absent : view_get(view, broadcast_index(p, view, k, flat));
}

static long double temperature_of(const rankloss_problem *p) {
    return p->temperature == 0 ? 1 : (long double)p->temperature;
}

static item read_item(const rankloss_problem *p, int64_t k, int64_t flat) {
    const int32_t dtype = reference_compute_dtype(p);
    const long double logit = view_get(&p->logits, flat);
    const long double temperature = temperature_of(p);
    const long double bias = number_round(dtype, input(p, &p->bias, k, flat, 0));
    const unevaluated score = score_of(logit, temperature, bias);
    const bool plain = temperature == 1 && view_is_absent(&p->bias);
    item x = {0};
    x.valid = input(p, &p->where, k, flat, 1) != 0;
    x.s = score.value;
    x.s_lost = score.lost;
    x.s_size = plain ? 0 : fmaxl(fabsl(logit / temperature), fabsl(bias));
    x.y = number_round(dtype, input(p, &p->labels, k, flat, 0));
    x.w = number_round(dtype, input(p, &p->weights, k, flat, 1));
    x.v = input(p, &p->tangent, k, flat, 0);
    return x;
}

static list *solve_lists(const rankloss_problem *p, int64_t num_lists, item *items) {
    list *lists = allocate(num_lists, sizeof *lists);
    const long double temperature = temperature_of(p);
    for (int64_t k = 0; k < num_lists; k++) {
        const int64_t first = list_first(p, k);
        const int64_t end = list_first(p, k + 1);
        lists[k].items = items + first;
        lists[k].size = end - first;
        for (int64_t flat = first; flat < end; flat++) {
            items[flat] = read_item(p, k, flat);
        }
        list_solve(&lists[k], temperature, p->label_mode);
    }
    return lists;
}

/* What the caller's reducer makes of the losses, and its derivatives. */
static long double reduce_custom(const rankloss_problem *p, const list *lists, int64_t num_lists, double *derivative) {
    double *losses = allocate(num_lists, sizeof *losses);
    uint8_t *counted = allocate(num_lists, sizeof *counted);
    double reduced = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        losses[k] = (double)lists[k].loss.value;
        counted[k] = lists[k].counted;
    }
    p->reducer->reduce(losses, counted, num_lists, &reduced, p->reducer->user);
    if (p->reducer->derivative) {
        p->reducer->derivative(losses, counted, num_lists, derivative, p->reducer->user);
    }
    free(losses);
    free(counted);
    return (long double)reduced;
}

/* share[k] is d(reduced loss) / d(loss of list k). */
static void find_shares(const rankloss_problem *p, const list *lists, int64_t num_lists, long double *share,
                        long double *custom_loss) {
    double *derivative = allocate(num_lists, sizeof *derivative);
    int64_t counted = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        counted += lists[k].counted;
    }
    if (p->reduction == RANKLOSS_CUSTOM) {
        *custom_loss = reduce_custom(p, lists, num_lists, derivative);
    }
    for (int64_t k = 0; k < num_lists; k++) {
        const long double divisor = p->divisor != 0 ? (long double)p->divisor : (long double)(counted ? counted : 1);
        share[k] = p->reduction == RANKLOSS_CUSTOM ? (long double)derivative[k]
                   : p->reduction == RANKLOSS_MEAN ? 1 / divisor
                                                   : 1;
    }
    free(derivative);
}

/* The cotangent of list k, which broadcasts to the leading shape. */
static long double cotangent_of(const rankloss_problem *p, int64_t k) {
    if (view_is_absent(&p->cotangent)) {
        return 1;
    }
    if (!view_is_absent(&p->offsets)) {
        return view_get(&p->cotangent, view_count(&p->cotangent) == 1 ? 0 : k);
    }
    rankloss_problem leading = {.logits = p->logits};
    leading.logits.ndim--;
    return view_get(&p->cotangent, leading.logits.ndim ? broadcast_index(&leading, &p->cotangent, 0, k) : 0);
}

static void reduce_lists(const rankloss_problem *p, const list *lists, int64_t num_lists, const long double *share,
                         bool jvp, reference_output *out) {
    compensated value = {0, 0};
    compensated scale = {0, 0};
    for (int64_t k = 0; k < num_lists; k++) {
        const term t = jvp ? lists[k].jvp : lists[k].loss;
        if (p->reduction == RANKLOSS_NONE) {
            out->element[k] = t;
        } else if (lists[k].counted) {
            compensated_add(&value, share[k] * t.value);
            compensated_add(&scale, fabsl(share[k]) * t.scale);
        }
    }
    if (p->reduction != RANKLOSS_NONE) {
        out->element[0] = (term){compensated_value(&value), compensated_value(&scale)};
    }
}

static term derivative_of(const item *x, output_kind kind) {
    switch (kind) {
    case OUTPUT_GRAD_LOGITS:
        return x->grad_logits;
    case OUTPUT_GRAD_LABELS:
        return x->grad_labels;
    case OUTPUT_GRAD_WEIGHTS:
        return x->grad_weights;
    case OUTPUT_HESS_LOGITS:
        return x->hess_logits;
    default:
        return x->hvp_logits;
    }
}

/* Adds the derivatives of every item, times its list's upstream cotangent, to the elements that it took. */
static void sum_items(const rankloss_problem *p, const rankloss_array *view, output_kind kind, const list *lists,
                      int64_t num_lists, const long double *share, reference_output *out) {
    compensated *value = allocate(out->count, sizeof *value);
    compensated *scale = allocate(out->count, sizeof *scale);
    for (int64_t k = 0; k < num_lists; k++) {
        const long double g = lists[k].counted ? cotangent_of(p, k) * share[k] : 0;
        for (int64_t i = 0; i < lists[k].size; i++) {
            const item *x = &lists[k].items[i];
            const int64_t flat = (int64_t)(x - lists[0].items);
            const int64_t at = broadcast_index(p, view, k, flat);
            const term t = derivative_of(x, kind);
            compensated_add(&value[at], x->valid ? g * t.value : 0);
            compensated_add(&scale[at], x->valid ? fabsl(g) * t.scale : 0);
        }
    }
    for (int64_t e = 0; e < out->count; e++) {
        out->element[e] = (term){compensated_value(&value[e]), compensated_value(&scale[e])};
    }
    free(value);
    free(scale);
}

static bool are_resolved(const rankloss_problem *p, const list *lists, int64_t num_lists) {
    const long double tolerance = number_spacing(reference_compute_dtype(p), 1) / 32;
    bool all = true;
    for (int64_t k = 0; k < num_lists; k++) {
        all = all && list_is_resolved(&lists[k], tolerance, !view_is_absent(&p->bias));
    }
    return all;
}

static void keep_losses(reference *r, const list *lists) {
    r->loss = allocate(r->num_lists, sizeof *r->loss);
    r->counted = allocate(r->num_lists, sizeof *r->counted);
    for (int64_t k = 0; k < r->num_lists; k++) {
        r->loss[k] = lists[k].loss;
        r->counted[k] = lists[k].counted;
    }
}

reference reference_evaluate(const rankloss_problem *problem, const rankloss_result *result) {
    reference r = {.num_lists = count_lists(problem)};
    rankloss_result wanted = *result;
    item *items = allocate(view_count(&problem->logits), sizeof *items);
    long double *share = allocate(r.num_lists, sizeof *share);
    long double custom_loss = 0;
    list *lists = solve_lists(problem, r.num_lists, items);
    r.resolved = are_resolved(problem, lists, r.num_lists);
    find_shares(problem, lists, r.num_lists, share, &custom_loss);
    keep_losses(&r, lists);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *view = output_of(&wanted, (output_kind)kind);
        reference_output *out = &r.output[kind];
        if (view_is_absent(view)) {
            continue;
        }
        out->count = view_count(view);
        out->element = allocate(out->count, sizeof *out->element);
        if (kind == OUTPUT_LOSS || kind == OUTPUT_JVP) {
            reduce_lists(problem, lists, r.num_lists, share, kind == OUTPUT_JVP, out);
        } else {
            sum_items(problem, view, (output_kind)kind, lists, r.num_lists, share, out);
        }
        if (kind == OUTPUT_LOSS && problem->reduction == RANKLOSS_CUSTOM) {
            out->element[0].value = custom_loss;
        }
    }
    free(lists);
    free(share);
    free(items);
    return r;
}

void reference_free(reference *r) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        free(r->output[kind].element);
    }
    free(r->loss);
    free(r->counted);
    *r = (reference){.num_lists = 0};
}

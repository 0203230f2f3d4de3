/*
 * From the arrays of a call to the lists in MPFR, and from their derivatives to the elements of its outputs.
 */
#include "mp_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "mp_list.h"
#include "number.h"
#include "ulp.h"
#include "views.h"

typedef struct call {
    const rankloss_problem *problem;
    rankloss_result *result;
    int32_t compute;
    int64_t num_lists;
    int64_t size;
    int64_t counted;
    mp_term *sums[OUTPUT_KINDS]; /* of outputs with fewer elements than there are items or lists; otherwise NULL */
    mp_visit *visit;
    void *context;
} call;

static void *allocate(int64_t count, size_t size) {
    void *memory = calloc((size_t)count + 1, size);
    if (!memory) {
        fprintf(stderr, "the reference is out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* An element of an input that has the logits' shape, one row, or one number. */
static double input(const rankloss_array *view, int64_t flat, double absent) {
    return view_is_absent(view) ? absent : (double)view_get(view, flat % view_count(view));
}

/* One that is cast to the compute dtype. */
static double cast_input(const call *c, const rankloss_array *view, int64_t flat, double absent) {
    return (double)number_round(c->compute, (long double)input(view, flat, absent));
}

static double temperature_of(const rankloss_problem *p) {
    return p->temperature == 0 ? 1 : p->temperature;
}

static void read_item(const call *c, int64_t flat, mp_item *x) {
    const rankloss_problem *p = c->problem;
    mpfr_init2(x->score, MP_SCORE_BITS);
    mpfr_set_d(x->score, input(&p->logits, flat, 0), MPFR_RNDN);
    mpfr_div_d(x->score, x->score, temperature_of(p), MPFR_RNDN);
    mpfr_add_d(x->score, x->score, cast_input(c, &p->bias, flat, 0), MPFR_RNDN);
    x->valid = input(&p->where, flat, 1) != 0;
    x->label = cast_input(c, &p->labels, flat, 0);
    x->weight = cast_input(c, &p->weights, flat, 1);
    x->tangent = input(&p->tangent, flat, 0);
}

static bool is_summed(const call *c, output_kind kind) {
    const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
    return view_count(output_of(c->result, kind)) != (per_list ? c->num_lists : c->num_lists * c->size);
}

/* factor times t, for element `at` of an output. */
static void put(call *c, output_kind kind, int64_t at, const mpfr_t factor, const mp_term *t) {
    if (c->sums[kind]) {
        mp_term_add(&c->sums[kind][at % view_count(output_of(c->result, kind))], factor, t);
        return;
    }
    mp_term whole;
    mp_term_init(&whole);
    mp_term_add(&whole, factor, t);
    c->visit(c->context, kind, at, &whole);
    mp_term_clear(&whole);
}

/* numerator, divided as the reduction divides */
static void set_share(const call *c, double numerator, mpfr_t out) {
    mpfr_set_d(out, numerator, MPFR_RNDN);
    if (c->problem->reduction == RANKLOSS_MEAN && c->counted > 0) {
        mpfr_div_si(out, out, (long)c->counted, MPFR_RNDN);
    }
}

static void visit_list(call *c, int64_t k, const mp_item *items) {
    const int64_t first = k * c->size;
    mp_list list;
    mp_term t;
    mpfr_t g;
    mp_list_init(&list, items + first, c->size, temperature_of(c->problem), c->problem->label_mode);
    mp_term_init(&t);
    mpfr_init2(g, MP_BITS);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        if (view_is_absent(output_of(c->result, (output_kind)kind))) {
            continue;
        }
        if (kind == OUTPUT_LOSS || kind == OUTPUT_JVP) {
            set_share(c, 1, g);
            put(c, (output_kind)kind, k, g, kind == OUTPUT_LOSS ? &list.loss : &list.jvp);
            continue;
        }
        set_share(c, list.count > 0 ? input(&c->problem->cotangent, k, 1) : 0, g);
        for (int64_t i = 0; i < c->size; i++) {
            mp_term_set_zero(&t);
            if (items[first + i].valid) {
                mp_list_derivative(&list, (output_kind)kind, i, &t);
            }
            put(c, (output_kind)kind, first + i, g, &t);
        }
    }
    mpfr_clear(g);
    mp_term_clear(&t);
    mp_list_clear(&list);
}

static mp_item *read_items(call *c) {
    mp_item *items = allocate(c->num_lists * c->size, sizeof *items);
    for (int64_t k = 0; k < c->num_lists; k++) {
        bool any = false;
        for (int64_t flat = k * c->size; flat < (k + 1) * c->size; flat++) {
            read_item(c, flat, &items[flat]);
            any |= items[flat].valid;
        }
        c->counted += any;
    }
    return items;
}

static void clear_items(const call *c, mp_item *items) {
    for (int64_t flat = 0; flat < c->num_lists * c->size; flat++) {
        mpfr_clear(items[flat].score);
    }
    free(items);
}

static void start_sums(call *c) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const int64_t count = view_count(output_of(c->result, (output_kind)kind));
        if (view_is_absent(output_of(c->result, (output_kind)kind)) || !is_summed(c, (output_kind)kind)) {
            continue;
        }
        c->sums[kind] = allocate(count, sizeof *c->sums[kind]);
        for (int64_t e = 0; e < count; e++) {
            mp_term_init(&c->sums[kind][e]);
        }
    }
}

static void visit_sums(call *c) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const int64_t count = c->sums[kind] ? view_count(output_of(c->result, (output_kind)kind)) : 0;
        for (int64_t e = 0; e < count; e++) {
            c->visit(c->context, (output_kind)kind, e, &c->sums[kind][e]);
            mp_term_clear(&c->sums[kind][e]);
        }
        free(c->sums[kind]);
    }
}

void mp_evaluate(const rankloss_problem *problem, rankloss_result *result, mp_visit *visit, void *context) {
    call c = {.problem = problem,
              .result = result,
              .compute = reference_compute_dtype(problem),
              .num_lists = problem->logits.shape[0],
              .size = problem->logits.shape[1],
              .visit = visit,
              .context = context};
    mp_item *items = read_items(&c);
    start_sums(&c);
    for (int64_t k = 0; k < c.num_lists; k++) {
        visit_list(&c, k, items);
    }
    visit_sums(&c);
    clear_items(&c, items);
}

/* --- judging --- */

typedef struct trial_by_mpfr {
    rankloss_result *result;
    int32_t compute;
    mp_verdict verdict;
} trial_by_mpfr;

static void judge(void *context, output_kind kind, int64_t at, const mp_term *exact) {
    trial_by_mpfr *t = context;
    const rankloss_array *view = output_of(t->result, kind);
    const double bar = ulp_bar(t->compute, kind);
    const double got = (double)view_get(view, at);
    const double error = mp_error(t->compute, view->dtype, got, exact, bar);
    mp_verdict *v = &t->verdict;
    v->judged++;
    v->worst[kind] = error > v->worst[kind] ? error : v->worst[kind];
    if (error > bar && !v->failure[0]) {
        snprintf(v->failure, sizeof v->failure, "%s[%lld]: got %.17g, exact %.20g, scale %.6g: error %.3f ULP, bar %g",
                 output_name(kind), (long long)at, got, mpfr_get_d(exact->value, MPFR_RNDN),
                 mpfr_get_d(exact->scale, MPFR_RNDN), error, bar);
    }
}

mp_verdict mp_judge(const rankloss_problem *problem, rankloss_result *result) {
    trial_by_mpfr t = {.result = result, .compute = reference_compute_dtype(problem)};
    mp_evaluate(problem, result, judge, &t);
    return t.verdict;
}

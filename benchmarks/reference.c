/*
 * The loss and its derivatives by the plain formula in double, and the comparison with an answer.
 */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

#include "element.h"
#include "support.h"

typedef struct item {
    double score, label, weight, coefficient, exp;
    bool valid;
} item;

/* The results of one list. */
typedef struct total {
    double top, sum_exp, coefficients, loss;
} total;

/*
 * In units of the scale W p + c, or of the loss. An output of few bits is off by half of its last place; the library
 * in float32 is off by 2^-22 at most, the handwritten baseline by what sums of up to millions of floats lose.
 */
static double tolerance(const bench_call *call) {
    if (call->library.softmax == NULL)
        return 1e-3;
    switch (call->inputs.logits) {
    case RANKLOSS_F64:
        return 1e-13;
    case RANKLOSS_F16:
        return 1e-3;
    case RANKLOSS_BF16:
        return 6e-3;
    default:
        /* The library rounds a score that it has computed to a float, here up to about 16. */
        return call->inputs.bias || call->inputs.temperature > 0.0 ? 2e-6 : 4e-7;
    }
}

static double read(const bench_call *call, bench_field field, rankloss_dtype dtype, int64_t i) {
    return bench_element_get(bench_data_column(call->data, field, dtype), dtype, i);
}

static item read_item(const bench_call *call, int64_t i) {
    const bench_inputs *in = &call->inputs;
    const double scale = in->temperature > 0.0 ? 1.0 / in->temperature : 1.0;
    item it = {.valid = !in->where || read(call, BENCH_WHERE, RANKLOSS_U8, i) != 0.0};
    it.score = scale * read(call, BENCH_LOGITS, in->logits, i);
    it.label = read(call, BENCH_LABELS, in->labels, i);
    it.weight = in->weights ? read(call, BENCH_WEIGHTS, in->logits, i) : 1.0;
    it.coefficient = it.label * it.weight;
    if (in->bias)
        it.score += read(call, BENCH_BIAS, in->logits, i);
    return it;
}

/* The labels of the data are small numbers, whose exponentials need no shift. */
static void soften_labels(item *items, int64_t n) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += items[i].valid ? exp(items[i].label) : 0.0;
    for (int64_t i = 0; i < n; i++)
        items[i].coefficient = exp(items[i].label) / sum * items[i].weight;
}

static total sum_up(item *items, int64_t n) {
    total t = {.top = -(double)INFINITY};
    double dot = 0.0;
    for (int64_t i = 0; i < n; i++)
        if (items[i].valid)
            t.top = fmax(t.top, items[i].score);
    for (int64_t i = 0; i < n; i++) {
        if (!items[i].valid)
            continue;
        items[i].exp = exp(items[i].score - t.top);
        t.sum_exp += items[i].exp;
        t.coefficients += items[i].coefficient;
        dot += items[i].coefficient * (items[i].score - t.top);
    }
    if (t.sum_exp > 0.0)
        t.loss = t.coefficients * log(t.sum_exp) - dot;
    return t;
}

static void compare(const bench_call *call, const char *what, int64_t index, double seen, double expected,
                    double scale) {
    if (fabs(seen - expected) <= tolerance(call) * scale + 1e-7 * (call->inputs.logits == RANKLOSS_F16))
        return;
    bench_fail("wrong answer: %s, %s %s, isa %s, n = %lld: %s[%lld] is %.17g, expected %.17g",
               call->library.softmax != NULL ? call->library.who : "handwritten", call->inputs.name,
               bench_work_name(call->work), call->library.softmax != NULL ? call->library.isa : "native",
               (long long)call->data->list_size, what, (long long)index, seen, expected);
}

static void check_derivatives(const bench_call *call, const item *items, int64_t begin, int64_t n, total t,
                              double cotangent) {
    const rankloss_dtype dtype = call->inputs.logits;
    const double scale = call->inputs.temperature > 0.0 ? 1.0 / call->inputs.temperature : 1.0;
    const bench_field grad = call->inputs.in_place ? BENCH_SCRATCH : BENCH_GRAD;
    for (int64_t i = 0; i < n; i++) {
        const double p = items[i].valid ? items[i].exp / t.sum_exp : 0.0;
        const double c = items[i].valid ? items[i].coefficient : 0.0;
        const double mass = t.coefficients * p;
        compare(call, "gradient", begin + i, read(call, grad, dtype, begin + i), cotangent * scale * (mass - c),
                cotangent * scale * (mass + c));
        if (call->work >= BENCH_HESSIAN)
            compare(call, "Hessian", begin + i, read(call, BENCH_HESS, dtype, begin + i),
                    cotangent * scale * scale * mass * (1.0 - p), cotangent * scale * scale * mass);
    }
}

static int64_t longest_list(const bench_data *data) {
    int64_t longest = 0;
    for (int64_t k = 0; k < data->num_lists; k++) {
        const int64_t n = bench_data_end(data, k) - bench_data_begin(data, k);
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* Its loss. items has room for the list. */
static double check_list(const bench_call *call, item *items, int64_t k) {
    const bench_inputs *in = &call->inputs;
    const int64_t begin = bench_data_begin(call->data, k), n = bench_data_end(call->data, k) - begin;
    for (int64_t i = 0; i < n; i++)
        items[i] = read_item(call, begin + i);
    if (in->softmax_labels)
        soften_labels(items, n);
    const total t = sum_up(items, n);
    if (in->none)
        compare(call, "loss", k, read(call, BENCH_LOSSES, in->logits, k), t.loss, fabs(t.loss));
    if (call->work >= BENCH_GRADIENT)
        check_derivatives(call, items, begin, n, t, in->cotangents ? read(call, BENCH_COTANGENTS, in->logits, k) : 1.0);
    return t.loss;
}

void bench_reference_check(bench_call *call) {
    bench_step *prepare = bench_call_preparation(call);
    if (prepare != NULL)
        prepare(call);
    bench_call_run(call);

    item *items = bench_allocate(longest_list(call->data), sizeof(item));
    double loss = 0.0;
    for (int64_t k = 0; k < call->data->num_lists; k++)
        loss += check_list(call, items, k);
    free(items);
    /* One number is a double, so 16-bit logits do not round it. */
    if (!call->inputs.none)
        compare(call, "loss", 0, call->loss, loss, fabs(loss));
}

/*
 * The plan of a call: its arguments as views whose batch axes are merged where all of them can be, and its options as
 * numbers.
 */
#include "plan/plan.h"

#include <math.h>

#include "cpu/dispatch.h"
#include "dtype/convert.h"

/*
 * Without a bias where the states of whole lists have some, a bias of 0: the whole list has one rule for what its scores are
 * compared by.
 */
static void take_bias_of_whole(rankloss__inputs *inputs) {
    static const double zero = 0.0; /* also as a float */
    bool has_bias = false;
    for (int64_t list = 0; list < inputs->batch.num_lists && !has_bias; list++)
        has_bias = rankloss__stretch_has_bias(&inputs->whole[list]);
    if (!has_bias || inputs->bias.data != NULL)
        return;
    inputs->bias = (rankloss__view){.data = (char *)(uintptr_t)&zero,
                                    .dtype = inputs->dtype,
                                    .present = true,
                                    .per_list = true,
                                    .element_size = rankloss__dtype_size(inputs->dtype)};
}

static rankloss__inputs make_inputs(const rankloss_problem *p) {
    const rankloss__batch batch = rankloss__batch_make(&p->logits, &p->offsets);
    const double temperature = p->temperature != 0.0 ? p->temperature : 1.0;
    const rankloss__dd one = {1.0, 0.0}, divisor = {temperature, 0.0};
    rankloss__inputs inputs = {.batch = batch,
                               .logits = rankloss__view_of_items(&batch, &p->logits),
                               .labels = rankloss__view_of_items(&batch, &p->labels),
                               .where = rankloss__view_of_items(&batch, &p->where),
                               .weights = rankloss__view_of_items(&batch, &p->weights),
                               .bias = rankloss__view_of_items(&batch, &p->bias),
                               .tangent = rankloss__view_of_items(&batch, &p->tangent),
                               .temperature = temperature,
                               .whole = p->state,
                               .inverse_temperature = one,
                               .is_moderate = temperature >= 0x1p-100 && temperature <= 0x1p100};
    inputs.is_f64 = p->logits.dtype == RANKLOSS_F64;
    inputs.dtype = inputs.is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
    if (inputs.whole != NULL)
        take_bias_of_whole(&inputs);
    inputs.kernels = rankloss__kernels_for(inputs.is_f64);
    inputs.scaled = temperature != 1.0 || inputs.bias.data != NULL;
    if (inputs.is_moderate)
        inputs.inverse_temperature = rankloss__dd_div(one, divisor);
    inputs.sum_to_one = p->label_mode == RANKLOSS_LABELS_SUM_TO_ONE;
    inputs.label_exps = p->label_mode == RANKLOSS_LABELS_SOFTMAX;
    /* The kernels have loops that convert some integers, which saves a pass over them, for the calls that most make. */
    const bool is_common = !inputs.label_exps && !inputs.scaled && !inputs.weights.present && !inputs.tangent.present;
    const bool has_loops = inputs.labels.dtype == RANKLOSS_I32 || inputs.labels.dtype == RANKLOSS_U8;
    if (is_common && has_loops && !inputs.is_f64 && inputs.labels.item_stride == 1)
        inputs.integer_labels = inputs.labels.dtype;
    return inputs;
}

/* Whether more than one list adds to an element of an output. */
static bool sums_across_lists(const rankloss__batch *batch, const rankloss_array *output) {
    if (batch->ragged)
        return output->ndim == 0 || (output->ndim == 1 && output->shape[0] == 1);
    for (int32_t k = 0; k < batch->ndim; k++) {
        const int32_t axis = k + output->ndim - 1 - batch->ndim;
        if ((axis < 0 || output->shape[axis] == 1) && batch->shape[k] != 1)
            return true;
    }
    return false;
}

static void make_outputs(rankloss__plan *plan, const rankloss_result *r) {
    const rankloss__batch *batch = &plan->inputs.batch;
    plan->outputs[RANKLOSS__GRAD_LABELS] = &r->grad_labels;
    plan->outputs[RANKLOSS__GRAD_WEIGHTS] = &r->grad_weights;
    plan->outputs[RANKLOSS__HESS_LOGITS] = &r->hess_logits;
    plan->outputs[RANKLOSS__HVP_LOGITS] = &r->hvp_logits;
    plan->outputs[RANKLOSS__GRAD_LOGITS] = &r->grad_logits;
    plan->loss = rankloss__view_of_lists(batch, &r->loss);
    plan->jvp = rankloss__view_of_lists(batch, &r->jvp);
    plan->asked = (plan->loss.present || r->accumulator != NULL ? RANKLOSS__WANT_LOSS : 0) |
                  (plan->jvp.present ? RANKLOSS__WANT_JVP : 0);
    if (r->state != NULL) {
        plan->states = r->state;
        plan->asked |= RANKLOSS__WANT_STATE;
    }
    plan->wanted = plan->asked;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const rankloss_array *output = plan->outputs[which];
        if (rankloss__is_absent(output))
            continue;
        plan->asked |= 1u << which;
        plan->derivatives[which] = rankloss__view_of_items(batch, output);
        if (which <= RANKLOSS__GRAD_WEIGHTS && sums_across_lists(batch, output)) {
            const rankloss_array numbered = rankloss_array_make(RANKLOSS_U8, NULL, output->ndim, output->shape);
            plan->layouts[which] = rankloss__view_of_items(batch, &numbered);
            plan->across_lists[which] = plan->any_across_lists = true;
        } else if (plan->derivatives[which].data != NULL) {
            plan->wanted |= 1u << which;
        }
    }
    plan->inputs.wants_tangent = plan->jvp.present || plan->derivatives[RANKLOSS__HVP_LOGITS].present ||
                                 (plan->states != NULL && plan->inputs.tangent.present);
}

/* A core's own cache has about as much, and hardly a last cache is smaller. Nothing but speed depends on it. */
enum { OWN_CACHE = 1 << 20 };

/* The bytes of the items that the call reads and writes, but for bias and tangent. */
static int64_t bytes_of_items(const rankloss__plan *plan) {
    const rankloss__inputs *in = &plan->inputs;
    const rankloss__batch *batch = &in->batch;
    const rankloss__view *views[4 + RANKLOSS__NUM_DERIVATIVES] = {&in->logits, &in->labels, &in->weights, &in->where};
    int64_t bytes = 0, items = 0;
    if (batch->ragged)
        items = rankloss__offset(batch, batch->num_lists);
    else if (batch->list_size > 0 && batch->num_lists < INT64_MAX / 64 / batch->list_size)
        items = batch->num_lists * batch->list_size;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        views[4 + which] = &plan->derivatives[which];
    for (int k = 0; k < 4 + RANKLOSS__NUM_DERIVATIVES; k++)
        if (views[k]->data != NULL && views[k]->item_stride != 0 && items < INT64_MAX / 128)
            bytes += items * views[k]->element_size;
    return bytes;
}

rankloss__plan rankloss__plan_make(const rankloss_problem *problem, const rankloss_result *result) {
    rankloss__plan plan = {.inputs = make_inputs(problem),
                           .reduction = problem->reduction,
                           .num_threads = problem->num_threads,
                           .adds_losses = problem->reduction == RANKLOSS_MEAN || problem->reduction == RANKLOSS_SUM ||
                                          result->accumulator != NULL,
                           .divisor = problem->divisor != 0.0 ? problem->divisor : 1.0};
    rankloss__inputs *in = &plan.inputs;
    rankloss__view *views[9 + 2 * RANKLOSS__NUM_DERIVATIVES] = {&in->logits,  &in->labels, &in->where,
                                                                &in->weights, &in->bias,   &in->tangent,
                                                                &plan.loss,   &plan.jvp,   &plan.cotangent};
    int count = 9;
    plan.cotangent = rankloss__view_of_lists(&in->batch, &problem->cotangent);
    make_outputs(&plan, result);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        views[count++] = &plan.derivatives[which];
        views[count++] = &plan.layouts[which];
    }
    rankloss__merge_axes(&in->batch, views, count);
    plan.exceeds_own_cache = bytes_of_items(&plan) > OWN_CACHE;
    const bool counts = plan.reduction == RANKLOSS_MEAN && problem->divisor == 0.0;
    if (counts || result->accumulator != NULL)
        plan.counted = rankloss__plan_count_lists(&in->batch, &in->where, in->whole);
    if (counts)
        plan.divisor = plan.counted > 0 ? (double)plan.counted : 1.0; /* itself: no call has 2^53 lists with items */
    return plan;
}

rankloss__stretch_kind rankloss__stretch_kind_of(const rankloss__inputs *inputs) {
    return (rankloss__stretch_kind){.temperature = inputs->temperature,
                                    .label_mode = inputs->sum_to_one   ? RANKLOSS_LABELS_SUM_TO_ONE
                                                  : inputs->label_exps ? RANKLOSS_LABELS_SOFTMAX
                                                                       : RANKLOSS_LABELS_RAW,
                                    .is_f64 = inputs->is_f64,
                                    .has_tangents = inputs->wants_tangent};
}

int64_t rankloss__plan_count_lists(const rankloss__batch *batch, const rankloss__view *where,
                                   const rankloss_list_state *whole) {
    int64_t count = 0;
    if (whole == NULL)
        return rankloss__count_lists(batch, where);
    for (int64_t list = 0; list < batch->num_lists; list++)
        count += rankloss__stretch_has_items(&whole[list]);
    return count;
}

/* --- what multiplies the derivatives --- */

static bool is_moderate(double x) {
    const double size = fabs(x);
    return size == 0.0 || (size >= RANKLOSS__FACTOR_LEAST && size <= RANKLOSS__FACTOR_MOST);
}

rankloss__upstream rankloss__upstream_make(double cotangent, double divisor, double temperature) {
    rankloss__upstream up = {.cotangent = cotangent, .share = 1.0, .divisor = divisor, .temperature = temperature};
    const rankloss__dd g = {cotangent, 0.0}, d = {divisor, 0.0}, t = {temperature, 0.0};
    up.moderate = is_moderate(cotangent) && is_moderate(divisor) && is_moderate(temperature);
    if (!up.moderate)
        return up;
    if (divisor == 1.0 && temperature == 1.0) { /* what the divisions below would give, as cheaply as each list pays */
        up.labels = cotangent + 0.0;
        up.first = up.second = (rankloss__dd){up.labels, 0.0};
        return up;
    }
    const rankloss__dd scaled = rankloss__dd_div(g, d);
    up.labels = scaled.hi;
    up.first = rankloss__dd_div(scaled, t);
    up.second = rankloss__dd_div(up.first, t);
    up.moderate = is_moderate(up.labels) && is_moderate(up.second.hi);
    return up;
}

/* Where the product is not moderate, extended precision gets both factors. */
rankloss__upstream rankloss__upstream_make_shared(double cotangent, double share, double temperature) {
    const double product = cotangent * share;
    rankloss__upstream up = rankloss__upstream_make(product, 1.0, temperature);
    const bool lost = product == 0.0 && cotangent != 0.0 && share != 0.0;
    if (!up.moderate || lost) {
        up.moderate = false;
        up.cotangent = cotangent;
        up.share = share;
    }
    return up;
}

/* Sets lane k of factors. */
static void set_factors(rankloss__factors *factors, int k, const rankloss__upstream *upstream) {
    factors->first.hi[k] = upstream->first.hi;
    factors->first.lo[k] = upstream->first.lo;
    factors->second.hi[k] = upstream->second.hi;
    factors->second.lo[k] = upstream->second.lo;
    factors->labels.at[k] = upstream->labels;
}

rankloss__factors rankloss__factors_of(const rankloss__upstream *upstream) {
    rankloss__factors factors;
    for (int k = 0; k < RANKLOSS__LANES; k++)
        set_factors(&factors, k, upstream);
    return factors;
}

static double read_cotangent(const rankloss__view *view, const char *at) {
    double value = 1.0;
    if (at != NULL && view->dtype == RANKLOSS_F32)
        value = (double)*(const float *)(const void *)at;
    else if (at != NULL)
        rankloss__load_f64(view->dtype, at, 0, 1, &value);
    return value;
}

void rankloss__plan_set_upstream(rankloss__plan *plan) {
    /* Under RANKLOSS_NONE each list reads its own, and there may be no list. */
    const bool one_number = plan->reduction != RANKLOSS_NONE;
    const double cotangent = read_cotangent(&plan->cotangent, one_number ? plan->cotangent.data : NULL);
    plan->shares_upstream =
        plan->reduction == RANKLOSS_NONE ? !plan->cotangent.present : plan->reduction != RANKLOSS_CUSTOM;
    plan->upstream = rankloss__upstream_make(cotangent, plan->divisor, plan->inputs.temperature);
    plan->factors = rankloss__factors_of(&plan->upstream);
}

rankloss__upstream rankloss__plan_upstream(const rankloss__plan *plan, const rankloss__position *position) {
    const double temperature = plan->inputs.temperature;
    if (plan->shares_upstream)
        return plan->upstream;
    if (plan->reduction == RANKLOSS_CUSTOM)
        return rankloss__upstream_make_shared(plan->upstream.cotangent, plan->custom.d_losses[position->list],
                                              temperature);
    const char *at = rankloss__view_at(&plan->cotangent, &plan->inputs.batch, position);
    return rankloss__upstream_make(read_cotangent(&plan->cotangent, at), 1.0, temperature);
}

/* Whether the kernel can make factors of the cotangents of lists, which its compute dtype has to hold. */
static bool are_factors(const rankloss__plan *plan) {
    return plan->reduction == RANKLOSS_NONE && plan->inputs.temperature == 1.0 &&
           (plan->inputs.is_f64 || plan->cotangent.dtype != RANKLOSS_F64);
}

/* Those of eight lists with one axis that are as the kernel has them. */
static unsigned factors_in_place(const rankloss__plan *plan, const rankloss__position *positions, int count,
                                 bool in_a_row, rankloss__factors *factors) {
    const rankloss__view *view = &plan->cotangent;
    int64_t at[RANKLOSS__LANES];
    if (in_a_row && view->list_strides[0] == 1)
        return plan->inputs.kernels->factors_of_cotangents(view->data + positions[0].index[0] * view->element_size,
                                                           NULL, factors);
    for (int k = 0; k < RANKLOSS__LANES; k++)
        at[k] = positions[k < count ? k : 0].index[0] * view->list_strides[0];
    return plan->inputs.kernels->factors_of_cotangents(view->data, at, factors);
}

static unsigned factors_of_converted(const rankloss__plan *plan, const rankloss__position *positions, int count,
                                     rankloss__factors *factors) {
    const rankloss__view *view = &plan->cotangent;
    union {
        float f32[RANKLOSS__LANES];
        double f64[RANKLOSS__LANES];
    } block;
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        const char *from = rankloss__view_at(view, &plan->inputs.batch, &positions[k < count ? k : 0]);
        if (plan->inputs.is_f64)
            rankloss__load_f64(view->dtype, from, 0, 1, block.f64 + k);
        else
            rankloss__load_f32(view->dtype, from, 0, 1, block.f32 + k);
    }
    return plan->inputs.kernels->factors_of_cotangents(&block, NULL, factors);
}

unsigned rankloss__plan_factors(const rankloss__plan *plan, const rankloss__position *positions, int count,
                                bool in_a_row, rankloss__factors *factors) {
    const unsigned all = (1u << count) - 1;
    unsigned moderate = 0;
    if (are_factors(plan) && plan->cotangent.dtype == plan->inputs.dtype && plan->inputs.batch.ndim == 1)
        return factors_in_place(plan, positions, count, in_a_row, factors) & all;
    if (are_factors(plan))
        return factors_of_converted(plan, positions, count, factors) & all;
    for (int k = 0; k < RANKLOSS__LANES; k++) {
        const rankloss__upstream upstream = rankloss__plan_upstream(plan, &positions[k < count ? k : 0]);
        set_factors(factors, k, &upstream);
        moderate |= (unsigned)upstream.moderate << k;
    }
    return moderate & all;
}

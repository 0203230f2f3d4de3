#include "plan/plan.h"

#include "cpu/dispatch.h"
#include "dtype/convert.h"

enum { MAX_VIEWS = 9 + 2 * RANKLOSS__NUM_DERIVATIVES };

static rankloss__inputs make_inputs(const rankloss_problem *p) {
    const rankloss__batch batch = rankloss__batch_make(&p->logits, &p->offsets);
    const double temperature = p->temperature != 0.0 ? p->temperature : 1.0;
    rankloss__inputs inputs = {.batch = batch,
                               .logits = rankloss__view_of_items(&batch, &p->logits),
                               .labels = rankloss__view_of_items(&batch, &p->labels),
                               .where = rankloss__view_of_items(&batch, &p->where),
                               .weights = rankloss__view_of_items(&batch, &p->weights),
                               .bias = rankloss__view_of_items(&batch, &p->bias),
                               .tangent = rankloss__view_of_items(&batch, &p->tangent),
                               .temperature = temperature,
                               .inverse_temperature = 1.0 / temperature};
    inputs.is_f64 = p->logits.dtype == RANKLOSS_F64;
    inputs.kernels = rankloss__kernels_for(inputs.is_f64);
    inputs.scaled = temperature != 1.0 || inputs.bias.present;
    inputs.sum_to_one = p->label_mode == RANKLOSS_LABELS_SUM_TO_ONE;
    return inputs;
}

/* Whether elements of an output get something from more than one list. */
static bool sums_across_lists(const rankloss__batch *batch, const rankloss_array *output) {
    if (rankloss__is_absent(output))
        return false;
    if (batch->ragged)
        return output->ndim == 0 || (output->ndim == 1 && output->shape[0] == 1);
    for (int32_t k = 0; k < batch->ndim; k++) {
        const int32_t axis = k + output->ndim - 1 - batch->ndim;
        if ((axis < 0 || output->shape[axis] == 1) && batch->shape[k] != 1)
            return true;
    }
    return false;
}

static void make_outputs(rankloss__plan *call, const rankloss_result *r) {
    const rankloss__batch *batch = &call->inputs.batch;
    call->outputs[RANKLOSS__GRAD_LABELS] = &r->grad_labels;
    call->outputs[RANKLOSS__GRAD_WEIGHTS] = &r->grad_weights;
    call->outputs[RANKLOSS__HESS_LOGITS] = &r->hess_logits;
    call->outputs[RANKLOSS__HVP_LOGITS] = &r->hvp_logits;
    call->outputs[RANKLOSS__GRAD_LOGITS] = &r->grad_logits;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const rankloss_array *output = call->outputs[which];
        const rankloss_array numbers = rankloss_array_make(RANKLOSS_U8, NULL, output->ndim, output->shape);
        call->derivatives[which] = rankloss__view_of_items(batch, output);
        call->layouts[which] = rankloss__view_of_items(batch, &numbers);
        call->across_lists[which] = which <= RANKLOSS__GRAD_WEIGHTS && sums_across_lists(batch, output);
        call->wants_derivatives |= call->derivatives[which].present;
    }
    call->loss = rankloss__view_of_lists(batch, &r->loss);
    call->jvp = rankloss__view_of_lists(batch, &r->jvp);
    call->wants_jvp = call->jvp.present;
    call->inputs.wants_tangent = call->wants_jvp || call->derivatives[RANKLOSS__HVP_LOGITS].present;
}

static void merge_axes(rankloss__plan *call) {
    rankloss__inputs *in = &call->inputs;
    rankloss__view *views[MAX_VIEWS] = {&in->logits,  &in->labels,      &in->where,  &in->weights, &in->bias,
                                        &in->tangent, &call->cotangent, &call->loss, &call->jvp};
    int count = 9;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        views[count++] = &call->derivatives[which];
        views[count++] = &call->layouts[which];
    }
    rankloss__merge_axes(&in->batch, views, count);
}

rankloss__plan rankloss__plan_make(const rankloss_problem *problem, const rankloss_result *result) {
    rankloss__plan call = {.inputs = make_inputs(problem),
                           .reduction = problem->reduction,
                           .num_threads = problem->num_threads,
                           .counted = 1};
    call.cotangent = rankloss__view_of_lists(&call.inputs.batch, &problem->cotangent);
    make_outputs(&call, result);
    merge_axes(&call);
    if (call.reduction == RANKLOSS_MEAN)
        call.counted = rankloss__count_lists(&call.inputs.batch, &call.inputs.where);
    return call;
}

static double read_cotangent(const rankloss__view *view, const char *at) {
    double value = 1.0;
    if (at != NULL)
        rankloss__load_f64(view->dtype, at, 0, 1, &value);
    return value;
}

void rankloss__plan_set_upstream(rankloss__plan *call) {
    const double divisor = call->counted > 0 ? (double)call->counted : 1.0;
    /* Under RANKLOSS_NONE each list reads its own, and there may be none. */
    const bool shared = call->reduction != RANKLOSS_NONE;
    const double cotangent = read_cotangent(&call->cotangent, shared ? call->cotangent.data : NULL);
    call->upstream = rankloss__upstream_make(cotangent, divisor, call->inputs.temperature);
}

rankloss__upstream rankloss__plan_upstream(const rankloss__plan *call, const rankloss__position *place) {
    const double temperature = call->inputs.temperature;
    if (call->reduction == RANKLOSS_CUSTOM)
        return rankloss__upstream_make_shared(call->upstream.cotangent, call->custom.d_losses[place->list],
                                              temperature);
    if (call->reduction != RANKLOSS_NONE || !call->cotangent.present)
        return call->upstream;
    const char *at = rankloss__view_at(&call->cotangent, &call->inputs.batch, place);
    return rankloss__upstream_make(read_cotangent(&call->cotangent, at), 1.0, temperature);
}

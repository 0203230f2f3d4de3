/*
 * Makes the arguments of a call to time from the data, and runs it by the library or by hand.
 */
#define _DEFAULT_SOURCE

#include "call.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "element.h"
#include "handwritten.h"
#include "support.h"

const char *bench_work_name(bench_work work) {
    static const char *const names[] = {"loss", "gradient", "hessian"};
    return names[work];
}

/* A view of all items: (lists, list_size) of a dense batch, (items) of a ragged one. */
static rankloss_array view(bench_data *data, bench_field field, rankloss_dtype dtype) {
    rankloss_array v = {.data = bench_data_column(data, field, dtype), .dtype = (int32_t)dtype};
    if (data->offsets != NULL) {
        v.ndim = 1;
        v.shape[0] = data->num_items;
        v.strides[0] = 1;
    } else {
        v.ndim = 2;
        v.shape[0] = data->num_lists;
        v.shape[1] = v.strides[0] = data->list_size;
        v.strides[1] = 1;
    }
    return v;
}

static rankloss_array vector(void *elements, rankloss_dtype dtype, int64_t count) {
    return (rankloss_array){.data = elements, .dtype = (int32_t)dtype, .ndim = 1, .shape = {count}, .strides = {1}};
}

/* One element for each list. */
static rankloss_array list_vector(bench_data *data, bench_field field, rankloss_dtype dtype) {
    return vector(bench_data_column(data, field, dtype), dtype, data->num_lists);
}

static rankloss_problem make_problem(const bench_call *call) {
    const bench_inputs *in = &call->inputs;
    bench_data *data = call->data;
    rankloss_problem problem = {.logits = view(data, in->in_place ? BENCH_SCRATCH : BENCH_LOGITS, in->logits),
                                .labels = view(data, BENCH_LABELS, in->labels),
                                .temperature = in->temperature,
                                .reduction = in->none ? RANKLOSS_NONE : RANKLOSS_SUM,
                                .label_mode = in->softmax_labels ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW,
                                .num_threads = call->threads};
    if (in->where)
        problem.where = view(data, BENCH_WHERE, RANKLOSS_U8);
    if (in->weights)
        problem.weights = view(data, BENCH_WEIGHTS, in->logits);
    if (in->bias)
        problem.bias = view(data, BENCH_BIAS, in->logits);
    if (in->cotangents)
        problem.cotangent = list_vector(data, BENCH_COTANGENTS, in->logits);
    if (data->offsets != NULL)
        problem.offsets = vector(data->offsets, RANKLOSS_I64, data->num_lists + 1);
    return problem;
}

static rankloss_result make_result(bench_call *call) {
    const rankloss_dtype dtype = call->inputs.logits;
    rankloss_result result = {.loss = vector(&call->loss, RANKLOSS_F64, 1)};
    if (call->inputs.none)
        result.loss = list_vector(call->data, BENCH_LOSSES, dtype);
    if (call->work >= BENCH_GRADIENT)
        result.grad_logits = view(call->data, call->inputs.in_place ? BENCH_SCRATCH : BENCH_GRAD, dtype);
    if (call->work >= BENCH_HESSIAN)
        result.hess_logits = view(call->data, BENCH_HESS, dtype);
    return result;
}

void bench_call_bind(bench_call *call) {
    call->problem = make_problem(call);
    call->result = make_result(call);
}

static void sleep_for(double seconds) {
    const struct timespec duration = {.tv_sec = (time_t)seconds,
                                      .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&duration, NULL);
}

/* The whole pages of an output; the next write to each has the system find one and clear it. */
static void give_back_pages(const rankloss_array *output, int64_t num_items) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)output->data + page - 1) / page * page;
    const uintptr_t bytes = (uintptr_t)num_items * bench_element_size((rankloss_dtype)output->dtype);
    const uintptr_t end = ((uintptr_t)output->data + bytes) / page * page;
    if (output->data != NULL && begin < end && madvise((void *)begin, end - begin, MADV_DONTNEED) != 0)
        bench_fail("pages cannot be given back");
}

static void prepare(void *context) {
    const bench_call *call = context;
    const rankloss_dtype dtype = call->inputs.logits;
    if (call->inputs.in_place)
        memcpy(bench_data_column(call->data, BENCH_SCRATCH, dtype), bench_data_column(call->data, BENCH_LOGITS, dtype),
               (size_t)call->data->num_items * bench_element_size(dtype));
    if (call->inputs.fresh_outputs) {
        give_back_pages(&call->result.grad_logits, call->data->num_items);
        give_back_pages(&call->result.hess_logits, call->data->num_items);
    }
    if (call->inputs.pause > 0.0)
        sleep_for(call->inputs.pause);
}

bench_step *bench_call_preparation(const bench_call *call) {
    const bench_inputs *in = &call->inputs;
    return in->in_place || in->fresh_outputs || in->pause > 0.0 ? prepare : NULL;
}

static void run_handwritten(bench_call *call) {
    const bench_data *data = call->data;
    const void *labels = call->problem.labels.data;
    const float *logits = call->problem.logits.data;
    float *grad = call->result.grad_logits.data, *hess = call->result.hess_logits.data;
    if (call->inputs.labels == RANKLOSS_I32)
        call->loss =
            handwritten_int(data->num_lists, data->list_size, data->offsets, logits, labels, grad, hess, call->threads);
    else
        call->loss = handwritten_float(data->num_lists, data->list_size, data->offsets, logits, labels, grad, hess,
                                       call->threads);
}

const char *bench_call_refusal(bench_call *call) {
    if (call->library.softmax == NULL)
        run_handwritten(call);
    else if (call->library.softmax(&call->problem, &call->result) != RANKLOSS_OK)
        return call->library.last_error();
    return NULL;
}

void bench_call_run(void *context) {
    bench_call *call = context;
    const char *refusal = bench_call_refusal(call);
    if (refusal != NULL)
        bench_fail("%s: %s", call->library.who, refusal);
}

double bench_call_bytes(const bench_call *call) {
    const bench_inputs *in = &call->inputs;
    const double logits = (double)bench_element_size(in->logits);
    /* The gradient in place is written where the logits were read. */
    const double outputs = (double)call->work * logits;
    const double inputs = logits + (double)bench_element_size(in->labels) + (in->where ? 1.0 : 0.0) +
                          (in->weights ? logits : 0.0) + (in->bias ? logits : 0.0);
    const double of_list =
        (call->data->offsets != NULL ? 8.0 : 0.0) + (in->none ? logits : 0.0) + (in->cotangents ? logits : 0.0);
    return (inputs + outputs) * (double)call->data->num_items + of_list * (double)call->data->num_lists;
}

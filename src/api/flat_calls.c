/*
 * The flat, typed calls for the common cases: each turns its arguments into those of the general call.
 */
#include <inttypes.h>
#include <stddef.h>

#include <rankloss/softmax.h>

#include "check/validate_array.h"
#include "status/error.h"

/* The arguments of a flat call, whose types the two dtypes share but for what the pointers point to. */
typedef struct flat_call {
    rankloss_dtype dtype;
    int64_t num_lists;
    int64_t list_size;
    const int64_t *offsets;
    const void *logits, *labels;
    const uint8_t *where;
    const void *weights;
    rankloss_reduction reduction;
    void *loss, *grad_logits, *hess_logits;
} flat_call;

static rankloss_array view(const void *data, rankloss_dtype dtype, int32_t ndim, const int64_t *shape) {
    return data != NULL ? rankloss_array_make(dtype, data, ndim, shape) : (rankloss_array){0};
}

/* Present even where data is NULL, for the general call to refuse it unless there are no items. */
static rankloss_array required_view(const void *data, rankloss_dtype dtype, int32_t ndim, const int64_t *shape) {
    return rankloss_array_make(dtype, data, ndim, shape);
}

static rankloss_status run(const flat_call *call, int32_t ndim, const int64_t *shape, rankloss_array offsets) {
    const int64_t losses = call->reduction == RANKLOSS_NONE ? call->num_lists : 1;
    if (call->reduction == RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "reduction: RANKLOSS_CUSTOM needs rankloss_softmax()");
    const rankloss_problem problem = {.logits = required_view(call->logits, call->dtype, ndim, shape),
                                      .labels = required_view(call->labels, call->dtype, ndim, shape),
                                      .where = view(call->where, RANKLOSS_U8, ndim, shape),
                                      .weights = view(call->weights, call->dtype, ndim, shape),
                                      .offsets = offsets,
                                      .reduction = (int32_t)call->reduction};
    const rankloss_result result = {.loss = view(call->loss, call->dtype, 1, &losses),
                                    .grad_logits = view(call->grad_logits, call->dtype, ndim, shape),
                                    .hess_logits = view(call->hess_logits, call->dtype, ndim, shape)};
    return rankloss_softmax(&problem, &result);
}

static rankloss_status run_dense(const flat_call *call) {
    const int64_t shape[2] = {call->num_lists, call->list_size};
    if (call->num_lists < 0 || call->list_size < 0)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: %" PRId64 " is negative",
                              call->num_lists < 0 ? "num_lists" : "list_size",
                              call->num_lists < 0 ? call->num_lists : call->list_size);
    return run(call, 2, shape, (rankloss_array){0});
}

static rankloss_status run_ragged(const flat_call *call) {
    int64_t entries;
    if (call->num_lists < 0)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "num_lists: %" PRId64 " is negative", call->num_lists);
    if (__builtin_add_overflow(call->num_lists, 1, &entries))
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "num_lists: %" PRId64 " offsets do not fit", call->num_lists);
    const rankloss_array offsets = required_view(call->offsets, RANKLOSS_I64, 1, &entries);
    /* Before the last of them is read, which says how many items there are. */
    const rankloss_status status =
        rankloss__validate_array(&(rankloss__argument){"offsets", &offsets, RANKLOSS__INDICES});
    if (status != RANKLOSS_OK)
        return status;
    const int64_t num_items = call->offsets[call->num_lists];
    if (num_items < 0)
        return rankloss__fail(RANKLOSS_ERROR_OFFSETS, "offsets: end at %" PRId64, num_items);
    return run(call, 1, &num_items, offsets);
}

rankloss_status rankloss_softmax_f32(int64_t num_lists, int64_t list_size, const float *logits, const float *labels,
                                     const uint8_t *where, const float *weights, rankloss_reduction reduction,
                                     float *loss, float *grad_logits, float *hess_logits) {
    return run_dense(&(flat_call){RANKLOSS_F32, num_lists, list_size, NULL, logits, labels, where, weights, reduction,
                                  loss, grad_logits, hess_logits});
}

rankloss_status rankloss_softmax_f64(int64_t num_lists, int64_t list_size, const double *logits, const double *labels,
                                     const uint8_t *where, const double *weights, rankloss_reduction reduction,
                                     double *loss, double *grad_logits, double *hess_logits) {
    return run_dense(&(flat_call){RANKLOSS_F64, num_lists, list_size, NULL, logits, labels, where, weights, reduction,
                                  loss, grad_logits, hess_logits});
}

rankloss_status rankloss_softmax_ragged_f32(int64_t num_lists, const int64_t *offsets, const float *logits,
                                            const float *labels, const uint8_t *where, const float *weights,
                                            rankloss_reduction reduction, float *loss, float *grad_logits,
                                            float *hess_logits) {
    return run_ragged(&(flat_call){RANKLOSS_F32, num_lists, 0, offsets, logits, labels, where, weights, reduction, loss,
                                   grad_logits, hess_logits});
}

rankloss_status rankloss_softmax_ragged_f64(int64_t num_lists, const int64_t *offsets, const double *logits,
                                            const double *labels, const uint8_t *where, const double *weights,
                                            rankloss_reduction reduction, double *loss, double *grad_logits,
                                            double *hess_logits) {
    return run_ragged(&(flat_call){RANKLOSS_F64, num_lists, 0, offsets, logits, labels, where, weights, reduction, loss,
                                   grad_logits, hess_logits});
}

/*
 * The rules for all arguments of a call together: options, shapes, offsets, overlaps. The first one broken is reported.
 */
#include "check/validate.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "batch/strided_view.h"
#include "check/overlap.h"
#include "check/validate_array.h"
#include "status/error.h"

/* The arguments of a call by name. */
enum { LOGITS, LABELS, WHERE, WEIGHTS, BIAS, OFFSETS, COTANGENT, TANGENT, NUM_INPUTS };

enum { LOSS, GRAD_LOGITS, GRAD_LABELS, GRAD_WEIGHTS, HESS_LOGITS, JVP, HVP_LOGITS, NUM_OUTPUTS };

typedef struct arguments {
    rankloss__argument in[NUM_INPUTS], out[NUM_OUTPUTS];
    bool ragged;
    int64_t num_lists; /* ragged */
} arguments;

static arguments name_arguments(const rankloss_problem *p, const rankloss_result *r) {
    const unsigned floats = RANKLOSS__FLOATS, numbers = RANKLOSS__NUMBERS;
    return (arguments){.in = {{"logits", &p->logits, floats},
                              {"labels", &p->labels, numbers},
                              {"where", &p->where, RANKLOSS__MASKS},
                              {"weights", &p->weights, numbers},
                              {"bias", &p->bias, floats},
                              {"offsets", &p->offsets, RANKLOSS__INDICES},
                              {"cotangent", &p->cotangent, floats},
                              {"tangent", &p->tangent, floats}},
                       .out = {{"loss", &r->loss, floats},
                               {"grad_logits", &r->grad_logits, floats},
                               {"grad_labels", &r->grad_labels, floats},
                               {"grad_weights", &r->grad_weights, floats},
                               {"hess_logits", &r->hess_logits, floats},
                               {"jvp", &r->jvp, floats},
                               {"hvp_logits", &r->hvp_logits, floats}},
                       .ragged = !rankloss__is_absent(&p->offsets)};
}

static bool given(const rankloss__argument *argument) {
    return !rankloss__is_absent(argument->array);
}

/* --- options --- */

static rankloss_status check_reserved(const rankloss_problem *problem, const rankloss_result *result) {
    if (problem->padding != 0)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "problem: padding is %" PRId32 ", not 0", problem->padding);
    for (int k = 0; k < 8; k++) {
        if (problem->reserved[k] != 0)
            return rankloss__fail(RANKLOSS_ERROR_OPTION, "problem: reserved[%d] is %" PRIu64 ", not 0", k,
                                  problem->reserved[k]);
        if (result->reserved[k] != 0)
            return rankloss__fail(RANKLOSS_ERROR_OPTION, "result: reserved[%d] is %" PRIu64 ", not 0", k,
                                  result->reserved[k]);
    }
    return RANKLOSS_OK;
}

static rankloss_status check_options(const rankloss_problem *p) {
    if (p->reduction < RANKLOSS_MEAN || p->reduction > RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "reduction: %" PRId32 " is not a rankloss_reduction",
                              p->reduction);
    if (p->label_mode < RANKLOSS_LABELS_RAW || p->label_mode > RANKLOSS_LABELS_SUM_TO_ONE)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "label_mode: %" PRId32 " is not a rankloss_label_mode",
                              p->label_mode);
    if (p->temperature != 0.0 && !(p->temperature > 0.0 && isnormal(p->temperature)))
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "temperature: %g is not positive, finite and normal",
                              p->temperature);
    if (p->num_threads < 0)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "num_threads: %" PRId32 " is negative", p->num_threads);
    if (p->reducer != NULL && p->reduction != RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION,
                              "reducer: given, but reduction is %" PRId32 " and not RANKLOSS_CUSTOM", p->reduction);
    return RANKLOSS_OK;
}

static bool wants_derivative(const rankloss_result *r) {
    return !rankloss__is_absent(&r->grad_logits) || !rankloss__is_absent(&r->grad_labels) ||
           !rankloss__is_absent(&r->grad_weights) || !rankloss__is_absent(&r->hess_logits) ||
           !rankloss__is_absent(&r->jvp) || !rankloss__is_absent(&r->hvp_logits);
}

static rankloss_status check_reducer(const rankloss_problem *problem, const rankloss_result *result) {
    if (problem->reduction != RANKLOSS_CUSTOM)
        return RANKLOSS_OK;
    if (problem->reducer == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: NULL, but reduction is RANKLOSS_CUSTOM");
    if (problem->reducer->reduce == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: reduce is NULL");
    if (problem->reducer->derivative == NULL && wants_derivative(result))
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: derivative is NULL, but a derivative is asked for");
    return RANKLOSS_OK;
}

/* --- arrays by themselves --- */

static rankloss_status check_arrays(const arguments *args) {
    rankloss_status status = RANKLOSS_OK;
    for (int k = LOGITS; k <= LABELS; k++)
        if (!given(&args->in[k]))
            return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: required, but absent", args->in[k].name);
    for (int k = 0; k < NUM_INPUTS && status == RANKLOSS_OK; k++)
        if (given(&args->in[k]))
            status = rankloss__validate_array(&args->in[k]);
    for (int k = 0; k < NUM_OUTPUTS && status == RANKLOSS_OK; k++)
        if (given(&args->out[k]))
            status = rankloss__validate_array(&args->out[k]);
    if (status != RANKLOSS_OK || given(&args->in[TANGENT]))
        return status;
    if (given(&args->out[JVP]) || given(&args->out[HVP_LOGITS]))
        return rankloss__fail(RANKLOSS_ERROR_NULL, "tangent: required by %s, but absent",
                              given(&args->out[JVP]) ? "jvp" : "hvp_logits");
    return RANKLOSS_OK;
}

/* --- shapes --- */

static bool is_one_number(const rankloss_array *array) {
    return array->ndim == 0 || (array->ndim == 1 && array->shape[0] == 1);
}

static bool broadcasts(const rankloss_array *array, const int64_t *shape, int32_t ndim) {
    if (array->ndim > ndim)
        return false;
    for (int32_t k = 0; k < array->ndim; k++) {
        const int64_t extent = array->shape[k];
        if (extent != 1 && extent != shape[k + ndim - array->ndim])
            return false;
    }
    return true;
}

static bool has_shape(const rankloss_array *array, const int64_t *shape, int32_t ndim) {
    if (array->ndim != ndim)
        return false;
    for (int32_t k = 0; k < ndim; k++)
        if (array->shape[k] != shape[k])
            return false;
    return true;
}

static rankloss_status wrong_shape(const rankloss__argument *argument, const char *rule, const int64_t *shape,
                                   int32_t ndim) {
    return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: shape %s %s %s", argument->name,
                          rankloss__shape_in_words(argument->array->shape, argument->array->ndim).text, rule,
                          rankloss__shape_in_words(shape, ndim).text);
}

static rankloss_status check_batch(arguments *args) {
    const rankloss_array *logits = args->in[LOGITS].array, *offsets = args->in[OFFSETS].array;
    if (logits->ndim == 0)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "logits: ndim is 0; a list needs an axis");
    if (!args->ragged)
        return RANKLOSS_OK;
    if (logits->ndim != 1)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "logits: shape %s beside offsets, which need (num_items,)",
                              rankloss__shape_in_words(logits->shape, logits->ndim).text);
    if (offsets->ndim != 1 || offsets->shape[0] < 1)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "offsets: shape %s is not (num_lists + 1,)",
                              rankloss__shape_in_words(offsets->shape, offsets->ndim).text);
    args->num_lists = offsets->shape[0] - 1;
    return RANKLOSS_OK;
}

/* An input, or the gradient by one. */
static rankloss_status check_items_shape(const arguments *args, const rankloss__argument *argument) {
    const rankloss_array *logits = args->in[LOGITS].array, *array = argument->array;
    if (!given(argument))
        return RANKLOSS_OK;
    if (!args->ragged) {
        if (broadcasts(array, logits->shape, logits->ndim))
            return RANKLOSS_OK;
        return wrong_shape(argument, "does not broadcast to the logits' shape", logits->shape, logits->ndim);
    }
    if (is_one_number(array) || has_shape(array, logits->shape, 1) ||
        (array->ndim == 2 && array->shape[0] == args->num_lists && array->shape[1] == 1))
        return RANKLOSS_OK;
    return rankloss__fail(
        RANKLOSS_ERROR_SHAPE, "%s: shape %s beside offsets is none of (%" PRId64 ",), (%" PRId64 ", 1) and one number",
        argument->name, rankloss__shape_in_words(array->shape, array->ndim).text, logits->shape[0], args->num_lists);
}

static rankloss_status check_logits_shape(const arguments *args, const rankloss__argument *argument) {
    const rankloss_array *logits = args->in[LOGITS].array;
    if (!given(argument) || has_shape(argument->array, logits->shape, logits->ndim))
        return RANKLOSS_OK;
    return wrong_shape(argument, "is not the logits' shape", logits->shape, logits->ndim);
}

/* loss, jvp and cotangent: one per list or one number. A cotangent broadcasts, an output does not. */
static rankloss_status check_lists_shape(const arguments *args, const rankloss__argument *argument, int32_t reduction,
                                         bool broadcast) {
    const rankloss_array *array = argument->array, *logits = args->in[LOGITS].array;
    const int64_t *shape = args->ragged ? &args->num_lists : logits->shape;
    const int32_t ndim = args->ragged ? 1 : logits->ndim - 1;
    if (!given(argument))
        return RANKLOSS_OK;
    if (reduction != RANKLOSS_NONE) {
        if (is_one_number(array))
            return RANKLOSS_OK;
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: shape %s is not one number, () or (1,)", argument->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text);
    }
    if (has_shape(array, shape, ndim) || (ndim == 0 && is_one_number(array)) ||
        (broadcast && broadcasts(array, shape, ndim)))
        return RANKLOSS_OK;
    return wrong_shape(argument, broadcast ? "does not broadcast to the lists' shape" : "is not the lists' shape",
                       shape, ndim);
}

static rankloss_status check_shapes(arguments *args, int32_t reduction) {
    static const int items[] = {LABELS, WHERE, WEIGHTS, BIAS, TANGENT};
    static const int logits[] = {GRAD_LOGITS, HESS_LOGITS, HVP_LOGITS};
    rankloss_status status = check_batch(args);
    for (int k = 0; k < 5 && status == RANKLOSS_OK; k++)
        status = check_items_shape(args, &args->in[items[k]]);
    if (status == RANKLOSS_OK)
        status = check_lists_shape(args, &args->in[COTANGENT], reduction, true);
    if (status == RANKLOSS_OK)
        status = check_lists_shape(args, &args->out[LOSS], reduction, false);
    if (status == RANKLOSS_OK)
        status = check_lists_shape(args, &args->out[JVP], reduction, false);
    for (int k = 0; k < 3 && status == RANKLOSS_OK; k++)
        status = check_logits_shape(args, &args->out[logits[k]]);
    for (int k = GRAD_LABELS; k <= GRAD_WEIGHTS && status == RANKLOSS_OK; k++)
        status = check_items_shape(args, &args->out[k]);
    return status;
}

/* --- offsets --- */

static rankloss_status check_offsets(const arguments *args) {
    if (!args->ragged)
        return RANKLOSS_OK;
    const rankloss__batch batch = rankloss__batch_make(args->in[LOGITS].array, args->in[OFFSETS].array);
    const int64_t num_items = args->in[LOGITS].array->shape[0];
    int64_t before = rankloss__offset(&batch, 0);
    if (before != 0)
        return rankloss__fail(RANKLOSS_ERROR_OFFSETS, "offsets: start at %" PRId64 ", not at 0", before);
    for (int64_t i = 1; i <= batch.num_lists; i++) {
        const int64_t next = rankloss__offset(&batch, i);
        if (next < before)
            return rankloss__fail(RANKLOSS_ERROR_OFFSETS,
                                  "offsets: decrease from %" PRId64 " to %" PRId64 " at entry %" PRId64, before, next,
                                  i);
        before = next;
    }
    if (before != num_items)
        return rankloss__fail(RANKLOSS_ERROR_OFFSETS,
                              "offsets: end at %" PRId64 ", but the logits have %" PRId64 " items", before, num_items);
    return RANKLOSS_OK;
}

/* --- overlaps --- */

static bool same_view(const rankloss_array *a, const rankloss_array *b) {
    if (a->data != b->data || a->dtype != b->dtype || a->ndim != b->ndim)
        return false;
    for (int32_t k = 0; k < a->ndim; k++)
        if (a->shape[k] != b->shape[k] || (a->strides[k] != b->strides[k] && a->shape[k] > 1))
            return false;
    return true;
}

static rankloss_status overlap_with(const rankloss__argument *output, const char *name) {
    return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "%s: overlaps %s", output->name, name);
}

static rankloss_status check_output_overlaps(const arguments *args, int which, const rankloss__argument structs[3]) {
    const rankloss__argument *output = &args->out[which];
    for (int k = which + 1; k < NUM_OUTPUTS; k++)
        if (given(&args->out[k]) && rankloss__overlap(output->array, args->out[k].array))
            return overlap_with(output, args->out[k].name);
    for (int k = 0; k < NUM_INPUTS; k++) {
        if (!given(&args->in[k]) || !rankloss__overlap(output->array, args->in[k].array))
            continue;
        if (which == GRAD_LOGITS && k == LOGITS && same_view(output->array, args->in[k].array))
            continue;
        return overlap_with(output, args->in[k].name);
    }
    for (int k = 0; k < 3; k++)
        if (given(&structs[k]) && rankloss__overlap(output->array, structs[k].array))
            return overlap_with(output, structs[k].name);
    return RANKLOSS_OK;
}

static rankloss_status check_overlaps(const arguments *args, const rankloss_problem *problem,
                                      const rankloss_result *result) {
    const rankloss_array problem_bytes = rankloss__bytes_of(problem, sizeof *problem);
    const rankloss_array result_bytes = rankloss__bytes_of(result, sizeof *result);
    rankloss_array reducer_bytes = {0};
    if (problem->reducer != NULL)
        reducer_bytes = rankloss__bytes_of(problem->reducer, sizeof *problem->reducer);
    const rankloss__argument structs[3] = {
        {"the problem", &problem_bytes, 0}, {"the result", &result_bytes, 0}, {"the reducer", &reducer_bytes, 0}};
    rankloss_status status = RANKLOSS_OK;
    for (int k = 0; k < NUM_OUTPUTS && status == RANKLOSS_OK; k++) {
        if (!given(&args->out[k]))
            continue;
        status = rankloss__validate_output_strides(&args->out[k]);
        if (status == RANKLOSS_OK)
            status = check_output_overlaps(args, k, structs);
    }
    return status;
}

rankloss_status rankloss__validate(const rankloss_problem *problem, const rankloss_result *result) {
    if (problem == NULL || result == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", problem == NULL ? "problem" : "result");
    arguments args = name_arguments(problem, result);
    rankloss_status status = check_reserved(problem, result);
    if (status == RANKLOSS_OK)
        status = check_options(problem);
    if (status == RANKLOSS_OK)
        status = check_reducer(problem, result);
    if (status == RANKLOSS_OK)
        status = check_arrays(&args);
    if (status == RANKLOSS_OK)
        status = check_shapes(&args, problem->reduction);
    if (status == RANKLOSS_OK)
        status = check_offsets(&args);
    if (status == RANKLOSS_OK)
        status = check_overlaps(&args, problem, result);
    return status;
}

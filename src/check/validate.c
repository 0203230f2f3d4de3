/*
 * The rules for all arguments of a call together: options, shapes, offsets, overlaps. The first one broken is reported.
 */
#include "check/validate.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "batch/batch.h"
#include "check/overlap.h"
#include "check/validate_array.h"
#include "status/error.h"

/*
 * The arguments of a call by name: outputs, the last of which are no arrays but memory of one size and the states of lists;
 * inputs, the states of whole lists the last; and the structs, which no output may overlap either.
 */
enum { LOSS, GRAD_LOGITS, GRAD_LABELS, GRAD_WEIGHTS, HESS_LOGITS, JVP, HVP_LOGITS, MEMORY, STATES, INPUTS };

enum { LOGITS = INPUTS, LABELS, WHERE, WEIGHTS, BIAS, OFFSETS, COTANGENT, TANGENT, WHOLE, STRUCTS };

enum { PROBLEM = STRUCTS, RESULT, REDUCER, NUM_ARGUMENTS };

typedef struct arguments {
    rankloss__argument at[NUM_ARGUMENTS]; /* the array is NULL where the argument is absent */
    int64_t num_lists;                    /* ragged */
} arguments;

/* --- options --- */

static rankloss_status check_options(const rankloss_problem *p, const rankloss_result *r) {
    if (p->padding != 0)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "problem: padding is %" PRId32 ", not 0", p->padding);
    for (int k = 0; k < 6; k++) {
        if (p->reserved[k] != 0)
            return rankloss__fail(RANKLOSS_ERROR_OPTION, "problem: reserved[%d] is %" PRIu64 ", not 0", k,
                                  p->reserved[k]);
        if (r->reserved[k] != 0)
            return rankloss__fail(RANKLOSS_ERROR_OPTION, "result: reserved[%d] is %" PRIu64 ", not 0", k,
                                  r->reserved[k]);
    }
    if (p->reduction < RANKLOSS_MEAN || p->reduction > RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "reduction: %" PRId32 " is not a rankloss_reduction",
                              p->reduction);
    if (p->label_mode < RANKLOSS_LABELS_RAW || p->label_mode > RANKLOSS_LABELS_SOFTMAX)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "label_mode: %" PRId32 " is not a rankloss_label_mode",
                              p->label_mode);
    if (p->temperature != 0.0 && !(p->temperature > 0.0 && isnormal(p->temperature)))
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "temperature: %g is not positive, finite and normal",
                              p->temperature);
    if (p->divisor != 0.0 && !(p->divisor > 0.0 && isfinite(p->divisor)))
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "divisor: %g is not positive and finite", p->divisor);
    if (p->divisor != 0.0 && p->reduction != RANKLOSS_MEAN)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "divisor: %g, but reduction is %" PRId32 " and not RANKLOSS_MEAN",
                              p->divisor, p->reduction);
    if (p->num_threads < 0)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "num_threads: %" PRId32 " is negative", p->num_threads);
    if (p->reducer != NULL && p->reduction != RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION,
                              "reducer: given, but reduction is %" PRId32 " and not RANKLOSS_CUSTOM", p->reduction);
    if (r->accumulator != NULL && p->reduction == RANKLOSS_CUSTOM)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "accumulator: given, but reduction is RANKLOSS_CUSTOM");
    return RANKLOSS_OK;
}

/* Under RANKLOSS_CUSTOM. */
static rankloss_status check_reducer(const rankloss_reducer *reducer, const arguments *args) {
    bool wants_derivative = false;
    for (int k = GRAD_LOGITS; k < MEMORY; k++)
        wants_derivative |= args->at[k].array != NULL;
    if (reducer == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: NULL, but reduction is RANKLOSS_CUSTOM");
    if (reducer->reduce == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: reduce is NULL");
    if (reducer->derivative == NULL && wants_derivative)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "reducer: derivative is NULL, but a derivative is asked for");
    return RANKLOSS_OK;
}

/* --- arrays by themselves --- */

static rankloss_status check_arrays(const arguments *args) {
    rankloss_status status = RANKLOSS_OK;
    for (int k = LOGITS; k <= LABELS; k++)
        if (args->at[k].array == NULL)
            return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: required, but absent", args->at[k].name);
    for (int k = INPUTS; k < STRUCTS && status == RANKLOSS_OK; k++)
        if (args->at[k].array != NULL)
            status = rankloss__validate_array(&args->at[k]);
    for (int k = 0; k < INPUTS && status == RANKLOSS_OK; k++)
        if (args->at[k].array != NULL)
            status = rankloss__validate_array(&args->at[k]);
    if (status != RANKLOSS_OK || args->at[TANGENT].array != NULL)
        return status;
    for (int k = JVP; k <= HVP_LOGITS; k++)
        if (args->at[k].array != NULL)
            return rankloss__fail(RANKLOSS_ERROR_NULL, "tangent: required by %s, but absent", args->at[k].name);
    return RANKLOSS_OK;
}

/* --- shapes --- */

/* What one number broadcasts to, with the shape () or (1,). */
static const int64_t one[] = {1};

/* Whether an array has a shape, or, where that is enough, broadcasts to it. */
static bool has_shape(const rankloss_array *array, const int64_t *shape, int32_t ndim, bool or_broadcasts) {
    const int32_t missing = ndim - array->ndim;
    if (missing < 0 || (missing > 0 && !or_broadcasts))
        return false;
    for (int32_t k = missing; k < ndim; k++)
        if (array->shape[k - missing] != shape[k] && !(array->shape[k - missing] == 1 && or_broadcasts))
            return false;
    return true;
}

static rankloss_status wrong_shape(const rankloss__argument *argument, const char *rule, const int64_t *shape,
                                   int32_t ndim) {
    return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: shape %s %s %s", argument->name,
                          rankloss__shape_in_words(argument->array->shape, argument->array->ndim).text, rule,
                          rankloss__shape_in_words(shape, ndim).text);
}

/* Logits and offsets of ragged lists, and with them the number of the lists. */
static rankloss_status check_ragged(arguments *args) {
    const rankloss_array *logits = args->at[LOGITS].array, *offsets = args->at[OFFSETS].array;
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
    const rankloss_array *logits = args->at[LOGITS].array, *array = argument->array;
    if (array == NULL)
        return RANKLOSS_OK;
    if (args->at[OFFSETS].array == NULL) {
        if (has_shape(array, logits->shape, logits->ndim, true))
            return RANKLOSS_OK;
        return wrong_shape(argument, "does not broadcast to the logits' shape", logits->shape, logits->ndim);
    }
    if (has_shape(array, one, 1, true) || has_shape(array, logits->shape, 1, false) ||
        (array->ndim == 2 && array->shape[0] == args->num_lists && array->shape[1] == 1))
        return RANKLOSS_OK;
    return rankloss__fail(
        RANKLOSS_ERROR_SHAPE, "%s: shape %s beside offsets is none of (%" PRId64 ",), (%" PRId64 ", 1) and one number",
        argument->name, rankloss__shape_in_words(array->shape, array->ndim).text, logits->shape[0], args->num_lists);
}

/* loss, jvp and cotangent: one per list or one number. A cotangent broadcasts, an output does not. */
static rankloss_status check_lists_shape(const arguments *args, int which, int32_t reduction) {
    const rankloss__argument *argument = &args->at[which];
    const rankloss_array *array = argument->array, *logits = args->at[LOGITS].array;
    const bool ragged = args->at[OFFSETS].array != NULL, broadcast = which == COTANGENT;
    const int64_t *shape = ragged ? &args->num_lists : logits->shape;
    const int32_t ndim = ragged ? 1 : logits->ndim - 1;
    if (array == NULL)
        return RANKLOSS_OK;
    if (reduction != RANKLOSS_NONE) {
        if (has_shape(array, one, 1, true))
            return RANKLOSS_OK;
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: shape %s is not one number, () or (1,)", argument->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text);
    }
    if (has_shape(array, shape, ndim, broadcast) || (ndim == 0 && has_shape(array, one, 1, true)))
        return RANKLOSS_OK;
    return wrong_shape(argument, broadcast ? "does not broadcast to the lists' shape" : "is not the lists' shape",
                       shape, ndim);
}

static rankloss_status check_shapes(arguments *args, int32_t reduction) {
    static const int items[] = {LABELS, WHERE, WEIGHTS, BIAS, TANGENT}, lists[] = {COTANGENT, LOSS, JVP};
    static const int like_logits[] = {GRAD_LOGITS, HESS_LOGITS, HVP_LOGITS};
    const rankloss_array *logits = args->at[LOGITS].array;
    rankloss_status status = RANKLOSS_OK;
    if (logits->ndim == 0)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "logits: ndim is 0; a list needs an axis");
    if (args->at[OFFSETS].array != NULL)
        status = check_ragged(args);
    for (int k = 0; k < 5 && status == RANKLOSS_OK; k++)
        status = check_items_shape(args, &args->at[items[k]]);
    for (int k = 0; k < 3 && status == RANKLOSS_OK; k++)
        status = check_lists_shape(args, lists[k], reduction);
    for (int k = 0; k < 3 && status == RANKLOSS_OK; k++) {
        const rankloss__argument *output = &args->at[like_logits[k]];
        if (output->array != NULL && !has_shape(output->array, logits->shape, logits->ndim, false))
            status = wrong_shape(output, "is not the logits' shape", logits->shape, logits->ndim);
    }
    for (int k = GRAD_LABELS; k <= GRAD_WEIGHTS && status == RANKLOSS_OK; k++)
        status = check_items_shape(args, &args->at[k]);
    return status;
}

/* --- offsets --- */

static rankloss_status check_offsets(const rankloss_array *logits, const rankloss_array *offsets) {
    const rankloss__batch batch = rankloss__batch_make(logits, offsets);
    const int64_t num_items = logits->shape[0];
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

/* --- states --- */

/* As arrays of their words, now that the number of lists is known. */
static rankloss_status check_states(const rankloss_problem *p, const rankloss_result *r, rankloss_array words[2],
                                    arguments *args) {
    const int64_t num_lists = rankloss__batch_make(&p->logits, &p->offsets).num_lists;
    const int64_t shape[2] = {num_lists, RANKLOSS_LIST_STATE_WORDS};
    const void *const data[2] = {p->state, r->state};
    rankloss_status status = RANKLOSS_OK;
    for (int k = 0; k < 2 && status == RANKLOSS_OK; k++) {
        rankloss__argument *argument = &args->at[k == 0 ? WHOLE : STATES];
        if (data[k] == NULL)
            continue;
        words[k] = rankloss_array_make(RANKLOSS_F64, data[k], 2, shape);
        argument->array = &words[k];
        status = rankloss__validate_array(argument);
    }
    return status;
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

/* No element of an output lies on another, nor on another argument; but the gradient may replace the logits. */
static rankloss_status check_overlaps(const arguments *args) {
    for (int which = 0; which < INPUTS; which++) {
        const char *name = args->at[which].name;
        const rankloss_array *output = args->at[which].array;
        if (output == NULL)
            continue;
        if (rankloss__overlaps_itself(output))
            return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: strides %s make elements of shape %s overlap", name,
                                  rankloss__shape_in_words(output->strides, output->ndim).text,
                                  rankloss__shape_in_words(output->shape, output->ndim).text);
        for (int k = which + 1; k < NUM_ARGUMENTS; k++) {
            const rankloss_array *other = args->at[k].array;
            if (other == NULL || !rankloss__overlap(output, other))
                continue;
            if (which == GRAD_LOGITS && k == LOGITS && same_view(output, other))
                continue;
            return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "%s: overlaps %s", name, args->at[k].name);
        }
    }
    return RANKLOSS_OK;
}

/* --- all of them --- */

/* An output that is no array: its name, and as what it is written. Absent where data is NULL. */
typedef struct memory_output {
    const char *name;
    const void *data;
    size_t size, alignment;
} memory_output;

static rankloss_status check_all(const rankloss_problem *p, const rankloss_result *r, const memory_output *memory) {
    const unsigned floats = RANKLOSS__FLOATS, numbers = RANKLOSS__NUMBERS;
    const rankloss_array problem = rankloss__bytes_of(p, sizeof *p), result = rankloss__bytes_of(r, sizeof *r);
    const rankloss_array reducer = rankloss__bytes_of(p->reducer, sizeof *p->reducer);
    const rankloss_array bytes = rankloss__bytes_of(memory->data, memory->size);
    rankloss_array states[2] = {{.data = NULL}, {.data = NULL}};
    arguments args = {.at = {[LOSS] = {"loss", &r->loss, floats},
                             [GRAD_LOGITS] = {"grad_logits", &r->grad_logits, floats},
                             [GRAD_LABELS] = {"grad_labels", &r->grad_labels, floats},
                             [GRAD_WEIGHTS] = {"grad_weights", &r->grad_weights, floats},
                             [HESS_LOGITS] = {"hess_logits", &r->hess_logits, floats},
                             [JVP] = {"jvp", &r->jvp, floats},
                             [HVP_LOGITS] = {"hvp_logits", &r->hvp_logits, floats},
                             [MEMORY] = {memory->name, &bytes, 1u << RANKLOSS_U8},
                             [STATES] = {"the result's state", &states[1], floats},
                             [LOGITS] = {"logits", &p->logits, floats},
                             [LABELS] = {"labels", &p->labels, numbers},
                             [WHERE] = {"where", &p->where, RANKLOSS__MASKS},
                             [WEIGHTS] = {"weights", &p->weights, numbers},
                             [BIAS] = {"bias", &p->bias, floats},
                             [OFFSETS] = {"offsets", &p->offsets, RANKLOSS__INDICES},
                             [COTANGENT] = {"cotangent", &p->cotangent, floats},
                             [TANGENT] = {"tangent", &p->tangent, floats},
                             [WHOLE] = {"the problem's state", &states[0], floats},
                             [PROBLEM] = {"the problem", &problem, 0},
                             [RESULT] = {"the result", &result, 0},
                             [REDUCER] = {"the reducer", p->reducer != NULL ? &reducer : NULL, 0}}};
    for (int k = 0; k < STRUCTS; k++)
        if (k == MEMORY ? memory->data == NULL : rankloss__is_absent(args.at[k].array))
            args.at[k].array = NULL;
    rankloss_status status = check_options(p, r);
    if (status == RANKLOSS_OK && p->reduction == RANKLOSS_CUSTOM)
        status = check_reducer(p->reducer, &args);
    if (status == RANKLOSS_OK)
        status = check_arrays(&args);
    if (status == RANKLOSS_OK && (uintptr_t)memory->data % memory->alignment != 0)
        status = rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: not aligned to its words of %d bytes", memory->name,
                                (int)memory->alignment);
    if (status == RANKLOSS_OK)
        status = check_shapes(&args, p->reduction);
    if (status == RANKLOSS_OK && args.at[OFFSETS].array != NULL)
        status = check_offsets(&p->logits, &p->offsets);
    if (status == RANKLOSS_OK && (p->state != NULL || r->state != NULL))
        status = check_states(p, r, states, &args);
    if (status == RANKLOSS_OK)
        status = check_overlaps(&args);
    return status;
}

rankloss_status rankloss__validate(const rankloss_problem *p, const rankloss_result *r) {
    if (p == NULL || r == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", p == NULL ? "problem" : "result");
    const memory_output memory = {"accumulator", r->accumulator, sizeof *r->accumulator,
                                  _Alignof(rankloss_accumulator)};
    return check_all(p, r, &memory);
}

rankloss_status rankloss__validate_count(const rankloss_problem *p, const int64_t *count) {
    const rankloss_result nothing = {.reserved = {0}};
    const memory_output memory = {"count", count, sizeof *count, _Alignof(int64_t)};
    if (p == NULL || count == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", p == NULL ? "problem" : "count");
    return check_all(p, &nothing, &memory);
}

/*
 * Builds a call, changes it, makes it under page protection, and checks how it ended.
 */
#include "bad_call.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/status.h>

#include "guarded.h"
#include "number.h"

enum { SLOT_BYTES = 4096, NUM_SLOTS = ACCUMULATOR + 1, MAX_ENDS = 8, ERRNO_BEFORE = 4711 };

typedef struct call {
    rankloss_problem problem;
    rankloss_result result;
    rankloss_reducer reducer;
    const rankloss_problem *problem_given;
    const rankloss_result *result_given;
    int64_t ends[MAX_ENDS];
    int num_ends;
    int reduce_returns, derivative_returns;
} call;

/* Each array lies in the middle of a slot of its own. */
static struct {
    guarded call, inputs, offsets, outputs;
} pages;

static char running[200];

const char *bad_call_running(void) {
    return running;
}

void bad_call_free(void) {
    guarded_free(&pages.call);
    guarded_free(&pages.inputs);
    guarded_free(&pages.offsets);
    guarded_free(&pages.outputs);
}

/* --- the parts of a call --- */

/* Where a part lies in a call, for arrays and options. */
static const struct {
    const char *name;
    size_t place;
} parts[NUM_PARTS] = {
    [LOGITS] = {"logits", offsetof(call, problem.logits)},
    [LABELS] = {"labels", offsetof(call, problem.labels)},
    [WHERE] = {"where", offsetof(call, problem.where)},
    [WEIGHTS] = {"weights", offsetof(call, problem.weights)},
    [BIAS] = {"bias", offsetof(call, problem.bias)},
    [OFFSETS] = {"offsets", offsetof(call, problem.offsets)},
    [COTANGENT] = {"cotangent", offsetof(call, problem.cotangent)},
    [TANGENT] = {"tangent", offsetof(call, problem.tangent)},
    [LOSS] = {"loss", offsetof(call, result.loss)},
    [GRAD_LOGITS] = {"grad_logits", offsetof(call, result.grad_logits)},
    [GRAD_LABELS] = {"grad_labels", offsetof(call, result.grad_labels)},
    [GRAD_WEIGHTS] = {"grad_weights", offsetof(call, result.grad_weights)},
    [HESS_LOGITS] = {"hess_logits", offsetof(call, result.hess_logits)},
    [JVP] = {"jvp", offsetof(call, result.jvp)},
    [HVP_LOGITS] = {"hvp_logits", offsetof(call, result.hvp_logits)},
    [ACCUMULATOR] = {"accumulator", offsetof(call, result.accumulator)},
    [PROBLEM] = {"problem", offsetof(call, problem)},
    [RESULT] = {"result", offsetof(call, result)},
    [REDUCER] = {"reducer", offsetof(call, reducer)},
    [TEMPERATURE] = {"temperature", offsetof(call, problem.temperature)},
    [DIVISOR] = {"divisor", offsetof(call, problem.divisor)},
    [REDUCTION] = {"reduction", offsetof(call, problem.reduction)},
    [LABEL_MODE] = {"label_mode", offsetof(call, problem.label_mode)},
    [NUM_THREADS] = {"num_threads", offsetof(call, problem.num_threads)},
    [PADDING] = {"padding", offsetof(call, problem.padding)},
    [UNNAMED] = {"", 0},
};

const char *part_name(part which) {
    return parts[which].name;
}

static void *at(call *c, part which) {
    return (char *)c + parts[which].place;
}

static bool in_set(unsigned set, part which) {
    return (set & ONE(which)) != 0;
}

static unsigned char *slot(part which) {
    const guarded *memory = which == OFFSETS ? &pages.offsets : in_set(INPUTS, which) ? &pages.inputs : &pages.outputs;
    return memory->begin + (size_t)which * SLOT_BYTES + SLOT_BYTES / 2;
}

/* --- the good calls --- */

static const struct {
    const char *name;
    int32_t dtype, reduction;
    int32_t ndim, numbers_ndim;
    int64_t shape[2], numbers;
    unsigned has;
} bases[NUM_BASES] = {
    [MEAN] = {"mean", RANKLOSS_F32, RANKLOSS_MEAN, 2, 1, {2, 3}, 1, ARRAYS & ~ONE(OFFSETS)},
    [NONE] = {"none", RANKLOSS_F64, RANKLOSS_NONE, 2, 1, {2, 3}, 2, ARRAYS & ~ONE(OFFSETS)},
    [SINGLE] = {"single", RANKLOSS_F32, RANKLOSS_NONE, 1, 0, {3}, 1, ARRAYS & ~ONE(OFFSETS)},
    [RAGGED] = {"ragged", RANKLOSS_F32, RANKLOSS_SUM, 1, 1, {5}, 1, ARRAYS},
    [RAGGED_NONE] = {"ragged none", RANKLOSS_F64, RANKLOSS_NONE, 1, 1, {5}, 3, ARRAYS},
    [CUSTOM] = {"custom", RANKLOSS_F32, RANKLOSS_CUSTOM, 2, 1, {2, 3}, 1, (ARRAYS & ~ONE(OFFSETS)) | ONE(REDUCER)},
    [BARE] = {"bare", RANKLOSS_F32, RANKLOSS_MEAN, 2, 1, {2, 3}, 1, ONE(LOGITS) | ONE(LABELS) | ONE(LOSS)},
    [BARE_RAGGED] =
        {"bare ragged", RANKLOSS_F32, RANKLOSS_SUM, 1, 1, {5}, 1, ONE(LOGITS) | ONE(LABELS) | ONE(OFFSETS) | ONE(LOSS)},
};

bool base_has(base on, part which) {
    return in_set(bases[on].has, which) || !in_set(ARRAYS | ONE(REDUCER), which);
}

static int reduce(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    *reduced = 0;
    for (int64_t i = 0; i < num_lists; i++)
        *reduced += counted[i] ? losses[i] : 0;
    return ((const call *)user)->reduce_returns;
}

static int derivative(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user) {
    (void)losses;
    for (int64_t i = 0; i < num_lists; i++)
        d_losses[i] = counted[i];
    return ((const call *)user)->derivative_returns;
}

static void make_array(call *c, base on, part which) {
    const bool matrix = on == RAGGED_NONE && (which == WEIGHTS || which == GRAD_WEIGHTS);
    const int64_t per_list[] = {bases[on].numbers, 1}, ends[] = {4};
    const int32_t dtype = which == WHERE ? RANKLOSS_BOOL : which == OFFSETS ? RANKLOSS_I64 : bases[on].dtype;
    rankloss_array *array = at(c, which);
    int32_t ndim = bases[on].ndim;
    const int64_t *shape = bases[on].shape;
    if (in_set(LIST_OUTPUTS | ONE(COTANGENT), which) || matrix) {
        ndim = matrix ? 2 : bases[on].numbers_ndim;
        shape = per_list;
    } else if (which == OFFSETS) {
        ndim = 1;
        shape = ends;
    }
    *array = rankloss_array_make((rankloss_dtype)dtype, slot(which), ndim, shape);
}

static void make_call(call *c, base on) {
    *c = (call){.problem = {.reduction = bases[on].reduction}, .ends = {0, 2, 2, 5}, .num_ends = 4};
    c->problem_given = &c->problem;
    c->result_given = &c->result;
    c->reducer = (rankloss_reducer){reduce, derivative, c};
    c->problem.reducer = base_has(on, REDUCER) ? &c->reducer : NULL;
    for (int which = LOGITS; which <= HVP_LOGITS; which++)
        if (base_has(on, (part)which))
            make_array(c, on, (part)which);
}

/* --- the changes --- */

static void end_program(const char *name) {
    fprintf(stderr, "the row \"%s\" makes no sense\n", name);
    exit(EXIT_FAILURE);
}

static int64_t *entry(rankloss_array *array, int64_t *of, int64_t axis, const char *name) {
    const int64_t place = axis < 0 ? axis + array->ndim : axis;
    if (place < 0 || place >= array->ndim)
        end_program(name);
    return &of[place];
}

static void remove_part(call *c, part which) {
    if (which == PROBLEM)
        c->problem_given = NULL;
    else if (which == RESULT)
        c->result_given = NULL;
    else if (which == REDUCER)
        c->problem.reducer = NULL;
    else
        *(rankloss_array *)at(c, which) = (rankloss_array){0};
}

static void move_data(rankloss_array *array, int64_t bytes) {
    array->data = (void *)((uintptr_t)array->data + (uintptr_t)bytes);
}

static void place_data(call *c, rankloss_array *array, part on, int64_t bytes) {
    array->data = in_set(STRUCTS, on) ? at(c, on) : ((rankloss_array *)at(c, on))->data;
    move_data(array, bytes);
}

/* Of a row without an other in memory of its own, of which the pages hold zeros. */
static void give_accumulator(call *c, part other, int64_t bytes) {
    const bool on_struct = in_set(STRUCTS, other);
    void *place = other == OTHER ? slot(ACCUMULATOR)
                  : on_struct    ? at(c, other)
                                 : ((rankloss_array *)at(c, other))->data;
    c->result.accumulator = (rankloss_accumulator *)((uintptr_t)place + (uintptr_t)bytes);
}

static void edit_array(call *c, const edit *e, part which, part other, const char *name) {
    rankloss_array *array = at(c, which);
    const int64_t *numbers = e->numbers;
    switch (e->kind) {
    case NULL_DATA:
        array->data = NULL;
        break;
    case DTYPE:
        array->dtype = (int32_t)numbers[0];
        break;
    case NDIM:
        array->ndim = (int32_t)numbers[0];
        break;
    case SHAPE:
    case REPEATED:
        *array = rankloss_array_make((rankloss_dtype)array->dtype, array->data, (int32_t)numbers[0], numbers + 1);
        if (e->kind == REPEATED)
            memset(array->strides, 0, sizeof array->strides);
        break;
    case EXTENT:
        *entry(array, array->shape, numbers[0], name) = numbers[1];
        break;
    case STRIDE:
        *entry(array, array->strides, numbers[0], name) = numbers[1];
        break;
    case MOVE:
        move_data(array, numbers[0]);
        break;
    case ADDRESS:
        array->data = (void *)(uintptr_t)numbers[0];
        break;
    case PLACE:
        place_data(c, array, numbers[1] == 0 ? other : (part)numbers[1], numbers[0]);
        break;
    case ENDS:
        c->num_ends = (int)numbers[0];
        memcpy(c->ends, numbers + 1, (size_t)c->num_ends * sizeof *numbers);
        array->shape[0] = c->num_ends;
        break;
    default:
        end_program(name);
    }
}

static void apply(call *c, const edit *e, part target, part other, const char *name) {
    const part which = e->of == TARGET ? target : e->of == OTHER ? other : e->of;
    switch (e->kind) {
    case NO_EDIT:
        break;
    case ABSENT:
        remove_part(c, which);
        break;
    case PRESENT:
        c->problem.reducer = &c->reducer;
        break;
    case ONLY:
        for (int k = LOSS; k <= HVP_LOGITS; k++)
            if (k != (int)which)
                remove_part(c, (part)k);
        break;
    case OPTION:
        *(int32_t *)at(c, which) = (int32_t)e->numbers[0];
        break;
    case REAL:
        *(double *)at(c, which) = e->real;
        break;
    case RESERVED:
        (which == PROBLEM ? c->problem.reserved : c->result.reserved)[e->numbers[0]] = (uint64_t)e->numbers[1];
        break;
    case ACCUMULATE:
        give_accumulator(c, other, e->numbers[0]);
        break;
    case NO_REDUCE:
        c->reducer.reduce = NULL;
        break;
    case NO_DERIVATIVE:
        c->reducer.derivative = NULL;
        break;
    case REDUCE_FAILS:
        c->reduce_returns = (int)e->numbers[0];
        break;
    case DERIVATIVE_FAILS:
        c->derivative_returns = (int)e->numbers[0];
        break;
    default:
        edit_array(c, e, which, other, name);
    }
}

/* Offsets as integers of their dtype, whatever its sign, where they lie in their slot. */
static void store_ends(const call *c) {
    const rankloss_array *offsets = &c->problem.offsets;
    const size_t size = number_size(offsets->dtype);
    const int64_t stride = offsets->strides[0];
    if (offsets->data != slot(OFFSETS) || offsets->ndim != 1 || stride > MAX_ENDS || stride < -MAX_ENDS)
        return;
    for (int i = 0; i < c->num_ends; i++) {
        unsigned char *element = slot(OFFSETS) + i * stride * (int64_t)size;
        const int64_t end = c->ends[i];
        if (size == 8)
            memcpy(element, &end, size);
        else if (size == 4)
            memcpy(element, &(const uint32_t){(uint32_t)end}, size);
    }
}

/* --- the trial --- */

static void open_pages(void) {
    if (!pages.call.begin) {
        pages.call = guarded_new(sizeof(call));
        pages.inputs = guarded_new(NUM_SLOTS * SLOT_BYTES);
        pages.offsets = guarded_new(NUM_SLOTS * SLOT_BYTES);
        pages.outputs = guarded_new(NUM_SLOTS * SLOT_BYTES);
    }
    guarded_protect(&pages.call, GUARDED_WRITE);
    guarded_protect(&pages.inputs, GUARDED_WRITE);
    guarded_protect(&pages.offsets, GUARDED_WRITE);
    guarded_protect(&pages.outputs, GUARDED_WRITE);
    /* Harmless numbers in every dtype. */
    memset(pages.inputs.begin, 0x3F, pages.inputs.size);
}

static void protect_pages(rankloss_status status) {
    const bool computes = status == RANKLOSS_OK || status == RANKLOSS_ERROR_CALLBACK;
    guarded_protect(&pages.call, GUARDED_READ);
    guarded_protect(&pages.offsets, GUARDED_READ);
    guarded_protect(&pages.inputs, computes ? GUARDED_READ : GUARDED_NONE);
    guarded_protect(&pages.outputs, status == RANKLOSS_OK ? GUARDED_WRITE : GUARDED_NONE);
}

static bool belongs_to_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Whether text holds a word, not as a part of a longer one. */
static bool has_word(const char *text, const char *word, size_t length) {
    for (const char *found = text; *found; found++)
        if (strncmp(found, word, length) == 0 && !(found > text && belongs_to_word(found[-1])) &&
            !belongs_to_word(found[length]))
            return true;
    return false;
}

static bool has_words(const char *text, const char *words) {
    for (size_t length; *words; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        if (!has_word(text, words, length))
            return false;
    }
    return true;
}

/* Leaves a message that the call to come cannot have. */
static void set_other_error(part target) {
    const rankloss_problem bad = {.num_threads = -12345};
    const rankloss_result nothing = {.reserved = {0}};
    (void)rankloss_softmax(target == PROBLEM ? &bad : NULL, &nothing);
}

static bool complain(const char *what, const char *detail) {
    printf("%s: %s%s\n", running, what, detail);
    return false;
}

static bool judge(rankloss_status status, rankloss_status expected, const char *before, part target, part other,
                  const char *words, int errno_after) {
    char detail[120];
    const char *message = rankloss_last_error();
    (void)snprintf(detail, sizeof detail, "%d, not %d: ", (int)status, (int)expected);
    if (status != expected)
        return complain(detail, status == RANKLOSS_OK ? "" : message);
    if (errno_after != ERRNO_BEFORE)
        return complain("errno was changed", "");
    if (status == RANKLOSS_OK)
        return strcmp(message, before) == 0 || complain("a call without error changed the message to ", message);
    if (!has_words(message, parts[target].name))
        return complain("the argument is not named: ", message);
    if (other != OTHER && !has_words(message, parts[other].name))
        return complain("the other argument is not named: ", message);
    return has_words(message, words) || complain("what is wrong is not said: ", message);
}

static bool attempt(const char *name, base on, part target, part other, rankloss_status expected, const char *words,
                    const edit *edits) {
    char before[400];
    (void)snprintf(running, sizeof running, "%s (%s, %s%s%s)", name, bases[on].name, part_name(target),
                   other == OTHER ? "" : " and ", other == OTHER ? "" : part_name(other));
    open_pages();
    call *c = (call *)(void *)pages.call.begin;
    make_call(c, on);
    for (int k = 0; k < MAX_EDITS; k++)
        apply(c, &edits[k], target, other, name);
    store_ends(c);
    set_other_error(target);
    (void)snprintf(before, sizeof before, "%s", rankloss_last_error());
    protect_pages(expected);

    errno = ERRNO_BEFORE;
    const rankloss_status status = rankloss_softmax(c->problem_given, c->result_given);
    const int errno_after = errno;
    const bool holds = judge(status, expected, before, target, other, words, errno_after);
    running[0] = '\0';
    return holds;
}

bool bad_try(const char *name, base on, part target, rankloss_status status, const char *words, const edit *edits) {
    return attempt(name, on, target, OTHER, status, words, edits);
}

bool bad_row_holds(const bad_row *row) {
    const unsigned others = row->others ? row->others : ONE(OTHER);
    bool holds = true;
    int trials = 0;
    for (int on = 0; on < NUM_BASES; on++) {
        for (int target = LOGITS; target < NUM_PARTS; target++) {
            for (int other = OTHER; other < NUM_PARTS; other++) {
                if (!in_set(row->bases, (part)on) || !in_set(row->targets, (part)target) ||
                    !in_set(others, (part)other) || target == other || !base_has((base)on, (part)target) ||
                    !base_has((base)on, (part)other))
                    continue;
                trials++;
                if (!attempt(row->name, (base)on, (part)target, (part)other, row->status, row->words, row->edits))
                    holds = false;
            }
        }
    }
    if (trials == 0)
        printf("%s: no base has such a target\n", row->name);
    return holds && trials > 0;
}

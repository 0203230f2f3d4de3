/*
 * See bits_batch.h.
 */
#include "bits_batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

const char *bits_family_name(bits_family family) {
    static const char *const names[] = {"ordinary", "weighted",   "dominant", "ties",     "wide",
                                        "huge",     "tiny",       "masked",   "infinite", "signed",
                                        "scaled",   "sum-to-one", "integers", "softmax",  "together"};
    return names[family];
}

const char *bits_output_name(bits_output output) {
    static const char *const names[] = {"loss",        "grad_logits", "grad_labels", "grad_weights",
                                        "hess_logits", "jvp",         "hvp_logits"};
    return names[output];
}

void *bits_allocate(int64_t bytes) {
    void *memory = calloc((size_t)bytes + 1, 1);
    if (!memory) {
        printf("no memory for %lld bytes\n", (long long)bytes);
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* --- numbers --- */

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static int64_t draw_below(uint64_t *state, int64_t limit) {
    return (int64_t)(draw(state) % (uint64_t)limit);
}

/* An integer of 8 bits and a sign, which every dtype holds, times a power of two: exact whatever the machine. */
static long double draw_scaled(uint64_t *state, int exponent) {
    return ldexpl((long double)(draw_below(state, 511) - 255), exponent);
}

static int lowest_exponent(int32_t dtype) {
    return dtype == RANKLOSS_F64 ? -1074 : dtype == RANKLOSS_F16 ? -24 : dtype == RANKLOSS_BF16 ? -133 : -149;
}

static int huge_exponent(int32_t dtype) {
    return dtype == RANKLOSS_F64 ? 1000 : dtype == RANKLOSS_F16 ? 7 : 110;
}

/* One item of a list. */
typedef struct item {
    long double of[BITS_INPUTS];
} item;

static item draw_item(bits_family family, int32_t dtype, uint64_t *state) {
    item drawn = {.of = {draw_scaled(state, -6), (long double)draw_below(state, 5), 1, 1, 0, draw_scaled(state, -7)}};
    long double *logit = &drawn.of[BITS_LOGITS], *label = &drawn.of[BITS_LABELS], *weight = &drawn.of[BITS_WEIGHTS];
    switch (family) {
    case BITS_WEIGHTED:
    case BITS_SUM_TO_ONE:
        *weight = ldexpl((long double)draw_below(state, 9), -2);
        break;
    case BITS_TIES:
        *logit = (long double)draw_below(state, 3);
        break;
    case BITS_WIDE:
        *logit = draw_scaled(state, 2);
        break;
    case BITS_HUGE:
        *logit = draw_scaled(state, huge_exponent(dtype));
        break;
    case BITS_TINY:
        *logit = draw_scaled(state, lowest_exponent(dtype));
        *label = fabsl(draw_scaled(state, lowest_exponent(dtype)));
        break;
    case BITS_MASKED:
        drawn.of[BITS_WHERE] = (long double)(draw_below(state, 4) != 0);
        *weight = ldexpl((long double)draw_below(state, 9), -2);
        break;
    case BITS_INFINITE:
        if (draw_below(state, 3) == 0) {
            *logit = -(long double)INFINITY;
            *label = 0;
        }
        break;
    case BITS_SIGNED:
        *label = draw_scaled(state, (int)draw_below(state, 13) - 12);
        *weight = draw_scaled(state, (int)draw_below(state, 13) - 12);
        break;
    case BITS_SCALED:
        drawn.of[BITS_BIAS] = draw_scaled(state, -8);
        break;
    case BITS_INTEGERS:
        *label = (long double)draw_below(state, 100);
        *weight = (long double)draw_below(state, 100);
        break;
    case BITS_SOFTMAX:
        *label = draw_scaled(state, -5);
        *weight = ldexpl((long double)draw_below(state, 9), -2);
        drawn.of[BITS_WHERE] = (long double)(draw_below(state, 4) != 0);
        break;
    case BITS_TOGETHER:
        *label = (long double)draw_below(state, 100);
        *weight = (long double)draw_below(state, 100);
        drawn.of[BITS_WHERE] = (long double)(draw_below(state, 4) != 0);
        /* A large negative bias, as some use it for a mask. */
        drawn.of[BITS_BIAS] = draw_below(state, 16) == 0 ? -8192 : draw_scaled(state, -8);
        break;
    default:
        break;
    }
    return drawn;
}

/* --- batches --- */

static bool has_input(bits_family family, bits_input input) {
    switch (input) {
    case BITS_WHERE:
        return family == BITS_MASKED || family == BITS_SOFTMAX || family == BITS_TOGETHER;
    case BITS_WEIGHTS:
        return family == BITS_WEIGHTED || family == BITS_MASKED || family == BITS_SIGNED || family == BITS_SUM_TO_ONE ||
               family == BITS_INTEGERS || family == BITS_SOFTMAX || family == BITS_TOGETHER;
    case BITS_BIAS:
        return family == BITS_SCALED || family == BITS_TOGETHER;
    default:
        return true;
    }
}

static bool has_integers(bits_family family) {
    return family == BITS_INTEGERS || family == BITS_TOGETHER;
}

/* For each dtype of the logits another one of the integers, and of the bias. */
static int32_t dtype_of_input(bits_family family, int32_t dtype, bits_input input) {
    static const int32_t biases[] = {RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_F64, RANKLOSS_F32};
    static const int32_t labels[] = {RANKLOSS_U8, RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U16};
    static const int32_t weights[] = {RANKLOSS_I8, RANKLOSS_U64, RANKLOSS_U32, RANKLOSS_I16};
    if (!has_input(family, input))
        return 0;
    if (input == BITS_WHERE)
        return RANKLOSS_U8;
    if (has_integers(family) && input == BITS_LABELS)
        return labels[dtype - RANKLOSS_F32];
    if (has_integers(family) && input == BITS_WEIGHTS)
        return weights[dtype - RANKLOSS_F32];
    if (family == BITS_TOGETHER && input == BITS_BIAS)
        return biases[dtype - RANKLOSS_F32];
    return dtype;
}

int64_t bits_batch_items(const bits_batch *batch) {
    return batch->offsets[batch->lists];
}

/* The inputs of a batch that has its offsets and dtypes. */
static void allocate_inputs(bits_batch *batch, int64_t spare) {
    for (int input = 0; input < BITS_INPUTS; input++)
        if (batch->dtypes[input] != 0)
            batch->inputs[input] =
                bits_allocate((bits_batch_items(batch) + spare) * (int64_t)number_size(batch->dtypes[input]));
}

/* What no valid item may have; an integer dtype has no such labels. */
static void spoil(item *masked, bits_family family) {
    masked->of[BITS_LOGITS] = masked->of[BITS_BIAS] = (long double)NAN;
    if (!has_integers(family))
        masked->of[BITS_LABELS] = (long double)NAN;
}

/* The item that lies apart from the others of a list; -1 where there is none. */
static int64_t draw_outlier(bits_family family, int64_t list, int64_t begin, int64_t end, uint64_t *state) {
    const bool has_one = family == BITS_DOMINANT || (family == BITS_SOFTMAX && list % 7 == 3);
    return has_one && end > begin ? begin + draw_below(state, end - begin) : -1;
}

/* What an item has because of its place in its list. */
static void place(item *drawn, bits_family family, int64_t list, int64_t i, bool is_outlier) {
    if (family == BITS_DOMINANT && is_outlier)
        drawn->of[BITS_LOGITS] = 40;
    if (family == BITS_MASKED && list % 9 == 4)
        drawn->of[BITS_WHERE] = 0;
    if (family == BITS_SOFTMAX) {
        drawn->of[BITS_LABELS] = is_outlier ? -1024 : i % 7 == 5 ? -(long double)INFINITY : drawn->of[BITS_LABELS];
        drawn->of[BITS_WHERE] = list % 3 == 1 ? drawn->of[BITS_WHERE] : 1;
    }
}

static void fill_list(bits_batch *batch, bits_family family, int64_t list, uint64_t *state) {
    const int64_t begin = batch->offsets[list], end = batch->offsets[list + 1];
    const int64_t outlier = draw_outlier(family, list, begin, end, state);
    for (int64_t i = begin; i < end; i++) {
        item drawn = draw_item(family, batch->dtypes[BITS_LOGITS], state);
        place(&drawn, family, list, i - begin, i == outlier);
        if (drawn.of[BITS_WHERE] == 0)
            spoil(&drawn, family);
        for (int input = 0; input < BITS_INPUTS; input++)
            if (batch->dtypes[input] != 0)
                number_store(batch->dtypes[input], batch->inputs[input], i, drawn.of[input]);
    }
}

bits_batch bits_batch_new(bits_family family, int32_t dtype, const int64_t *sizes, int64_t lists) {
    bits_batch batch = {.lists = lists, .offsets = bits_allocate((lists + 1) * (int64_t)sizeof(int64_t))};
    uint64_t state = (uint64_t)family << 32 | (uint64_t)dtype;
    for (int64_t k = 0; k < lists; k++)
        batch.offsets[k + 1] = batch.offsets[k] + sizes[k];
    for (int input = 0; input < BITS_INPUTS; input++)
        batch.dtypes[input] = dtype_of_input(family, dtype, (bits_input)input);
    batch.temperature = has_input(family, BITS_BIAS) ? 0.7 : 0.0;
    batch.label_mode = family == BITS_SUM_TO_ONE ? RANKLOSS_LABELS_SUM_TO_ONE
                       : family == BITS_SOFTMAX  ? RANKLOSS_LABELS_SOFTMAX
                                                 : RANKLOSS_LABELS_RAW;
    allocate_inputs(&batch, 0);
    for (int64_t k = 0; k < lists; k++)
        fill_list(&batch, family, k, &state);
    return batch;
}

bits_batch bits_batch_reversed(const bits_batch *source, int64_t shift) {
    bits_batch batch = *source;
    batch.offsets = bits_allocate((source->lists + 2) * (int64_t)sizeof(int64_t));
    /* A list of `shift` items comes first, for the others to lie elsewhere. */
    batch.lists = source->lists + 1;
    batch.offsets[1] = shift;
    for (int64_t k = 0; k < source->lists; k++) {
        const int64_t from = source->lists - 1 - k;
        batch.offsets[k + 2] = batch.offsets[k + 1] + source->offsets[from + 1] - source->offsets[from];
    }
    allocate_inputs(&batch, 0);
    for (int input = 0; input < BITS_INPUTS; input++) {
        const int64_t size = (int64_t)number_size(batch.dtypes[input]);
        for (int64_t k = 0; k < source->lists && size != 0; k++) {
            const int64_t from = source->lists - 1 - k, count = source->offsets[from + 1] - source->offsets[from];
            memcpy(batch.inputs[input] + batch.offsets[k + 1] * size,
                   source->inputs[input] + source->offsets[from] * size, (size_t)(count * size));
        }
    }
    return batch;
}

void bits_batch_free(bits_batch *batch) {
    free(batch->offsets);
    for (int input = 0; input < BITS_INPUTS; input++)
        if (batch->dtypes[input] != 0)
            free(batch->inputs[input]);
}

rankloss_problem bits_batch_problem(const bits_batch *batch, rankloss_reduction reduction, int32_t threads) {
    const int64_t items[] = {bits_batch_items(batch)}, ends[] = {batch->lists + 1};
    rankloss_problem problem = {.temperature = batch->temperature,
                                .label_mode = batch->label_mode,
                                .reduction = (int32_t)reduction,
                                .num_threads = threads};
    rankloss_array *const inputs[] = {&problem.logits,  &problem.labels, &problem.where,
                                      &problem.weights, &problem.bias,   &problem.tangent};
    for (int input = 0; input < BITS_INPUTS; input++)
        if (batch->dtypes[input] != 0)
            *inputs[input] = rankloss_array_make((rankloss_dtype)batch->dtypes[input], batch->inputs[input], 1, items);
    problem.offsets = rankloss_array_make(RANKLOSS_I64, batch->offsets, 1, ends);
    return problem;
}

/* --- outputs --- */

bool bits_is_per_list(bits_output output) {
    return output == BITS_LOSS || output == BITS_JVP;
}

rankloss_array *bits_output_of(rankloss_result *result, bits_output output) {
    rankloss_array *const outputs[] = {&result->loss,         &result->grad_logits, &result->grad_labels,
                                       &result->grad_weights, &result->hess_logits, &result->jvp,
                                       &result->hvp_logits};
    return outputs[output];
}

/* The bits of infinity, of which those of a NaN, its sign apart, are more. */
static uint64_t infinity_of(int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
        return UINT64_C(0x7FF) << 52;
    case RANKLOSS_F16:
        return 0x7C00;
    case RANKLOSS_BF16:
        return 0x7F80;
    default:
        return 0x7F800000;
    }
}

uint64_t bits_of(int32_t dtype, const void *data, int64_t i) {
    uint64_t eight;
    uint32_t four;
    uint16_t two;
    const size_t size = number_size(dtype);
    const char *at = (const char *)data + (size_t)i * size;
    if (size == sizeof eight) {
        memcpy(&eight, at, sizeof eight);
    } else if (size == sizeof four) {
        memcpy(&four, at, sizeof four);
        eight = four;
    } else {
        memcpy(&two, at, sizeof two);
        eight = two;
    }
    const uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (eight & (sign - 1)) > infinity_of(dtype) ? UINT64_MAX : eight;
}

uint64_t bits_hash(uint64_t hash, int32_t dtype, const void *data, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const uint64_t bits = bits_of(dtype, data, i);
        for (int byte = 0; byte < 8; byte++)
            hash = (hash ^ (bits >> 8 * byte & 0xFF)) * UINT64_C(0x100000001B3);
    }
    return hash;
}

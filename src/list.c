#include "list.h"

#include <math.h>
#include <string.h>

#include "convert.h"
#include "twofold.h"

static int32_t compute_dtype(const rankloss__inputs *inputs) {
    return inputs->is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
}

/* Whether the kernels can read a view as it lies in memory; a list of one item has no stride. */
static bool is_direct(const rankloss__view *view, int32_t dtype, size_t size) {
    return !view->present || (view->dtype == dtype && (view->item_stride == 1 || size == 1));
}

static bool is_direct_mask(const rankloss__view *view, size_t size) {
    return !view->present || view->item_stride == 1 || size == 1;
}

static bool all_direct(const rankloss__inputs *inputs, size_t size) {
    const int32_t dtype = compute_dtype(inputs);
    return !inputs->scaled && is_direct(&inputs->logits, dtype, size) && is_direct(&inputs->labels, dtype, size) &&
           is_direct(&inputs->weights, dtype, size) && is_direct_mask(&inputs->where, size) &&
           (!inputs->wants_tangent || is_direct(&inputs->tangent, RANKLOSS_F64, size));
}

void rankloss__list_open(rankloss__list *list, const rankloss__inputs *inputs, int64_t index,
                         rankloss__scratch *scratch) {
    const rankloss__place place = rankloss__place_of(&inputs->batch, index);
    *list = (rankloss__list){.inputs = inputs, .scratch = scratch, .place = place, .loaded = SIZE_MAX};
    list->size = (size_t)place.size;
    list->chunk = all_direct(inputs, list->size) ? RANKLOSS__KEEP : RANKLOSS__CHUNK;
    list->logits = rankloss__view_at(&inputs->logits, &inputs->batch, &place);
    list->labels = rankloss__view_at(&inputs->labels, &inputs->batch, &place);
    list->where = rankloss__view_at(&inputs->where, &inputs->batch, &place);
    list->weights = rankloss__view_at(&inputs->weights, &inputs->batch, &place);
    list->bias = rankloss__view_at(&inputs->bias, &inputs->batch, &place);
    if (inputs->wants_tangent)
        list->tangent = rankloss__view_at(&inputs->tangent, &inputs->batch, &place);
}

static const void *skip_items(const rankloss__view *view, const char *data, size_t first) {
    return data + (int64_t)first * view->item_stride * view->element_size;
}

static const void *load_block(const rankloss__list *list, const rankloss__view *view, const char *data, size_t first,
                              size_t count, rankloss__block *block) {
    if (data == NULL)
        return NULL;
    const void *from = skip_items(view, data, first);
    if (is_direct(view, compute_dtype(list->inputs), list->size))
        return from;
    if (list->inputs->is_f64)
        rankloss__load_f64(view->dtype, from, view->item_stride, count, block->f64);
    else
        rankloss__load_f32(view->dtype, from, view->item_stride, count, block->f32);
    return block;
}

/* The sign of a * b + c - r, for r = fma(a, b, c): what rounding took away, or 0. */
static int rounding_sign(double a, double b, double c, double r) {
    const rankloss__twofold product = rankloss__two_product(a, b), sum = rankloss__two_sum(product.hi, c);
    const double rest = (sum.hi - r) + (sum.lo + product.lo);
    return (rest > 0.0) - (rest < 0.0);
}

/* a * b + c rounded once to float. Rounded to double on the way it may look half way between two floats and not be. */
static float fused_to_float(double a, double b, double c) {
    const double r = fma(a, b, c);
    uint64_t bits;
    memcpy(&bits, &r, sizeof bits);
    const bool half_way = (bits & 0x1FFFFFFFu) == 0x10000000u || fabs(r) < 0x1p-125;
    const int sign = half_way ? rounding_sign(a, b, c, r) : 0;
    if (sign != 0 && (bits & 1u) == 0) /* to odd, which no longer looks half way */
        bits = (sign > 0) == (r > 0.0) ? bits + 1 : bits - 1;
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    return (float)odd;
}

/* score = fma(logit, 1 / temperature, bias), rounded to the compute dtype. Overwrites the bias in `block`. */
static void scale_scores(const rankloss__inputs *inputs, const void *logits, bool has_bias, size_t count,
                         rankloss__block *block) {
    const double factor = inputs->inverse_temperature;
    if (inputs->is_f64) {
        const double *from = logits;
        for (size_t i = 0; i < count; i++)
            block->f64[i] = fma(from[i], factor, has_bias ? block->f64[i] : 0.0);
    } else {
        const float *from = logits;
        for (size_t i = 0; i < count; i++)
            block->f32[i] = fused_to_float((double)from[i], factor, has_bias ? (double)block->f32[i] : 0.0);
    }
}

static void load_bias(const rankloss__list *list, size_t first, size_t count, rankloss__block *block) {
    const rankloss__view *view = &list->inputs->bias;
    const void *from = skip_items(view, list->bias, first);
    if (list->inputs->is_f64)
        rankloss__load_f64(view->dtype, from, view->item_stride, count, block->f64);
    else
        rankloss__load_f32(view->dtype, from, view->item_stride, count, block->f32);
}

static const void *load_scores(const rankloss__list *list, size_t first, size_t count) {
    rankloss__scratch *scratch = list->scratch;
    const rankloss__inputs *inputs = list->inputs;
    if (!inputs->scaled)
        return load_block(list, &inputs->logits, list->logits, first, count, &scratch->scores);
    /* The labels' block is free until the labels are loaded. */
    const void *logits = load_block(list, &inputs->logits, list->logits, first, count, &scratch->labels);
    if (list->bias != NULL)
        load_bias(list, first, count, &scratch->scores);
    scale_scores(inputs, logits, list->bias != NULL, count, &scratch->scores);
    return &scratch->scores;
}

static const uint8_t *load_where(const rankloss__list *list, size_t first, size_t count) {
    const rankloss__view *view = &list->inputs->where;
    if (list->where == NULL)
        return NULL;
    const void *from = skip_items(view, list->where, first);
    if (is_direct_mask(view, list->size))
        return from;
    rankloss__load_where(from, view->item_stride, count, list->scratch->where);
    return list->scratch->where;
}

static const double *load_tangent(const rankloss__list *list, size_t first, size_t count) {
    const rankloss__view *view = &list->inputs->tangent;
    if (list->tangent == NULL)
        return NULL;
    const void *from = skip_items(view, list->tangent, first);
    if (is_direct(view, RANKLOSS_F64, list->size))
        return from;
    rankloss__load_f64(view->dtype, from, view->item_stride, count, list->scratch->tangent);
    return list->scratch->tangent;
}

const rankloss__items *rankloss__list_chunk(rankloss__list *list, size_t first) {
    if (list->loaded == first)
        return &list->items;
    const rankloss__inputs *inputs = list->inputs;
    const size_t left = list->size - first;
    const size_t count = left < list->chunk ? left : list->chunk;
    list->loaded = first;
    list->items.count = count;
    list->items.scores = load_scores(list, first, count);
    list->items.labels = load_block(list, &inputs->labels, list->labels, first, count, &list->scratch->labels);
    list->items.weights = load_block(list, &inputs->weights, list->weights, first, count, &list->scratch->weights);
    list->items.where = load_where(list, first, count);
    list->items.tangent = load_tangent(list, first, count);
    return &list->items;
}

double rankloss__list_value(const rankloss__list *list, const void *data, size_t i) {
    if (data == NULL)
        return 1.0;
    return list->inputs->is_f64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

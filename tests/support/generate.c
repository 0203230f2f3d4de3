/*
 * Random problems.
 */
#include "generate.h"

#include <math.h>

#include "number.h"

/* One logit; the item at `top` is the dominant one of its list. */
static double draw_logit(random_state *r, logit_kind kind, int64_t position, int64_t top) {
    static const double huge[] = {-3e38, 3e38, 0, 1e30, -1e-30};
    const double normal = random_normal(r);
    switch (kind) {
    case LOGITS_NARROW:
        return 0.1 * normal;
    case LOGITS_WIDE:
        return 5 * normal;
    case LOGITS_VERY_WIDE:
        return 30 * normal;
    case LOGITS_OFFSET_1E4:
        return 1e4 + normal;
    case LOGITS_OFFSET_3E6:
        return -3e6 + 3 * normal;
    case LOGITS_DOMINANT:
        return position == top ? normal + 20 + 70 * random_unit(r) : normal;
    case LOGITS_TIES:
        return (double)random_below(r, 3) * 1.25;
    case LOGITS_EQUAL:
        return -7.3;
    case LOGITS_LONG_SPAN:
        return -2000 * random_unit(r);
    case LOGITS_HUGE_SPAN:
        return random_chance(r, 0.5) ? huge[random_below(r, 5)] : normal;
    case LOGITS_SUBNORMAL:
        return (double)(random_below(r, 9) - 4) * 0x1p-149;
    case LOGITS_MINUS_INF:
        return position != top && random_chance(r, 0.3) ? -(double)INFINITY : normal;
    case LOGITS_MINUS_1E9:
        return random_chance(r, 0.3) ? -1e9 : normal;
    default:
        return normal;
    }
}

static double draw_factor(random_state *r, factor_kind kind, int64_t position, int64_t top) {
    const double normal = random_normal(r);
    switch (kind) {
    case FACTORS_SPARSE:
        return random_chance(r, 0.2) ? 1 : 0;
    case FACTORS_ONE:
        return position == top ? 1 : 0;
    case FACTORS_EXP:
        return exp(3 * normal);
    case FACTORS_SIGNED:
        return normal;
    case FACTORS_ZERO:
        return 0;
    case FACTORS_TINY:
        return (double)random_below(r, 5) * 0x1p-148;
    case FACTORS_HUGE:
        return 1e30 * fabs(normal);
    default:
        return (double)random_below(r, 5);
    }
}

/* What takes a number from one end of float32's range to that end of float64's: 2^-149 to 2^-1074, 3e38 to 1.6e308. */
static long double stretched(int32_t dtype, double value) {
    if (dtype != RANKLOSS_F64 || value == 0 || isinf(value)) {
        return (long double)value;
    }
    const bool large = fabs(value) > 1e37;
    return fabs(value) < 1e-30 || large ? ldexpl((long double)value, large ? 896 : -1074 + 149) : (long double)value;
}

static int64_t list_extent(const rankloss_array *view) {
    return view->ndim > 0 ? view->shape[view->ndim - 1] : 1;
}

void draw_logits(random_state *r, const rankloss_array *view, logit_kind kind) {
    const int64_t count = view_count(view);
    const int64_t n = list_extent(view);
    int64_t top = 0;
    for (int64_t i = 0; i < count; i++) {
        top = i % n == 0 ? random_below(r, n) : top;
        view_set(view, i, stretched(view->dtype, draw_logit(r, kind, i % n, top)));
    }
}

void draw_factors(random_state *r, const rankloss_array *view, factor_kind kind) {
    const int64_t count = view_count(view);
    const int64_t n = list_extent(view);
    int64_t top = 0;
    for (int64_t i = 0; i < count; i++) {
        top = i % n == 0 ? random_below(r, n) : top;
        view_set(view, i, stretched(view->dtype, draw_factor(r, kind, i % n, top)));
    }
}

void draw_label_mode(random_state *r, rankloss_problem *problem, logit_kind kind) {
    static const int32_t modes[] = {RANKLOSS_LABELS_RAW, RANKLOSS_LABELS_RAW, RANKLOSS_LABELS_SUM_TO_ONE,
                                    RANKLOSS_LABELS_SOFTMAX};
    problem->label_mode = modes[random_below(r, 4)];
    if (problem->label_mode == RANKLOSS_LABELS_SOFTMAX) {
        draw_logits(r, &problem->labels, kind);
    }
}

void draw_bias(pool *p, random_state *r, rankloss_problem *problem, bias_extent kind) {
    const rankloss_array *logits = &problem->logits;
    const bool ragged = !view_is_absent(&problem->offsets);
    const int64_t per_list[] = {ragged ? problem->offsets.shape[0] - 1 : logits->shape[0], 1};
    const int32_t dtype = (int32_t)(RANKLOSS_F32 + random_below(r, 4));
    const int32_t ndim = kind == BIAS_OF_ALL ? 0 : kind == BIAS_PER_LIST ? 2 : logits->ndim;
    problem->bias = view_new(p, dtype, ndim, kind == BIAS_PER_LIST ? per_list : logits->shape, LAYOUT_ANY, r);
    problem->temperature = 0.7;
    draw_normal(r, &problem->bias);
}

void draw_normal(random_state *r, const rankloss_array *view) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        view_set(view, i, (long double)random_normal(r));
    }
}

void draw_where(random_state *r, const rankloss_array *view, double probability) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        const uint8_t any = (uint8_t)(1 + random_below(r, 255));
        const uint8_t byte = random_chance(r, probability) ? any : 0;
        ((uint8_t *)view->data)[view_place(view, i)] = byte;
    }
}

rankloss_array draw_offsets(pool *p, random_state *r, int64_t num_lists, int64_t most) {
    const rankloss_array offsets = view_vector(p, RANKLOSS_I64, num_lists + 1);
    int64_t end = 0;
    view_set(&offsets, 0, 0);
    for (int64_t k = 1; k <= num_lists; k++) {
        end += random_chance(r, 0.2) ? 0 : random_below(r, most + 1);
        view_set(&offsets, k, (long double)end);
    }
    return offsets;
}

static rankloss_problem draw_inputs(pool *p, random_state *r, int32_t dtype, int32_t ndim, const int64_t *shape,
                                    int64_t num_lists) {
    rankloss_problem problem = {
        .logits = view_new(p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL),
        .labels = view_new(p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL),
        .where = view_new(p, RANKLOSS_BOOL, ndim, shape, LAYOUT_ROW_MAJOR, NULL),
        .weights = view_new(p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL),
        .tangent = view_new(p, dtype, ndim, shape, LAYOUT_ROW_MAJOR, NULL),
        .cotangent = view_vector(p, dtype, num_lists),
        .reduction = RANKLOSS_NONE,
    };
    draw_logits(r, &problem.logits, LOGITS_WIDE);
    draw_factors(r, &problem.labels, FACTORS_GRADED);
    draw_where(r, &problem.where, 0.9);
    draw_factors(r, &problem.weights, FACTORS_EXP);
    draw_normal(r, &problem.tangent);
    draw_normal(r, &problem.cotangent);
    return problem;
}

rankloss_problem draw_dense(pool *p, random_state *r, int32_t dtype, int64_t num_lists, int64_t list_size) {
    const int64_t shape[] = {num_lists, list_size};
    return draw_inputs(p, r, dtype, 2, shape, num_lists);
}

rankloss_problem draw_lists(pool *p, random_state *r, int32_t dtype, rankloss_array offsets) {
    const int64_t num_lists = offsets.shape[0] - 1;
    const int64_t items = (int64_t)view_get(&offsets, num_lists);
    rankloss_problem problem = draw_inputs(p, r, dtype, 1, &items, num_lists);
    problem.offsets = offsets;
    return problem;
}

rankloss_problem draw_ragged(pool *p, random_state *r, int32_t dtype, int64_t num_lists, int64_t most) {
    return draw_lists(p, r, dtype, draw_offsets(p, r, num_lists, most));
}

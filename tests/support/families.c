/*
 * The families: how logits, labels and weights are drawn, and what is changed in them afterwards.
 */
#include "families.h"

#include <math.h>

#include "check.h"
#include "generate.h"
#include "number.h"

static const rankloss_array none;

/* --- the numbers of a view --- */

static double largest(int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
        return 0x1.fffffffffffffp1023;
    case RANKLOSS_F16:
        return 65504;
    case RANKLOSS_BF16:
        return 0x1.fep127;
    default:
        return 0x1.fffffep127;
    }
}

static double smallest(int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
        return 0x1p-1074;
    case RANKLOSS_F16:
        return 0x1p-24;
    case RANKLOSS_BF16:
        return 0x1p-133;
    default:
        return 0x1p-149;
    }
}

/* Rounded to the view's dtype, but never to infinity. */
static void set(const rankloss_array *view, int64_t i, double value) {
    const double most = largest(view->dtype);
    view_set(view, i, (long double)(fabs(value) > most ? copysign(most, value) : value));
}

static double get(const rankloss_array *view, int64_t i) {
    return (double)view_get(view, i);
}

static void make_finite(const rankloss_array *view) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        set(view, i, get(view, i));
    }
}

/* The number of binades above 1 that a factor may have in dtype without its products leaving float64's range. */
static int binades(int32_t dtype) {
    return dtype == RANKLOSS_F64 ? 190 : dtype == RANKLOSS_F16 ? 14 : 60;
}

/* Any sign, and any size within the binades. */
static double any_size(random_state *r, int binades) {
    const double size = ldexp(1 + random_unit(r), (int)random_below(r, 2 * binades) - binades);
    return random_chance(r, 0.5) ? -size : size;
}

/* --- twists --- */

static void make_logits_subnormal(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.logits);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.logits, i, (double)(random_below(r, 9) - 4) * smallest(t->problem.logits.dtype));
    }
}

static void make_labels_subnormal(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.labels);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.labels, i, (double)random_below(r, 9) * smallest(t->problem.labels.dtype));
    }
}

/* One item so far above the others that they are worth anything from e^-5 to less than any number. */
static void dominate(trial *t, random_state *r) {
    const rankloss_array *logits = &t->problem.logits;
    const double gap = 5 + (logits->dtype == RANKLOSS_F64 ? 745 : 110) * random_unit(r);
    for (int64_t k = 0; k < logits->shape[0]; k++) {
        const int64_t top = k * logits->shape[1] + random_below(r, logits->shape[1]);
        set(logits, top, gap);
        if (random_chance(r, 0.5)) {
            set(&t->problem.labels, top, 0);
        }
    }
}

/* Pairs of labels that differ in sign and hardly in size. */
static void cancel_labels(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.labels);
    t->problem.weights = none;
    for (int64_t i = 1; i < count; i += 2) {
        set(&t->problem.labels, i, -get(&t->problem.labels, i - 1) * (1 + (random_unit(r) - 0.5) * 0x1p-20));
    }
}

/* Labels so near to W p that the gradient all but vanishes. */
static void flatten(trial *t, random_state *r) {
    const int64_t n = t->problem.logits.shape[1];
    t->problem.weights = none;
    t->problem.where = none;
    for (int64_t k = 0; k < t->problem.logits.shape[0]; k++) {
        double sum = 0;
        for (int64_t i = k * n; i < (k + 1) * n; i++) {
            sum += exp(get(&t->problem.logits, i));
        }
        const double mass = 1 + 7 * random_unit(r);
        for (int64_t i = k * n; i < (k + 1) * n; i++) {
            set(&t->problem.labels, i, mass * exp(get(&t->problem.logits, i)) / sum);
        }
    }
}

/* A coefficient at the beginning of the list beside which the others are only just there. */
static void begin_large(trial *t, random_state *r) {
    const rankloss_array *labels = &t->problem.labels;
    const double size = ldexp(1 + random_unit(r), labels->dtype == RANKLOSS_F64 ? 53 : 15);
    for (int64_t k = 0; k < labels->shape[0]; k++) {
        set(labels, k * labels->shape[1] + random_below(r, 8) % labels->shape[1], size);
    }
}

static void mask_most(trial *t, random_state *r) {
    t->problem.where = view_new(&t->memory, RANKLOSS_BOOL, 2, t->problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
    draw_where(r, &t->problem.where, 0.1);
}

static void scale_and_shift(trial *t, random_state *r) {
    static const double temperatures[] = {0.5, 0.7, 3, 1e-3, 1e3, 0x1p-20, 1e20, 1e-20};
    t->problem.temperature = temperatures[random_below(r, 8)];
    t->problem.bias = view_new(&t->memory, t->problem.logits.dtype, 2, t->problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
    draw_logits(r, &t->problem.bias, (logit_kind)random_below(r, LOGITS_OFFSET_3E6));
    make_finite(&t->problem.bias);
}

/* Logits N(0, 2), N(0, 30), or up to 1e5 where the dtype has such. */
static void draw_wide(const rankloss_array *logits, random_state *r) {
    static const double widths[] = {2, 30, 1e5};
    const double width = widths[random_below(r, 3)];
    const int64_t count = view_count(logits);
    for (int64_t i = 0; i < count; i++) {
        set(logits, i, width * (width < 1e3 ? random_normal(r) : 2 * random_unit(r) - 1));
    }
}

static double draw_temperature(random_state *r) {
    static const double temperatures[] = {0.01, 0.1, 0.7, 3, 1e3};
    return random_chance(r, 0.3) ? exp(log(1e-3) + log(1e6) * random_unit(r)) : temperatures[random_below(r, 5)];
}

/* Of the logits' dtype, or of one that is rounded to the compute dtype. */
static rankloss_array new_bias(trial *t, random_state *r) {
    const int32_t dtype = random_chance(r, 0.5) ? RANKLOSS_F64 : t->problem.logits.dtype;
    return view_new(&t->memory, dtype, 2, t->problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
}

static void scale(trial *t, random_state *r) {
    draw_wide(&t->problem.logits, r);
    t->problem.temperature = draw_temperature(r);
    t->problem.label_mode = random_chance(r, 0.2) ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
    if (random_chance(r, 0.5)) {
        t->problem.bias = new_bias(t, r);
        draw_normal(r, &t->problem.bias);
    }
}

/* A bias that leaves next to nothing of the scaled logits, so that what a rounded score would lose is all there is. */
static void cancel_scores(trial *t, random_state *r) {
    const double left = random_chance(r, 0.5) ? 1 : 1e-3;
    scale(t, r);
    t->problem.bias = new_bias(t, r);
    const int64_t count = view_count(&t->problem.bias);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.bias, i, -get(&t->problem.logits, i) / t->problem.temperature + left * random_normal(r));
    }
}

static void sum_to_one(trial *t, random_state *r) {
    t->problem.label_mode = RANKLOSS_LABELS_SUM_TO_ONE;
    draw_factors(r, &t->problem.labels, (factor_kind)random_below(r, FACTORS_TINY));
    draw_logits(r, &t->problem.logits, (logit_kind)random_below(r, LOGITS_DOMINANT));
    make_finite(&t->problem.labels);
    make_finite(&t->problem.logits);
}

static void use_softmax(trial *t, random_state *r) {
    t->problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
    if (random_chance(r, 0.3)) {
        t->problem.temperature = draw_temperature(r);
    }
    if (random_chance(r, 0.3)) {
        t->problem.bias = new_bias(t, r);
        draw_normal(r, &t->problem.bias);
    }
}

static void spread_labels(trial *t, random_state *r) {
    use_softmax(t, r);
    draw_logits(r, &t->problem.labels, LOGITS_VERY_WIDE);
    make_finite(&t->problem.labels);
}

/* One label so far above the others that their softmax is anything from e^-5 to less than any number. */
static void dominate_labels(trial *t, random_state *r) {
    const rankloss_array *labels = &t->problem.labels;
    use_softmax(t, r);
    for (int64_t k = 0; k < labels->shape[0]; k++) {
        set(labels, k * labels->shape[1] + random_below(r, labels->shape[1]), 5 + 745 * random_unit(r));
    }
}

static void equal_labels(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.labels);
    const double label = 10 * random_normal(r);
    use_softmax(t, r);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.labels, i, label);
    }
}

/* Weights of both signs on a softmax of labels: W and the loss cancel. */
static void sign_weights(trial *t, random_state *r) {
    use_softmax(t, r);
    t->problem.weights =
        view_new(&t->memory, t->problem.logits.dtype, 2, t->problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
    draw_factors(r, &t->problem.weights, FACTORS_SIGNED);
    if (random_chance(r, 0.3)) {
        draw_wide(&t->problem.logits, r);
    }
}

/* A direction along which the softmax hardly changes: v_i - sum_j p_j v_j cancels. */
static void hold_tangent(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.tangent);
    const double all = any_size(r, 10);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.tangent, i, all * (1 + (random_unit(r) - 0.5) * (random_chance(r, 0.1) ? 0x1p-10 : 0)));
    }
}

static void spread_cotangents(trial *t, random_state *r) {
    const int64_t lists = view_count(&t->problem.cotangent);
    const int64_t count = view_count(&t->problem.tangent);
    for (int64_t k = 0; k < lists; k++) {
        set(&t->problem.cotangent, k, any_size(r, binades(t->problem.logits.dtype)));
    }
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.tangent, i, any_size(r, binades(t->problem.logits.dtype)));
    }
}

static void spread_coefficients(trial *t, random_state *r) {
    const int64_t count = view_count(&t->problem.labels);
    for (int64_t i = 0; i < count; i++) {
        set(&t->problem.labels, i, any_size(r, binades(t->problem.labels.dtype)));
    }
}

/* The list k + 1 has the coefficients of list k with the other sign, and hardly other logits. */
static void cancel_lists(trial *t) {
    const rankloss_problem *p = &t->problem;
    const int64_t n = p->logits.shape[1];
    for (int64_t k = 1; k < p->logits.shape[0]; k += 2) {
        for (int64_t i = k * n; i < (k + 1) * n; i++) {
            set(&p->labels, i, -get(&p->labels, i - n));
            set(&p->logits, i, get(&p->logits, i - n));
        }
        set(&p->logits, k * n, get(&p->logits, k * n) * (1 + 0x1p-10));
    }
}

static void reduce(trial *t, random_state *r) {
    const int64_t one = 1;
    cancel_lists(t);
    t->problem.weights = none;
    t->problem.reduction = random_chance(r, 0.5) ? RANKLOSS_SUM : RANKLOSS_MEAN;
    t->problem.cotangent = view_new(&t->memory, t->problem.logits.dtype, 1, &one, LAYOUT_ROW_MAJOR, NULL);
    draw_normal(r, &t->problem.cotangent);
}

/* Labels and weights that all lists share: their gradients are sums over lists, which cotangents make cancel. */
static void share(trial *t, random_state *r) {
    const int64_t n = t->problem.logits.shape[1];
    t->problem.labels = view_vector(&t->memory, t->problem.logits.dtype, n);
    t->problem.weights = view_vector(&t->memory, t->problem.logits.dtype, n);
    draw_factors(r, &t->problem.labels, FACTORS_GRADED);
    draw_factors(r, &t->problem.weights, FACTORS_SIGNED);
    for (int64_t k = 1; k < t->problem.logits.shape[0]; k += 2) {
        set(&t->problem.cotangent, k, -get(&t->problem.cotangent, k - 1));
    }
}

/* --- the families --- */

typedef struct family {
    const char *name;
    logit_kind logits;
    factor_kind labels;
    factor_kind weights;
    void (*twist)(trial *t, random_state *r);
} family;

static const family families[] = {
    {"plain", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, NULL},
    {"wide", LOGITS_VERY_WIDE, FACTORS_EXP, FACTORS_EXP, NULL},
    {"one dominant item", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, dominate},
    {"ties", LOGITS_TIES, FACTORS_SPARSE, FACTORS_EXP, NULL},
    {"all equal", LOGITS_EQUAL, FACTORS_ONE, FACTORS_GRADED, NULL},
    {"offset 1e4", LOGITS_OFFSET_1E4, FACTORS_SPARSE, FACTORS_EXP, NULL},
    {"offset -3e6", LOGITS_OFFSET_3E6, FACTORS_GRADED, FACTORS_EXP, NULL},
    {"span 2000", LOGITS_LONG_SPAN, FACTORS_GRADED, FACTORS_EXP, NULL},
    {"span of the whole range", LOGITS_HUGE_SPAN, FACTORS_GRADED, FACTORS_EXP, NULL},
    {"subnormal logits", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, make_logits_subnormal},
    {"subnormal labels", LOGITS_WIDE, FACTORS_GRADED, FACTORS_GRADED, make_labels_subnormal},
    {"huge coefficients", LOGITS_WIDE, FACTORS_HUGE, FACTORS_GRADED, NULL},
    {"coefficients of all sizes", LOGITS_WIDE, FACTORS_GRADED, FACTORS_GRADED, spread_coefficients},
    {"one large coefficient", LOGITS_UNIT, FACTORS_EXP, FACTORS_GRADED, begin_large},
    {"signed labels and weights", LOGITS_UNIT, FACTORS_SIGNED, FACTORS_SIGNED, NULL},
    {"labels that cancel", LOGITS_UNIT, FACTORS_SIGNED, FACTORS_ONE, cancel_labels},
    {"vanishing gradient", LOGITS_UNIT, FACTORS_GRADED, FACTORS_ONE, flatten},
    {"few valid items", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, mask_most},
    {"temperatures and biases at the ends", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, scale_and_shift},
    {"temperature and bias", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, scale},
    {"bias that cancels the logits", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, cancel_scores},
    {"bias that cancels, signed labels", LOGITS_UNIT, FACTORS_SIGNED, FACTORS_EXP, cancel_scores},
    {"labels that sum to one", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, sum_to_one},
    {"softmax of labels N(0, 1)", LOGITS_UNIT, FACTORS_SIGNED, FACTORS_EXP, use_softmax},
    {"softmax of labels N(0, 30)", LOGITS_WIDE, FACTORS_SIGNED, FACTORS_EXP, spread_labels},
    {"softmax of one dominant label", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, dominate_labels},
    {"softmax of equal labels", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, equal_labels},
    {"softmax of labels, signed weights", LOGITS_UNIT, FACTORS_GRADED, FACTORS_EXP, sign_weights},
    {"constant tangent", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, hold_tangent},
    {"cotangents of all sizes", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, spread_cotangents},
    {"lists that cancel in sum and mean", LOGITS_UNIT, FACTORS_GRADED, FACTORS_ONE, reduce},
    {"gradients summed over lists", LOGITS_WIDE, FACTORS_GRADED, FACTORS_EXP, share},
};

int num_families(void) {
    return (int)(sizeof families / sizeof *families);
}

const char *family_name(int number) {
    return families[number].name;
}

/* Short lists mostly, and the sizes about which the library changes its ways. */
static int64_t draw_size(random_state *r, int64_t most) {
    static const int64_t edges[] = {63, 64, 65, 511, 512, 513, 2047, 2048, 2049, 65535, 65536, 65537, 100000};
    const int64_t any = 1 + (int64_t)exp(log((double)most) * random_unit(r));
    const int64_t edge = edges[random_below(r, (int64_t)(sizeof edges / sizeof *edges))];
    const int64_t n = random_chance(r, 0.3) ? edge : random_chance(r, 0.5) ? 1 + random_below(r, 40) : any;
    return n > most ? 1 + n % 40 : n;
}

void family_draw(trial *t, int number, random_state *r, int32_t dtype, int64_t most) {
    const family *const f = &families[number];
    const int64_t n = draw_size(r, most);
    const int64_t lists = n <= 64 ? 8 : n <= 600 ? 2 : 1;
    *t = (trial){.problem = {.reduction = RANKLOSS_NONE}};
    t->problem = draw_dense(&t->memory, r, dtype, f->twist == reduce ? 2 * lists : lists, n);
    draw_logits(r, &t->problem.logits, f->logits);
    draw_factors(r, &t->problem.labels, f->labels);
    draw_factors(r, &t->problem.weights, f->weights);
    t->problem.where = random_chance(r, 0.5) ? none : t->problem.where;
    make_finite(&t->problem.logits);
    make_finite(&t->problem.labels);
    make_finite(&t->problem.weights);
    t->problem.weights = random_chance(r, 0.5) ? none : t->problem.weights;
    if (f->twist) {
        f->twist(t, r);
    }
    const int32_t output = random_chance(r, 0.5) ? dtype : reference_compute_dtype(&t->problem);
    t->result = make_outputs(&t->memory, &t->problem, output, OUTPUTS_ALL, LAYOUT_ROW_MAJOR, NULL);
    if (t->problem.labels.ndim == 1) {
        t->result.grad_labels = view_vector(&t->memory, output, n);
        t->result.grad_weights = view_vector(&t->memory, output, n);
    }
}

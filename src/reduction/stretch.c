/*
 * Joining is a change of the smaller stretch's largest score to the other's: its exponentials are multiplied by exp(d), d
 * being the difference, and each of its x_i has d added. In extended numbers neither the range of the scores nor the number
 * of stretches matters: what is lost is some 2^-98 of a term each time.
 */
#include "reduction/stretch.h"

#include <math.h>
#include <string.h>

#include "exact/extended_functions.h"

typedef rankloss__extended extended;

static const double NO_SCORE = -(double)INFINITY;

const char *rankloss__stretch_difference(const rankloss__stretch_kind *a, const rankloss__stretch_kind *b) {
    if (a->is_f64 != b->is_f64)
        return "compute dtype";
    if (a->temperature != b->temperature)
        return "temperature";
    if (a->label_mode != b->label_mode)
        return "label mode";
    return a->has_tangents != b->has_tangents ? "tangent: with one, or without" : NULL;
}

/* --- joining --- */

static extended from_double(double x) {
    return rankloss__extended_from(x);
}

static void add(extended *sum, extended term) {
    *sum = rankloss__extended_add(*sum, term);
}

/* factor * value, 0 if one of them is: a coefficient of 0 has no part in the loss, nor has one at a distance of 0. */
static extended product(extended factor, extended value) {
    return factor.hi == 0.0 || value.hi == 0.0 ? from_double(0.0) : rankloss__extended_mul(factor, value);
}

extended rankloss__stretch_height(const rankloss__stretch *a, const rankloss__stretch *b) {
    const extended logits = rankloss__extended_sub(from_double(a->logit), from_double(b->logit));
    const extended biases = rankloss__extended_sub(from_double(a->bias), from_double(b->bias));
    return rankloss__extended_add(rankloss__extended_div(logits, from_double(a->kind.temperature)), biases);
}

/* exp(d) of d <= 0; exp(-inf) is 0, and exp(NaN) NaN */
static extended exponential(extended d) {
    if (rankloss__extended_is_special(d))
        return from_double(isnan(d.hi) ? d.hi : 0.0);
    return rankloss__extended_exp(d);
}

/* Makes the exponentials of labels relative to a label that is not smaller than any of them. */
static void raise_labels(rankloss__stretch *stretch, double label_max) {
    if (stretch->label_max == label_max)
        return;
    const extended up = rankloss__extended_sub(from_double(stretch->label_max), from_double(label_max));
    const extended factor = exponential(up);
    extended *const sums[] = {&stretch->rest, &stretch->other_coefs, &stretch->argmax_coef, &stretch->coef_x};
    for (int k = 0; k < 4; k++)
        *sums[k] = rankloss__extended_mul(factor, *sums[k]); /* NaN even where the factor is 0 */
    stretch->label_max = label_max;
}

/* d: how far the largest score of `low` is below that of `high`, which keeps its argmax. */
static void join_below(rankloss__stretch *high, const rankloss__stretch *low, extended d) {
    const bool has_argmax = low->logit != NO_SCORE;
    const extended factor = has_argmax ? exponential(d) : from_double(1.0);
    const extended coefs = rankloss__extended_add(low->other_coefs, low->argmax_coef);
    extended exps = low->other_exps, tangents = low->other_tangents;
    if (has_argmax) {
        add(&exps, from_double(1.0));
        add(&tangents, from_double(low->argmax_tangent));
        add(&high->coef_x, product(coefs, d));
        if (high->kind.label_mode == RANKLOSS_LABELS_SUM_TO_ONE)
            add(&high->rest, product(from_double((double)low->valid), d));
    }
    add(&high->other_exps, product(factor, exps));
    add(&high->other_tangents, product(factor, tangents));
    add(&high->other_coefs, coefs);
    add(&high->coef_x, low->coef_x);
    add(&high->rest, low->rest);
    high->valid += low->valid;
    high->has_coefficient |= low->has_coefficient;
    high->has_bias |= low->has_bias;
}

void rankloss__stretch_join(rankloss__stretch *into, const rankloss__stretch *from) {
    rankloss__stretch high = *into, low = *from;
    if (from->valid == 0)
        return;
    if (into->valid == 0) {
        *into = *from;
        return;
    }
    extended d = rankloss__stretch_height(from, into);
    /* Of equal scores the first is the argmax. */
    const bool from_is_higher =
        from->logit != NO_SCORE && (into->logit == NO_SCORE || rankloss__extended_to_double(d) > 0.0);
    if (from_is_higher) {
        high = *from;
        low = *into;
        d = rankloss__stretch_height(into, from);
    }
    if (high.kind.label_mode == RANKLOSS_LABELS_SOFTMAX) {
        const double label_max = high.label_max > low.label_max ? high.label_max : low.label_max;
        raise_labels(&high, label_max);
        raise_labels(&low, label_max);
    }
    join_below(&high, &low, d);
    *into = high;
}

/* --- as words --- */

/*
 * The first word has the valid items and, in its last bits, the kind; it is 0 for a stretch without items. Then come the
 * plain numbers, and three words for each extended one.
 */
enum { HEADER, TEMPERATURE, LOGIT, BIAS, ARGMAX_TANGENT, LABEL_MAX, EXTENDED };

enum { NUM_EXTENDED = 6, WORDS = RANKLOSS_LIST_STATE_WORDS };

/* Of the extended ones, as extended_members() has them. */
enum { REST = EXTENDED, OTHER_EXPS = EXTENDED + 3 };

_Static_assert(EXTENDED + 3 * NUM_EXTENDED == WORDS, "the words of a state are used up");

enum { IS_F64 = 1, HAS_TANGENTS = 2, HAS_COEFFICIENT = 4, HAS_BIAS = 8, LABEL_MODE = 16, KINDS = 64 };

static void extended_members(rankloss__stretch *stretch, extended *members[NUM_EXTENDED]) {
    members[0] = &stretch->rest;
    members[1] = &stretch->other_exps;
    members[2] = &stretch->other_tangents;
    members[3] = &stretch->other_coefs;
    members[4] = &stretch->argmax_coef;
    members[5] = &stretch->coef_x;
}

static bool is_whole(double word, double most) {
    return word >= 0.0 && word <= most && word == (double)(int64_t)word;
}

/* In the form that extended.h asks for, with an exponent that thousands of sums and products cannot make overflow. */
static bool is_extended(const double words[3]) {
    const double size = fabs(words[0]), exponent = fabs(words[2]);
    if (size == 0.0 || !isfinite(size))
        return words[1] == 0.0 && words[2] == 0.0;
    return size >= 1.0 && size < 2.0 && fabs(words[1]) < 1.0 && is_whole(exponent, 0x1p48);
}

/* Of no more items than there may be, each of which adds about 1 at most; or NaN. */
static bool is_sum_of_exponentials(const double words[3]) {
    return isnan(words[0]) || (words[0] >= 0.0 && isfinite(words[0]) && words[2] <= 47.0);
}

bool rankloss__stretch_has_items(const rankloss_list_state *state) {
    return rankloss__is_stretch(state) && state->words[HEADER] != 0.0;
}

bool rankloss__stretch_has_bias(const rankloss_list_state *state) {
    return rankloss__is_stretch(state) && rankloss__stretch_load(state).has_bias;
}

bool rankloss__is_stretch(const rankloss_list_state *state) {
    const double *words = state->words, header = words[HEADER];
    if (header == 0.0) {
        for (int k = 0; k < WORDS; k++)
            if (words[k] != 0.0) /* a NaN is none */
                return false;
        return true;
    }
    const int64_t most = RANKLOSS__STRETCH_ITEMS * KINDS + (KINDS - 1);
    if (!is_whole(header, (double)most) || header < (double)KINDS)
        return false;
    if ((int64_t)header % KINDS / LABEL_MODE > RANKLOSS_LABELS_SOFTMAX || !(words[TEMPERATURE] > 0.0) ||
        !isnormal(words[TEMPERATURE]))
        return false;
    for (int k = EXTENDED; k < WORDS; k += 3)
        if (!is_extended(&words[k]))
            return false;
    const bool softmax = (int64_t)header % KINDS / LABEL_MODE == RANKLOSS_LABELS_SOFTMAX;
    return is_sum_of_exponentials(&words[OTHER_EXPS]) && (!softmax || is_sum_of_exponentials(&words[REST]));
}

rankloss__stretch rankloss__stretch_load(const rankloss_list_state *state) {
    const double *words = state->words;
    const int64_t header = (int64_t)words[HEADER];
    const int bits = (int)(header % KINDS);
    rankloss__stretch stretch = {.kind = {.temperature = words[TEMPERATURE],
                                          .label_mode = bits / LABEL_MODE,
                                          .is_f64 = (bits & IS_F64) != 0,
                                          .has_tangents = (bits & HAS_TANGENTS) != 0},
                                 .valid = header / KINDS,
                                 .has_coefficient = (bits & HAS_COEFFICIENT) != 0,
                                 .has_bias = (bits & HAS_BIAS) != 0,
                                 .logit = words[LOGIT],
                                 .bias = words[BIAS],
                                 .argmax_tangent = words[ARGMAX_TANGENT],
                                 .label_max = words[LABEL_MAX]};
    extended *members[NUM_EXTENDED];
    extended_members(&stretch, members);
    for (int k = 0; k < NUM_EXTENDED; k++) {
        const double *from = &words[EXTENDED + 3 * k];
        *members[k] = (extended){from[0], from[1], (int64_t)from[2]};
    }
    return stretch;
}

/* One NaN for all, since processors differ in the sign of those they make; and no -0. */
static double word_of(double x) {
    return isnan(x) ? (double)NAN : x + 0.0;
}

void rankloss__stretch_store(rankloss_list_state *state, const rankloss__stretch *stretch) {
    double *words = state->words;
    memset(words, 0, sizeof state->words);
    if (stretch->valid == 0)
        return;
    rankloss__stretch copy = *stretch;
    extended *members[NUM_EXTENDED];
    const int bits = (copy.kind.is_f64 ? IS_F64 : 0) | (copy.kind.has_tangents ? HAS_TANGENTS : 0) |
                     (copy.has_coefficient ? HAS_COEFFICIENT : 0) | (copy.has_bias ? HAS_BIAS : 0) |
                     copy.kind.label_mode * LABEL_MODE;
    words[HEADER] = (double)(copy.valid * KINDS + bits);
    words[TEMPERATURE] = copy.kind.temperature;
    words[LOGIT] = word_of(copy.logit);
    words[BIAS] = word_of(copy.bias);
    words[ARGMAX_TANGENT] = word_of(copy.argmax_tangent);
    words[LABEL_MAX] = word_of(copy.label_max);
    extended_members(&copy, members);
    for (int k = 0; k < NUM_EXTENDED; k++) {
        double *to = &words[EXTENDED + 3 * k];
        to[0] = word_of(members[k]->hi);
        to[1] = word_of(members[k]->lo);
        to[2] = (double)members[k]->exponent;
    }
}

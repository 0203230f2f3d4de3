/*
 * The numbers in the inputs of a call: from the bytes themselves, or drawn from a seed among them.
 */
#include "decode.h"

#include <math.h>
#include <string.h>

#include "generate.h"
#include "number.h"
#include "views.h"

/* Any bits of integers, small numbers more often than large ones. */
static void draw_bits(random_state *r, const rankloss_array *view) {
    const int64_t count = view_count(view);
    const size_t size = number_size(view->dtype);
    for (int64_t i = 0; i < count; i++) {
        const uint64_t bits = random_bits(r) >> random_below(r, 64);
        memcpy((char *)view->data + view_place(view, i) * (int64_t)size, &bits, size);
    }
}

/* A byte for each element: graded integers, or sixteenths. */
static void take_bytes(input *in, const rankloss_array *view, bool logits) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        const int byte = input_byte(in);
        view_set(view, i, logits ? (long double)(byte - 128) / 16 : (long double)(byte % 5));
    }
}

/* A byte for each element: eighths, and a few that are no numbers. */
static void take_special(input *in, const rankloss_array *view) {
    static const float special[] = {-INFINITY, INFINITY, NAN};
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        const int byte = input_byte(in);
        view_set(view, i, byte < 3 ? (long double)special[byte] : (long double)(byte - 128) / 8);
    }
}

void decode_numbers(input *in, const rankloss_array *view, part which) {
    const int kind = input_byte(in);
    const bool real = number_is_float(view->dtype);
    if (kind < 32) {
        take_bytes(in, view, real && which != LABELS && which != WEIGHTS);
        return;
    }
    if (real && (which == LOGITS ? kind < 64 : which == LABELS && kind < 40)) {
        take_special(in, view);
        return;
    }
    random_state r = random_new(input_word(in, 2), (uint64_t)which);
    if (which == WHERE) {
        static const double dense[] = {0.8, 0.2, 1, 0};
        draw_where(&r, view, dense[kind & 3]);
    } else if (!real) {
        draw_bits(&r, view);
    } else if (which == LOGITS) {
        draw_logits(&r, view, (logit_kind)(kind % LOGITS_KINDS));
    } else if (which == LABELS || which == WEIGHTS) {
        draw_factors(&r, view, (factor_kind)(kind % FACTORS_KINDS));
    } else {
        draw_normal(&r, view);
    }
}

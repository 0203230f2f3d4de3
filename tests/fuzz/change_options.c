/*
 * Options and the reducer changed.
 */
#include "changes.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "decode.h"

/* --- options --- */

bool bad_reduction(change *c) {
    static const int32_t values[] = {-1, 4, INT32_MAX, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->reduction = values[input_below(c->in, 4)];
    return true;
}

bool bad_label_mode(change *c) {
    static const int32_t values[] = {-1, 3, INT32_MAX, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->label_mode = values[input_below(c->in, 4)];
    return true;
}

bool bad_temperature_or_divisor(change *c) {
    static const double temperatures[] = {-1,        -DBL_MIN, DBL_MIN / 2, -DBL_MIN / 2,
                                          0x1p-1074, HUGE_VAL, -HUGE_VAL,   (double)NAN};
    static const double divisors[] = {-1, -0x1p-1074, -DBL_MAX, HUGE_VAL, -HUGE_VAL, (double)NAN};
    if (!take_options(c)) {
        return false;
    }
    const int k = input_below(c->in, 14);
    if (k < 8) {
        c->s->problem->temperature = temperatures[k];
    } else {
        c->s->problem->divisor = divisors[k - 8];
    }
    return true;
}

bool bad_num_threads(change *c) {
    static const int32_t values[] = {-1, -2, INT32_MIN};
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->num_threads = values[input_below(c->in, 3)];
    return true;
}

bool reserved_in_use(change *c) {
    if (!take_options(c)) {
        return false;
    }
    const int k = input_below(c->in, 13);
    const uint64_t value = UINT64_C(1) << input_below(c->in, 64);
    if (k < 6) {
        c->s->problem->reserved[k] = value;
    } else if (k < 12) {
        c->s->result->reserved[k - 6] = value;
    } else {
        c->s->problem->padding = (int32_t)(1 + input_byte(c->in));
    }
    return true;
}

bool any_temperature_or_divisor(change *c) {
    if (!take_options(c)) {
        return false;
    }
    const uint64_t bits = input_word(c->in, 8);
    double any;
    memcpy(&any, &bits, sizeof any);
    if (input_one_in(c->in, 2)) {
        const bool is_mean = c->s->problem->reduction == RANKLOSS_MEAN;
        c->s->problem->divisor = any;
        c->may = any == 0 || (is_mean && any > 0 && any <= DBL_MAX) ? MAY_OK : MAY_OPTION;
    } else {
        c->s->problem->temperature = any;
        c->may = any == 0 || (any >= DBL_MIN && any <= DBL_MAX) ? MAY_OK : MAY_OPTION;
    }
    return true;
}

bool any_num_threads(change *c) {
    if (!take_options(c)) {
        return false;
    }
    c->s->problem->num_threads = (int32_t)(input_word(c->in, 4) & INT32_MAX);
    return true;
}

/* --- the reducer --- */

static bool is_custom(change *c) {
    return c->s->problem->reduction == RANKLOSS_CUSTOM && take_options(c);
}

bool reducer_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->problem->reducer = NULL;
    return true;
}

bool reducer_unasked(change *c) {
    if (c->s->problem->reduction == RANKLOSS_CUSTOM || !take_options(c)) {
        return false;
    }
    c->s->problem->reducer = c->s->reducer;
    return true;
}

bool reduce_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reducer->reduce = NULL;
    return true;
}

bool derivative_missing(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reducer->derivative = NULL;
    c->may = asks_for(c->s, ALL_OUTPUTS & ~ONE(LOSS)) ? MAY_NULL : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

bool reduce_fails(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->reduce_returns = 1 + input_byte(c->in);
    c->may = asks_for(c->s, ALL_OUTPUTS) ? MAY_CALLBACK : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

bool derivative_fails(change *c) {
    if (!is_custom(c)) {
        return false;
    }
    c->s->derivative_returns = -1 - input_byte(c->in);
    c->may = asks_for(c->s, ALL_OUTPUTS & ~ONE(LOSS)) ? MAY_CALLBACK : MAY_OK;
    c->touched |= ALL_OUTPUTS;
    return true;
}

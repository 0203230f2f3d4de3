/*
 * The formulas for one list.
 *
 * The top item is left out of the sum of exponentials, so that log_p and q keep their digits where it dominates:
 *
 *     rest  = sum over the others of exp(s_j - s_top)
 *     log_p = (s_i - s_top) - log1p(rest),    q_top = rest / (1 + rest)
 *
 * and W p_i - c_i is formed as (W - c_i) p_i - c_i q_i.
 */
#include "list_reference.h"

#include <float.h>
#include <math.h>

void compensated_add(compensated *sum, long double x) {
    const long double total = sum->total + x;
    sum->lost += fabsl(sum->total) >= fabsl(x) ? (sum->total - total) + x : (x - total) + sum->total;
    sum->total = total;
}

long double compensated_value(const compensated *sum) {
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}

/* a + b without rounding, as Knuth adds. */
static unevaluated exact_sum_of(long double a, long double b) {
    const long double sum = a + b;
    const long double b_used = sum - a;
    return (unevaluated){sum, isfinite(sum) ? (a - (sum - b_used)) + (b - b_used) : 0};
}

/*
 * a * b - product, exactly. Not every C library has an fmal() that does it; with 64 bits Dekker's way has room for all
 * exponents of doubles.
 */
static long double product_lost(long double a, long double b, long double product) {
#if LDBL_MANT_DIG == 64
    const long double splitter = 0x1.00000002p32L;
    const long double a_high = a * splitter - (a * splitter - a), b_high = b * splitter - (b * splitter - b);
    const long double a_low = a - a_high, b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
#else
    return fmal(a, b, -product);
#endif
}

/* The remainder of a division is a long double, as the logit and the product that is nearest to it are: half of it is exact. */
unevaluated score_of(long double logit, long double temperature, long double bias) {
    const long double quotient = logit / temperature;
    const unevaluated sum = exact_sum_of(quotient, bias);
    if (!isfinite(sum.value)) {
        return sum;
    }
    const long double product = quotient * temperature;
    const long double remainder = (logit - product) - product_lost(quotient, temperature, product);
    return exact_sum_of(sum.value, sum.lost + remainder / temperature);
}

/* 0 log 0 is 0 here. */
static long double times_log(long double factor, long double log_p) {
    return factor == 0 ? 0 : factor * log_p;
}

/* a's score less b's; infinite or NaN where one of them is. */
static unevaluated distance(const item *a, const item *b) {
    const unevaluated rough = exact_sum_of(a->s, -b->s);
    return isfinite(rough.value) ? exact_sum_of(rough.value, rough.lost + (a->s_lost - b->s_lost)) : rough;
}

static bool is_above(const item *a, const item *b) {
    return a->s > b->s || (a->s == b->s && a->s_lost > b->s_lost);
}

static int64_t find_top(const list *l) {
    int64_t top = -1;
    for (int64_t i = 0; i < l->size; i++) {
        if (l->items[i].valid && (top < 0 || is_above(&l->items[i], &l->items[top]))) {
            top = i;
        }
    }
    return top;
}

bool list_is_resolved(const list *l, long double tolerance, bool has_bias) {
    const int64_t top = find_top(l);
    /* The exponential of -12000 is nothing, whatever multiplies it: there a difference counts as a factor. */
    const long double far = 12000;
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        if (!x->valid || i == top || !isfinite(x->s) || !isfinite(l->items[top].s)) {
            continue;
        }
        const long double apart = fabsl(distance(x, &l->items[top]).value);
        const long double unit = 0x1p-105L * (x->s_size + l->items[top].s_size);
        if (unit > tolerance * (apart < far ? 1 : apart) && (has_bias || apart != 0)) {
            return false;
        }
    }
    return true;
}

/* A valid label is NaN or +inf, or all of them are -inf. */
static bool has_no_label_softmax(const list *l) {
    bool all_infinite = true;
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        if (x->valid && (isnan(x->y) || (isinf(x->y) && x->y > 0))) {
            return true;
        }
        all_infinite = all_infinite && (!x->valid || isinf(x->y));
    }
    return all_infinite;
}

/* A valid score is NaN or +inf, or all of them are -inf. */
static bool has_no_softmax(const list *l, int64_t top) {
    for (int64_t i = 0; i < l->size; i++) {
        if (l->items[i].valid && isnan(l->items[i].s)) {
            return true;
        }
    }
    return isinf(l->items[top].s);
}

/* The exponential, with what the difference's own rounding lost; not 0 for finite numbers, however far apart. */
static long double exp_of(unevaluated difference) {
    const long double e = expl(difference.value);
    if (e == 0) {
        return isinf(difference.value) ? 0 : LDBL_TRUE_MIN;
    }
    return e + e * difference.lost;
}

static void solve_softmax(list *l, int64_t top) {
    const item *const t = &l->items[top];
    compensated rest = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        x->p = x->valid ? exp_of(distance(x, t)) : 0;
        compensated_add(&rest, i == top ? 0 : x->p);
    }
    const long double others = compensated_value(&rest);
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        x->log_p = x->valid ? distance(x, t).value - log1pl(others) : 0;
        x->p = x->p / (1 + others);
        x->q = i == top ? others / (1 + others) : 1 - x->p;
    }
}

/*
 * A sum without rounding, as parts that have no bit in common (J. R. Shewchuk, "Adaptive precision floating-point
 * arithmetic and fast robust geometric predicates", 1997): more than a product of doubles, of 4300 bits, can need.
 */
typedef struct expansion {
    long double parts[80];
    int count;
    long double special; /* infinities and NaN, added up */
} expansion;

static void expansion_add(expansion *sum, long double x) {
    int kept = 0;
    if (!isfinite(x)) {
        sum->special += x;
        return;
    }
    for (int k = 0; k < sum->count; k++) {
        const long double part = sum->parts[k], next = part + x, back = next - part;
        const long double lost = (part - (next - back)) + (x - back);
        x = next;
        if (lost != 0) {
            sum->parts[kept++] = lost;
        }
    }
    sum->parts[kept++] = x;
    sum->count = kept;
}

static long double expansion_value(const expansion *sum) {
    long double value = sum->special;
    for (int k = 0; k < sum->count; k++) {
        value += sum->parts[k];
    }
    return value;
}

/* `product` is that of a and b, or what has become of it by underflow: it is 0 only where one of them is. */
static long double not_lost(long double product, long double a, long double b) {
    return product == 0 && a != 0 && b != 0 ? copysignl(LDBL_TRUE_MIN, a) * copysignl(1, b) : product;
}

/* t = softmax of the labels, c = t times weight. any_valid is a valid item. */
static void solve_label_softmax(list *l, int64_t any_valid) {
    const item *top = &l->items[any_valid];
    compensated rest = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        top = x->valid && x->y > top->y ? x : top;
    }
    const long double y_top = top->y;
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        x->t = x->valid ? exp_of(exact_sum_of(x->y, -y_top)) : 0;
        compensated_add(&rest, x == top ? 0 : x->t);
    }
    const long double all = 1 + compensated_value(&rest);
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        x->t = not_lost(x->t / all, x->t, 1);
        x->c = x->valid ? not_lost(x->t * x->w, x->t, x->w) : 0;
    }
}

/*
 * Returns what the coefficients are divided by: their sum, or 0 where that is 0; 1 where they stay as they are. The sum
 * is exact, as it may be small beside them.
 */
static long double solve_coefficients(list *l, bool sum_to_one) {
    expansion sum = {.count = 0};
    int64_t valid = 0;
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        x->c = x->valid ? x->y * x->w : 0;
        expansion_add(&sum, x->c);
        expansion_add(&sum, isfinite(x->c) && x->valid ? product_lost(x->y, x->w, x->c) : 0);
        valid += x->valid;
    }
    if (!sum_to_one) {
        return 1;
    }
    const long double divisor = expansion_value(&sum);
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        const long double share = divisor == 0 ? 1 / (long double)valid : x->c / divisor;
        x->c = x->valid ? share : 0;
    }
    return divisor;
}

static term solve_loss(const list *l) {
    compensated value = {0, 0};
    compensated scale = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        if (x->valid) {
            const long double t = -times_log(x->c, x->log_p);
            compensated_add(&value, t);
            compensated_add(&scale, fabsl(t));
        }
    }
    return (term){compensated_value(&value), compensated_value(&scale)};
}

/* grad_logits_i = (W p_i - c_i) / temperature,   hess_logits_i = W p_i q_i / temperature^2 */
static void solve_logits(list *l, int64_t top, long double temperature) {
    const long double c_top = l->items[top].c;
    compensated sum = {0, 0};
    compensated magnitudes = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        if (i != top) {
            compensated_add(&sum, l->items[i].c);
            compensated_add(&magnitudes, fabsl(l->items[i].c));
        }
    }
    const long double rest = compensated_value(&sum);
    const long double rest_magnitude = compensated_value(&magnitudes);
    const long double w = rest + c_top;
    const long double a = rest_magnitude + fabsl(c_top);
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        const long double others = i == top ? rest : w - x->c;
        const long double other_magnitudes = i == top ? rest_magnitude : a - fabsl(x->c);
        const long double grad = isfinite(w) ? others * x->p - x->c * x->q : w * x->p - x->c;
        x->grad_logits.value = grad / temperature;
        x->grad_logits.scale = (other_magnitudes * x->p + fabsl(x->c) * x->q) / temperature;
        x->hess_logits.value = w * x->p * x->q / temperature / temperature;
        x->hess_logits.scale = a * x->p * x->q / temperature / temperature;
    }
}

static void solve_jvp(list *l) {
    compensated value = {0, 0};
    compensated scale = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        if (x->valid) {
            compensated_add(&value, x->v * x->grad_logits.value);
            compensated_add(&scale, fabsl(x->v) * x->grad_logits.scale);
        }
    }
    l->jvp = (term){compensated_value(&value), compensated_value(&scale)};
}

/*
 * hvp_logits_i = W p_i (v_i - sum_j p_j v_j) / temperature^2. The difference is v_i q_i - sum_(j != i) p_j v_j, of
 * which the plain form loses nothing where p_i is at most 1/2.
 */
static void solve_hvp(list *l, int64_t top, long double temperature) {
    const item *const t = &l->items[top];
    compensated sum = {0, 0};
    compensated sum_scale = {0, 0};
    compensated mean = {0, 0};
    compensated mean_scale = {0, 0};
    for (int64_t i = 0; i < l->size; i++) {
        const item *x = &l->items[i];
        if (x->valid) {
            compensated_add(&sum, x->c);
            compensated_add(&sum_scale, fabsl(x->c));
            compensated_add(&mean, x == t ? 0 : x->p * x->v);
            compensated_add(&mean_scale, x == t ? 0 : x->p * fabsl(x->v));
        }
    }
    const term others = {compensated_value(&mean), compensated_value(&mean_scale)};
    const term all = {others.value + t->p * t->v, others.scale + t->p * fabsl(t->v)};
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        const long double away = x == t ? x->q * x->v - others.value : x->v - all.value;
        const long double away_scale =
            x == t ? x->q * fabsl(x->v) + others.scale : (x->q - x->p) * fabsl(x->v) + all.scale;
        x->hvp_logits.value = compensated_value(&sum) * x->p * away / temperature / temperature;
        x->hvp_logits.scale = compensated_value(&sum_scale) * x->p * away_scale / temperature / temperature;
    }
}

/* -f_i log p_i, or -(f_i / sum) (log p_i + loss) through the division, which is 0 where the sum is 0 */
static term factor_derivative(const list *l, const item *x, long double factor, bool sum_to_one, long double divisor) {
    if (factor == 0 || divisor == 0) {
        return (term){0, 0};
    }
    const long double share = factor / divisor;
    const long double log_p = sum_to_one ? x->log_p + l->loss.value : x->log_p;
    const long double scale = sum_to_one ? fabsl(x->log_p) + l->loss.scale : fabsl(x->log_p);
    return (term){-share * log_p, fabsl(share) * scale};
}

/* -t_i (w_i log p_i + loss), 0 where t is 0 */
static term share_derivative(const list *l, const item *x) {
    const long double log_p = times_log(x->w, x->log_p);
    const term zero = {0, 0};
    const term t = {-x->t * (log_p + l->loss.value), x->t * (fabsl(log_p) + l->loss.scale)};
    return x->t == 0 ? zero : t;
}

/* The derivative by a label has the weight for its factor, and the other way round. */
static void solve_factors(list *l, int32_t label_mode, long double divisor) {
    const bool sum_to_one = label_mode == RANKLOSS_LABELS_SUM_TO_ONE;
    for (int64_t i = 0; i < l->size; i++) {
        item *x = &l->items[i];
        if (label_mode == RANKLOSS_LABELS_SOFTMAX) {
            x->grad_labels = share_derivative(l, x);
            x->grad_weights = factor_derivative(l, x, x->t, false, 1);
            continue;
        }
        x->grad_labels = factor_derivative(l, x, x->w, sum_to_one, divisor);
        x->grad_weights = factor_derivative(l, x, x->y, sum_to_one, divisor);
    }
}

static void set_derivatives(item *x, long double value) {
    const term t = {value, value};
    x->grad_logits = x->grad_labels = x->grad_weights = x->hess_logits = x->hvp_logits = t;
}

/* The softmax of the scores, or that of the labels where it is needed, is none. */
static bool has_failed(const list *l, int64_t top, int32_t label_mode) {
    return has_no_softmax(l, top) || (label_mode == RANKLOSS_LABELS_SOFTMAX && has_no_label_softmax(l));
}

/* Returns what solve_coefficients() does. */
static long double solve_labels(list *l, int64_t top, int32_t label_mode) {
    if (label_mode == RANKLOSS_LABELS_SOFTMAX) {
        solve_label_softmax(l, top);
        return 1;
    }
    return solve_coefficients(l, label_mode == RANKLOSS_LABELS_SUM_TO_ONE);
}

void list_solve(list *l, long double temperature, int32_t label_mode) {
    const int64_t top = find_top(l);
    const long double failed = (long double)NAN;
    l->counted = top >= 0;
    l->loss = l->jvp = (term){0, 0};
    if (l->counted && has_failed(l, top, label_mode)) {
        l->loss = l->jvp = (term){failed, failed};
        for (int64_t i = 0; i < l->size; i++) {
            set_derivatives(&l->items[i], failed);
        }
    } else if (l->counted) {
        solve_softmax(l, top);
        const long double divisor = solve_labels(l, top, label_mode);
        l->loss = solve_loss(l);
        solve_logits(l, top, temperature);
        solve_jvp(l);
        solve_hvp(l, top, temperature);
        solve_factors(l, label_mode, divisor);
    }
    for (int64_t i = 0; i < l->size; i++) {
        if (!l->items[i].valid) {
            set_derivatives(&l->items[i], 0);
        }
    }
}

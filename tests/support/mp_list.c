/*
 * The formulas of one list. `out`, `value`, `scale` are what a function sets.
 */
#include "mp_list.h"

#include <stdio.h>
#include <stdlib.h>

#define RND MPFR_RNDN

static int64_t find_top(const mp_list *list, int64_t *count) {
    int64_t top = -1;
    *count = 0;
    for (int64_t i = 0; i < list->size; i++) {
        const mp_item *x = &list->items[i];
        *count += x->valid;
        if (x->valid && (top < 0 || mpfr_greater_p(x->score, list->items[top].score))) {
            top = i;
        }
    }
    return top;
}

/* score_i - top score */
static void distance(const mp_list *list, int64_t i, mpfr_t out) {
    mpfr_sub(out, list->items[i].score, list->items[list->top].score, RND);
}

/* label_i * weight_i, with the label's softmax for the label or divided as the coefficients are */
static void coefficient(const mp_list *list, int64_t i, mpfr_t out) {
    if (list->uniform) {
        mpfr_set_ui(out, 1, RND);
    } else if (list->shares) {
        mpfr_mul_d(out, list->shares[i], list->items[i].weight, RND);
    } else {
        mpfr_set_d(out, list->items[i].label, RND);
        mpfr_mul_d(out, out, list->items[i].weight, RND);
    }
    mpfr_div(out, out, list->norm, RND);
}

/* sum += a, and its magnitude */
static void add(mp_term *sum, mpfr_t a) {
    mpfr_add(sum->value, sum->value, a, RND);
    mpfr_abs(a, a, RND);
    mpfr_add(sum->scale, sum->scale, a, RND);
}

static void sum_exps(mp_list *list) {
    mpfr_t x;
    mpfr_init2(x, MP_BITS);
    mpfr_set_zero(list->rest, 1);
    for (int64_t i = 0; i < list->size; i++) {
        mpfr_init2(list->exps[i], MP_BITS);
        mpfr_set_zero(list->exps[i], 1);
        if (!list->items[i].valid) {
            continue;
        }
        distance(list, i, x);
        mpfr_exp(list->exps[i], x, RND);
        if (i != list->top) {
            mpfr_add(list->rest, list->rest, list->exps[i], RND);
            mpfr_mul_d(x, list->exps[i], list->items[i].tangent, RND);
            add(&list->pull, x);
        }
    }
    mpfr_add_ui(list->total, list->rest, 1, RND);
    mpfr_log1p(list->lse, list->rest, RND);
    mpfr_clear(x);
}

static void sum_coefs(mp_list *list) {
    mpfr_t c;
    mpfr_init2(c, MP_BITS);
    mp_term_set_zero(&list->others);
    for (int64_t i = 0; i < list->size; i++) {
        if (list->items[i].valid && i != list->top) {
            coefficient(list, i, c);
            add(&list->others, c);
        }
    }
    mpfr_set(list->coefs.value, list->others.value, RND);
    mpfr_set(list->coefs.scale, list->others.scale, RND);
    coefficient(list, list->top, c);
    add(&list->coefs, c);
    mpfr_clear(c);
}

static void *allocate(int64_t count, size_t size) {
    void *memory = calloc((size_t)count, size);
    if (!memory) {
        fprintf(stderr, "the reference is out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static double largest_label(const mp_list *list) {
    double largest = list->items[list->top].label;
    for (int64_t i = 0; i < list->size; i++) {
        const mp_item *x = &list->items[i];
        largest = x->valid && x->label > largest ? x->label : largest;
    }
    return largest;
}

/* The softmax of the labels. Whatever they are, their differences are right to the last bit. */
static void find_shares(mp_list *list) {
    const double largest = largest_label(list);
    mpfr_t sum;
    mpfr_init2(sum, MP_BITS);
    mpfr_set_zero(sum, 1);
    list->shares = allocate(list->size, sizeof *list->shares);
    for (int64_t i = 0; i < list->size; i++) {
        mpfr_init2(list->shares[i], MP_BITS);
        mpfr_set_zero(list->shares[i], 1);
        if (list->items[i].valid) {
            mpfr_set_d(list->shares[i], list->items[i].label, RND);
            mpfr_sub_d(list->shares[i], list->shares[i], largest, RND);
            mpfr_exp(list->shares[i], list->shares[i], RND);
            mpfr_add(sum, sum, list->shares[i], RND);
        }
    }
    for (int64_t i = 0; i < list->size; i++) {
        mpfr_div(list->shares[i], list->shares[i], sum, RND);
    }
    mpfr_clear(sum);
}

/* The sum that divides the coefficients is exact: with both signs it may be small beside them. */
static void find_norm(mp_list *list) {
    mpfr_t sum;
    mpfr_t c;
    mpfr_inits2(4400, sum, c, (mpfr_ptr)NULL);
    mpfr_set_zero(sum, 1);
    for (int64_t i = 0; i < list->size; i++) {
        if (list->items[i].valid) {
            coefficient(list, i, c);
            mpfr_add(sum, sum, c, RND);
        }
    }
    list->uniform = mpfr_zero_p(sum) != 0;
    if (list->uniform) {
        mpfr_set_si(list->norm, (long)list->count, RND);
    } else {
        mpfr_set(list->norm, sum, RND);
    }
    mpfr_clears(sum, c, (mpfr_ptr)NULL);
}

/* log p_i */
static void log_softmax(const mp_list *list, int64_t i, mpfr_t out) {
    distance(list, i, out);
    mpfr_sub(out, out, list->lse, RND);
}

static void sum_loss(mp_list *list) {
    mpfr_t c;
    mpfr_t log_p;
    mpfr_inits2(MP_BITS, c, log_p, (mpfr_ptr)NULL);
    for (int64_t i = 0; i < list->size; i++) {
        if (list->items[i].valid) {
            log_softmax(list, i, log_p);
            coefficient(list, i, c);
            mpfr_mul(c, c, log_p, RND);
            mpfr_neg(c, c, RND);
            add(&list->loss, c);
        }
    }
    mpfr_clears(c, log_p, (mpfr_ptr)NULL);
}

/* (W p_i - c_i) / temperature; its terms are those of ((W - c_i) p_i - c_i (1 - p_i)) / temperature */
static void grad_logits(const mp_list *list, int64_t i, mp_term *out) {
    mpfr_t c;
    mpfr_t x;
    mpfr_inits2(MP_BITS, c, x, (mpfr_ptr)NULL);
    coefficient(list, i, c);
    if (i == list->top) {
        mpfr_mul(out->value, c, list->rest, RND);
        mpfr_abs(out->scale, out->value, RND);
        mpfr_sub(out->value, list->others.value, out->value, RND);
        mpfr_add(out->scale, list->others.scale, out->scale, RND);
    } else {
        mpfr_mul(out->value, list->coefs.value, list->exps[i], RND);
        mpfr_mul(x, c, list->total, RND);
        mpfr_sub(out->value, out->value, x, RND);
        mpfr_abs(c, c, RND);
        mpfr_sub(out->scale, list->coefs.scale, c, RND);
        mpfr_mul(out->scale, out->scale, list->exps[i], RND);
        mpfr_sub(x, list->total, list->exps[i], RND);
        mpfr_fma(out->scale, c, x, out->scale, RND);
    }
    mpfr_mul_d(x, list->total, list->temperature, RND);
    mpfr_div(out->value, out->value, x, RND);
    mpfr_div(out->scale, out->scale, x, RND);
    mpfr_clears(c, x, (mpfr_ptr)NULL);
}

/* exp_i / total^2 / temperature^2 */
static void curvature(const mp_list *list, int64_t i, mpfr_t out) {
    mpfr_t x;
    mpfr_init2(x, MP_BITS);
    mpfr_mul_d(x, list->total, list->temperature, RND);
    mpfr_sqr(x, x, RND);
    mpfr_div(out, list->exps[i], x, RND);
    mpfr_clear(x);
}

/* total (1 - p_i) */
static void away_from_one(const mp_list *list, int64_t i, mpfr_t out) {
    if (i == list->top) {
        mpfr_set(out, list->rest, RND);
    } else {
        mpfr_sub(out, list->total, list->exps[i], RND);
    }
}

/* W p_i (1 - p_i) / temperature^2 */
static void hess_logits(const mp_list *list, int64_t i, mp_term *out) {
    mpfr_t x;
    mpfr_t away;
    mpfr_inits2(MP_BITS, x, away, (mpfr_ptr)NULL);
    curvature(list, i, x);
    away_from_one(list, i, away);
    mpfr_mul(x, x, away, RND);
    mpfr_mul(out->value, list->coefs.value, x, RND);
    mpfr_mul(out->scale, list->coefs.scale, x, RND);
    mpfr_clears(x, away, (mpfr_ptr)NULL);
}

/* W p_i (v_i - sum_j p_j v_j) / temperature^2; its terms are those of v_i (1 - p_i) and of the p_j v_j of the others */
static void hvp_logits(const mp_list *list, int64_t i, mp_term *out) {
    const double v = list->items[i].tangent;
    const double v_top = list->items[list->top].tangent;
    mpfr_t x;
    mpfr_t away;
    mpfr_inits2(MP_BITS, x, away, (mpfr_ptr)NULL);
    away_from_one(list, i, away);
    mpfr_mul_d(out->value, away, v, RND);
    mpfr_abs(out->scale, out->value, RND);
    mpfr_sub(out->value, out->value, list->pull.value, RND);
    mpfr_add(out->scale, out->scale, list->pull.scale, RND);
    if (i != list->top) {
        /* pull has this item's term and lacks the top item's */
        mpfr_mul_d(x, list->exps[i], v, RND);
        mpfr_add(out->value, out->value, x, RND);
        mpfr_abs(x, x, RND);
        mpfr_sub(out->scale, out->scale, x, RND);
        mpfr_sub_d(out->value, out->value, v_top, RND);
        mpfr_add_d(out->scale, out->scale, v_top < 0 ? -v_top : v_top, RND);
    }
    curvature(list, i, x);
    mpfr_mul(out->value, out->value, x, RND);
    mpfr_mul(out->scale, out->scale, x, RND);
    mpfr_mul(out->value, out->value, list->coefs.value, RND);
    mpfr_mul(out->scale, out->scale, list->coefs.scale, RND);
    mpfr_clears(x, away, (mpfr_ptr)NULL);
}

/* t *= factor */
static void multiply(mp_term *t, const mpfr_t factor) {
    mpfr_mul(t->value, t->value, factor, RND);
    mpfr_mul(t->scale, t->scale, factor, RND);
    mpfr_abs(t->scale, t->scale, RND);
}

/* t += loss */
static void add_loss(const mp_list *list, mp_term *t) {
    mpfr_add(t->value, t->value, list->loss.value, RND);
    mpfr_add(t->scale, t->scale, list->loss.scale, RND);
}

/* -factor log p_i, or -(factor / norm) (log p_i + loss) through the division, which is 0 where the coefficients are equal */
static void log_term(const mp_list *list, int64_t i, double factor, mp_term *out) {
    mpfr_t share;
    mp_term_set_zero(out);
    if (factor == 0 || list->uniform) {
        return;
    }
    mpfr_init2(share, MP_BITS);
    mpfr_set_d(share, factor, RND);
    mpfr_div(share, share, list->norm, RND);
    mpfr_neg(share, share, RND);
    log_softmax(list, i, out->value);
    mpfr_abs(out->scale, out->value, RND);
    if (list->label_mode == RANKLOSS_LABELS_SUM_TO_ONE) {
        add_loss(list, out);
    }
    multiply(out, share);
    mpfr_clear(share);
}

/* -t_i (weight_i log p_i + loss) by the label, -t_i log p_i by the weight, where t is the softmax of the labels */
static void share_term(const mp_list *list, int64_t i, bool by_label, mp_term *out) {
    log_softmax(list, i, out->value);
    if (by_label) {
        mpfr_mul_d(out->value, out->value, list->items[i].weight, RND);
    }
    mpfr_abs(out->scale, out->value, RND);
    if (by_label) {
        add_loss(list, out);
    }
    multiply(out, list->shares[i]);
    mpfr_neg(out->value, out->value, RND);
}

static void factor_term(const mp_list *list, int64_t i, bool by_label, mp_term *out) {
    if (list->shares) {
        share_term(list, i, by_label, out);
    } else {
        log_term(list, i, by_label ? list->items[i].weight : list->items[i].label, out);
    }
}

void mp_list_derivative(const mp_list *list, output_kind kind, int64_t i, mp_term *out) {
    switch (kind) {
    case OUTPUT_GRAD_LOGITS:
        grad_logits(list, i, out);
        break;
    case OUTPUT_GRAD_LABELS:
        factor_term(list, i, true, out);
        break;
    case OUTPUT_GRAD_WEIGHTS:
        factor_term(list, i, false, out);
        break;
    case OUTPUT_HESS_LOGITS:
        hess_logits(list, i, out);
        break;
    default:
        hvp_logits(list, i, out);
    }
}

/* sum_i v_i (W p_i - c_i) / temperature */
static void sum_jvp(mp_list *list) {
    mp_term slope;
    mpfr_t v;
    mp_term_init(&slope);
    mpfr_init2(v, MP_BITS);
    for (int64_t i = 0; i < list->size; i++) {
        if (list->items[i].valid) {
            grad_logits(list, i, &slope);
            mpfr_set_d(v, list->items[i].tangent, RND);
            mp_term_add(&list->jvp, v, &slope);
        }
    }
    mpfr_clear(v);
    mp_term_clear(&slope);
}

void mp_list_init(mp_list *list, const mp_item *items, int64_t size, double temperature, int32_t label_mode) {
    *list = (mp_list){.items = items, .size = size, .temperature = temperature, .label_mode = label_mode};
    mp_term *const terms[] = {&list->coefs, &list->others, &list->pull, &list->loss, &list->jvp};
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++) {
        mp_term_init(terms[k]);
    }
    mpfr_inits2(MP_BITS, list->norm, list->rest, list->total, list->lse, (mpfr_ptr)NULL);
    mpfr_set_ui(list->norm, 1, RND);
    list->top = find_top(list, &list->count);
    if (list->count == 0) {
        return;
    }
    list->exps = allocate(size, sizeof *list->exps);
    sum_exps(list);
    if (label_mode == RANKLOSS_LABELS_SUM_TO_ONE) {
        find_norm(list);
    } else if (label_mode == RANKLOSS_LABELS_SOFTMAX) {
        find_shares(list);
    }
    sum_coefs(list);
    sum_loss(list);
    sum_jvp(list);
}

void mp_list_clear(mp_list *list) {
    mp_term *const terms[] = {&list->coefs, &list->others, &list->pull, &list->loss, &list->jvp};
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++) {
        mp_term_clear(terms[k]);
    }
    for (int64_t i = 0; list->exps && i < list->size; i++) {
        mpfr_clear(list->exps[i]);
    }
    for (int64_t i = 0; list->shares && i < list->size; i++) {
        mpfr_clear(list->shares[i]);
    }
    free(list->exps);
    free(list->shares);
    mpfr_clears(list->norm, list->rest, list->total, list->lse, (mpfr_ptr)NULL);
}

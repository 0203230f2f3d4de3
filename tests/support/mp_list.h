/*
 * One list in MPFR: the loss and every derivative before any cotangent, by the formulas of rankloss/softmax.h.
 *
 * The top item is left out of the sums and the differences that it takes part in are formed without cancellation, so
 * that MP_BITS are as good as any number of them.
 */
#ifndef RANKLOSS_TESTS_MP_LIST_H
#define RANKLOSS_TESTS_MP_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "mp_number.h"
#include "reference.h"

/** Bits of a score: it is below 2^2047, so that even of scores that all but cancel the difference is right to 2^-190. */
enum { MP_SCORE_BITS = 2240 };

/** What the list is made of: finite numbers, the factors in the compute dtype. */
typedef struct mp_item {
    bool valid;
    mpfr_t score;
    double label;
    double weight;
    double tangent;
} mp_item;

typedef struct mp_list {
    const mp_item *items;
    int64_t size;
    double temperature;
    int32_t label_mode; /**< a rankloss_label_mode */

    int64_t count;  /**< of valid items; where it is 0 nothing below is set but loss and jvp, to 0 */
    int64_t top;    /**< the first valid item with the largest score */
    bool uniform;   /**< the coefficients are to sum to one and their sum is 0: each is 1 / count */
    mpfr_t norm;    /**< what the coefficients are divided by */
    mpfr_t *exps;   /**< exp(score - top score) of each item, 0 where masked */
    mpfr_t *shares; /**< the softmax of the labels, 0 where masked; NULL but for RANKLOSS_LABELS_SOFTMAX */
    mpfr_t rest;    /**< the sum of exps but for the top item's */
    mpfr_t total;   /**< 1 + rest */
    mpfr_t lse;     /**< log(total) */
    mp_term coefs;  /**< the sum of the coefficients, and of their magnitudes */
    mp_term others; /**< the same but for the top item's */
    mp_term pull;   /**< the sum of exps times tangents but for the top item's, and of its magnitudes */
    mp_term loss;
    mp_term jvp;
} mp_list;

/** Makes a list of items, which stay the caller's. */
void mp_list_init(mp_list *list, const mp_item *items, int64_t size, double temperature, int32_t label_mode);

void mp_list_clear(mp_list *list);

/** The derivative of the list's loss by, or its second derivative at, valid item i. */
void mp_list_derivative(const mp_list *list, output_kind kind, int64_t i, mp_term *out);

#endif

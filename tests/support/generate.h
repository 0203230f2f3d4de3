/*
 * Random inputs of all kinds that are hard for a softmax.
 */
#ifndef RANKLOSS_TESTS_GENERATE_H
#define RANKLOSS_TESTS_GENERATE_H

#include <stdint.h>

#include <rankloss/softmax.h>

#include "random.h"
#include "views.h"

/** How the logits of a list are drawn. */
typedef enum logit_kind {
    LOGITS_NARROW,     /**< N(0, 0.1) */
    LOGITS_UNIT,       /**< N(0, 1) */
    LOGITS_WIDE,       /**< N(0, 5) */
    LOGITS_VERY_WIDE,  /**< N(0, 30) */
    LOGITS_OFFSET_1E4, /**< 1e4 + N(0, 1) */
    LOGITS_OFFSET_3E6, /**< -3e6 + N(0, 3) */
    LOGITS_DOMINANT,   /**< N(0, 1), one of them 20 to 90 higher */
    LOGITS_TIES,       /**< one of three values, the largest several times */
    LOGITS_EQUAL,      /**< one value */
    LOGITS_LONG_SPAN,  /**< uniform over 0 to -2000 */
    LOGITS_HUGE_SPAN,  /**< -3e38 to 3e38, 0 and N(0, 1) among them */
    LOGITS_SUBNORMAL,  /**< a few units of the smallest number of their dtype */
    LOGITS_MINUS_INF,  /**< N(0, 1), some of them -inf */
    LOGITS_MINUS_1E9,  /**< N(0, 1), some of them -1e9 as if to mask */
    LOGITS_KINDS
} logit_kind;

/** How labels or weights are drawn. */
typedef enum factor_kind {
    FACTORS_GRADED, /**< 0 to 4 */
    FACTORS_SPARSE, /**< mostly 0, some 1 */
    FACTORS_ONE,    /**< 1 for one item of the list, otherwise 0 */
    FACTORS_EXP,    /**< exp(N(0, 3)) */
    FACTORS_SIGNED, /**< N(0, 1) */
    FACTORS_ZERO,   /**< 0 */
    FACTORS_TINY,   /**< near the smallest numbers */
    FACTORS_HUGE,   /**< about 1e30 */
    FACTORS_KINDS
} factor_kind;

/**
 * Draws the elements of a view whose last axis, or only one, is the list. Numbers near the ends of float32's range are
 * near those of float64's in a float64 view.
 */
void draw_logits(random_state *r, const rankloss_array *view, logit_kind kind);

void draw_factors(random_state *r, const rankloss_array *view, factor_kind kind);

/** Any mode of the labels; those of which there is to be a softmax are drawn anew, as logits of a kind. */
void draw_label_mode(random_state *r, rankloss_problem *problem, logit_kind kind);

/** What a bias is given for. */
typedef enum bias_extent { BIAS_PER_ITEM, BIAS_PER_LIST, BIAS_OF_ALL, BIAS_KINDS } bias_extent;

/** A temperature, and a bias of N(0, 1) in any dtype and layout. */
void draw_bias(pool *p, random_state *r, rankloss_problem *problem, bias_extent kind);

/** N(0, 1), rounded to the view's dtype. */
void draw_normal(random_state *r, const rankloss_array *view);

/** 1 with a probability, else 0; any other byte than 0 is as good as 1. */
void draw_where(random_state *r, const rankloss_array *view, double probability);

/** offsets of num_lists lists, each empty or of up to most items: a new I64 view. */
rankloss_array draw_offsets(pool *p, random_state *r, int64_t num_lists, int64_t most);

/** A dense problem in one dtype with all inputs of the full shape but bias and offsets, and the reduction none. */
rankloss_problem draw_dense(pool *p, random_state *r, int32_t dtype, int64_t num_lists, int64_t list_size);

/** The same for lists that begin and end at offsets. */
rankloss_problem draw_lists(pool *p, random_state *r, int32_t dtype, rankloss_array offsets);

/** The same for random lists. */
rankloss_problem draw_ragged(pool *p, random_state *r, int32_t dtype, int64_t num_lists, int64_t most);

#endif

/*
 * A call whose every array lies flush with an inaccessible page, at its beginning or at its end, with read-only inputs,
 * and whose outputs can be judged afterwards: whether all their elements were written, and nothing else.
 */
#ifndef RANKLOSS_TESTS_GUARDED_CALL_H
#define RANKLOSS_TESTS_GUARDED_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/softmax.h>

#include "random.h"
#include "reference.h"

enum { GUARDED_MOST_ITEMS = 600, GUARDED_LONG_ITEMS = 65600 };

/* The inputs in the order of rankloss_problem. */
enum { LOGITS, LABELS, WHERE, WEIGHTS, BIAS, OFFSETS, COTANGENT, TANGENT, NUM_INPUTS };

#define INPUT(which) (1u << (which))
#define OUTPUT(which) (1u << (OUTPUT_##which))

/** How the n items of a call are cut into lists. */
typedef enum cut {
    ONE_LIST,    /**< (n) */
    THREE_LISTS, /**< (3, n) */
    NINE_LISTS,  /**< (9, n) */
    LISTS_OF_1,  /**< (n, 1) */
    LISTS_OF_2,
    LISTS_OF_3,
    LISTS_OF_7,
    COLUMNS,     /**< (3, n) with strides (1, 3): the lists are the columns of (n, 3) */
    RAGGED_LISTS /**< mostly of 0 to 40 items */
} cut;

/** What calls have in common that differ in the number of their items. */
typedef struct guarded_kind {
    const char *name;
    int32_t logits, labels,
        outputs; /**< dtypes; weights are like labels, the bias like outputs, other inputs like logits */
    cut how;
    int64_t spacing; /**< elements from one to the next; negative: backwards */
    unsigned inputs, wanted;
    unsigned flags;
} guarded_kind;

enum {
    SHARED = 1,   /**< labels, weights and their gradients are one list for all, or where ragged one number for each */
    IN_PLACE = 2, /**< the gradient replaces the logits */
    SPARSE = 4,   /**< for every third number of items alone, since there is much to compute */
    NORMED = 8,   /**< RANKLOSS_LABELS_SUM_TO_ONE */
    EXTREME = 16, /**< infinite, huge, tiny and subnormal numbers among the others */
    LONG = 32,    /**< one list of GUARDED_LONG_ITEMS at most */
    SOFTMAX = 64  /**< RANKLOSS_LABELS_SOFTMAX */
};

/** The memory that all calls use in turn. */
void guarded_calls_begin(void);

/** Draws the numbers of all inputs of a kind. */
void guarded_calls_draw(const guarded_kind *k);

/** Makes the calls with n items, at the beginning and at the end, and fails the cmocka test if anything is wrong. */
void guarded_calls_check(const guarded_kind *k, random_state *r, int64_t n);

/** The call that is being made; "" outside any. It is the one that crashed where the program does. */
const char *guarded_calls_running(void);

#endif

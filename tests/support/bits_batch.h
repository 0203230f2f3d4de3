/*
 * Ragged batches made from integers alone, so that they have the same bits on every machine, whatever its C library; and
 * the results of calls as bits that do not depend on the byte order. Needs no cmocka.
 */
#ifndef RANKLOSS_TESTS_BITS_BATCH_H
#define RANKLOSS_TESTS_BITS_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

/** What a batch is made to try. All have a tangent. */
typedef enum bits_family {
    BITS_ORDINARY,
    BITS_WEIGHTED,
    BITS_DOMINANT, /**< one item far above the others */
    BITS_TIES,
    BITS_WIDE,     /**< scores that span more than exponentials do */
    BITS_HUGE,     /**< scores near the dtype's largest numbers */
    BITS_TINY,     /**< subnormal scores and labels */
    BITS_MASKED,   /**< NaN behind the mask, and lists that are masked whole */
    BITS_INFINITE, /**< scores of -inf without relevance */
    BITS_SIGNED,   /**< labels and weights of both signs, of many magnitudes */
    BITS_SCALED,   /**< temperature and bias */
    BITS_SUM_TO_ONE,
    BITS_INTEGERS, /**< labels and weights of integer dtypes */
    BITS_SOFTMAX, /**< softmax of labels: -inf among them, one far below in part of the lists, masks in others, weights */
    BITS_TOGETHER, /**< temperature, a bias of another dtype, masks, labels and weights of integer dtypes */
    BITS_FAMILIES
} bits_family;

const char *bits_family_name(bits_family family);

typedef enum bits_input {
    BITS_LOGITS,
    BITS_LABELS,
    BITS_WHERE,
    BITS_WEIGHTS,
    BITS_BIAS,
    BITS_TANGENT,
    BITS_INPUTS
} bits_input;

typedef struct bits_batch {
    int64_t lists;
    int64_t *offsets;            /**< lists + 1 of them */
    int32_t dtypes[BITS_INPUTS]; /**< 0: absent */
    char *inputs[BITS_INPUTS];
    double temperature;
    int32_t label_mode;
} bits_batch;

/** A batch of these sizes. */
bits_batch bits_batch_new(bits_family family, int32_t dtype, const int64_t *sizes, int64_t lists);

/** The same lists, the last one first, each shifted by `shift` elements against where it was. */
bits_batch bits_batch_reversed(const bits_batch *source, int64_t shift);

void bits_batch_free(bits_batch *batch);

int64_t bits_batch_items(const bits_batch *batch);

/** The batch as a problem, to be told its reduction. The arrays have to outlive it. */
rankloss_problem bits_batch_problem(const bits_batch *batch, rankloss_reduction reduction, int32_t threads);

typedef enum bits_output {
    BITS_LOSS,
    BITS_GRAD_LOGITS,
    BITS_GRAD_LABELS,
    BITS_GRAD_WEIGHTS,
    BITS_HESS_LOGITS,
    BITS_JVP,
    BITS_HVP_LOGITS,
    BITS_OUTPUTS
} bits_output;

const char *bits_output_name(bits_output output);

/** The outputs that have one element a list; the others have one an item. */
bool bits_is_per_list(bits_output output);

/** An output of a result. */
rankloss_array *bits_output_of(rankloss_result *result, bits_output output);

/** The bits of element i, with one NaN for all of them. */
uint64_t bits_of(int32_t dtype, const void *data, int64_t i);

/** FNV-1a over the elements, each as its bytes from the lowest on. */
uint64_t bits_hash(uint64_t hash, int32_t dtype, const void *data, int64_t count);

#define BITS_HASH_START UINT64_C(0xCBF29CE484222325)

/** Memory that is there, or the end of the program. */
void *bits_allocate(int64_t bytes);

#endif

/*
 * Outputs on top of one another, of inputs and of the structs of the call.
 */
#include "bad_call.h"

#include <stddef.h>
#include <stdint.h>

#define PLACE_ROW(name, bases, targets, others, bytes) \
    PAIR_ROW(name, bases, targets, others, RANKLOSS_ERROR_OVERLAP, "", EDIT(PLACE, TARGET, bytes))
#define SIZES_ROW(name, target_dtype, other_dtype, bytes)                                           \
    PAIR_ROW(name, ONE(MEAN) | ONE(RAGGED), LIST_OUTPUTS, LIST_OUTPUTS, RANKLOSS_ERROR_OVERLAP, "", \
             EDIT(DTYPE, TARGET, target_dtype), EDIT(DTYPE, OTHER, other_dtype), EDIT(PLACE, TARGET, bytes))
#define GAPS_ROW(name, bytes)                                                                                  \
    PAIR_ROW(name, ONE(NONE), ONE(WHERE), ITEM_OUTPUTS, RANKLOSS_ERROR_OVERLAP, "", EDIT(STRIDE, OTHER, 0, 6), \
             EDIT(STRIDE, OTHER, 1, 2), EDIT(STRIDE, TARGET, 0, 48), EDIT(STRIDE, TARGET, 1, 16),              \
             EDIT(PLACE, TARGET, bytes))
#define IN_PLACE_ROW(name, bases, ...)                                                                       \
    PAIR_ROW(name, bases, ONE(GRAD_LOGITS), ONE(LOGITS), RANKLOSS_ERROR_OVERLAP, "", EDIT(PLACE, TARGET, 0), \
             __VA_ARGS__)

#define ACCUMULATOR_ROW(name, others, bytes)                                                                          \
    PAIR_ROW(name, EVERY_BASE & ~ONE(CUSTOM), ONE(ACCUMULATOR), (others) & ~ONE(REDUCER), RANKLOSS_ERROR_OVERLAP, "", \
             EDIT(ACCUMULATE, TARGET, bytes))

enum {
    MATRICES = ITEM_INPUTS | ONE(LOGITS) | ITEM_OUTPUTS,
    /* The loss is a float32, so that it reaches no other struct from the last word of one. */
    ONE_NUMBER = IN_FLOAT32 | ONE(BARE) | ONE(BARE_RAGGED),
    LAST_WORD = 8
};

static const bad_row overlap_rows[] = {
    PLACE_ROW("an output on another", FULL, OUTPUTS, OUTPUTS, 0),
    PLACE_ROW("an output on an input", FULL, OUTPUTS & ~ONE(GRAD_LOGITS), INPUTS, 0),
    PLACE_ROW("grad_logits on another input than the logits", FULL, ONE(GRAD_LOGITS), INPUTS & ~ONE(LOGITS), 0),
    PLACE_ROW("a loss on the only inputs", ONE(BARE) | ONE(BARE_RAGGED), ONE(LOSS), INPUTS, 0),

    PLACE_ROW("one float32 behind", ONE(MEAN) | ONE(RAGGED), ITEM_OUTPUTS, MATRICES & ~ONE(WHERE), 4),
    PLACE_ROW("one float32 before", IN_FLOAT32, ITEM_OUTPUTS, MATRICES, -4),
    PLACE_ROW("one float64 before", IN_FLOAT64, ITEM_OUTPUTS, MATRICES, -8),
    PLACE_ROW("on the last float32", ONE(MEAN) | ONE(CUSTOM), ITEM_OUTPUTS, MATRICES & ~ONE(WHERE), 20),
    PLACE_ROW("on the last float64", ONE(NONE), ITEM_OUTPUTS, MATRICES & ~ONE(WHERE), 40),
    PLACE_ROW("up to the first float32", ONE(MEAN) | ONE(CUSTOM), ITEM_OUTPUTS, MATRICES | ONE(COTANGENT), -20),
    PLACE_ROW("on the second half of a mask", ONE(MEAN) | ONE(CUSTOM), OUTPUTS, ONE(WHERE), 4),
    PLACE_ROW("a number within an array", ONE(MEAN) | ONE(CUSTOM), LIST_OUTPUTS, MATRICES & ~ONE(WHERE), 12),
    PLACE_ROW("losses on the last of an array", ONE(NONE), LIST_OUTPUTS, MATRICES & ~ONE(WHERE), 40),
    PLACE_ROW("on the second offset", ONE(RAGGED) | ONE(RAGGED_NONE), OUTPUTS, ONE(OFFSETS), 8),
    PLACE_ROW("on the last offset", ONE(RAGGED) | ONE(RAGGED_NONE), OUTPUTS, ONE(OFFSETS), 24),
    PLACE_ROW("up to the first offset", ONE(RAGGED_NONE), ITEM_OUTPUTS & ~ONE(GRAD_WEIGHTS), ONE(OFFSETS), -32),

    PLACE_ROW("on a struct of the call", EVERY_BASE, OUTPUTS, STRUCTS, 0),
    PLACE_ROW("within a struct of the call", EVERY_BASE, OUTPUTS, STRUCTS, 8),
    PLACE_ROW("on the last of the problem", ONE_NUMBER, LIST_OUTPUTS, ONE(PROBLEM),
              (int64_t)sizeof(rankloss_problem) - LAST_WORD),
    PLACE_ROW("on the last of the reducer", ONE(CUSTOM), OUTPUTS, ONE(REDUCER),
              (int64_t)sizeof(rankloss_reducer) - LAST_WORD),
    PLACE_ROW("on the last of the result", ONE_NUMBER, LIST_OUTPUTS, ONE(RESULT),
              (int64_t)sizeof(rankloss_result) - LAST_WORD),
    PLACE_ROW("on the options of the problem", EVERY_BASE, OUTPUTS, ONE(PROBLEM),
              (int64_t)offsetof(rankloss_problem, temperature)),

    ACCUMULATOR_ROW("an accumulator on an array", ARRAYS, 0),
    ACCUMULATOR_ROW("an accumulator whose last word is on an array", ARRAYS, 8 - (int64_t)sizeof(rankloss_accumulator)),
    ACCUMULATOR_ROW("an accumulator on a struct of the call", STRUCTS, 0),
    ACCUMULATOR_ROW("an accumulator whose last word is on a struct of the call", ONE(PROBLEM),
                    8 - (int64_t)sizeof(rankloss_accumulator)),

    IN_PLACE_ROW("in place, transposed", WITH_MATRICES, EDIT(STRIDE, TARGET, 0, 1), EDIT(STRIDE, TARGET, 1, 2)),
    IN_PLACE_ROW("in place, rows further apart", WITH_MATRICES, EDIT(STRIDE, TARGET, 0, 4)),
    IN_PLACE_ROW("in place, columns further apart", WITH_MATRICES, EDIT(STRIDE, TARGET, 0, 6),
                 EDIT(STRIDE, TARGET, 1, 2)),
    IN_PLACE_ROW("in place, rows backwards", WITH_MATRICES, EDIT(STRIDE, TARGET, 0, -3)),
    IN_PLACE_ROW("in place, logits by stride 0", WITH_MATRICES, EDIT(STRIDE, LOGITS, 0, 0)),
    IN_PLACE_ROW("in place, logits backwards", WITH_MATRICES, EDIT(STRIDE, LOGITS, 0, -3)),
    IN_PLACE_ROW("in place, in another float", FULL, EDIT(DTYPE, TARGET, RANKLOSS_BF16)),
    IN_PLACE_ROW("in place, in another float of that size", FULL, EDIT(DTYPE, TARGET, RANKLOSS_BF16),
                 EDIT(DTYPE, LOGITS, RANKLOSS_F16)),
    IN_PLACE_ROW("in place, float64 on float32", IN_FLOAT32, EDIT(DTYPE, TARGET, RANKLOSS_F64)),
    IN_PLACE_ROW("in place, items backwards", ONE(RAGGED), EDIT(MOVE, TARGET, 16), EDIT(STRIDE, TARGET, 0, -1)),
    PAIR_ROW("in place beside labels that are the logits", FULL, ONE(GRAD_LOGITS), ONE(LABELS), RANKLOSS_ERROR_OVERLAP,
             "", EDIT(PLACE, TARGET, 0, LOGITS), EDIT(PLACE, LABELS, 0, LOGITS)),

    PAIR_ROW("every other element, in the same steps", ONE(MEAN) | ONE(CUSTOM), ITEM_OUTPUTS, ITEM_OUTPUTS,
             RANKLOSS_ERROR_OVERLAP, "", EDIT(PLACE, TARGET, 8), EDIT(STRIDE, TARGET, 0, 6), EDIT(STRIDE, TARGET, 1, 2),
             EDIT(STRIDE, OTHER, 0, 6), EDIT(STRIDE, OTHER, 1, 2)),

    SIZES_ROW("float32 on the second half of float64", RANKLOSS_F32, RANKLOSS_F64, 4),
    SIZES_ROW("bfloat16 on the end of float64", RANKLOSS_BF16, RANKLOSS_F64, 6),
    SIZES_ROW("float16 on the second half of float32", RANKLOSS_F16, RANKLOSS_F32, 2),
    SIZES_ROW("float16 on the first half of float32", RANKLOSS_F16, RANKLOSS_F32, 0),
    SIZES_ROW("float64 on float16", RANKLOSS_F64, RANKLOSS_F16, 0),
    GAPS_ROW("a mask on the first bytes of every number", 0),
    GAPS_ROW("a mask on the last bytes of every number", 7),
    GAPS_ROW("a mask on the last bytes of every number but the first", 16 + 7),
    GAPS_ROW("a mask on the last number alone", 5 * 16),
    GAPS_ROW("a mask up to the first number", -5 * 16),
    GAPS_ROW("a mask up to the end of the first number", -5 * 16 + 7),
};

const bad_table bad_overlaps = TABLE(overlap_rows);

/*
 * Unusual calls that are valid.
 */
#include "bad_call.h"

#include <float.h>
#include <stdint.h>

#define GOOD_ROW(name, bases, targets, ...) ROW(name, bases, targets, RANKLOSS_OK, "", __VA_ARGS__)
#define GOOD_PAIR(name, bases, targets, others, ...) \
    PAIR_ROW(name, bases, targets, others, RANKLOSS_OK, "", __VA_ARGS__)
#define SIZES_ROW(name, target_dtype, other_dtype, bytes)                                      \
    GOOD_PAIR(name, DENSE_MEAN, LIST_OUTPUTS, LIST_OUTPUTS, EDIT(DTYPE, TARGET, target_dtype), \
              EDIT(DTYPE, OTHER, other_dtype), EDIT(PLACE, TARGET, bytes))
#define GAPS_ROW(name, bytes)                                                                                  \
    GOOD_PAIR(name, ONE(NONE), ONE(WHERE), ITEM_OUTPUTS, EDIT(STRIDE, OTHER, 0, 6), EDIT(STRIDE, OTHER, 1, 2), \
              EDIT(STRIDE, TARGET, 0, 48), EDIT(STRIDE, TARGET, 1, 16), EDIT(PLACE, TARGET, bytes))
#define TEMPERATURE_ROW(name, real) GOOD_ROW(name, EVERY_BASE, ONE(TEMPERATURE), EDIT_REAL(TEMPERATURE, real))
#define DIVISOR_ROW(name, bases, real) GOOD_ROW(name, bases, ONE(DIVISOR), EDIT_REAL(DIVISOR, real))

enum { DENSE_MEAN = ONE(MEAN) | ONE(CUSTOM), BARE_BASES = ONE(BARE) | ONE(BARE_RAGGED), MEANS = ONE(MEAN) | ONE(BARE) };

static const bad_row argument_rows[] = {
    GOOD_ROW("as it is", EVERY_BASE, ONE(UNNAMED), EDIT(NO_EDIT, TARGET, 0)),
    GOOD_ROW("nothing asked for", EVERY_BASE, ONE(UNNAMED), EDIT(ONLY, TARGET, 0)),
    GOOD_ROW("one output", FULL, OUTPUTS, EDIT(ONLY, TARGET, 0)),
    GOOD_ROW("one output absent", FULL, OUTPUTS, EDIT(ABSENT, TARGET, 0)),
    GOOD_ROW("an optional input absent", FULL, INPUTS & ~(ONE(LOGITS) | ONE(LABELS) | ONE(OFFSETS) | ONE(TANGENT)),
             EDIT(ABSENT, TARGET, 0)),
    GOOD_ROW("absent, but with a dtype", FULL,
             OUTPUTS | (INPUTS & ~(ONE(LOGITS) | ONE(LABELS) | ONE(OFFSETS) | ONE(TANGENT))), EDIT(ABSENT, TARGET, 0),
             EDIT(DTYPE, TARGET, 99)),
    GOOD_ROW("an absent view whose entries hold something", ONE(MEAN), OUTPUTS | ONE(WEIGHTS),
             EDIT(EXTENT, TARGET, -1, -3), EDIT(NDIM, TARGET, 0), EDIT(NULL_DATA, TARGET, 0)),
    GOOD_ROW("no tangent where none is needed", BARE_BASES, ONE(UNNAMED), EDIT(NO_EDIT, TARGET, 0)),
    GOOD_ROW("a tangent beside neither jvp nor hvp_logits", FULL, ONE(TANGENT), EDIT(ONLY, LOSS, 0)),
    GOOD_ROW("a cotangent beside no derivative", FULL, ONE(COTANGENT), EDIT(ONLY, LOSS, 0)),
    GOOD_ROW("a cotangent beside jvp alone", FULL, ONE(COTANGENT), EDIT(ONLY, JVP, 0)),
    GOOD_ROW("no derivative where none is asked for", ONE(CUSTOM), ONE(REDUCER), EDIT(NO_DERIVATIVE, TARGET, 0),
             EDIT(ONLY, LOSS, 0)),
    GOOD_ROW("no derivative where nothing is asked for", ONE(CUSTOM), ONE(REDUCER), EDIT(NO_DERIVATIVE, TARGET, 0),
             EDIT(ONLY, TARGET, 0)),
    TEMPERATURE_ROW("temperature 0", 0.0),
    TEMPERATURE_ROW("temperature -0", -0.0),
    TEMPERATURE_ROW("the least normal temperature", DBL_MIN),
    TEMPERATURE_ROW("the largest temperature", DBL_MAX),
    DIVISOR_ROW("divisor 0", EVERY_BASE, 0.0),
    DIVISOR_ROW("divisor -0", EVERY_BASE, -0.0),
    DIVISOR_ROW("a fraction as divisor", MEANS, 2.5),
    DIVISOR_ROW("the least divisor", MEANS, 0x1p-1074),
    DIVISOR_ROW("the largest divisor", MEANS, DBL_MAX),
    GOOD_ROW("an accumulator", EVERY_BASE & ~ONE(CUSTOM), ONE(ACCUMULATOR), EDIT(ACCUMULATE, TARGET, 0)),
    GOOD_ROW("an accumulator alone", EVERY_BASE & ~ONE(CUSTOM), ONE(ACCUMULATOR), EDIT(ACCUMULATE, TARGET, 0),
             EDIT(ONLY, TARGET, 0)),
    GOOD_ROW("label_mode 1", EVERY_BASE, ONE(LABEL_MODE), EDIT(OPTION, TARGET, 1)),
    GOOD_ROW("label_mode 2", EVERY_BASE, ONE(LABEL_MODE), EDIT(OPTION, TARGET, 2)),
    GOOD_ROW("one thread", EVERY_BASE, ONE(NUM_THREADS), EDIT(OPTION, TARGET, 1)),
    GOOD_ROW("the largest num_threads", EVERY_BASE, ONE(NUM_THREADS), EDIT(OPTION, TARGET, INT32_MAX)),
};

const bad_table good_arguments = TABLE(argument_rows);

static const bad_row layout_rows[] = {
    GOOD_ROW("one number without an axis", DENSE_MEAN | ONE(RAGGED), LIST_OUTPUTS | ONE(COTANGENT),
             EDIT(SHAPE, TARGET, 0)),
    GOOD_ROW("one number with an axis", ONE(SINGLE), LIST_OUTPUTS | ONE(COTANGENT), EDIT(SHAPE, TARGET, 1, 1)),
    GOOD_ROW("one cotangent for all lists", IN_FLOAT64, ONE(COTANGENT), EDIT(SHAPE, TARGET, 1, 1)),
    GOOD_ROW("one cotangent for all lists, without an axis", IN_FLOAT64, ONE(COTANGENT), EDIT(SHAPE, TARGET, 0)),
    GOOD_ROW("one number for all items", FULL, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 0)),
    GOOD_ROW("one number with an axis for all items", FULL, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 1, 1)),
    GOOD_ROW("one number in two axes", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 2, 1, 1)),
    GOOD_ROW("one list for all", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 1, 3)),
    GOOD_ROW("one list for all, in two axes", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 2, 1, 3)),
    GOOD_ROW("one number for each list", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS, EDIT(SHAPE, TARGET, 2, 2, 1)),
    GOOD_ROW("one number for each ragged list", ONE(RAGGED) | ONE(RAGGED_NONE), ITEM_INPUTS | LABEL_OUTPUTS,
             EDIT(SHAPE, TARGET, 2, 3, 1)),
    GOOD_ROW("one number for each ragged item", ONE(RAGGED) | ONE(RAGGED_NONE), ITEM_INPUTS | ITEM_OUTPUTS,
             EDIT(SHAPE, TARGET, 1, 5)),

    GOOD_ROW("an input by stride 0", WITH_MATRICES, ITEM_INPUTS | ONE(LOGITS), EDIT(STRIDE, TARGET, 0, 0),
             EDIT(STRIDE, TARGET, 1, 0)),
    GOOD_ROW("an input whose rows share elements", WITH_MATRICES, ITEM_INPUTS | ONE(LOGITS),
             EDIT(STRIDE, TARGET, 0, 1)),
    GOOD_ROW("backwards", WITH_MATRICES, ITEM_INPUTS | ONE(LOGITS) | ITEM_OUTPUTS, EDIT(STRIDE, TARGET, 0, -3),
             EDIT(STRIDE, TARGET, 1, -1)),
    GOOD_ROW("rows backwards", WITH_MATRICES, ITEM_INPUTS | ONE(LOGITS) | ITEM_OUTPUTS, EDIT(STRIDE, TARGET, 0, -3)),
    GOOD_ROW("items backwards", ONE(SINGLE) | ONE(RAGGED), ITEM_INPUTS | ONE(LOGITS) | ITEM_OUTPUTS,
             EDIT(STRIDE, TARGET, 0, -1)),
    GOOD_ROW("column-major", WITH_MATRICES, ITEM_INPUTS | ONE(LOGITS) | ITEM_OUTPUTS, EDIT(STRIDE, TARGET, 0, 1),
             EDIT(STRIDE, TARGET, 1, 2)),
    GOOD_ROW("rows that weave", WITH_MATRICES, ITEM_OUTPUTS, EDIT(STRIDE, TARGET, 0, 3), EDIT(STRIDE, TARGET, 1, 2)),
    GOOD_ROW("rows that weave, backwards", WITH_MATRICES, ITEM_OUTPUTS, EDIT(STRIDE, TARGET, 0, -5),
             EDIT(STRIDE, TARGET, 1, 2)),
    GOOD_ROW("losses backwards", IN_FLOAT64, LIST_OUTPUTS | ONE(COTANGENT), EDIT(STRIDE, TARGET, 0, -2)),
    GOOD_ROW("any stride of an extent of 1", DENSE_MEAN | ONE(RAGGED), LIST_OUTPUTS | ONE(COTANGENT),
             EDIT(STRIDE, TARGET, 0, INT64_MIN)),
    GOOD_ROW("stride 0 of an extent of 1", DENSE_MEAN | ONE(RAGGED), LIST_OUTPUTS | ONE(COTANGENT),
             EDIT(STRIDE, TARGET, 0, 0)),
    GOOD_ROW("the largest strides of one number", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS,
             EDIT(SHAPE, TARGET, 2, 1, 1), EDIT(STRIDE, TARGET, 0, INT64_MAX), EDIT(STRIDE, TARGET, 1, INT64_MIN)),
    GOOD_ROW("any stride of the first of one list", WITH_MATRICES, ITEM_INPUTS | LABEL_OUTPUTS,
             EDIT(SHAPE, TARGET, 2, 1, 3), EDIT(STRIDE, TARGET, 0, INT64_MIN)),
    GOOD_ROW("offsets with gaps", ONE(RAGGED) | ONE(RAGGED_NONE) | ONE(BARE_RAGGED), ONE(OFFSETS),
             EDIT(STRIDE, TARGET, 0, 3)),
    GOOD_ROW("offsets backwards", ONE(RAGGED) | ONE(RAGGED_NONE) | ONE(BARE_RAGGED), ONE(OFFSETS),
             EDIT(STRIDE, TARGET, 0, -1)),
    GOOD_ROW("int32 offsets", ONE(RAGGED) | ONE(RAGGED_NONE), ONE(OFFSETS), EDIT(DTYPE, TARGET, RANKLOSS_I32)),
    GOOD_ROW("uint32 offsets", ONE(RAGGED) | ONE(RAGGED_NONE), ONE(OFFSETS), EDIT(DTYPE, TARGET, RANKLOSS_U32)),
    GOOD_ROW("uint64 offsets", ONE(RAGGED) | ONE(RAGGED_NONE), ONE(OFFSETS), EDIT(DTYPE, TARGET, RANKLOSS_U64)),
    GOOD_ROW("one list of offsets", ONE(BARE_RAGGED), ONE(OFFSETS), EDIT(ENDS, TARGET, 2, 0, 5)),
    GOOD_ROW("empty lists at both ends", ONE(BARE_RAGGED), ONE(OFFSETS), EDIT(ENDS, TARGET, 6, 0, 0, 0, 5, 5, 5)),
    GOOD_ROW("a mask at an odd address", FULL, ONE(WHERE), EDIT(MOVE, TARGET, 1)),
    GOOD_ROW("bytes at an odd address", FULL, ONE(LABELS) | ONE(WEIGHTS), EDIT(DTYPE, TARGET, RANKLOSS_I8),
             EDIT(MOVE, TARGET, 1)),

    GOOD_PAIR("an input on another", FULL, ITEM_INPUTS & ~ONE(WHERE), ITEM_INPUTS | ONE(LOGITS),
              EDIT(PLACE, TARGET, 0)),
    GOOD_PAIR("an input one behind another", FULL, ITEM_INPUTS & ~ONE(WHERE), ITEM_INPUTS | ONE(LOGITS),
              EDIT(PLACE, TARGET, 8)),
    GOOD_PAIR("a mask within an input", FULL, ONE(WHERE), ITEM_INPUTS | ONE(LOGITS), EDIT(PLACE, TARGET, 1)),
    GOOD_PAIR("labels that are the offsets", ONE(BARE_RAGGED), ONE(LABELS), ONE(OFFSETS), EDIT(PLACE, TARGET, 0),
              EDIT(SHAPE, TARGET, 2, 3, 1), EDIT(DTYPE, TARGET, RANKLOSS_I64)),
    GOOD_PAIR("right behind another", DENSE_MEAN, ITEM_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 24)),
    GOOD_PAIR("right before another", DENSE_MEAN, ITEM_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, -24)),
    GOOD_PAIR("a number right behind an array", DENSE_MEAN, LIST_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 24)),
    GOOD_PAIR("a number right before an array", DENSE_MEAN, LIST_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, -4)),
    GOOD_PAIR("every other element", DENSE_MEAN, ITEM_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 4),
              EDIT(STRIDE, TARGET, 0, 6), EDIT(STRIDE, TARGET, 1, 2), EDIT(STRIDE, OTHER, 0, 6),
              EDIT(STRIDE, OTHER, 1, 2)),
    GOOD_PAIR("every other element, backwards", DENSE_MEAN, ITEM_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 44),
              EDIT(STRIDE, TARGET, 0, -6), EDIT(STRIDE, TARGET, 1, -2), EDIT(STRIDE, OTHER, 0, 6),
              EDIT(STRIDE, OTHER, 1, 2)),
    GOOD_PAIR("every other row", DENSE_MEAN, ITEM_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 12),
              EDIT(STRIDE, TARGET, 0, 6), EDIT(STRIDE, OTHER, 0, 6)),
    SIZES_ROW("float32 right behind float64", RANKLOSS_F32, RANKLOSS_F64, 8),
    SIZES_ROW("float32 right before float64", RANKLOSS_F32, RANKLOSS_F64, -4),
    SIZES_ROW("bfloat16 right behind float64", RANKLOSS_BF16, RANKLOSS_F64, 8),
    SIZES_ROW("bfloat16 right before float64", RANKLOSS_BF16, RANKLOSS_F64, -2),
    SIZES_ROW("float16 right behind float32", RANKLOSS_F16, RANKLOSS_F32, 4),
    SIZES_ROW("float16 right before float32", RANKLOSS_F16, RANKLOSS_F32, -2),
    SIZES_ROW("float64 right behind float32 and a gap", RANKLOSS_F64, RANKLOSS_F32, 8),
    SIZES_ROW("float64 right before float16", RANKLOSS_F64, RANKLOSS_F16, -8),
    GAPS_ROW("a mask right behind every number", 8),
    GAPS_ROW("a mask right before every number", -1),
    GAPS_ROW("a mask right behind the last number", 5 * 16 + 8),
    GAPS_ROW("a mask right before the first number", -5 * 16 - 1),
    GOOD_PAIR("a number in the gap of an array", DENSE_MEAN, LIST_OUTPUTS, ITEM_OUTPUTS, EDIT(PLACE, TARGET, 12),
              EDIT(STRIDE, OTHER, 0, 4)),
};

const bad_table good_layouts = TABLE(layout_rows);

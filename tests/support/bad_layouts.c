/*
 * Strides, alignment, sizes and addresses.
 */
#include "bad_call.h"

#include <stdint.h>

#define STRIDE_ROW(name, bases, targets, axis, stride) \
    ROW(name, bases, targets, RANKLOSS_ERROR_STRIDE, "", EDIT(STRIDE, TARGET, axis, stride))
#define MOVE_ROW(name, bases, targets, bytes) \
    ROW(name, bases, targets, RANKLOSS_ERROR_STRIDE, "", EDIT(MOVE, TARGET, bytes))
#define HALF_ROW(name, dtype, bytes)                                                                              \
    ROW(name, FULL, ARRAYS & ~(ONE(WHERE) | ONE(OFFSETS)), RANKLOSS_ERROR_STRIDE, "", EDIT(DTYPE, TARGET, dtype), \
        EDIT(MOVE, TARGET, bytes))
#define INTEGER_ROW(name, dtype, bytes)                                                                \
    ROW(name, FULL, ONE(LABELS) | ONE(WEIGHTS), RANKLOSS_ERROR_STRIDE, "", EDIT(DTYPE, TARGET, dtype), \
        EDIT(MOVE, TARGET, bytes))

enum { NUMBERS = ARRAYS & ~(ONE(WHERE) | ONE(OFFSETS)) };

static const bad_row layout_rows[] = {
    STRIDE_ROW("all lists in one row", WITH_MATRICES, ITEM_OUTPUTS, 0, 0),
    STRIDE_ROW("all items in one column", WITH_MATRICES, ITEM_OUTPUTS, 1, 0),
    STRIDE_ROW("rows that share an element", WITH_MATRICES, ITEM_OUTPUTS, 0, 2),
    STRIDE_ROW("rows that share two elements", WITH_MATRICES, ITEM_OUTPUTS, 0, 1),
    STRIDE_ROW("rows that share two elements, backwards", WITH_MATRICES, ITEM_OUTPUTS, 0, -1),
    STRIDE_ROW("rows that share an element, backwards", WITH_MATRICES, ITEM_OUTPUTS, 0, -2),
    STRIDE_ROW("columns as far apart as rows", WITH_MATRICES, ITEM_OUTPUTS, 1, 3),
    STRIDE_ROW("columns as far apart as rows, backwards", WITH_MATRICES, ITEM_OUTPUTS, 1, -3),
    ROW("rows that meet in every other column", WITH_MATRICES, ITEM_OUTPUTS, RANKLOSS_ERROR_STRIDE, "",
        EDIT(STRIDE, TARGET, 0, 4), EDIT(STRIDE, TARGET, 1, 2)),
    ROW("rows that meet in the last column", WITH_MATRICES, ITEM_OUTPUTS, RANKLOSS_ERROR_STRIDE, "",
        EDIT(STRIDE, TARGET, 0, -6), EDIT(STRIDE, TARGET, 1, 3)),
    ROW("all in one place", WITH_MATRICES, ITEM_OUTPUTS, RANKLOSS_ERROR_STRIDE, "", EDIT(STRIDE, TARGET, 0, 0),
        EDIT(STRIDE, TARGET, 1, 0)),
    ROW("in place, with all lists in one row", WITH_MATRICES, ONE(GRAD_LOGITS), RANKLOSS_ERROR_STRIDE, "",
        EDIT(PLACE, TARGET, 0, LOGITS), EDIT(STRIDE, TARGET, 0, 0), EDIT(STRIDE, LOGITS, 0, 0)),
    STRIDE_ROW("one list in one place", ONE(SINGLE) | ONE(RAGGED), ITEM_OUTPUTS, 0, 0),
    STRIDE_ROW("ragged items in one place", ONE(RAGGED_NONE), ITEM_OUTPUTS, 0, 0),
    STRIDE_ROW("losses in one place", IN_FLOAT64, LIST_OUTPUTS, 0, 0),

    MOVE_ROW("a byte behind alignment", EVERY_BASE, ARRAYS & ~ONE(WHERE), 1),
    MOVE_ROW("a byte before alignment", EVERY_BASE, ARRAYS & ~ONE(WHERE), -1),
    MOVE_ROW("half an element behind alignment", IN_FLOAT32, NUMBERS, 2),
    MOVE_ROW("half a float64 behind alignment", IN_FLOAT64, NUMBERS, 4),
    MOVE_ROW("half an offset behind alignment", ONE(RAGGED) | ONE(RAGGED_NONE) | ONE(BARE_RAGGED), ONE(OFFSETS), 4),
    ROW("an accumulator off by one", EVERY_BASE & ~ONE(CUSTOM), ONE(ACCUMULATOR), RANKLOSS_ERROR_STRIDE, "aligned",
        EDIT(ACCUMULATE, TARGET, 1)),
    ROW("an accumulator before alignment", EVERY_BASE & ~ONE(CUSTOM), ONE(ACCUMULATOR), RANKLOSS_ERROR_STRIDE,
        "aligned", EDIT(ACCUMULATE, TARGET, -2)),
    HALF_ROW("float16 off by one", RANKLOSS_F16, 1),
    HALF_ROW("bfloat16 off by one", RANKLOSS_BF16, 1),
    HALF_ROW("float32 off by two", RANKLOSS_F32, 2),
    HALF_ROW("float64 off by four", RANKLOSS_F64, 4),
    INTEGER_ROW("int16 off by one", RANKLOSS_I16, 1),
    INTEGER_ROW("uint16 off by one", RANKLOSS_U16, 1),
    INTEGER_ROW("int32 off by two", RANKLOSS_I32, 2),
    INTEGER_ROW("uint32 off by two", RANKLOSS_U32, 2),
    INTEGER_ROW("int64 off by four", RANKLOSS_I64, 4),
    INTEGER_ROW("uint64 off by four", RANKLOSS_U64, 4),
    ROW("int32 offsets off by two", ONE(RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_STRIDE, "",
        EDIT(DTYPE, OFFSETS, RANKLOSS_I32), EDIT(MOVE, OFFSETS, 2)),
    ROW("uint64 offsets off by four", ONE(RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_STRIDE, "",
        EDIT(DTYPE, OFFSETS, RANKLOSS_U64), EDIT(MOVE, OFFSETS, 4)),
};

const bad_table bad_layouts = TABLE(layout_rows);

/* Labels of one number broadcast to whatever the logits are. */
#define LOGITS_ROW(name, kind, ...)                                                        \
    ROW(name, ONE(BARE), ONE(LOGITS), RANKLOSS_ERROR_OVERFLOW, "", EDIT(SHAPE, LABELS, 0), \
        EDIT(kind, LOGITS, __VA_ARGS__))
#define FAR_ROW(name, bases, targets, axis, stride) \
    ROW(name, bases, targets, RANKLOSS_ERROR_OVERFLOW, "", EDIT(STRIDE, TARGET, axis, stride))
#define ADDRESS_ROW(name, bases, targets, ...) \
    ROW(name, bases, targets, RANKLOSS_ERROR_OVERFLOW, "", EDIT(ADDRESS, TARGET, __VA_ARGS__))

#define POWER(exponent) (INT64_C(1) << (exponent))

enum {
    MATRICES = (ITEM_INPUTS & ~ONE(WHERE)) | ITEM_OUTPUTS | ONE(LOGITS),
    LISTS = ONE(RAGGED) | ONE(RAGGED_NONE) | ONE(BARE_RAGGED)
};

static const bad_row size_rows[] = {
    LOGITS_ROW("2^64 elements", SHAPE, 2, POWER(32), POWER(32)),
    LOGITS_ROW("2^64 elements by stride 0", REPEATED, 2, POWER(32), POWER(32)),
    LOGITS_ROW("2^80 elements by stride 0", REPEATED, 2, POWER(40), POWER(40)),
    LOGITS_ROW("2^64 elements in eight axes", SHAPE, 8, 256, 256, 256, 256, 256, 256, 256, 256),
    LOGITS_ROW("2^64 elements in eight axes by stride 0", REPEATED, 8, 256, 256, 256, 256, 256, 256, 256, 256),
    LOGITS_ROW("2^496 elements", REPEATED, 8, POWER(62), POWER(62), POWER(62), POWER(62), POWER(62), POWER(62),
               POWER(62), POWER(62)),
    LOGITS_ROW("the largest extent, twice", REPEATED, 2, INT64_MAX, 2),
    LOGITS_ROW("the largest extent", SHAPE, 1, INT64_MAX),
    LOGITS_ROW("2^63 bytes", SHAPE, 1, POWER(61)),
    LOGITS_ROW("2^64 bytes", SHAPE, 1, POWER(62)),
    LOGITS_ROW("2^64 bytes by stride 0", REPEATED, 2, POWER(31), POWER(31)),
    LOGITS_ROW("4 bytes more than 2^64", SHAPE, 1, POWER(62) + 1),
    ROW("2^64 bytes of offsets", LISTS, ONE(OFFSETS), RANKLOSS_ERROR_OVERFLOW, "", EDIT(SHAPE, OFFSETS, 1, POWER(61))),
    ROW("the largest number of offsets", LISTS, ONE(OFFSETS), RANKLOSS_ERROR_OVERFLOW, "",
        EDIT(REPEATED, OFFSETS, 1, INT64_MAX)),

    FAR_ROW("the largest stride", WITH_MATRICES, MATRICES | ONE(WHERE), 1, INT64_MAX),
    FAR_ROW("the least stride", WITH_MATRICES, MATRICES | ONE(WHERE), 1, INT64_MIN),
    FAR_ROW("the largest stride, backwards", WITH_MATRICES, MATRICES | ONE(WHERE), 1, -INT64_MAX),
    FAR_ROW("the largest stride of rows", WITH_MATRICES, MATRICES, 0, INT64_MAX),
    FAR_ROW("the least stride of rows", WITH_MATRICES, MATRICES | ONE(WHERE), 0, INT64_MIN),
    FAR_ROW("rows 2^63 bytes apart", WITH_MATRICES, MATRICES, 0, POWER(61)),
    FAR_ROW("rows 2^64 bytes apart", WITH_MATRICES, MATRICES, 0, POWER(62)),
    FAR_ROW("rows 2^64 bytes apart, backwards", WITH_MATRICES, MATRICES, 0, -POWER(62)),
    FAR_ROW("the largest stride of items", ONE(SINGLE) | ONE(RAGGED), MATRICES | ONE(WHERE), 0, INT64_MAX),
    FAR_ROW("the least stride of items", ONE(SINGLE) | ONE(RAGGED), MATRICES | ONE(WHERE), 0, INT64_MIN),
    FAR_ROW("losses 2^64 bytes apart", IN_FLOAT64, LIST_OUTPUTS | ONE(COTANGENT), 0, POWER(61)),
    FAR_ROW("the least stride of losses", IN_FLOAT64, LIST_OUTPUTS | ONE(COTANGENT), 0, INT64_MIN),
    FAR_ROW("the largest stride of offsets", LISTS, ONE(OFFSETS), 0, INT64_MAX),
    FAR_ROW("the least stride of offsets", LISTS, ONE(OFFSETS), 0, INT64_MIN),
    FAR_ROW("offsets 2^64 bytes apart", LISTS, ONE(OFFSETS), 0, POWER(61)),
    ROW("axes that reach too far together", ONE(MEAN) | ONE(CUSTOM), MATRICES, RANKLOSS_ERROR_OVERFLOW, "",
        EDIT(STRIDE, TARGET, 0, POWER(60)), EDIT(STRIDE, TARGET, 1, POWER(59))),

    ADDRESS_ROW("the end of the address space", WITH_MATRICES, MATRICES, -16),
    ADDRESS_ROW("the end of the address space, for a mask", WITH_MATRICES, ONE(WHERE), -4),
    ADDRESS_ROW("the end of the address space, for losses", ONE(NONE), LIST_OUTPUTS | ONE(COTANGENT), -8),
    ADDRESS_ROW("the end of the address space, for offsets", LISTS, ONE(OFFSETS), -16),
    ROW("below the address space", WITH_MATRICES, MATRICES | ONE(WHERE), RANKLOSS_ERROR_OVERFLOW, "",
        EDIT(ADDRESS, TARGET, 64), EDIT(STRIDE, TARGET, 0, -100)),
    ROW("below the address space, for offsets", LISTS, ONE(OFFSETS), RANKLOSS_ERROR_OVERFLOW, "",
        EDIT(ADDRESS, TARGET, 64), EDIT(STRIDE, TARGET, 0, -100)),
    FAR_ROW("rows below the address space", WITH_MATRICES, MATRICES | ONE(WHERE), 0, -POWER(58)),
};

const bad_table bad_sizes = TABLE(size_rows);

/*
 * Invalid shapes, shapes that do not fit together, and offsets that do not fit the items.
 */
#include "bad_call.h"

#include <stdint.h>

#define SHAPE_ROW(name, bases, targets, words, ...) \
    ROW(name, bases, targets, RANKLOSS_ERROR_SHAPE, words, EDIT(SHAPE, TARGET, __VA_ARGS__))

enum {
    DENSE_MEAN = ONE(MEAN) | ONE(CUSTOM),
    DENSE = WITH_MATRICES,
    LISTS = ONE(RAGGED) | ONE(RAGGED_NONE),
    /* Arrays that broadcast, as inputs or as sums over what they broadcast. */
    BROADCAST = ITEM_INPUTS | LABEL_OUTPUTS,
    OF_LISTS = LIST_OUTPUTS | ONE(COTANGENT)
};

static const bad_row shape_rows[] = {
    ROW("ndim -1", EVERY_BASE, ARRAYS, RANKLOSS_ERROR_SHAPE, "-1", EDIT(NDIM, TARGET, -1)),
    ROW("ndim 9", EVERY_BASE, ARRAYS, RANKLOSS_ERROR_SHAPE, "9", EDIT(NDIM, TARGET, 9)),
    ROW("the largest ndim", EVERY_BASE, ARRAYS, RANKLOSS_ERROR_SHAPE, "2147483647", EDIT(NDIM, TARGET, INT32_MAX)),
    ROW("the least ndim", EVERY_BASE, ARRAYS, RANKLOSS_ERROR_SHAPE, "-2147483648", EDIT(NDIM, TARGET, INT32_MIN)),
    ROW("ndim -1 beside data NULL", EVERY_BASE, ARRAYS, RANKLOSS_ERROR_SHAPE, "-1", EDIT(NDIM, TARGET, -1),
        EDIT(NULL_DATA, TARGET, 0)),
    ROW("a negative first extent", EVERY_BASE & ~ONE(SINGLE), ARRAYS, RANKLOSS_ERROR_SHAPE, "-1",
        EDIT(EXTENT, TARGET, 0, -1)),
    ROW("a negative last extent", EVERY_BASE & ~ONE(SINGLE), ARRAYS, RANKLOSS_ERROR_SHAPE, "-3",
        EDIT(EXTENT, TARGET, -1, -3)),
    ROW("the least extent", EVERY_BASE & ~ONE(SINGLE), ARRAYS, RANKLOSS_ERROR_SHAPE, "-9223372036854775808",
        EDIT(EXTENT, TARGET, 0, INT64_MIN)),
    ROW("a negative extent of a list", ONE(SINGLE), ARRAYS & ~OF_LISTS, RANKLOSS_ERROR_SHAPE, "-3",
        EDIT(EXTENT, TARGET, 0, -3)),
    ROW("negative extents whose product is positive", DENSE, ITEM_INPUTS | ITEM_OUTPUTS, RANKLOSS_ERROR_SHAPE, "",
        EDIT(EXTENT, TARGET, 0, -2), EDIT(EXTENT, TARGET, 1, -3)),
    ROW("a negative extent beside none", DENSE, ITEM_INPUTS | ITEM_OUTPUTS, RANKLOSS_ERROR_SHAPE, "-3",
        EDIT(EXTENT, TARGET, 0, 0), EDIT(EXTENT, TARGET, 1, -3)),

    SHAPE_ROW("more items", DENSE, BROADCAST, "(2, 5)|(2, 3)", 2, 2, 5),
    SHAPE_ROW("fewer items", DENSE, BROADCAST, "(2, 2)|(2, 3)", 2, 2, 2),
    SHAPE_ROW("more lists", DENSE, BROADCAST, "(3, 3)|(2, 3)", 2, 3, 3),
    SHAPE_ROW("the axes swapped", DENSE, BROADCAST, "(3, 2)|(2, 3)", 2, 3, 2),
    SHAPE_ROW("one axis, of the lists", DENSE, BROADCAST, "2|(2, 3)", 1, 2),
    SHAPE_ROW("one axis, of the elements", DENSE, BROADCAST, "6|(2, 3)", 1, 6),
    SHAPE_ROW("no items", DENSE, BROADCAST, "(2, 0)|(2, 3)", 2, 2, 0),
    SHAPE_ROW("no lists", DENSE, BROADCAST, "(0, 3)|(2, 3)", 2, 0, 3),
    SHAPE_ROW("an axis of 1 before", DENSE, BROADCAST, "(1, 2, 3)|(2, 3)", 3, 1, 2, 3),
    SHAPE_ROW("an axis of 1 behind", DENSE, BROADCAST, "(2, 3, 1)|(2, 3)", 3, 2, 3, 1),
    SHAPE_ROW("only axes of 1, but too many", DENSE, BROADCAST, "(1, 1, 1)|(2, 3)", 3, 1, 1, 1),
    SHAPE_ROW("eight axes", DENSE, BROADCAST, "(2, 3)", 8, 1, 1, 1, 1, 1, 1, 2, 3),
    SHAPE_ROW("a matrix beside one list", ONE(SINGLE), BROADCAST, "(1, 3)", 2, 1, 3),
    SHAPE_ROW("more items than one list", ONE(SINGLE), BROADCAST, "4|3", 1, 4),

    SHAPE_ROW("an output with more items", DENSE, LOGITS_OUTPUTS, "(2, 5)|(2, 3)", 2, 2, 5),
    SHAPE_ROW("an output with its axes swapped", DENSE, LOGITS_OUTPUTS, "(3, 2)|(2, 3)", 2, 3, 2),
    SHAPE_ROW("an output in one axis", DENSE, LOGITS_OUTPUTS, "6|(2, 3)", 1, 6),
    SHAPE_ROW("an output of one list of two", DENSE, LOGITS_OUTPUTS, "(1, 3)|(2, 3)", 2, 1, 3),
    SHAPE_ROW("an output of one item of three", DENSE, LOGITS_OUTPUTS, "(2, 1)|(2, 3)", 2, 2, 1),
    SHAPE_ROW("an output with an axis of 1 before", DENSE, LOGITS_OUTPUTS, "(1, 2, 3)|(2, 3)", 3, 1, 2, 3),
    SHAPE_ROW("an output with an axis of 1 behind", DENSE, LOGITS_OUTPUTS, "(2, 3, 1)|(2, 3)", 3, 2, 3, 1),
    SHAPE_ROW("an output of one number", DENSE, LOGITS_OUTPUTS, "(2, 3)", 0),
    SHAPE_ROW("an output of no items", DENSE, LOGITS_OUTPUTS, "(2, 0)|(2, 3)", 2, 2, 0),

    SHAPE_ROW("two numbers", DENSE_MEAN | ONE(SINGLE) | ONE(RAGGED), OF_LISTS, "2", 1, 2),
    SHAPE_ROW("no number", DENSE_MEAN | ONE(RAGGED), OF_LISTS, "0", 1, 0),
    SHAPE_ROW("one number in two axes", DENSE_MEAN | ONE(SINGLE) | ONE(RAGGED), OF_LISTS, "(1, 1)", 2, 1, 1),
    SHAPE_ROW("a number for each item", DENSE_MEAN, OF_LISTS, "(2, 3)", 2, 2, 3),
    SHAPE_ROW("a number for each item of one list", ONE(SINGLE), OF_LISTS, "3", 1, 3),
    SHAPE_ROW("a number for each list of a sum", ONE(RAGGED), OF_LISTS, "3", 1, 3),
    SHAPE_ROW("a loss for more lists", ONE(NONE), OF_LISTS, "3|2", 1, 3),
    SHAPE_ROW("a loss for no list", ONE(NONE), OF_LISTS, "0|2", 1, 0),
    SHAPE_ROW("a loss for each item", ONE(NONE), OF_LISTS, "(2, 3)", 2, 2, 3),
    SHAPE_ROW("a loss for each list in two axes", ONE(NONE), OF_LISTS, "(2, 1)", 2, 2, 1),
    SHAPE_ROW("a loss for each list behind an axis of 1", ONE(NONE), OF_LISTS, "(1, 2)", 2, 1, 2),
    SHAPE_ROW("a loss for one list of two", ONE(NONE), LIST_OUTPUTS, "1|2", 1, 1),
    SHAPE_ROW("one loss for two lists", ONE(NONE), LIST_OUTPUTS, "2", 0),
    SHAPE_ROW("a loss for more ragged lists", ONE(RAGGED_NONE), OF_LISTS, "4|3", 1, 4),
    SHAPE_ROW("a loss for each ragged item", ONE(RAGGED_NONE), OF_LISTS, "5|3", 1, 5),
    SHAPE_ROW("a loss for each ragged list in two axes", ONE(RAGGED_NONE), OF_LISTS, "(3, 1)", 2, 3, 1),
    SHAPE_ROW("one loss for three ragged lists", ONE(RAGGED_NONE), LIST_OUTPUTS, "3", 0),

    ROW("logits without an axis", ONE(BARE), ONE(LOGITS), RANKLOSS_ERROR_SHAPE, "", EDIT(SHAPE, LOGITS, 0),
        EDIT(SHAPE, LABELS, 0)),
};

const bad_table bad_shapes = TABLE(shape_rows);

#define ENDS_ROW(name, words, ...) \
    ROW(name, LISTS | ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, words, EDIT(ENDS, OFFSETS, __VA_ARGS__))
#define TYPED_ENDS_ROW(name, dtype, ...)                                                                       \
    ROW(name, LISTS | ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "", EDIT(DTYPE, OFFSETS, dtype), \
        EDIT(ENDS, OFFSETS, __VA_ARGS__))

static const bad_row ragged_rows[] = {
    SHAPE_ROW("fewer ragged items", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "4|5", 1, 4),
    SHAPE_ROW("more ragged items", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "6|5", 1, 6),
    SHAPE_ROW("no ragged items", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "0|5", 1, 0),
    SHAPE_ROW("one axis of the ragged lists", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "3|5", 1, 3),
    SHAPE_ROW("a column for each ragged item", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(5, 1)", 2, 5, 1),
    SHAPE_ROW("a row of the ragged items", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(1, 5)", 2, 1, 5),
    SHAPE_ROW("a row of the ragged lists", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(1, 3)", 2, 1, 3),
    SHAPE_ROW("a column for more lists", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(4, 1)", 2, 4, 1),
    SHAPE_ROW("a column for fewer lists", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(2, 1)", 2, 2, 1),
    SHAPE_ROW("a column of one", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(1, 1)", 2, 1, 1),
    SHAPE_ROW("two for each ragged list", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(3, 2)", 2, 3, 2),
    SHAPE_ROW("a matrix of lists and items", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(3, 5)", 2, 3, 5),
    SHAPE_ROW("a column in three axes", LISTS, ITEM_INPUTS | ITEM_OUTPUTS, "(3, 1, 1)", 3, 3, 1, 1),
    SHAPE_ROW("an output for each ragged list", LISTS, LOGITS_OUTPUTS, "(3, 1)", 2, 3, 1),
    SHAPE_ROW("an output of one number for ragged items", LISTS, LOGITS_OUTPUTS, "5", 0),
    SHAPE_ROW("a column of ragged logits", ONE(BARE_RAGGED), ONE(LOGITS), "(5, 1)", 2, 5, 1),
    SHAPE_ROW("a row of ragged logits", ONE(BARE_RAGGED), ONE(LOGITS), "(1, 5)", 2, 1, 5),
    ROW("ragged logits without an axis", ONE(BARE_RAGGED), ONE(LOGITS), RANKLOSS_ERROR_SHAPE, "",
        EDIT(SHAPE, LOGITS, 0), EDIT(SHAPE, LABELS, 0)),
    SHAPE_ROW("offsets in two axes", ONE(BARE_RAGGED), ONE(OFFSETS), "(4, 1)", 2, 4, 1),
    SHAPE_ROW("offsets in two axes, of two", ONE(BARE_RAGGED), ONE(OFFSETS), "(2, 2)", 2, 2, 2),
    SHAPE_ROW("offsets without an axis", ONE(BARE_RAGGED), ONE(OFFSETS), "", 0),
    SHAPE_ROW("offsets without an element", ONE(BARE_RAGGED), ONE(OFFSETS), "0", 1, 0),
    ROW("offsets without an element, data NULL", ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_SHAPE, "0",
        EDIT(SHAPE, OFFSETS, 1, 0), EDIT(NULL_DATA, OFFSETS, 0)),

    ENDS_ROW("offsets from 1", "1", 4, 1, 2, 2, 5),
    ENDS_ROW("offsets from -1", "-1", 4, -1, 2, 2, 5),
    ENDS_ROW("offsets from the least integer", "-9223372036854775808", 4, INT64_MIN, 2, 2, 5),
    ENDS_ROW("offsets that decrease in the middle", "3|2|entry 2", 4, 0, 3, 2, 5),
    ENDS_ROW("offsets that decrease at the end", "6|5|entry 3", 4, 0, 2, 6, 5),
    ENDS_ROW("offsets that decrease below 0", "-1", 4, 0, -1, 2, 5),
    ENDS_ROW("offsets that decrease to the least integer", "", 4, 0, INT64_MAX, INT64_MIN, 5),
    ENDS_ROW("offsets up to the largest integer and back", "5", 4, 0, 2, INT64_MAX, 5),
    ENDS_ROW("the least integer among offsets", "-9223372036854775808", 4, 0, INT64_MIN, 2, 5),
    ENDS_ROW("offsets reversed", "5", 4, 5, 2, 2, 0),
    ENDS_ROW("offsets that end early", "4|5", 4, 0, 2, 2, 4),
    ENDS_ROW("offsets that end late", "6|5", 4, 0, 2, 2, 6),
    ENDS_ROW("offsets that end at the largest integer", "9223372036854775807|5", 4, 0, 2, 2, INT64_MAX),
    ENDS_ROW("offsets that end below 0", "-5", 4, 0, 2, 2, -5),
    ENDS_ROW("offsets of 0 alone beside items", "0|5", 4, 0, 0, 0, 0),
    TYPED_ENDS_ROW("int32 offsets from -1", RANKLOSS_I32, 4, -1, 2, 2, 5),
    TYPED_ENDS_ROW("int32 offsets that decrease", RANKLOSS_I32, 4, 0, 3, 2, 5),
    TYPED_ENDS_ROW("int32 offsets that end early", RANKLOSS_I32, 4, 0, 2, 2, 4),
    TYPED_ENDS_ROW("the least int32 among offsets", RANKLOSS_I32, 4, 0, INT32_MIN, 2, 5),
    TYPED_ENDS_ROW("uint32 offsets from 1", RANKLOSS_U32, 4, 1, 2, 2, 5),
    TYPED_ENDS_ROW("uint32 offsets that decrease", RANKLOSS_U32, 4, 0, 3, 2, 5),
    TYPED_ENDS_ROW("the largest uint32 among offsets", RANKLOSS_U32, 4, 0, -1, 2, 5),
    TYPED_ENDS_ROW("uint32 offsets that end at the largest", RANKLOSS_U32, 4, 0, 2, 2, -1),
    TYPED_ENDS_ROW("uint64 offsets that decrease", RANKLOSS_U64, 4, 0, 3, 2, 5),
    TYPED_ENDS_ROW("uint64 offsets that end early", RANKLOSS_U64, 4, 0, 2, 2, 4),
    TYPED_ENDS_ROW("uint64 offsets from the largest", RANKLOSS_U64, 4, -1, 2, 2, 5),
    TYPED_ENDS_ROW("the largest uint64 among offsets", RANKLOSS_U64, 4, 0, -1, 2, 5),
    TYPED_ENDS_ROW("2^63 among uint64 offsets", RANKLOSS_U64, 4, 0, INT64_MIN, 2, 5),
    TYPED_ENDS_ROW("uint64 offsets that end at the largest", RANKLOSS_U64, 4, 0, 2, 2, -1),
    TYPED_ENDS_ROW("uint64 offsets that end at 2^63", RANKLOSS_U64, 4, 0, 2, 2, INT64_MIN),
    ROW("no list beside items", ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "0|5",
        EDIT(ENDS, OFFSETS, 1, 0)),
    ROW("no list, but an offset of 5", ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "5",
        EDIT(ENDS, OFFSETS, 1, 5)),
    ROW("one list that starts at 1", ONE(BARE_RAGGED), ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "1",
        EDIT(ENDS, OFFSETS, 2, 1, 5)),
    ROW("offsets by stride 0", LISTS, ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "", EDIT(STRIDE, OFFSETS, 0, 0)),
    ROW("offsets backwards", LISTS, ONE(OFFSETS), RANKLOSS_ERROR_OFFSETS, "5", EDIT(ENDS, OFFSETS, 4, 5, 5, 2, 2),
        EDIT(STRIDE, OFFSETS, 0, -1)),
};

const bad_table bad_ragged = TABLE(ragged_rows);

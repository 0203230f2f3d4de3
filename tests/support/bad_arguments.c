/*
 * Missing arguments, and options outside their range.
 */
#include "bad_call.h"

#include <math.h>
#include <stdint.h>

static const bad_row argument_rows[] = {
    ROW("problem NULL", EVERY_BASE, ONE(PROBLEM), RANKLOSS_ERROR_NULL, "", EDIT(ABSENT, TARGET, 0)),
    ROW("result NULL", EVERY_BASE, ONE(RESULT), RANKLOSS_ERROR_NULL, "", EDIT(ABSENT, TARGET, 0)),
    ROW("a required input absent", EVERY_BASE, ONE(LOGITS) | ONE(LABELS), RANKLOSS_ERROR_NULL, "",
        EDIT(ABSENT, TARGET, 0)),
    ROW("a required input zeroed but for its dtype", EVERY_BASE, ONE(LOGITS) | ONE(LABELS), RANKLOSS_ERROR_NULL, "",
        EDIT(ABSENT, TARGET, 0), EDIT(DTYPE, TARGET, RANKLOSS_F32)),
    ROW("data NULL beside elements", EVERY_BASE & ~ONE(SINGLE), ARRAYS, RANKLOSS_ERROR_NULL, "",
        EDIT(NULL_DATA, TARGET, 0)),
    ROW("data NULL beside items", ONE(SINGLE), ARRAYS & ~(LIST_OUTPUTS | ONE(COTANGENT)), RANKLOSS_ERROR_NULL, "",
        EDIT(NULL_DATA, TARGET, 0)),
    ROW("data NULL beside one element", EVERY_BASE, ITEM_INPUTS | ONE(COTANGENT), RANKLOSS_ERROR_NULL, "",
        EDIT(SHAPE, TARGET, 1, 1), EDIT(NULL_DATA, TARGET, 0)),
    ROW("no tangent for jvp", FULL, ONE(TANGENT), RANKLOSS_ERROR_NULL, "jvp", EDIT(ABSENT, TARGET, 0),
        EDIT(ONLY, JVP, 0)),
    ROW("no tangent for hvp_logits", FULL, ONE(TANGENT), RANKLOSS_ERROR_NULL, "hvp_logits", EDIT(ABSENT, TARGET, 0),
        EDIT(ONLY, HVP_LOGITS, 0)),
    ROW("no tangent for either", FULL, ONE(TANGENT), RANKLOSS_ERROR_NULL, "", EDIT(ABSENT, TARGET, 0)),
    ROW("no reducer", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "", EDIT(ABSENT, TARGET, 0)),
    ROW("no reducer where nothing is asked for", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "",
        EDIT(ABSENT, TARGET, 0), EDIT(ONLY, TARGET, 0)),
    ROW("no reduce", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "reduce", EDIT(NO_REDUCE, TARGET, 0)),
    ROW("no reduce where nothing is asked for", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "reduce",
        EDIT(NO_REDUCE, TARGET, 0), EDIT(ONLY, TARGET, 0)),
    ROW("no derivative", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative", EDIT(NO_DERIVATIVE, TARGET, 0)),
    ROW("no derivative for grad_logits", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, GRAD_LOGITS, 0)),
    ROW("no derivative for grad_labels", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, GRAD_LABELS, 0)),
    ROW("no derivative for grad_weights", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, GRAD_WEIGHTS, 0)),
    ROW("no derivative for hess_logits", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, HESS_LOGITS, 0)),
    ROW("no derivative for jvp", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, JVP, 0)),
    ROW("no derivative for hvp_logits", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_NULL, "derivative",
        EDIT(NO_DERIVATIVE, TARGET, 0), EDIT(ONLY, HVP_LOGITS, 0)),
    ROW("reduce fails", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_CALLBACK, "3", EDIT(REDUCE_FAILS, TARGET, 3)),
    ROW("reduce fails by a negative number", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_CALLBACK, "-1",
        EDIT(REDUCE_FAILS, TARGET, -1)),
    ROW("derivative fails", ONE(CUSTOM), ONE(REDUCER), RANKLOSS_ERROR_CALLBACK, "4", EDIT(DERIVATIVE_FAILS, TARGET, 4)),
    ROW("a reducer without RANKLOSS_CUSTOM", EVERY_BASE & ~ONE(CUSTOM), ONE(UNNAMED), RANKLOSS_ERROR_OPTION, "reducer",
        EDIT(PRESENT, REDUCER, 0)),
};

const bad_table bad_arguments = TABLE(argument_rows);

#define OPTION_ROW(name, target, words, number)                                               \
    ROW(name, ONE(MEAN) | ONE(RAGGED) | ONE(BARE), ONE(target), RANKLOSS_ERROR_OPTION, words, \
        EDIT(OPTION, TARGET, number))
#define TEMPERATURE_ROW(name, words, real) \
    ROW(name, EVERY_BASE, ONE(TEMPERATURE), RANKLOSS_ERROR_OPTION, words, EDIT_REAL(TEMPERATURE, real))
#define DIVISOR_ROW(name, bases, words, real) \
    ROW(name, bases, ONE(DIVISOR), RANKLOSS_ERROR_OPTION, words, EDIT_REAL(DIVISOR, real))
#define RESERVED_ROW(index)                                                                            \
    ROW("a reserved entry of a struct", EVERY_BASE, ONE(PROBLEM) | ONE(RESULT), RANKLOSS_ERROR_OPTION, \
        "reserved[" #index "]|7", EDIT(RESERVED, TARGET, index, 7))

enum { MEANS = ONE(MEAN) | ONE(BARE) };

static const bad_row option_rows[] = {
    OPTION_ROW("reduction -1", REDUCTION, "-1", -1),
    OPTION_ROW("reduction 4", REDUCTION, "4", 4),
    OPTION_ROW("the largest reduction", REDUCTION, "2147483647", INT32_MAX),
    OPTION_ROW("the least reduction", REDUCTION, "-2147483648", INT32_MIN),
    OPTION_ROW("label_mode -1", LABEL_MODE, "-1", -1),
    OPTION_ROW("label_mode 3", LABEL_MODE, "3", 3),
    OPTION_ROW("the largest label_mode", LABEL_MODE, "2147483647", INT32_MAX),
    OPTION_ROW("the least label_mode", LABEL_MODE, "-2147483648", INT32_MIN),
    OPTION_ROW("num_threads -1", NUM_THREADS, "-1", -1),
    OPTION_ROW("the least num_threads", NUM_THREADS, "-2147483648", INT32_MIN),
    OPTION_ROW("padding 1", PADDING, "1", 1),
    OPTION_ROW("padding -1", PADDING, "-1", -1),
    TEMPERATURE_ROW("temperature -1", "-1", -1),
    TEMPERATURE_ROW("temperature -1e300", "-1e+300", -1e300),
    TEMPERATURE_ROW("a negative subnormal temperature", "", -0x1p-1074),
    TEMPERATURE_ROW("temperature NaN", "", (double)NAN),
    TEMPERATURE_ROW("temperature infinite", "inf", (double)INFINITY),
    TEMPERATURE_ROW("temperature -infinite", "-inf", (double)-INFINITY),
    TEMPERATURE_ROW("the least temperature above 0", "", 0x1p-1074),
    TEMPERATURE_ROW("the largest subnormal temperature", "", 0x1p-1022 - 0x1p-1074),
    DIVISOR_ROW("divisor -1", EVERY_BASE, "-1", -1),
    DIVISOR_ROW("divisor -1e300", EVERY_BASE, "-1e+300", -1e300),
    DIVISOR_ROW("a negative subnormal divisor", EVERY_BASE, "", -0x1p-1074),
    DIVISOR_ROW("divisor NaN", EVERY_BASE, "", (double)NAN),
    DIVISOR_ROW("divisor infinite", EVERY_BASE, "inf", (double)INFINITY),
    DIVISOR_ROW("divisor -infinite", EVERY_BASE, "-inf", (double)-INFINITY),
    DIVISOR_ROW("a divisor of no mean", EVERY_BASE & ~MEANS, "2.5|reduction|RANKLOSS_MEAN", 2.5),
    DIVISOR_ROW("the least divisor, of no mean", EVERY_BASE & ~MEANS, "reduction|RANKLOSS_MEAN", 0x1p-1074),
    ROW("an accumulator beside the caller's own reduction", ONE(CUSTOM), ONE(ACCUMULATOR), RANKLOSS_ERROR_OPTION,
        "reduction|RANKLOSS_CUSTOM", EDIT(ACCUMULATE, TARGET, 0)),
    RESERVED_ROW(0),
    RESERVED_ROW(1),
    RESERVED_ROW(2),
    RESERVED_ROW(3),
    RESERVED_ROW(4),
    RESERVED_ROW(5),
    ROW("every bit of a reserved entry", EVERY_BASE, ONE(PROBLEM) | ONE(RESULT), RANKLOSS_ERROR_OPTION, "reserved[5]",
        EDIT(RESERVED, TARGET, 5, -1)),
    ROW("the top bit of a reserved entry", EVERY_BASE, ONE(PROBLEM) | ONE(RESULT), RANKLOSS_ERROR_OPTION, "reserved[0]",
        EDIT(RESERVED, TARGET, 0, INT64_MIN)),
};

const bad_table bad_options = TABLE(option_rows);

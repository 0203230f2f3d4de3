/*
 * The checks of one array by itself: dtype, shape, sizes, addresses. Knows no other argument.
 */
#ifndef RANKLOSS_SRC_CHECK_VALIDATE_ARRAY_H
#define RANKLOSS_SRC_CHECK_VALIDATE_ARRAY_H

#include <stdint.h>

#include <rankloss/array.h>
#include <rankloss/status.h>

/* Sets of dtypes: bit d is dtype d. */
enum {
    RANKLOSS__FLOATS = 1u << RANKLOSS_F32 | 1u << RANKLOSS_F64 | 1u << RANKLOSS_F16 | 1u << RANKLOSS_BF16,
    RANKLOSS__MASKS = 1u << RANKLOSS_I8 | 1u << RANKLOSS_U8 | 1u << RANKLOSS_BOOL,
    RANKLOSS__INDICES = 1u << RANKLOSS_I32 | 1u << RANKLOSS_I64 | 1u << RANKLOSS_U32 | 1u << RANKLOSS_U64,
    RANKLOSS__INTEGERS =
        RANKLOSS__INDICES | 1u << RANKLOSS_I8 | 1u << RANKLOSS_I16 | 1u << RANKLOSS_U8 | 1u << RANKLOSS_U16,
    RANKLOSS__NUMBERS = (1u << (RANKLOSS_BOOL + 1)) - 2u,
};

/* An array argument: its name in messages, and what it may be. */
typedef struct rankloss__argument {
    const char *name;
    const rankloss_array *array;
    unsigned dtypes;
} rankloss__argument;

/* A shape in words, "(2, 5)". */
typedef struct rankloss__shape_text {
    char text[RANKLOSS_MAX_NDIM * 22 + 4];
} rankloss__shape_text;

rankloss__shape_text rankloss__shape_in_words(const int64_t *shape, int32_t ndim);

rankloss_status rankloss__validate_array(const rankloss__argument *argument);

#endif

/*
 * The C type of each dtype's elements, and how they become numbers: a new dtype is a line of this list, and one of
 * array.h.
 */
#ifndef RANKLOSS_SRC_DTYPE_DTYPES_H
#define RANKLOSS_SRC_DTYPE_DTYPES_H

#include <rankloss/array.h>

#include "dtype/half.h"

#define RANKLOSS__NUMBER(x) (x)
#define RANKLOSS__TRUTH(x) ((x) != 0)

/* CASE(dtype, type of an element, its value) for each dtype. */
#define RANKLOSS__EACH_DTYPE(CASE)                       \
    CASE(RANKLOSS_F32, float, RANKLOSS__NUMBER)          \
    CASE(RANKLOSS_F64, double, RANKLOSS__NUMBER)         \
    CASE(RANKLOSS_F16, uint16_t, rankloss__f16_to_f32)   \
    CASE(RANKLOSS_BF16, uint16_t, rankloss__bf16_to_f32) \
    CASE(RANKLOSS_I8, int8_t, RANKLOSS__NUMBER)          \
    CASE(RANKLOSS_I16, int16_t, RANKLOSS__NUMBER)        \
    CASE(RANKLOSS_I32, int32_t, RANKLOSS__NUMBER)        \
    CASE(RANKLOSS_I64, int64_t, RANKLOSS__NUMBER)        \
    CASE(RANKLOSS_U8, uint8_t, RANKLOSS__NUMBER)         \
    CASE(RANKLOSS_U16, uint16_t, RANKLOSS__NUMBER)       \
    CASE(RANKLOSS_U32, uint32_t, RANKLOSS__NUMBER)       \
    CASE(RANKLOSS_U64, uint64_t, RANKLOSS__NUMBER)       \
    CASE(RANKLOSS_BOOL, uint8_t, RANKLOSS__TRUTH)

#endif

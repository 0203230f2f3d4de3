#include "convert.h"

#include <stdbool.h>
#include <string.h>

#include <rankloss/array.h>

static uint64_t bits_of_f64(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float f32_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float bf16_to_f32(uint16_t b) {
    return f32_from_bits((uint32_t)b << 16);
}

float rankloss__f16_to_f32(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = half >> 10 & 0x1Fu, fraction = half & 0x3FFu;
    if (exponent == 0x1F)
        return f32_from_bits(sign | 0x7F800000u | fraction << 13);
    if (exponent != 0)
        return f32_from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
    const float magnitude = (float)fraction * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
}

/* The IEEE format with these field widths nearest to value, ties to even; its bits at the bottom. */
static uint32_t narrow(double value, int exponent_bits, int fraction_bits) {
    const uint64_t bits = bits_of_f64(value);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const uint32_t sign = (uint32_t)(bits >> 63) << (exponent_bits + fraction_bits);
    const uint32_t infinity = ((1u << exponent_bits) - 1u) << fraction_bits;
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    if (exponent == 0x7FF)
        return sign | infinity | (fraction != 0 ? 1u << (fraction_bits - 1) : 0);
    exponent -= 1023 - bias;
    int drop = 52 - fraction_bits;
    if (exponent <= 0) { /* subnormal, or a double too small for the bits to matter */
        fraction |= (uint64_t)1 << 52;
        drop += 1 - exponent;
        exponent = 0;
        if (drop > 54)
            return sign;
    }
    const uint64_t half = (uint64_t)1 << (drop - 1), rest = fraction & (2 * half - 1);
    uint64_t kept = ((uint64_t)exponent << fraction_bits) + (fraction >> drop);
    /* A carry out of the fraction raises the exponent, as it should, up to infinity. */
    kept += rest > half || (rest == half && (kept & 1) != 0);
    return sign | (kept < infinity ? (uint32_t)kept : infinity);
}

uint16_t rankloss__f16_from_f64(double value) {
    return (uint16_t)narrow(value, 5, 10);
}

uint16_t rankloss__bf16_from_f64(double value) {
    return (uint16_t)narrow(value, 8, 7);
}

/* Casts: `to` is the block's element, `from` the array's. */
#define CAST(x) (to)(x)
#define CAST_F16(x) (to) rankloss__f16_to_f32(x)
#define CAST_BF16(x) (to) bf16_to_f32(x)
#define CAST_BOOL(x) (to)((x) != 0)

#define LOAD_CASE(name, type, cast)                                     \
    case name:                                                          \
        for (size_t i = 0; i < count && stride == 1; i++)               \
            block[i] = cast(((const type *)data)[i]);                   \
        for (size_t i = 0; i < count && stride != 1; i++)               \
            block[i] = cast(((const type *)data)[(int64_t)i * stride]); \
        return;

#define DEFINE_LOAD(function, target)                                                             \
    void function(int32_t dtype, const void *data, int64_t stride, size_t count, target *block) { \
        typedef target to;                                                                        \
        switch ((rankloss_dtype)dtype) {                                                          \
            LOAD_CASE(RANKLOSS_F32, float, CAST)                                                  \
            LOAD_CASE(RANKLOSS_F64, double, CAST)                                                 \
            LOAD_CASE(RANKLOSS_F16, uint16_t, CAST_F16)                                           \
            LOAD_CASE(RANKLOSS_BF16, uint16_t, CAST_BF16)                                         \
            LOAD_CASE(RANKLOSS_I8, int8_t, CAST)                                                  \
            LOAD_CASE(RANKLOSS_I16, int16_t, CAST)                                                \
            LOAD_CASE(RANKLOSS_I32, int32_t, CAST)                                                \
            LOAD_CASE(RANKLOSS_I64, int64_t, CAST)                                                \
            LOAD_CASE(RANKLOSS_U8, uint8_t, CAST)                                                 \
            LOAD_CASE(RANKLOSS_U16, uint16_t, CAST)                                               \
            LOAD_CASE(RANKLOSS_U32, uint32_t, CAST)                                               \
            LOAD_CASE(RANKLOSS_U64, uint64_t, CAST)                                               \
            LOAD_CASE(RANKLOSS_BOOL, uint8_t, CAST_BOOL)                                          \
        }                                                                                         \
    }

DEFINE_LOAD(rankloss__load_f32, float)
DEFINE_LOAD(rankloss__load_f64, double)

void rankloss__load_where(const void *data, int64_t stride, size_t count, uint8_t *block) {
    for (size_t i = 0; i < count; i++)
        block[i] = ((const uint8_t *)data)[(int64_t)i * stride];
}

#define STORE_EACH(type, cast)         \
    for (size_t i = 0; i < count; i++) \
        ((type *)data)[(int64_t)i * stride] = cast(block[i]);

void rankloss__store(int32_t dtype, void *data, int64_t stride, size_t count, const double *block) {
    if (dtype == RANKLOSS_F32)
        STORE_EACH(float, (float))
    else if (dtype == RANKLOSS_F64)
        STORE_EACH(double, (double))
    else if (dtype == RANKLOSS_F16)
        STORE_EACH(uint16_t, rankloss__f16_from_f64)
    else
        STORE_EACH(uint16_t, rankloss__bf16_from_f64)
}

int64_t rankloss__load_integer(int32_t dtype, const void *data, int64_t element) {
    switch (dtype) {
    case RANKLOSS_I32:
        return ((const int32_t *)data)[element];
    case RANKLOSS_U32:
        return ((const uint32_t *)data)[element];
    default: /* I64 or U64 */
        return ((const int64_t *)data)[element];
    }
}

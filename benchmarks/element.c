/*
 * Reads and writes one element of each dtype; the 16-bit formats by their bits.
 */
#include "element.h"

#include <math.h>
#include <string.h>

#include "support.h"

size_t bench_element_size(rankloss_dtype dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
    case RANKLOSS_I64:
    case RANKLOSS_U64:
        return 8;
    case RANKLOSS_F32:
    case RANKLOSS_I32:
    case RANKLOSS_U32:
        return 4;
    case RANKLOSS_F16:
    case RANKLOSS_BF16:
    case RANKLOSS_I16:
    case RANKLOSS_U16:
        return 2;
    default:
        return 1;
    }
}

const char *bench_element_name(rankloss_dtype dtype) {
    static const char *const names[] = {"?",   "f32", "f64", "f16", "bf16", "i8",  "i16",
                                        "i32", "i64", "u8",  "u16", "u32",  "u64", "bool"};
    return names[dtype];
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Exponents are 112 apart; what is below the smallest normal number becomes 0. */
static uint16_t half_of(float value) {
    const uint32_t bits = bits_of(value), magnitude = bits & 0x7FFFFFFF;
    const uint32_t sign = (bits >> 16) & 0x8000;
    return (uint16_t)(sign | (magnitude < (113U << 23) ? 0 : (magnitude - (112U << 23)) >> 13));
}

static double value_of_half(uint16_t half) {
    const int exponent = (half >> 10) & 31, fraction = half & 1023;
    const double magnitude = exponent == 31  ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                             : exponent == 0 ? ldexp(fraction, -24)
                                             : ldexp(1024 + fraction, exponent - 25);
    return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

double bench_element_get(const void *array, rankloss_dtype dtype, int64_t i) {
    switch (dtype) {
    case RANKLOSS_F32:
        return (double)((const float *)array)[i];
    case RANKLOSS_F64:
        return ((const double *)array)[i];
    case RANKLOSS_F16:
        return value_of_half(((const uint16_t *)array)[i]);
    case RANKLOSS_BF16:
        return (double)float_of((uint32_t)((const uint16_t *)array)[i] << 16);
    case RANKLOSS_I32:
        return ((const int32_t *)array)[i];
    case RANKLOSS_I64:
        return (double)((const int64_t *)array)[i];
    case RANKLOSS_U8:
    case RANKLOSS_BOOL:
        return ((const uint8_t *)array)[i];
    default:
        bench_fail("dtype %s is not timed", bench_element_name(dtype));
    }
}

void bench_element_set(void *array, rankloss_dtype dtype, int64_t i, double value) {
    switch (dtype) {
    case RANKLOSS_F32:
        ((float *)array)[i] = (float)value;
        break;
    case RANKLOSS_F64:
        ((double *)array)[i] = value;
        break;
    case RANKLOSS_F16:
        ((uint16_t *)array)[i] = half_of((float)value);
        break;
    case RANKLOSS_BF16:
        ((uint16_t *)array)[i] = (uint16_t)(bits_of((float)value) >> 16);
        break;
    case RANKLOSS_I32:
        ((int32_t *)array)[i] = (int32_t)value;
        break;
    case RANKLOSS_I64:
        ((int64_t *)array)[i] = (int64_t)value;
        break;
    case RANKLOSS_U8:
    case RANKLOSS_BOOL:
        ((uint8_t *)array)[i] = (uint8_t)value;
        break;
    default:
        bench_fail("dtype %s is not timed", bench_element_name(dtype));
    }
}

/*
 * Element types in long double arithmetic.
 */
#include "number.h"

#include <math.h>
#include <string.h>

/* A float dtype holds the multiples of 2^lowest with at most `precision` bits below 2^limit. */
typedef struct format {
    int precision;
    int lowest;
    int limit;
} format;

static format format_of(int32_t dtype) {
    switch (dtype) {
    case RANKLOSS_F64:
        return (format){53, -1074, 1024};
    case RANKLOSS_F16:
        return (format){11, -24, 16};
    case RANKLOSS_BF16:
        return (format){8, -133, 128};
    default:
        return (format){24, -149, 128};
    }
}

size_t number_size(int32_t dtype) {
    static const size_t size[] = {0, 4, 8, 2, 2, 1, 2, 4, 8, 1, 2, 4, 8, 1};
    return dtype >= RANKLOSS_F32 && dtype <= RANKLOSS_BOOL ? size[dtype] : 0;
}

bool number_is_float(int32_t dtype) {
    return dtype >= RANKLOSS_F32 && dtype <= RANKLOSS_BF16;
}

const char *number_name(int32_t dtype) {
    static const char *const name[] = {"none", "f32", "f64", "f16", "bf16", "i8",  "i16",
                                       "i32",  "i64", "u8",  "u16", "u32",  "u64", "bool"};
    return dtype >= RANKLOSS_F32 && dtype <= RANKLOSS_BOOL ? name[dtype] : name[0];
}

int number_precision(int32_t dtype) {
    return format_of(dtype).precision;
}

long double number_spacing(int32_t dtype, long double magnitude) {
    const format f = format_of(dtype);
    int exponent = f.limit;
    if (isfinite(magnitude)) {
        frexpl(magnitude, &exponent);
    }
    const int last = magnitude == 0 || exponent - f.precision < f.lowest ? f.lowest : exponent - f.precision;
    return ldexpl(1, last);
}

/* To a format that the processor has not. */
static long double round_to_format(int32_t dtype, long double value) {
    const long double limit = ldexpl(1, format_of(dtype).limit);
    if (isnan(value) || value == 0) {
        return value;
    }
    if (fabsl(value) >= limit) {
        return copysignl((long double)INFINITY, value);
    }
    const long double unit = number_spacing(dtype, value);
    const long double rounded = rintl(value / unit) * unit;
    return fabsl(rounded) >= limit ? copysignl((long double)INFINITY, value) : rounded;
}

long double number_round(int32_t dtype, long double value) {
    switch (dtype) {
    case RANKLOSS_F32:
        return (long double)(float)value;
    case RANKLOSS_F64:
        return (long double)(double)value;
    default:
        return round_to_format(dtype, value);
    }
}

static long double decode_f16(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const int fraction = bits & 1023;
    long double magnitude;
    if (exponent == 31) {
        magnitude = fraction ? (long double)NAN : (long double)INFINITY;
    } else if (exponent == 0) {
        magnitude = ldexpl((long double)fraction, -24);
    } else {
        magnitude = ldexpl((long double)(fraction + 1024), exponent - 25);
    }
    return bits >> 15 ? -magnitude : magnitude;
}

/* value is a number that binary16 has. */
static uint16_t encode_f16(long double value) {
    const unsigned sign = signbit(value) ? 0x8000U : 0;
    const long double magnitude = fabsl(value);
    unsigned bits;
    if (isnan(value)) {
        bits = 0x7E00;
    } else if (isinf(value)) {
        bits = 0x7C00;
    } else if (magnitude < ldexpl(1, -14)) {
        bits = (unsigned)ldexpl(magnitude, 24);
    } else {
        int exponent;
        const long double significand = frexpl(magnitude, &exponent);
        bits = ((unsigned)(exponent + 14) << 10) + (unsigned)ldexpl(significand, 11) - 1024;
    }
    return (uint16_t)(sign | bits);
}

static long double decode_bf16(uint16_t upper) {
    const uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (long double)value;
}

/* value is a number that bfloat16 has. */
static uint16_t encode_bf16(long double value) {
    const float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static long double decode_bool(uint8_t byte) {
    return byte ? 1 : 0;
}

#define LOAD(type, convert)                   \
    do {                                      \
        type element;                         \
        memcpy(&element, at, sizeof element); \
        return (long double)convert(element); \
    } while (0)

long double number_load(int32_t dtype, const void *data, int64_t index) {
    const char *at = (const char *)data + index * (int64_t)number_size(dtype);
    switch (dtype) {
    case RANKLOSS_F32:
        LOAD(float, );
    case RANKLOSS_F64:
        LOAD(double, );
    case RANKLOSS_F16:
        LOAD(uint16_t, decode_f16);
    case RANKLOSS_BF16:
        LOAD(uint16_t, decode_bf16);
    case RANKLOSS_I8:
        LOAD(int8_t, );
    case RANKLOSS_I16:
        LOAD(int16_t, );
    case RANKLOSS_I32:
        LOAD(int32_t, );
    case RANKLOSS_I64:
        LOAD(int64_t, );
    case RANKLOSS_U8:
        LOAD(uint8_t, );
    case RANKLOSS_U16:
        LOAD(uint16_t, );
    case RANKLOSS_U32:
        LOAD(uint32_t, );
    case RANKLOSS_U64:
        LOAD(uint64_t, );
    default:
        LOAD(uint8_t, decode_bool);
    }
}

#define STORE(type, value)                    \
    do {                                      \
        const type element = (type)(value);   \
        memcpy(at, &element, sizeof element); \
        return;                               \
    } while (0)

void number_store(int32_t dtype, void *data, int64_t index, long double value) {
    char *at = (char *)data + index * (int64_t)number_size(dtype);
    switch (dtype) {
    case RANKLOSS_F32:
        STORE(float, number_round(dtype, value));
    case RANKLOSS_F64:
        STORE(double, number_round(dtype, value));
    case RANKLOSS_F16:
        STORE(uint16_t, encode_f16(number_round(dtype, value)));
    case RANKLOSS_BF16:
        STORE(uint16_t, encode_bf16(number_round(dtype, value)));
    case RANKLOSS_I8:
        STORE(int8_t, value);
    case RANKLOSS_I16:
        STORE(int16_t, value);
    case RANKLOSS_I32:
        STORE(int32_t, value);
    case RANKLOSS_I64:
        STORE(int64_t, value);
    case RANKLOSS_U8:
        STORE(uint8_t, value);
    case RANKLOSS_U16:
        STORE(uint16_t, value);
    case RANKLOSS_U32:
        STORE(uint32_t, value);
    case RANKLOSS_U64:
        STORE(uint64_t, value);
    default:
        STORE(uint8_t, value != 0);
    }
}

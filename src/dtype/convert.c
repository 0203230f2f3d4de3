/*
 * One loop for each dtype, made from the list of them.
 */
#include "dtype/convert.h"

#include "dtype/dtypes.h"

int64_t rankloss__dtype_size(int32_t dtype) {
#define SIZE_OF(name, type, value) [name] = sizeof(type),
    static const uint8_t sizes[] = {RANKLOSS__EACH_DTYPE(SIZE_OF)};
#undef SIZE_OF
    return (uint32_t)dtype < sizeof sizes ? sizes[dtype] : 0; /* a negative one is too large */
}

#define LOAD_CASE(name, type, value)                                         \
    case name:                                                               \
        for (size_t i = 0; i < count; i++)                                   \
            block[i] = (to)value(((const type *)data)[(int64_t)i * stride]); \
        return;

#define DEFINE_LOAD(function, target)                                                             \
    void function(int32_t dtype, const void *data, int64_t stride, size_t count, target *block) { \
        typedef target to;                                                                        \
        switch ((rankloss_dtype)dtype) { RANKLOSS__EACH_DTYPE(LOAD_CASE) }                        \
    }

DEFINE_LOAD(rankloss__load_f32, float)
DEFINE_LOAD(rankloss__load_f64, double)

void rankloss__load_where(const void *data, int64_t stride, size_t count, uint8_t *block) {
    for (size_t i = 0; i < count; i++)
        block[i] = ((const uint8_t *)data)[(int64_t)i * stride];
}

void rankloss__store_one(int32_t dtype, void *data, int64_t element, double value) {
    if (dtype == RANKLOSS_F32)
        ((float *)data)[element] = (float)value;
    else if (dtype == RANKLOSS_F64)
        ((double *)data)[element] = value;
    else if (dtype == RANKLOSS_F16)
        ((uint16_t *)data)[element] = rankloss__f16_from_f64(value);
    else
        ((uint16_t *)data)[element] = rankloss__bf16_from_f64(value);
}

void rankloss__store_at(int32_t dtype, void *data, const int64_t *elements, size_t count, const double *values) {
    float *floats = data;
    for (size_t i = 0; i < count && dtype == RANKLOSS_F32; i++)
        floats[elements[i]] = (float)values[i];
    for (size_t i = 0; i < count && dtype != RANKLOSS_F32; i++)
        rankloss__store_one(dtype, data, elements[i], values[i]);
}

void rankloss__store(int32_t dtype, void *data, int64_t stride, size_t count, const double *block) {
    for (size_t i = 0; i < count; i++)
        rankloss__store_one(dtype, data, (int64_t)i * stride, block[i]);
}

int64_t rankloss__load_integer(int32_t dtype, const void *data, int64_t element) {
    switch (dtype) {
    case RANKLOSS_I8:
        return ((const int8_t *)data)[element];
    case RANKLOSS_I16:
        return ((const int16_t *)data)[element];
    case RANKLOSS_I32:
        return ((const int32_t *)data)[element];
    case RANKLOSS_U8:
        return ((const uint8_t *)data)[element];
    case RANKLOSS_U16:
        return ((const uint16_t *)data)[element];
    case RANKLOSS_U32:
        return ((const uint32_t *)data)[element];
    default: /* I64 or U64 */
        return ((const int64_t *)data)[element];
    }
}

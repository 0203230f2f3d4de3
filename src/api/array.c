/*
 * Row-major views from a shape.
 */
#include <rankloss/array.h>

rankloss_array rankloss_array_make(rankloss_dtype dtype, const void *data, int32_t ndim, const int64_t *shape) {
    union {
        const void *in;
        void *out;
    } pointer = {data}; /* a view of an input is never written through */
    rankloss_array array = {.data = pointer.out, .dtype = (int32_t)dtype, .ndim = ndim};
    const int32_t known = ndim < RANKLOSS_MAX_NDIM ? ndim : RANKLOSS_MAX_NDIM;
    int64_t stride = 1;
    for (int32_t k = known - 1; k >= 0 && shape != 0; k--) {
        array.shape[k] = shape[k];
        array.strides[k] = stride;
        /* What does not fit is for the call that checks the shape to report. */
        const int64_t extent = shape[k] > 0 ? shape[k] : 1;
        if (__builtin_mul_overflow(stride, extent, &stride))
            stride = INT64_MAX;
    }
    return array;
}

/*
 * The rules for one array, in an order in which no check overflows on what a later one would refuse.
 */
#include "check/validate_array.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "dtype/convert.h"
#include "status/error.h"

/* What an extent may be: items of a list are counted in size_t. A broadcast array needs no memory for them. */
static const int64_t MOST_ITEMS = SIZE_MAX < INT64_MAX ? (int64_t)(SIZE_MAX / sizeof(double)) : INT64_MAX;

rankloss__shape_text rankloss__shape_in_words(const int64_t *shape, int32_t ndim) {
    rankloss__shape_text out = {"("};
    size_t length = 1;
    for (int32_t k = 0; k < ndim; k++)
        length +=
            (size_t)snprintf(out.text + length, sizeof out.text - length, k == 0 ? "%" PRId64 : ", %" PRId64, shape[k]);
    (void)snprintf(out.text + length, sizeof out.text - length, ndim == 1 ? ",)" : ")");
    return out;
}

static rankloss_status check_form(const rankloss__argument *argument) {
    const rankloss_array *array = argument->array;
    if (rankloss__dtype_size(array->dtype) == 0)
        return rankloss__fail(RANKLOSS_ERROR_DTYPE, "%s: %" PRId32 " is not a dtype", argument->name, array->dtype);
    if ((argument->dtypes >> array->dtype & 1u) == 0)
        return rankloss__fail(RANKLOSS_ERROR_DTYPE, "%s: cannot have dtype %" PRId32, argument->name, array->dtype);
    if (array->ndim < 0 || array->ndim > RANKLOSS_MAX_NDIM)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: ndim is %" PRId32 ", not 0 to %d", argument->name, array->ndim,
                              RANKLOSS_MAX_NDIM);
    for (int32_t k = 0; k < array->ndim; k++)
        if (array->shape[k] < 0)
            return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: extent %" PRId64 " of axis %" PRId32 " is negative",
                                  argument->name, array->shape[k], k);
    return RANKLOSS_OK;
}

/* How far elements reach before and behind data, in bytes, and whether the address space has room for that. */
static rankloss_status check_reach(const rankloss__argument *argument) {
    const rankloss_array *array = argument->array;
    const int64_t size = rankloss__dtype_size(array->dtype);
    const uint64_t address = (uintptr_t)array->data;
    int64_t before = 0, behind = size;
    bool fits = true;
    for (int32_t k = 0; k < array->ndim; k++) {
        int64_t reach;
        if (array->shape[k] == 1)
            continue;
        fits = fits && !__builtin_mul_overflow(array->strides[k], size, &reach) &&
               !__builtin_mul_overflow(reach, array->shape[k] - 1, &reach) &&
               !(reach < 0 ? __builtin_sub_overflow(before, reach, &before)
                           : __builtin_add_overflow(behind, reach, &behind));
    }
    /* The overlap search adds the reach of two arrays. */
    if (!fits || before >= INT64_MAX / 8 || behind >= INT64_MAX / 8)
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW,
                              "%s: strides of shape %s reach further than bytes can be counted", argument->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text);
    if ((uint64_t)before > address || (uint64_t)behind > UINTPTR_MAX - address)
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW,
                              "%s: elements from %" PRId64 " bytes before data to %" PRId64
                              " behind it leave the address space",
                              argument->name, before, behind);
    return RANKLOSS_OK;
}

rankloss_status rankloss__validate_array(const rankloss__argument *argument) {
    const rankloss_array *array = argument->array;
    const uintptr_t size = (uintptr_t)rankloss__dtype_size(array->dtype);
    int64_t bytes = (int64_t)size; /* of the elements, counted without the axes that have none */
    bool any = true;
    rankloss_status status = check_form(argument);
    for (int32_t k = 0; status == RANKLOSS_OK && k < array->ndim; k++) {
        const int64_t extent = array->shape[k];
        any = any && extent > 0;
        if (extent > MOST_ITEMS || (extent > 0 && __builtin_mul_overflow(bytes, extent, &bytes)))
            return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "%s: shape %s has more bytes than fit", argument->name,
                                  rankloss__shape_in_words(array->shape, array->ndim).text);
    }
    if (status != RANKLOSS_OK || !any)
        return status;
    if (array->data == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: data is NULL but shape %s has elements", argument->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text);
    status = check_reach(argument);
    if (status == RANKLOSS_OK && (uintptr_t)array->data % size != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: data is not aligned to its elements of %d bytes",
                              argument->name, (int)size);
    return status;
}

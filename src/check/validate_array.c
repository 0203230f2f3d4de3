/*
 * The rules for one array, in an order in which no check overflows on what a later one would refuse.
 */
#include "check/validate_array.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "batch/strided_view.h"
#include "check/checked.h"
#include "check/overlap.h"
#include "dtype/convert.h"
#include "status/error.h"

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

/* Whether a list may have so many items, which are counted in size_t. A broadcast array needs no memory for them. */
static bool fits_size(int64_t extent) {
#if SIZE_MAX < INT64_MAX
    return extent <= (int64_t)(SIZE_MAX / sizeof(double));
#else
    (void)extent;
    return true;
#endif
}

/* Elements, counted without the axes that have none; and whether there are any. */
static rankloss_status count_elements(const rankloss__argument *argument, bool *any) {
    const rankloss_array *array = argument->array;
    int64_t bytes = rankloss__dtype_size(array->dtype);
    *any = true;
    for (int32_t k = 0; k < array->ndim; k++) {
        *any = *any && array->shape[k] > 0;
        if (!fits_size(array->shape[k]) ||
            (array->shape[k] > 0 && !rankloss__checked_mul(bytes, array->shape[k], &bytes)))
            return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "%s: shape %s has more bytes than fit", argument->name,
                                  rankloss__shape_in_words(array->shape, array->ndim).text);
    }
    return RANKLOSS_OK;
}

/* How far elements reach before and behind data, in bytes. */
static bool span(const rankloss_array *array, int64_t *before, int64_t *behind) {
    const int64_t size = rankloss__dtype_size(array->dtype);
    *before = 0;
    *behind = size;
    for (int32_t k = 0; k < array->ndim; k++) {
        const int64_t stride = array->strides[k];
        int64_t bytes;
        if (array->shape[k] == 1)
            continue;
        if (stride == INT64_MIN || !rankloss__checked_mul(stride < 0 ? -stride : stride, size, &bytes) ||
            !rankloss__checked_mul(bytes, array->shape[k] - 1, &bytes))
            return false;
        int64_t *side = stride < 0 ? before : behind;
        if (!rankloss__checked_add(*side, bytes, side))
            return false;
    }
    /* The overlap search adds the reach of two arrays. */
    return *before < INT64_MAX / 8 && *behind < INT64_MAX / 8;
}

static rankloss_status check_address(const rankloss__argument *argument) {
    const rankloss_array *array = argument->array;
    const uintptr_t address = (uintptr_t)array->data;
    int64_t before, behind;
    if (!span(array, &before, &behind))
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW,
                              "%s: strides of shape %s reach further than bytes can be counted", argument->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text);
    if ((uint64_t)before > (uint64_t)address || (uint64_t)behind > (uint64_t)(UINTPTR_MAX - address))
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW,
                              "%s: elements from %" PRId64 " bytes before data to %" PRId64
                              " behind it leave the address space",
                              argument->name, before, behind);
    if (address % (uintptr_t)rankloss__dtype_size(array->dtype) != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: data is not aligned to its elements of %d bytes",
                              argument->name, (int)rankloss__dtype_size(array->dtype));
    return RANKLOSS_OK;
}

rankloss_status rankloss__validate_array(const rankloss__argument *argument) {
    bool any = false;
    rankloss_status status = check_form(argument);
    if (status == RANKLOSS_OK)
        status = count_elements(argument, &any);
    if (status != RANKLOSS_OK || !any)
        return status;
    if (argument->array->data == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: data is NULL but shape %s has elements", argument->name,
                              rankloss__shape_in_words(argument->array->shape, argument->array->ndim).text);
    return check_address(argument);
}

rankloss_status rankloss__validate_output_strides(const rankloss__argument *argument) {
    const rankloss_array *array = argument->array;
    if (!rankloss__overlaps_itself(array))
        return RANKLOSS_OK;
    return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: strides %s make elements of shape %s overlap", argument->name,
                          rankloss__shape_in_words(array->strides, array->ndim).text,
                          rankloss__shape_in_words(array->shape, array->ndim).text);
}

/*
 * Views of DLPack's tensors, which NumPy, PyTorch, JAX and others hand out, without a copy. All of it is in this
 * header, which includes a <dlpack/dlpack.h> of your own (0.6 or 1.x); rankloss.h leaves it out.
 *
 *     rankloss_problem problem = {0};
 *     if (rankloss_array_from_dlpack(&scores->dl_tensor, &problem.logits) == RANKLOSS_OK &&
 *         rankloss_array_from_dlpack(&relevance->dl_tensor, &problem.labels) == RANKLOSS_OK)
 *         ...
 *
 * Knows nothing of who owns a tensor: keep it alive during the calls, call its deleter afterwards, and take one that
 * its owner marks as read-only (DLPACK_FLAG_BITMASK_READ_ONLY) for inputs alone.
 */
#ifndef RANKLOSS_DLPACK_H
#define RANKLOSS_DLPACK_H

#include <stddef.h>
#include <stdint.h>

#include <dlpack/dlpack.h>

#include <rankloss/array.h>
#include <rankloss/status.h>

/** The dtype that has the elements of DLPack's; false where there is none, and then *dtype is what it was. */
static inline int rankloss_dtype_from_dlpack(DLDataType type, rankloss_dtype *dtype) {
    static const struct {
        uint8_t code, bits;
        rankloss_dtype dtype;
    } known[] = {
        {kDLFloat, 32, RANKLOSS_F32},   {kDLFloat, 64, RANKLOSS_F64}, {kDLFloat, 16, RANKLOSS_F16},
        {kDLBfloat, 16, RANKLOSS_BF16}, {kDLInt, 8, RANKLOSS_I8},     {kDLInt, 16, RANKLOSS_I16},
        {kDLInt, 32, RANKLOSS_I32},     {kDLInt, 64, RANKLOSS_I64},   {kDLUInt, 8, RANKLOSS_U8},
        {kDLUInt, 16, RANKLOSS_U16},    {kDLUInt, 32, RANKLOSS_U32},  {kDLUInt, 64, RANKLOSS_U64},
        {6, 8, RANKLOSS_BOOL}, /* kDLBool, for which 0.6 has no name */
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (type.code == known[i].code && type.bits == known[i].bits && type.lanes == 1) {
            *dtype = known[i].dtype;
            return 1;
        }
    return 0;
}

/**
 * The view of a tensor: its elements from byte_offset on, by its strides, or row-major where these are NULL. Whether
 * the elements are aligned, and whether the shape is what an argument needs, is for the call that gets the view to
 * check.
 *
 * After an error *array is what it was. rankloss_last_error() is the library's own and does not know of it; each status
 * has one reason instead:
 *
 * - RANKLOSS_ERROR_NULL: tensor or array is NULL, or shape where there are axes, or data where there is none: that view
 *   would be an absent argument.
 * - RANKLOSS_ERROR_OPTION: the memory is not the CPU's own (kDLCPU). Pinned and managed memory (kDLCUDAHost,
 *   kDLROCMHost, kDLCUDAManaged) is refused as well: a CPU can read it, but not know when the device has written it.
 * - RANKLOSS_ERROR_DTYPE: no dtype of the library has these elements, or they are vectors (lanes is not 1).
 * - RANKLOSS_ERROR_SHAPE: ndim is negative, or above RANKLOSS_MAX_NDIM.
 * - RANKLOSS_ERROR_OVERFLOW: byte_offset is more than memory can have.
 */
static inline rankloss_status rankloss_array_from_dlpack(const DLTensor *tensor, rankloss_array *array) {
    rankloss_dtype dtype;
    if (!tensor || !array || (tensor->ndim > 0 && !tensor->shape) || (tensor->ndim == 0 && !tensor->data))
        return RANKLOSS_ERROR_NULL;
    if (tensor->device.device_type != kDLCPU)
        return RANKLOSS_ERROR_OPTION;
    if (!rankloss_dtype_from_dlpack(tensor->dtype, &dtype))
        return RANKLOSS_ERROR_DTYPE;
    if (tensor->ndim < 0 || tensor->ndim > RANKLOSS_MAX_NDIM)
        return RANKLOSS_ERROR_SHAPE;
    if (tensor->byte_offset > PTRDIFF_MAX)
        return RANKLOSS_ERROR_OVERFLOW;

#ifdef __cplusplus
    const char *data = static_cast<const char *>(tensor->data);
#else
    const char *data = (const char *)tensor->data;
#endif
    if (data) /* an array without elements may have none */
        data += tensor->byte_offset;
    *array = rankloss_array_make(dtype, data, tensor->ndim, tensor->shape);
    for (int32_t k = 0; tensor->strides && k < tensor->ndim; k++)
        array->strides[k] = tensor->strides[k];
    return RANKLOSS_OK;
}

#endif

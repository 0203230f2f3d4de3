/*
 * Views of arrays that the caller owns.
 */
#ifndef RANKLOSS_ARRAY_H
#define RANKLOSS_ARRAY_H

#include <stdint.h>

#include <rankloss/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Element types. 0 is none of them, so that a zeroed view that is given data by mistake is refused. */
typedef enum rankloss_dtype {
    RANKLOSS_F32 = 1,  /**< IEEE 754 binary32 */
    RANKLOSS_F64 = 2,  /**< IEEE 754 binary64 */
    RANKLOSS_F16 = 3,  /**< IEEE 754 binary16, as its 2 bytes */
    RANKLOSS_BF16 = 4, /**< bfloat16: the upper 2 bytes of a binary32 */
    RANKLOSS_I8 = 5,
    RANKLOSS_I16 = 6,
    RANKLOSS_I32 = 7,
    RANKLOSS_I64 = 8,
    RANKLOSS_U8 = 9,
    RANKLOSS_U16 = 10,
    RANKLOSS_U32 = 11,
    RANKLOSS_U64 = 12,
    RANKLOSS_BOOL = 13 /**< one byte; any non-zero value is true, which counts as 1 where a number is needed */
} rankloss_dtype;

/** The most axes that an array has. */
#define RANKLOSS_MAX_NDIM 8

/**
 * A view of an n-d array, with the meaning that NumPy and DLPack give it: element (i0, i1, ...) is
 * i0 * strides[0] + i1 * strides[1] + ... elements behind data, in the machine's byte order.
 *
 * Strides count elements, not bytes. In an input a stride may be 0 (the same values repeated) or negative. Entries of
 * shape and strides from ndim on are not looked at. data is aligned for its dtype; it may be NULL where the array has
 * no elements. A view whose data is NULL and whose ndim is 0, such as a zeroed one, is an absent argument. The library
 * reads through the view of an input and writes through the view of an output; it keeps no pointer after the call.
 */
typedef struct rankloss_array {
    void *data;                         /**< the first element */
    int32_t dtype;                      /**< a rankloss_dtype */
    int32_t ndim;                       /**< 0 (one number) to RANKLOSS_MAX_NDIM */
    int64_t shape[RANKLOSS_MAX_NDIM];   /**< how many elements each axis has */
    int64_t strides[RANKLOSS_MAX_NDIM]; /**< how many elements apart two neighbours of an axis are */
} rankloss_array;

/**
 * A row-major (C order) view of ndim extents from shape; shape may be NULL where ndim is 0. data is not const in the
 * view because outputs share its type; an input is never written to. Nothing is checked here: the call that gets the
 * view checks it.
 */
RANKLOSS_API rankloss_array rankloss_array_make(rankloss_dtype dtype, const void *data, int32_t ndim,
                                                const int64_t *shape);

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__cplusplus)

/** The dtype of a long, which has 4 or 8 bytes, as the platform has it. */
#define RANKLOSS_DTYPE_OF_LONG (sizeof(long) == 8 ? RANKLOSS_I64 : RANKLOSS_I32)
/** The dtype of an unsigned long. */
#define RANKLOSS_DTYPE_OF_ULONG (sizeof(long) == 8 ? RANKLOSS_U64 : RANKLOSS_U32)

/** The rankloss_dtype of what a pointer points to. The pointer is not evaluated. */
#define RANKLOSS_DTYPE_OF(pointer)                      \
    _Generic((pointer),                                 \
        float *: RANKLOSS_F32,                          \
        const float *: RANKLOSS_F32,                    \
        double *: RANKLOSS_F64,                         \
        const double *: RANKLOSS_F64,                   \
        _Bool *: RANKLOSS_BOOL,                         \
        const _Bool *: RANKLOSS_BOOL,                   \
        signed char *: RANKLOSS_I8,                     \
        const signed char *: RANKLOSS_I8,               \
        unsigned char *: RANKLOSS_U8,                   \
        const unsigned char *: RANKLOSS_U8,             \
        short *: RANKLOSS_I16,                          \
        const short *: RANKLOSS_I16,                    \
        unsigned short *: RANKLOSS_U16,                 \
        const unsigned short *: RANKLOSS_U16,           \
        int *: RANKLOSS_I32,                            \
        const int *: RANKLOSS_I32,                      \
        unsigned int *: RANKLOSS_U32,                   \
        const unsigned int *: RANKLOSS_U32,             \
        long *: RANKLOSS_DTYPE_OF_LONG,                 \
        const long *: RANKLOSS_DTYPE_OF_LONG,           \
        unsigned long *: RANKLOSS_DTYPE_OF_ULONG,       \
        const unsigned long *: RANKLOSS_DTYPE_OF_ULONG, \
        long long *: RANKLOSS_I64,                      \
        const long long *: RANKLOSS_I64,                \
        unsigned long long *: RANKLOSS_U64,             \
        const unsigned long long *: RANKLOSS_U64)

/* As rankloss_array_make(), but data is not behind const, or clang would take an output for a variable never set. */
static inline rankloss_array rankloss_array_of(rankloss_dtype dtype, void *data, int32_t ndim, const int64_t *shape) {
    return rankloss_array_make(dtype, data, ndim, shape);
}

/**
 * A row-major view with the dtype of the pointer and one extent or more: RANKLOSS_ARRAY(scores, num_lists, list_size).
 * C11 and later. For float16, bfloat16 or a 0-d view call rankloss_array_make().
 */
#define RANKLOSS_ARRAY(pointer, ...)                                                       \
    rankloss_array_of(RANKLOSS_DTYPE_OF(pointer), (void *)(uintptr_t)(pointer),            \
                      (int32_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
                      (const int64_t[]){__VA_ARGS__})

#endif

#ifdef __cplusplus
}
#endif

#endif

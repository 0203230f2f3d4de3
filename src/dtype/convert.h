/*
 * Elements of any dtype and stride, to and from contiguous blocks of the compute dtype. (Contiguous elements the
 * kernels convert faster.) Knows no list.
 */
#ifndef RANKLOSS_SRC_DTYPE_CONVERT_H
#define RANKLOSS_SRC_DTYPE_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of an element, 0 for no dtype. */
int64_t rankloss__dtype_size(int32_t dtype);

/* Reads count elements of a dtype, stride elements apart, each rounded once to the block's type. */
void rankloss__load_f32(int32_t dtype, const void *data, int64_t stride, size_t count, float *block);
void rankloss__load_f64(int32_t dtype, const void *data, int64_t stride, size_t count, double *block);

/* Reads bytes of a mask. */
void rankloss__load_where(const void *data, int64_t stride, size_t count, uint8_t *block);

/* Writes one element, or count of them, of a dtype of floating point, each rounded once to it. */
void rankloss__store_one(int32_t dtype, void *data, int64_t element, double value);
void rankloss__store_at(int32_t dtype, void *data, const int64_t *elements, size_t count, const double *values);
void rankloss__store(int32_t dtype, void *data, int64_t stride, size_t count, const double *block);

/* One element of an integer dtype. A U64 above INT64_MAX reads as negative. */
int64_t rankloss__load_integer(int32_t dtype, const void *data, int64_t element);

#endif

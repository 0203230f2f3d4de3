/*
 * Elements of any dtype and stride, to and from contiguous blocks of the compute dtype. Knows no list.
 */
#ifndef RANKLOSS_SRC_CONVERT_H
#define RANKLOSS_SRC_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/* Reads count elements of a dtype, stride elements apart, each rounded once to the block's type. */
void rankloss__load_f32(int32_t dtype, const void *data, int64_t stride, size_t count, float *block);
void rankloss__load_f64(int32_t dtype, const void *data, int64_t stride, size_t count, double *block);

/* Reads bytes of a mask. */
void rankloss__load_where(const void *data, int64_t stride, size_t count, uint8_t *block);

/* Writes count elements of a float dtype, each rounded once to it. */
void rankloss__store(int32_t dtype, void *data, int64_t stride, size_t count, const double *block);

/* One integer element. A U64 above INT64_MAX reads as negative. */
int64_t rankloss__load_integer(int32_t dtype, const void *data, int64_t element);

float rankloss__f16_to_f32(uint16_t half);
uint16_t rankloss__f16_from_f64(double value);
uint16_t rankloss__bf16_from_f64(double value);

#endif

/*
 * One number of an array of any of the dtypes that are timed.
 */
#ifndef BENCHMARKS_ELEMENT_H
#define BENCHMARKS_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

size_t bench_element_size(rankloss_dtype dtype);

/** The name in a row: "f32". */
const char *bench_element_name(rankloss_dtype dtype);

/** Exact. */
double bench_element_get(const void *array, rankloss_dtype dtype, int64_t i);

/** Cuts off what the dtype has no bits for; float16 takes nothing of 65536 or more. */
void bench_element_set(void *array, rankloss_dtype dtype, int64_t i, double value);

#endif

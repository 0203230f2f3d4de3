/*
 * What a C programmer would write instead of calling the library: three loops a list, and the compiler's best flags
 * (-O3 -march=native -ffast-math -fopenmp). Its answers are neither exact nor reproducible, and its binary runs on one
 * kind of processor.
 */
#ifndef BENCHMARKS_HANDWRITTEN_H
#define BENCHMARKS_HANDWRITTEN_H

#include <stdint.h>

/**
 * Returns the loss summed over the lists, none of which is empty. offsets is NULL for dense lists of list_size items.
 * hess, or grad and hess, may be NULL.
 */
double handwritten_float(int64_t num_lists, int64_t list_size, const int64_t *offsets, const float *logits,
                         const float *labels, float *grad, float *hess, int threads);

/** As handwritten_float, but with integer labels. */
double handwritten_int(int64_t num_lists, int64_t list_size, const int64_t *offsets, const float *logits,
                       const int32_t *labels, float *grad, float *hess, int threads);

#endif

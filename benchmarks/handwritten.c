/*
 * Compiled once for each type of labels.
 *
 * Parameters
 *     HANDWRITTEN_NAME     the function's name
 *     HANDWRITTEN_LABEL    the type of a label
 */
#include "handwritten.h"

#include <math.h>
#include <stddef.h>

/* The compiler makes three functions of this one: callers pass NULL as a constant. */
static inline __attribute__((always_inline)) float list(int64_t n, const float *restrict s,
                                                        const HANDWRITTEN_LABEL *restrict y, float *restrict grad,
                                                        float *restrict hess) {
    float top = s[0], sum = 0, weight = 0, dot = 0;
    for (int64_t i = 0; i < n; i++)
        top = fmaxf(top, s[i]);
    for (int64_t i = 0; i < n; i++) {
        const float e = expf(s[i] - top);
        sum += e;
        weight += (float)y[i];
        dot += (float)y[i] * (s[i] - top);
        if (grad != NULL)
            grad[i] = e;
    }
    for (int64_t i = 0; grad != NULL && i < n; i++) {
        const float p = grad[i] / sum;
        if (hess != NULL)
            hess[i] = weight * p * (1 - p);
        grad[i] = weight * p - (float)y[i];
    }
    return weight * logf(sum) - dot;
}

double HANDWRITTEN_NAME(int64_t num_lists, int64_t list_size, const int64_t *offsets, const float *logits,
                        const HANDWRITTEN_LABEL *labels, float *grad, float *hess, int threads) {
    double loss = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : loss)
    for (int64_t k = 0; k < num_lists; k++) {
        const int64_t b = offsets != NULL ? offsets[k] : k * list_size;
        const int64_t n = offsets != NULL ? offsets[k + 1] - b : list_size;
        if (hess != NULL)
            loss += (double)list(n, logits + b, labels + b, grad + b, hess + b);
        else if (grad != NULL)
            loss += (double)list(n, logits + b, labels + b, grad + b, NULL);
        else
            loss += (double)list(n, logits + b, labels + b, NULL, NULL);
    }
    return loss;
}

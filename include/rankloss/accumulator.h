/*
 * A mean over many calls or machines: the exact sum of the losses of any lists, and their number, as plain memory.
 *
 * A call adds its lists to the accumulator that rankloss_result.accumulator points to; accumulators of several calls,
 * threads or machines are merged; and what they come to is read, divided and rounded once. All of it is exact, so that
 * neither the order of the lists nor how they are grouped into calls and accumulators changes a bit of what is read.
 *
 * A batch in parts: let N be the number of lists that all parts count together (rankloss_count_lists()). Each part is called
 * with RANKLOSS_MEAN and the divisor N, and an accumulator. Its gradient, Hessian and hvp_logits then have the very bits of
 * one call on the whole batch, and the merged accumulators, read with the divisor 0, give the loss of that call.
 *
 * There is room for 2^63 - 1 lists with losses of any size, which do not overflow before they are read. Losses that are
 * infinite or NaN follow IEEE arithmetic: +inf and -inf give NaN.
 */
#ifndef RANKLOSS_ACCUMULATOR_H
#define RANKLOSS_ACCUMULATOR_H

#include <stdint.h>

#include <rankloss/array.h>
#include <rankloss/export.h>
#include <rankloss/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The size of an accumulator. */
#define RANKLOSS_ACCUMULATOR_WORDS 80

/**
 * Plain memory. Zeroed it is empty: {0} is an accumulator to begin with. It may be copied, stored, and sent to a machine of
 * the same byte order. What the words mean is the library's own, and may change with its minor version; memory that
 * obviously holds something else, as it may where it has not been zeroed, is an RANKLOSS_ERROR_OPTION.
 *
 * Two threads must not write one accumulator at once, nor one read it while another writes.
 */
typedef struct rankloss_accumulator {
    uint64_t words[RANKLOSS_ACCUMULATOR_WORDS]; /**< the library's own */
} rankloss_accumulator;

/**
 * Adds what `from` holds to `into`, exactly. `from` may be `into`, which then doubles; apart from that the two must not
 * overlap. RANKLOSS_ERROR_OVERFLOW where their lists are more than an int64_t counts. On an error `into` is as it was.
 */
RANKLOSS_API rankloss_status rankloss_accumulator_merge(rankloss_accumulator *into, const rankloss_accumulator *from);

/** The number of lists with a valid item that have been added. */
RANKLOSS_API rankloss_status rankloss_accumulator_count(const rankloss_accumulator *accumulator, int64_t *count);

/**
 * Writes the sum of the losses divided by a divisor, rounded once, to out: F32, F64, F16 or BF16, one number, ndim 0 or
 * shape (1). The divisor is positive and finite, subnormal or not. 1 gives the sum; 0 stands for the number of lists with a
 * valid item and gives their mean, which is 0 where there is none.
 */
RANKLOSS_API rankloss_status rankloss_accumulator_read(const rankloss_accumulator *accumulator, double divisor,
                                                       const rankloss_array *out);

#ifdef __cplusplus
}
#endif

#endif

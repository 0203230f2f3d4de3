/*
 * The calls on accumulators: each checks its arguments, and then has hardly anything to do.
 */
#include <rankloss/accumulator.h>

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "batch/batch.h"
#include "check/overlap.h"
#include "check/validate_array.h"
#include "cpu/fp_environment.h"
#include "dtype/convert.h"
#include "reduction/stored_sum.h"
#include "status/error.h"

static rankloss_status check_accumulator(const rankloss_accumulator *accumulator, const char *name) {
    if (accumulator == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", name);
    if ((uintptr_t)accumulator % _Alignof(rankloss_accumulator) != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: not aligned to its words of %d bytes", name,
                              (int)_Alignof(rankloss_accumulator));
    if (!rankloss__is_stored_sum(accumulator))
        return rankloss__fail(RANKLOSS_ERROR_OPTION,
                              "%s: its words are those of no accumulator; an empty one is zeroed", name);
    return RANKLOSS_OK;
}

static bool overlap(const void *a, size_t size_a, const void *b, size_t size_b) {
    const rankloss_array bytes_a = rankloss__bytes_of(a, size_a), bytes_b = rankloss__bytes_of(b, size_b);
    return rankloss__overlap(&bytes_a, &bytes_b);
}

rankloss_status rankloss_accumulator_merge(rankloss_accumulator *into, const rankloss_accumulator *from) {
    rankloss_status status = check_accumulator(into, "into");
    if (status == RANKLOSS_OK)
        status = check_accumulator(from, "from");
    if (status != RANKLOSS_OK)
        return status;
    if (into != from && overlap(into, sizeof *into, from, sizeof *from))
        return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "into: overlaps from");
    const int64_t more = rankloss__stored_sum_count(from);
    if (!rankloss__stored_sum_has_room(into, more))
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "into: %" PRId64 " lists and %" PRId64 " more do not fit",
                              rankloss__stored_sum_count(into), more);
    rankloss__stored_sum_merge(into, from);
    return RANKLOSS_OK;
}

rankloss_status rankloss_accumulator_count(const rankloss_accumulator *accumulator, int64_t *count) {
    const rankloss_status status = check_accumulator(accumulator, "accumulator");
    if (status != RANKLOSS_OK)
        return status;
    if (count == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "count: NULL");
    if ((uintptr_t)count % _Alignof(int64_t) != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "count: not aligned to its words of %d bytes",
                              (int)_Alignof(int64_t));
    if (overlap(count, sizeof *count, accumulator, sizeof *accumulator))
        return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "count: overlaps the accumulator");
    *count = rankloss__stored_sum_count(accumulator);
    return RANKLOSS_OK;
}

/* One number of a float dtype, on neither the accumulator nor its own view. */
static rankloss_status check_out(const rankloss_accumulator *accumulator, const rankloss_array *out) {
    if (out == NULL || rankloss__is_absent(out))
        return rankloss__fail(RANKLOSS_ERROR_NULL, "out: %s", out == NULL ? "NULL" : "required, but absent");
    const rankloss_status status = rankloss__validate_array(&(rankloss__argument){"out", out, RANKLOSS__FLOATS});
    if (status != RANKLOSS_OK)
        return status;
    if (out->ndim > 1 || (out->ndim == 1 && out->shape[0] != 1))
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "out: shape %s is not one number, () or (1,)",
                              rankloss__shape_in_words(out->shape, out->ndim).text);
    const rankloss_array words = rankloss__bytes_of(accumulator, sizeof *accumulator);
    const rankloss_array view = rankloss__bytes_of(out, sizeof *out);
    if (rankloss__overlap(out, &words) || rankloss__overlap(out, &view))
        return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "out: overlaps %s",
                              rankloss__overlap(out, &words) ? "the accumulator" : "its own view");
    return RANKLOSS_OK;
}

/* In the default floating-point environment. */
static rankloss_status read_one(const rankloss_accumulator *accumulator, double divisor, const rankloss_array *out) {
    rankloss_status status = check_accumulator(accumulator, "accumulator");
    if (status == RANKLOSS_OK && !(divisor >= 0.0 && isfinite(divisor)))
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "divisor: %g is neither 0 nor positive and finite", divisor);
    if (status == RANKLOSS_OK)
        status = check_out(accumulator, out);
    if (status == RANKLOSS_OK)
        rankloss__store_one(out->dtype, out->data, 0, rankloss__stored_sum_ratio(accumulator, divisor, out->dtype));
    return status;
}

rankloss_status rankloss_accumulator_read(const rankloss_accumulator *accumulator, double divisor,
                                          const rankloss_array *out) {
    const rankloss__fp_environment caller = rankloss__fp_environment_enter();
    const rankloss_status status = read_one(accumulator, divisor, out);
    rankloss__fp_environment_leave(caller);
    return status;
}

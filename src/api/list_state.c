/*
 * The call on states of lists: checks its arguments, and joins what they hold.
 */
#include <rankloss/list_state.h>

#include <inttypes.h>
#include <stddef.h>

#include "check/overlap.h"
#include "cpu/fp_environment.h"
#include "reduction/stretch.h"
#include "status/error.h"

static rankloss_status check_state(const rankloss_list_state *state, const char *name) {
    if (state == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", name);
    if ((uintptr_t)state % _Alignof(rankloss_list_state) != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "%s: not aligned to its words of %d bytes", name,
                              (int)_Alignof(rankloss_list_state));
    if (!rankloss__is_stretch(state))
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "%s: its words are those of no state; one without items is zeroed",
                              name);
    return RANKLOSS_OK;
}

/* Whether one can be joined to the other, both of which have items. */
static rankloss_status check_pair(const rankloss__stretch *into, const rankloss__stretch *from) {
    const char *difference = rankloss__stretch_difference(&into->kind, &from->kind);
    if (difference != NULL)
        return rankloss__fail(RANKLOSS_ERROR_OPTION, "from: is of a call with another %s than into", difference);
    if (from->valid > RANKLOSS__STRETCH_ITEMS - into->valid)
        return rankloss__fail(RANKLOSS_ERROR_OVERFLOW, "into: %" PRId64 " items and %" PRId64 " more do not fit",
                              into->valid, from->valid);
    return RANKLOSS_OK;
}

/* In the default floating-point environment. */
static rankloss_status merge(rankloss_list_state *into, const rankloss_list_state *from) {
    rankloss_status status = check_state(into, "into");
    if (status == RANKLOSS_OK)
        status = check_state(from, "from");
    if (status != RANKLOSS_OK)
        return status;
    const rankloss_array into_bytes = rankloss__bytes_of(into, sizeof *into);
    const rankloss_array from_bytes = rankloss__bytes_of(from, sizeof *from);
    if (into != from && rankloss__overlap(&into_bytes, &from_bytes))
        return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "into: overlaps from");
    rankloss__stretch joined = rankloss__stretch_load(into);
    const rankloss__stretch behind = rankloss__stretch_load(from);
    if (joined.valid > 0 && behind.valid > 0)
        status = check_pair(&joined, &behind);
    if (status != RANKLOSS_OK)
        return status;
    rankloss__stretch_join(&joined, &behind);
    rankloss__stretch_store(into, &joined);
    return RANKLOSS_OK;
}

rankloss_status rankloss_list_state_merge(rankloss_list_state *into, const rankloss_list_state *from) {
    const rankloss__fp_environment caller = rankloss__fp_environment_enter();
    const rankloss_status status = merge(into, from);
    rankloss__fp_environment_leave(caller);
    return status;
}

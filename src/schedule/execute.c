#include "schedule/execute.h"

#include "cpu/cache.h"
#include "list/gradient.h"
#include "schedule/cut.h"

/* Lists without items yield nothing, however many there are, unless something is written for each list. */
static bool yields_nothing(const rankloss__plan *call, unsigned wanted) {
    const bool per_list = call->reduction == RANKLOSS_NONE || (wanted & RANKLOSS__WANT_DERIVATIVES) != 0;
    return wanted == 0 || (rankloss__has_no_items(&call->inputs.batch) && !per_list);
}

/* Bytes of a view that has an element for each item. */
static int64_t bytes_of(const rankloss__view *view, int64_t items) {
    return view->data != NULL && view->item_stride != 0 && items < INT64_MAX / 64 ? items * view->element_size : 0;
}

/* What the call reads and writes of the items. */
static int64_t traffic_of(const rankloss__plan *call) {
    const rankloss__inputs *in = &call->inputs;
    const rankloss__batch *batch = &in->batch;
    const bool fits = batch->ragged || batch->list_size == 0 || batch->num_lists < (INT64_MAX / 64) / batch->list_size;
    const int64_t dense = fits ? batch->num_lists * batch->list_size : 0;
    const int64_t items = batch->ragged ? rankloss__offset(batch, batch->num_lists) : dense;
    int64_t bytes = bytes_of(&in->logits, items) + bytes_of(&in->labels, items) + bytes_of(&in->weights, items) +
                    bytes_of(&in->where, items);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        bytes += bytes_of(&call->derivatives[which], items);
    return bytes;
}

/* What the lists have to yield. A reducer of the caller's own has had their losses already. */
static unsigned wanted_of(const rankloss__plan *call) {
    const bool wants_loss = call->loss.present && call->reduction != RANKLOSS_CUSTOM;
    unsigned wanted = (wants_loss ? RANKLOSS__WANT_LOSS : 0) | (call->wants_jvp ? RANKLOSS__WANT_JVP : 0);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (call->derivatives[which].data != NULL && !call->across_lists[which])
            wanted |= 1u << which;
    return wanted;
}

void rankloss__run(rankloss__plan *call) {
    rankloss__loop shared = {.call = call, .wanted = wanted_of(call)};
    shared.one_upstream =
        call->reduction != RANKLOSS_CUSTOM && (call->reduction != RANKLOSS_NONE || !call->cotangent.present);
    shared.factors = rankloss__factors_of(&call->upstream);
    shared.plain = shared.one_upstream && call->upstream.ordinary &&
                   (call->reduction == RANKLOSS_SUM || call->reduction == RANKLOSS_MEAN) &&
                   (shared.wanted &
                    ~(unsigned)(RANKLOSS__WANT_LOSS | RANKLOSS__WANT_GRAD_LOGITS | RANKLOSS__WANT_HESS_LOGITS)) == 0;
    int outputs = 0;
    if ((shared.wanted & RANKLOSS__WANT_GRAD_LOGITS) != 0)
        shared.outputs[outputs++] = &call->derivatives[RANKLOSS__GRAD_LOGITS];
    if ((shared.wanted & RANKLOSS__WANT_HESS_LOGITS) != 0)
        shared.outputs[outputs++] = &call->derivatives[RANKLOSS__HESS_LOGITS];
    shared.large = traffic_of(call) > rankloss__cache_size();
    if (shared.plain)
        shared.direct = rankloss__direct_make(&call->inputs, &call->derivatives[RANKLOSS__GRAD_LOGITS],
                                              &call->derivatives[RANKLOSS__HESS_LOGITS], &shared.factors);
    if (!yields_nothing(call, shared.wanted))
        rankloss__run_all(&shared);
    if (call->reduction == RANKLOSS_NONE)
        return;
    if (call->reduction == RANKLOSS_CUSTOM)
        rankloss__write_number(&call->loss, call->custom.reduced);
    else
        rankloss__write_quotient(&call->loss, &shared.totals.loss, call->counted);
    rankloss__write_quotient(&call->jvp, &shared.totals.jvp, call->counted);
}

void rankloss__run_losses(rankloss__plan *call) {
    rankloss__loop shared = {.call = call, .wanted = RANKLOSS__WANT_LOSS_TO_REDUCER};
    rankloss__run_all(&shared);
}

#include "list/single_list.h"

#include "cpu/cache.h"
#include "dtype/convert.h"
#include "list/gradient.h"

/* --- what a list yields --- */

static void write_per_list(const rankloss__plan *call, const rankloss__view *view, const rankloss__position *place,
                           double value) {
    char *at = rankloss__view_at(view, &call->inputs.batch, place);
    if (at != NULL)
        rankloss__store_one(view->dtype, at, 0, value);
}

void rankloss__emit_loss(rankloss__loop_thread *self, const rankloss__position *place, double loss, bool counted) {
    const rankloss__plan *call = self->loop->call;
    if ((self->loop->wanted & RANKLOSS__WANT_LOSS_TO_REDUCER) != 0) {
        call->custom.losses[place->list] = loss;
        call->custom.counted[place->list] = counted;
    } else if (call->reduction == RANKLOSS_NONE) {
        write_per_list(call, &call->loss, place, loss);
    } else if (counted) {
        rankloss__exact_sum_add(&self->totals.loss, loss);
    }
}

void rankloss__emit_jvp(rankloss__loop_thread *self, const rankloss__position *place, double jvp, bool counted) {
    const rankloss__plan *call = self->loop->call;
    if (call->reduction == RANKLOSS_NONE)
        write_per_list(call, &call->jvp, place, jvp);
    else if (call->reduction == RANKLOSS_CUSTOM && counted)
        rankloss__exact_sum_add(&self->totals.jvp, call->custom.d_losses[place->list] * jvp);
    else if (counted)
        rankloss__exact_sum_add(&self->totals.jvp, jvp);
}

/* --- a list alone --- */

static void derive_alone(rankloss__loop_thread *self, rankloss__list *list, const rankloss__forward *forward,
                         unsigned wanted) {
    const rankloss__plan *call = self->loop->call;
    rankloss__upstream own;
    rankloss__factors own_factors;
    const bool shared = self->loop->one_upstream;
    if (!shared) {
        own = rankloss__plan_upstream(call, &list->place);
        own_factors = rankloss__factors_of(&own);
    }
    rankloss__writer sinks[RANKLOSS__NUM_DERIVATIVES];
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        sinks[which].kind = RANKLOSS__WRITER_ABSENT;
        if ((wanted >> which & 1u) != 0)
            sinks[which] = rankloss__writer_make(&call->derivatives[which], &call->inputs.batch, &list->place,
                                                 self->scratch.rows.f64);
    }
    rankloss__derivatives(list, forward, shared ? &call->upstream : &own, shared ? &self->loop->factors : &own_factors,
                          sinks);
}

/* A contiguous output of floats other than the logits, in which a long list can keep its exponentials for a while. */
static float *find_store(const rankloss__plan *call, const rankloss__list *list, unsigned wanted) {
    if ((int64_t)(list->size * sizeof(float)) > rankloss__cache_size() / 4)
        return NULL; /* to compute them again is cheaper than to write them and read them */
    for (int which = RANKLOSS__HESS_LOGITS; which <= RANKLOSS__GRAD_LOGITS; which++) {
        const rankloss__view *view = &call->derivatives[which];
        if ((wanted >> which & 1u) == 0 || view->dtype != RANKLOSS_F32 || view->item_stride != 1)
            continue;
        char *at = rankloss__view_at(view, &call->inputs.batch, &list->place);
        if (at != list->at.logits)
            return (float *)(void *)at;
    }
    return NULL;
}

/* The jvp comes before the gradient, which may overwrite the logits. */
void rankloss__run_alone(rankloss__loop_thread *self, int64_t index, unsigned wanted) {
    rankloss__list list;
    rankloss__forward forward;
    rankloss__list_open(&list, &self->loop->call->inputs, index, &self->scratch);
    list.spread = self->spread;
    if (list.size > RANKLOSS__TOGETHER && !self->loop->call->inputs.is_f64)
        list.store = find_store(self->loop->call, &list, wanted);
    rankloss__forward_list(&list, &forward);
    const bool counted = forward.path != RANKLOSS__EMPTY;
    if ((wanted & (RANKLOSS__WANT_LOSS | RANKLOSS__WANT_LOSS_TO_REDUCER)) != 0)
        rankloss__emit_loss(self, &list.place, forward.loss, counted);
    if ((wanted & RANKLOSS__WANT_JVP) != 0)
        rankloss__emit_jvp(self, &list.place, rankloss__jvp(&list, &forward), counted);
    if ((wanted & RANKLOSS__WANT_DERIVATIVES) != 0)
        derive_alone(self, &list, &forward, wanted);
}

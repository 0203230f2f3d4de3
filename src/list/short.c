#include "list/short.h"

#include "list/single_list.h"

enum { LANES = RANKLOSS__LANES };

static void set_lane(rankloss__factors *factors, int lane, const rankloss__upstream *upstream) {
    factors->first.hi[lane] = upstream->first.hi;
    factors->first.lo[lane] = upstream->first.lo;
    factors->second.hi[lane] = upstream->second.hi;
    factors->second.lo[lane] = upstream->second.lo;
    factors->labels.at[lane] = upstream->labels;
}

/* own: where lists that do not share theirs have it. */
static void find_upstream(const rankloss__loop *loop, const rankloss__bundle *bundle, rankloss__upstream own[LANES],
                          const rankloss__upstream *upstream[LANES], rankloss__factors *factors) {
    for (int k = 0; k < LANES; k++) {
        upstream[k] = loop->one_upstream ? &loop->call->upstream : &own[k];
        if (loop->one_upstream)
            continue;
        own[k] = rankloss__plan_upstream(loop->call, &bundle->places[k]);
        set_lane(factors, k, &own[k]);
    }
}

/* Emits what the bundle has of losses and jvps; missing: for each list, what it has not. */
static void emit_of_bundle(rankloss__loop_thread *self, const rankloss__bundle *bundle, unsigned missing[LANES]) {
    const unsigned wanted = self->loop->wanted;
    rankloss__lanes jvp;
    const unsigned with_jvp = (wanted & RANKLOSS__WANT_JVP) != 0 ? rankloss__bundle_jvp(bundle, &jvp) : 0;
    for (int k = 0; k < bundle->count; k++) {
        const bool held = (bundle->held >> k & 1u) != 0, jvp_fits = (with_jvp >> k & 1u) != 0;
        if (held && (wanted & (RANKLOSS__WANT_LOSS | RANKLOSS__WANT_LOSS_TO_REDUCER)) != 0)
            rankloss__emit_loss(self, &bundle->places[k], bundle->sums.loss.at[k], true);
        if (jvp_fits)
            rankloss__emit_jvp(self, &bundle->places[k], jvp.at[k], true);
        missing[k] = (held ? 0 : wanted) | (jvp_fits ? 0 : wanted & RANKLOSS__WANT_JVP);
    }
}

static void write_derivatives(const rankloss__loop_thread *self, const rankloss__bundle *bundle,
                              const rankloss__factors *factors, const unsigned fits[RANKLOSS__NUM_DERIVATIVES]) {
    const rankloss__plan *call = self->loop->call;
    const bool second = fits[RANKLOSS__HESS_LOGITS] != 0 || fits[RANKLOSS__HVP_LOGITS] != 0;
    rankloss__terms terms;
    call->inputs.kernels->terms(&bundle->folded, &bundle->sums, factors, second, &terms);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (fits[which] != 0)
            rankloss__bundle_write(bundle, (rankloss__derivative)which, &call->derivatives[which], &terms, fits[which]);
}

/*
 * What a list cannot have from the bundle it computes alone. That uses the same scratch, and it may overwrite logits, so
 * it comes between what needs only sums and the derivatives, for which the bundle is then read again.
 */
static void finish_bundle(rankloss__loop_thread *self, rankloss__bundle *bundle, const int64_t *lists) {
    const rankloss__loop *loop = self->loop;
    rankloss__upstream own[LANES];
    const rankloss__upstream *upstream[LANES];
    rankloss__factors factors;
    unsigned missing[LANES], fits[RANKLOSS__NUM_DERIVATIVES], any_missing = 0;
    emit_of_bundle(self, bundle, missing);
    if ((loop->wanted & RANKLOSS__WANT_DERIVATIVES) != 0)
        find_upstream(loop, bundle, own, upstream, &factors);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const bool wanted = (loop->wanted >> which & 1u) != 0;
        fits[which] = wanted ? rankloss__bundle_fits(bundle, (rankloss__derivative)which, upstream) : 0;
        for (int k = 0; k < bundle->count && wanted; k++)
            missing[k] |= (fits[which] >> k & 1u) == 0 ? 1u << which : 0;
    }
    for (int k = 0; k < bundle->count; k++) {
        any_missing |= missing[k];
        if (missing[k] != 0)
            rankloss__run_alone(self, lists[k], missing[k]);
    }
    if ((loop->wanted & RANKLOSS__WANT_DERIVATIVES) == 0)
        return;
    if (any_missing != 0) {
        const unsigned held = bundle->held;
        rankloss__bundle_read(bundle, lists, bundle->count);
        rankloss__bundle_forward(bundle);
        bundle->held = held;
    }
    write_derivatives(self, bundle, loop->one_upstream ? &loop->factors : &factors, fits);
}

void rankloss__run_bundle(rankloss__loop_thread *self, rankloss__bundle *bundle, const int64_t *lists, int count) {
    const rankloss__loop *loop = self->loop;
    rankloss__bundle_read(bundle, lists, count);
    rankloss__bundle_forward(bundle);
    if (!loop->plain || bundle->held != (1u << count) - 1u) {
        finish_bundle(self, bundle, lists);
        return;
    }
    /* Nothing can be missing. */
    if ((loop->wanted & RANKLOSS__WANT_LOSS) != 0)
        rankloss__split_sum_add(&self->losses, bundle->sums.loss.at, count, &self->totals.loss);
    if ((loop->wanted & RANKLOSS__WANT_DERIVATIVES) != 0) {
        unsigned fits[RANKLOSS__NUM_DERIVATIVES];
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
            fits[which] = (loop->wanted >> which & 1u) != 0 ? bundle->held : 0;
        write_derivatives(self, bundle, &loop->factors, fits);
    }
}

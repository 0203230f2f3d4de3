#include "direct.h"

#include "forward.h"
#include "gradient.h"

static bool is_direct(const rankloss__inputs *inputs, const rankloss__view *view) {
    return !view->present || (view->dtype == (inputs->is_f64 ? RANKLOSS_F64 : RANKLOSS_F32) && view->item_stride == 1);
}

/* Labels and weights that have to be converted are kept in the scratch's blocks, one half each. */
enum { HALF = 2 * sizeof(rankloss__block) };

rankloss__direct rankloss__direct_make(const rankloss__inputs *inputs, const rankloss__view *slopes,
                                       const rankloss__view *curves, const rankloss__factors *factors) {
    rankloss__direct direct = {.inputs = inputs, .factors = factors, .most = RANKLOSS__KEEP};
    const bool where = !inputs->where.present || inputs->where.item_stride == 1;
    direct.slopes = slopes->data != NULL ? slopes : NULL;
    direct.curves = curves->data != NULL ? curves : NULL;
    if (!is_direct(inputs, &inputs->labels) || !is_direct(inputs, &inputs->weights))
        direct.most = HALF / (int64_t)(inputs->is_f64 ? sizeof(double) : sizeof(float));
    if (inputs->scaled || inputs->wants_tangent || !where || !is_direct(inputs, &inputs->logits) ||
        !is_direct(inputs, slopes) || !is_direct(inputs, curves) ||
        (factors == NULL && (direct.slopes != NULL || direct.curves != NULL)))
        direct.most = 0;
    return direct;
}

/* A list of a group, which is finished together with the others. */
typedef struct member {
    rankloss__place place;
    rankloss__items items;
    rankloss__peak peak;
    double *exps;
} member;

/* Labels or weights: in place, or converted to where the list's exponentials are in their own array. */
static const void *read_factor(const rankloss__inputs *inputs, const rankloss__view *view, const member *m, char *half,
                               const rankloss__scratch *scratch) {
    const char *at = rankloss__view_at(view, &inputs->batch, &m->place);
    const size_t size = (size_t)m->place.size, before = (size_t)(m->exps - scratch->exps);
    void *block = half + before * (inputs->is_f64 ? sizeof(double) : sizeof(float));
    return rankloss__read(inputs, view, at, size, 0, size, block);
}

static void open_member(const rankloss__inputs *inputs, int64_t list, unsigned lane, rankloss__scratch *scratch,
                        member *m) {
    const rankloss__batch *batch = &inputs->batch;
    rankloss__place_of(batch, list, &m->place);
    m->items.scores = rankloss__view_at(&inputs->logits, batch, &m->place);
    m->items.labels = read_factor(inputs, &inputs->labels, m, (char *)&scratch->scores, scratch);
    m->items.weights = read_factor(inputs, &inputs->weights, m, (char *)&scratch->scores + HALF, scratch);
    m->items.where = (const uint8_t *)rankloss__view_at(&inputs->where, batch, &m->place);
    m->items.tangent = NULL;
    m->items.count = (size_t)m->place.size;
    m->items.whole = m->items.where != NULL ? 0 : m->items.count;
    m->items.bundle = false;
    m->items.lane = lane;
}

/* Whether sums that are finite are the list's; see forward.c for the lists that have rules of their own. */
static bool sums_hold(const rankloss__inputs *inputs, const rankloss__peak *peak, const rankloss__folded *folded,
                      const rankloss__loss *sums, int lane) {
    if (sums->coefs.hi[lane] == 0.0 && (inputs->is_f64 || inputs->sum_to_one))
        return false;
    return !inputs->is_f64 || (!rankloss__coefficients_cancel(folded, lane) &&
                               rankloss__sums_hold(folded, sums, lane, (double)peak->valid));
}

static void derive_one(const rankloss__direct *direct, const member *m, rankloss__derivative which,
                       const rankloss__view *view, const rankloss__terms *terms) {
    const rankloss__inputs *inputs = direct->inputs;
    const rankloss__lane *top = which == RANKLOSS__HESS_LOGITS ? &terms->top_curve : &terms->top_slope;
    const rankloss__out out = {rankloss__view_at(view, &inputs->batch, &m->place), inputs->is_f64};
    if (which == RANKLOSS__HESS_LOGITS)
        inputs->kernels->curves(&m->items, m->exps, terms, NULL, out);
    else
        inputs->kernels->slopes(&m->items, m->exps, terms, NULL, out);
    rankloss__out_set(out, m->peak.index, top->at[m->items.lane]);
}

/* The curves first, as the slopes may overwrite the logits. */
static void derive(const rankloss__direct *direct, const member *m, const rankloss__terms *terms) {
    if (direct->curves != NULL)
        derive_one(direct, m, RANKLOSS__HESS_LOGITS, direct->curves, terms);
    if (direct->slopes != NULL)
        derive_one(direct, m, RANKLOSS__GRAD_LOGITS, direct->slopes, terms);
}

unsigned rankloss__direct_run(const rankloss__direct *direct, const int64_t *lists, int count,
                              rankloss__scratch *scratch, rankloss__loss *sums) {
    const rankloss__inputs *inputs = direct->inputs;
    member members[RANKLOSS__LANES];
    rankloss__folded folded;
    double *exps = scratch->exps;
    unsigned held = 0;
    folded.one = count == 1;
    if (count > 1 && count < RANKLOSS__LANES)
        folded = (rankloss__folded){.one = false};
    folded.sum_to_one = inputs->sum_to_one;
    folded.rest.faint = 0;
    for (int k = 0; k < count; k++) {
        member *m = &members[k];
        m->exps = exps;
        open_member(inputs, lists[k], (unsigned)k, scratch, m);
        exps += (m->items.count + RANKLOSS__LANES - 1) / RANKLOSS__LANES * RANKLOSS__LANES;
        held |= (unsigned)inputs->kernels->list(&m->items, m->exps, &m->peak, &folded) << k;
    }
    held &= inputs->kernels->loss(&folded, sums);
    for (int k = 0; k < count; k++)
        if (!sums_hold(inputs, &members[k].peak, &folded, sums, k))
            held &= ~(1u << k);
    if (direct->slopes == NULL && direct->curves == NULL)
        return held;
    rankloss__terms terms;
    inputs->kernels->terms(&folded, sums, direct->factors, direct->curves != NULL, &terms);
    for (int k = 0; k < count; k++)
        if ((held >> k & 1u) != 0)
            derive(direct, &members[k], &terms);
    return held;
}

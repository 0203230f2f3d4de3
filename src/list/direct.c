#include "list/direct.h"

#include "list/forward.h"
#include "list/gradient.h"

static bool lies_ready(const rankloss__inputs *inputs, const rankloss__view *view) {
    return !view->present || (view->dtype == rankloss__compute_dtype(inputs) && view->item_stride == 1);
}

static bool is_in_row(const rankloss__view *view) {
    return !view->present || view->item_stride == 1;
}

/*
 * What does not lie ready is converted into the scratch: labels and weights into its blocks, a half for each, scores to
 * behind the exponentials, which then leave them room. (Before there are exponentials their place serves as well.)
 */
enum { HALF = 2 * sizeof(rankloss__block) };

static int64_t most_items(const rankloss__direct *direct) {
    const size_t real = rankloss__real_size(direct->inputs);
    size_t most = RANKLOSS__TOGETHER;
    if (!direct->scores_ready)
        most = RANKLOSS__TOGETHER * sizeof(double) / (sizeof(double) + real);
    if (!(direct->labels_ready && direct->weights_ready) && most > HALF / real)
        most = HALF / real;
    return (int64_t)(most / RANKLOSS__LANES * RANKLOSS__LANES);
}

rankloss__direct rankloss__direct_make(const rankloss__inputs *inputs, const rankloss__view *slopes,
                                       const rankloss__view *curves, const rankloss__factors *factors) {
    rankloss__direct direct = {.inputs = inputs, .factors = factors};
    direct.scores_ready = !inputs->scaled && lies_ready(inputs, &inputs->logits);
    direct.labels_ready = lies_ready(inputs, &inputs->labels);
    direct.weights_ready = lies_ready(inputs, &inputs->weights);
    direct.most = most_items(&direct);
    direct.slopes = slopes->data != NULL ? slopes : NULL;
    direct.curves = curves->data != NULL ? curves : NULL;
    if (inputs->wants_tangent || !is_in_row(&inputs->where) || !is_in_row(slopes) || !is_in_row(curves) ||
        (factors == NULL && (direct.slopes != NULL || direct.curves != NULL)))
        direct.most = 0;
    return direct;
}

/* A list of a group, which is finished together with the others. */
typedef struct member {
    rankloss__position place;
    rankloss__items items;
    rankloss__score_range peak;
    double *exps;
} member;

/* Labels or weights: in place, or converted to where the list's exponentials are in their own array. */
static const void *read_factor(const rankloss__inputs *inputs, const rankloss__view *view, bool ready, const member *m,
                               char *half, const rankloss__scratch *scratch) {
    const char *at = rankloss__view_at(view, &inputs->batch, &m->place);
    if (ready)
        return at;
    const size_t size = (size_t)m->place.size, before = (size_t)(m->exps - scratch->exps);
    return rankloss__read(inputs, view, at, size, 0, size, half + before * rankloss__real_size(inputs));
}

static const void *read_scores(const rankloss__direct *direct, const member *m, rankloss__scratch *scratch) {
    const rankloss__inputs *inputs = direct->inputs;
    if (direct->scores_ready)
        return rankloss__view_at(&inputs->logits, &inputs->batch, &m->place);
    const rankloss__list_inputs at = {.logits = rankloss__view_at(&inputs->logits, &inputs->batch, &m->place),
                                      .bias = rankloss__view_at(&inputs->bias, &inputs->batch, &m->place)};
    const size_t size = (size_t)m->place.size, before = (size_t)(m->exps - scratch->exps);
    char *behind = (char *)(scratch->exps + direct->most);
    return rankloss__read_scores(inputs, &at, size, 0, size, behind + before * rankloss__real_size(inputs), m->exps);
}

static void open_member(const rankloss__direct *direct, int64_t list, unsigned lane, rankloss__scratch *scratch,
                        member *m) {
    const rankloss__inputs *inputs = direct->inputs;
    const rankloss__batch *batch = &inputs->batch;
    rankloss__position_of(batch, list, &m->place);
    m->items.scores = read_scores(direct, m, scratch);
    m->items.labels = read_factor(inputs, &inputs->labels, direct->labels_ready, m, (char *)&scratch->scores, scratch);
    m->items.weights =
        read_factor(inputs, &inputs->weights, direct->weights_ready, m, (char *)&scratch->scores + HALF, scratch);
    m->items.where = (const uint8_t *)rankloss__view_at(&inputs->where, batch, &m->place);
    m->items.tangent = NULL;
    m->items.count = (size_t)m->place.size;
    m->items.unmasked = m->items.count;
    if (m->items.where != NULL)
        rankloss__find_unmasked(&m->items);
    m->items.interleaved = false;
    m->items.wants_abs_coefs = inputs->sum_to_one;
    m->items.lane = lane;
}

/* Whether sums that are finite are the list's; see forward.c for the lists that have rules of their own. */
static bool sums_hold(const rankloss__inputs *inputs, const rankloss__score_range *peak,
                      const rankloss__list_sums *folded, const rankloss__losses *sums, int lane) {
    if (sums->coefs.hi[lane] == 0.0 && (inputs->is_f64 || inputs->sum_to_one))
        return false;
    if (!rankloss__sum_to_one_holds(inputs, folded, lane))
        return false;
    return !inputs->is_f64 || (!rankloss__coefficients_cancel(folded, lane) &&
                               rankloss__sums_hold(folded, sums, lane, (double)peak->valid));
}

static void derive_one(const rankloss__direct *direct, const member *m, rankloss__derivative which,
                       const rankloss__view *view, const rankloss__terms *terms) {
    const rankloss__inputs *inputs = direct->inputs;
    const rankloss__lanes *top = which == RANKLOSS__HESS_LOGITS ? &terms->argmax_hess : &terms->argmax_grad;
    const rankloss__out out = {rankloss__view_at(view, &inputs->batch, &m->place), view->dtype};
    if (which == RANKLOSS__HESS_LOGITS)
        inputs->kernels->hess(&m->items, m->exps, terms, NULL, out);
    else
        inputs->kernels->grad(&m->items, m->exps, terms, NULL, out);
    rankloss__out_set(out, m->peak.argmax, top->at[m->items.lane]);
}

/* The curves first, as the slopes may overwrite the logits. */
static void derive(const rankloss__direct *direct, const member *m, const rankloss__terms *terms) {
    if (direct->curves != NULL)
        derive_one(direct, m, RANKLOSS__HESS_LOGITS, direct->curves, terms);
    if (direct->slopes != NULL)
        derive_one(direct, m, RANKLOSS__GRAD_LOGITS, direct->slopes, terms);
}

unsigned rankloss__direct_run(const rankloss__direct *direct, const int64_t *lists, int count,
                              rankloss__scratch *scratch, rankloss__losses *sums) {
    const rankloss__inputs *inputs = direct->inputs;
    member members[RANKLOSS__LANES];
    rankloss__list_sums folded;
    double *exps = scratch->exps;
    unsigned held = 0;
    bool all = true; /* have sums */
    for (int k = 0; k < count; k++) {
        member *m = &members[k];
        m->exps = exps;
        open_member(direct, lists[k], (unsigned)k, scratch, m);
        inputs->kernels->score_range(&m->items, &m->peak);
        all = all && m->peak.max - m->peak.max == 0.0;
        exps += (m->items.count + RANKLOSS__LANES - 1) / RANKLOSS__LANES * RANKLOSS__LANES;
    }
    /* The lanes that no list fills are computed with, too. */
    if (!all || (count > 1 && count < RANKLOSS__LANES))
        folded = (rankloss__list_sums){.single = false};
    folded.single = count == 1;
    folded.sum_to_one = inputs->sum_to_one;
    folded.others.underflow = 0;
    /* The peaks come first, all of them: the sums of a list need its own as soon as they begin. */
    for (int k = 0; k < count; k++) {
        member *m = &members[k];
        held |= (unsigned)inputs->kernels->list_sums(&m->items, m->exps, &m->peak, &folded) << k;
    }
    held &= inputs->kernels->losses(&folded, sums);
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

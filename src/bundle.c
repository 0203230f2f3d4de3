#include "bundle.h"

#include <math.h>

enum { LANES = RANKLOSS__LANES };

static bool has(unsigned lanes, int k) {
    return (lanes >> k & 1u) != 0;
}

/* --- reading --- */

/* Whether rows of the compute dtype can lie where the view has them. */
static bool is_in_place(const rankloss__bundle *bundle, const rankloss__view *view) {
    const int32_t dtype = bundle->inputs->is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
    return view->dtype == dtype && (view->item_stride == 1 || bundle->items.count == LANES);
}

/* Points rows at the lists' items in an input, converted where they have to be. */
static void find_rows(const rankloss__bundle *bundle, const rankloss__view *view, const void *rows[LANES]) {
    const rankloss__inputs *inputs = bundle->inputs;
    const bool in_place = is_in_place(bundle, view);
    for (int k = 0; k < LANES; k++) {
        const char *at = rankloss__view_at(view, &inputs->batch, &bundle->places[k]);
        rankloss__block *row = (rankloss__block *)(bundle->scratch->rows.f32 + k * (RANKLOSS__BLOCK / LANES));
        const size_t size = bundle->sizes[k];
        rows[k] = in_place ? at : rankloss__read(inputs, view, at, size, 0, size, row);
    }
}

static const void *interleave(const rankloss__bundle *bundle, const rankloss__view *view, rankloss__block *block) {
    const void *rows[LANES];
    if (view->data == NULL)
        return NULL;
    find_rows(bundle, view, rows);
    bundle->inputs->kernels->interleave(rows, bundle->sizes, block);
    return block;
}

/* Scores that are not the logits themselves: a row at a time, by way of the blocks that labels and weights get later. */
static const void *interleave_scaled(const rankloss__bundle *bundle) {
    rankloss__scratch *scratch = bundle->scratch;
    const void *rows[LANES];
    for (int k = 0; k < LANES; k++) {
        const rankloss__list_inputs at = rankloss__inputs_at(bundle->inputs, &bundle->places[k]);
        rankloss__block *row = (rankloss__block *)(scratch->rows.f32 + k * (RANKLOSS__BLOCK / LANES));
        const size_t size = bundle->sizes[k];
        rows[k] = rankloss__read_scores(bundle->inputs, &at, size, 0, size, row, &scratch->labels);
    }
    bundle->inputs->kernels->interleave(rows, bundle->sizes, &scratch->scores);
    return &scratch->scores;
}

static const double *interleave_tangent(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->tangent;
    double *block = bundle->scratch->exps + RANKLOSS__BLOCK, *row = bundle->scratch->spare;
    if (!bundle->inputs->wants_tangent || view->data == NULL)
        return NULL;
    for (int k = 0; k < LANES; k++) {
        const char *at = rankloss__view_at(view, &bundle->inputs->batch, &bundle->places[k]);
        const size_t size = bundle->sizes[k];
        const double *tangent = rankloss__read_tangent(bundle->inputs, at, size, 0, size, row);
        for (size_t i = 0; i < bundle->items.count / LANES; i++)
            block[LANES * i + (size_t)k] = i < size ? tangent[i] : 0.0;
    }
    return block;
}

/* Marks the items from `first` on that a list has. */
static void mark_ends(const rankloss__bundle *bundle, size_t first) {
    for (size_t i = first; i < bundle->items.count / LANES; i++)
        for (int k = 0; k < LANES; k++)
            bundle->scratch->where[LANES * i + (size_t)k] = i < bundle->sizes[k];
}

static void interleave_where(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->where;
    const uint8_t *rows[LANES];
    for (int k = 0; k < LANES; k++) {
        const char *at = rankloss__view_at(view, &bundle->inputs->batch, &bundle->places[k]);
        uint8_t *row = (uint8_t *)&bundle->scratch->rows + k * (RANKLOSS__BLOCK / LANES);
        rows[k] = rankloss__read_where(bundle->inputs, at, bundle->sizes[k], 0, bundle->sizes[k], row);
    }
    bundle->inputs->kernels->interleave_bytes(rows, bundle->sizes, bundle->scratch->where);
}

void rankloss__bundle_open(rankloss__bundle *bundle, const rankloss__inputs *inputs, const int64_t *lists, int count,
                           rankloss__scratch *scratch) {
    rankloss__items *items = &bundle->items;
    size_t least = SIZE_MAX, most = 0;
    bundle->inputs = inputs;
    bundle->scratch = scratch;
    bundle->count = count;
    for (int k = 0; k < LANES; k++) {
        rankloss__place_of(&inputs->batch, lists[k < count ? k : 0], &bundle->places[k]);
        const size_t size = bundle->sizes[k] = (size_t)bundle->places[k].size;
        least = size < least ? size : least;
        most = size > most ? size : most;
    }
    items->bundle = true;
    items->count = LANES * most;
    items->scores = inputs->scaled ? interleave_scaled(bundle) : interleave(bundle, &inputs->logits, &scratch->scores);
    items->labels = interleave(bundle, &inputs->labels, &scratch->labels);
    items->weights = interleave(bundle, &inputs->weights, &scratch->weights);
    items->tangent = interleave_tangent(bundle);
    items->whole = inputs->where.data != NULL ? 0 : LANES * least;
    items->where = items->whole < items->count ? scratch->where : NULL;
    if (inputs->where.data != NULL)
        interleave_where(bundle);
    else
        mark_ends(bundle, least);
}

/* --- the losses --- */

static rankloss__span span_of(const rankloss__peaks *peaks) {
    bool wide = false;
    for (int k = 0; k < LANES; k++)
        wide |= peaks->min.at[k] - peaks->max.at[k] < RANKLOSS__EXP_CUTOFF;
    return wide ? RANKLOSS__SPAN_WIDE : RANKLOSS__SPAN_NEAR;
}

/* The place of the top item of list k among the items; 0 where there is none. */
static size_t top_of(const rankloss__bundle *bundle, int k) {
    const double index = bundle->peaks.index.at[k];
    return index >= 0.0 ? LANES * (size_t)index + (size_t)k : 0;
}

/* Whether a lane in which everything is finite stands for its list, by rules that not every call has. */
static bool lane_holds(const rankloss__bundle *bundle, int k) {
    const bool is_f64 = bundle->inputs->is_f64;
    const double coefs = bundle->sums.coefs.hi[k], dists = bundle->folded.rest.dists.hi[k];
    if (!(bundle->peaks.valid.at[k] > 0.0))
        return false;
    /* Where coefficients may all be 0, or add up to what cannot be divided by, the list has rules of its own. */
    if (coefs == 0.0 && (is_f64 || bundle->inputs->sum_to_one || (dists == 0.0 && bundle->items.tangent != NULL)))
        return false;
    return !is_f64 || (rankloss__sums_hold(&bundle->folded, &bundle->sums, k, bundle->peaks.valid.at[k]) &&
                       !rankloss__coefficients_cancel(&bundle->folded, k));
}

/* finite: the lanes in which everything is. */
static unsigned find_held(const rankloss__bundle *bundle, unsigned finite) {
    const rankloss__inputs *inputs = bundle->inputs;
    unsigned held = 0;
    finite &= (1u << bundle->count) - 1u;
    if (!inputs->is_f64 && !inputs->sum_to_one && bundle->items.tangent == NULL && inputs->where.data == NULL)
        return finite;
    for (int k = 0; k < bundle->count; k++)
        held |= (unsigned)(has(finite, k) && lane_holds(bundle, k)) << k;
    return held;
}

void rankloss__bundle_forward(rankloss__bundle *bundle) {
    const rankloss__kernels *kernels = bundle->inputs->kernels;
    const rankloss__items *items = &bundle->items;
    rankloss__folded *folded = &bundle->folded;
    rankloss__peaks *peaks = &bundle->peaks;
    kernels->peaks(items, peaks);
    folded->bundle = true;
    folded->max = peaks->max;
    folded->sum_to_one = bundle->inputs->sum_to_one;
    folded->rest = (rankloss__sums){.faint = 0};
    kernels->sums(items, &peaks->max, &peaks->index, span_of(peaks), bundle->scratch->exps, &folded->rest);
    kernels->fold(true, &folded->rest);
    kernels->tops(items, &peaks->index, folded);
    bundle->held = find_held(bundle, kernels->loss(folded, &bundle->sums));
}

/* --- the derivatives --- */

static bool tangent_fits(const rankloss__bundle *bundle, int k) {
    const rankloss__items *items = &bundle->items;
    double most = 0.0;
    for (size_t i = (size_t)k; i < items->count; i += LANES) {
        const bool valid = i < items->whole || items->where[i] != 0;
        most = valid && fabs(items->tangent[i]) > most ? fabs(items->tangent[i]) : most;
    }
    return rankloss__tangent_fits(bundle->inputs, bundle->peaks.min.at[k], bundle->peaks.max.at[k], most,
                                  bundle->sums.coefs.hi[k]);
}

static bool lane_fits(const rankloss__bundle *bundle, int k, rankloss__derivative which,
                      const rankloss__upstream *upstream) {
    if (!upstream->ordinary)
        return false;
    if (!rankloss__is_by_logits(which))
        return rankloss__logs_fit(bundle->inputs, bundle->peaks.min.at[k], bundle->peaks.max.at[k],
                                  bundle->folded.rest.exps.hi[k], upstream->cotangent);
    return which != RANKLOSS__HVP_LOGITS || tangent_fits(bundle, k);
}

unsigned rankloss__bundle_fits(const rankloss__bundle *bundle, rankloss__derivative which,
                               const rankloss__upstream *const upstream[LANES]) {
    unsigned lanes = 0;
    for (int k = 0; k < bundle->count; k++)
        lanes |= (unsigned)(has(bundle->held, k) && lane_fits(bundle, k, which, upstream[k])) << k;
    return lanes;
}

/* The items from `first` to before first + count. */
static rankloss__items slice(const rankloss__bundle *bundle, size_t first, size_t count) {
    const size_t bytes = first * (bundle->inputs->is_f64 ? sizeof(double) : sizeof(float));
    rankloss__items items = bundle->items;
    items.scores = (const char *)items.scores + bytes;
    items.labels = (const char *)items.labels + bytes;
    items.weights = items.weights != NULL ? (const char *)items.weights + bytes : NULL;
    items.where = items.where != NULL ? items.where + first : NULL;
    items.tangent = items.tangent != NULL ? items.tangent + first : NULL;
    items.whole = items.whole < first ? 0 : items.whole - first < count ? items.whole - first : count;
    items.count = count;
    return items;
}

/* A step over the items from `first` on, with the top items' values. */
static void compute(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__terms *terms,
                    size_t first, size_t count, rankloss__out out) {
    const rankloss__items items = slice(bundle, first, count);
    const rankloss__lane *tops = which == RANKLOSS__HESS_LOGITS  ? &terms->top_curve
                                 : which == RANKLOSS__HVP_LOGITS ? &terms->top_bend
                                                                 : &terms->top_slope;
    rankloss__common_step(which, bundle->inputs, &items, bundle->scratch->exps + first, &bundle->peaks.max,
                          &bundle->sums, terms, out);
    if (!rankloss__is_by_logits(which))
        return;
    for (int k = 0; k < bundle->count; k++)
        if (has(bundle->held, k) && top_of(bundle, k) - first < count)
            rankloss__out_set(out, top_of(bundle, k) - first, tops->at[k]);
}

/* Straight into the caller's rows; lanes that are not wanted go where nobody looks. */
static void write_rows(const rankloss__bundle *bundle, const rankloss__view *view, unsigned lanes) {
    void *rows[LANES];
    for (int k = 0; k < LANES; k++)
        rows[k] = has(lanes, k) ? (void *)rankloss__view_at(view, &bundle->inputs->batch, &bundle->places[k])
                                : (void *)bundle->scratch->spare;
    bundle->inputs->kernels->separate(&bundle->scratch->rows, bundle->sizes, rows);
}

/* The values of list k among `count` from `first` on, by way of its sink. */
static void put_lane(const rankloss__bundle *bundle, rankloss__sink *sink, int k, size_t first, size_t count) {
    const size_t begin = first / LANES, size = bundle->sizes[k];
    const size_t left = size > begin ? size - begin : 0, rows = left < count / LANES ? left : count / LANES;
    for (size_t i = 0; i < rows; i++)
        bundle->scratch->spare[i] = bundle->scratch->rows.f64[LANES * i + (size_t)k];
    rankloss__sink_put(sink, begin, rows);
}

/* Outputs that are converted or summed pass through doubles, of which rows holds half as many. */
static void write_sinks(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                        const rankloss__terms *terms, unsigned lanes) {
    const size_t most = RANKLOSS__BLOCK / 2;
    rankloss__sink sinks[LANES];
    for (int k = 0; k < bundle->count; k++)
        sinks[k] = rankloss__sink_make(view, &bundle->inputs->batch, &bundle->places[k], 0, bundle->scratch->spare);
    for (size_t first = 0; first < bundle->items.count; first += most) {
        const size_t left = bundle->items.count - first, count = left < most ? left : most;
        compute(bundle, which, terms, first, count, (rankloss__out){&bundle->scratch->rows, true});
        for (int k = 0; k < bundle->count; k++)
            if (has(lanes, k))
                put_lane(bundle, &sinks[k], k, first, count);
    }
    for (int k = 0; k < bundle->count; k++)
        if (has(lanes, k))
            rankloss__sink_close(&sinks[k]);
}

void rankloss__bundle_write(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                            const rankloss__terms *terms, unsigned lanes) {
    if (!is_in_place(bundle, view)) {
        write_sinks(bundle, which, view, terms, lanes);
        return;
    }
    const rankloss__out out = {&bundle->scratch->rows, bundle->inputs->is_f64};
    compute(bundle, which, terms, 0, bundle->items.count, out);
    write_rows(bundle, view, lanes);
}

unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lane *jvp) {
    const rankloss__kernels *kernels = bundle->inputs->kernels;
    const rankloss__twofold one = {1.0, 0.0};
    const rankloss__factors factors = {.first = rankloss__in_all_lanes(one), .labels = rankloss__in_every_lane(1.0)};
    rankloss__terms terms;
    rankloss__lanes lanes = {{0.0}, {0.0}};
    unsigned fit = 0;
    kernels->terms(&bundle->folded, &bundle->sums, &factors, false, &terms);
    kernels->dot(&bundle->items, bundle->scratch->exps, &terms, &bundle->peaks.index, &lanes);
    for (int k = 0; k < bundle->count; k++) {
        const double top = bundle->folded.top_tangent.at[k] * terms.top_slope.at[k];
        jvp->at[k] = (lanes.hi[k] + (top + lanes.lo[k])) / bundle->inputs->temperature + 0.0;
        fit |= (unsigned)(has(bundle->held, k) && tangent_fits(bundle, k) && isfinite(jvp->at[k])) << k;
    }
    return fit;
}

#include "bundle.h"

#include <math.h>
#include <string.h>

enum { LANES = RANKLOSS__LANES };

static bool has(unsigned lists, int k) {
    return (lists >> k & 1u) != 0;
}

static size_t rows_of(const rankloss__bundle *bundle) {
    return bundle->items.count / LANES;
}

static int list_of(const rankloss__bundle *bundle, int lane) {
    return lane & (bundle->lists - 1);
}

/* --- reading --- */

/* Whether lanes of the compute dtype can lie where the view has them. */
static bool is_in_place(const rankloss__bundle *bundle, const rankloss__view *view) {
    const int32_t dtype = bundle->inputs->is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
    return view->dtype == dtype && (view->item_stride == 1 || bundle->items.count == LANES);
}

static char *lane_at(const rankloss__bundle *bundle, const rankloss__view *view, int lane) {
    char *at = rankloss__view_at(view, &bundle->inputs->batch, &bundle->places[list_of(bundle, lane)]);
    return at + (int64_t)bundle->before[lane] * view->item_stride * view->element_size;
}

/* Where all lanes begin. */
static void find_lanes_in(const rankloss__bundle *bundle, const rankloss__view *view, char *lanes[LANES]) {
    if (!bundle->regular) {
        for (int l = 0; l < LANES; l++)
            lanes[l] = lane_at(bundle, view, l);
        return;
    }
    char *first = lane_at(bundle, view, 0);
    const int64_t item = view->item_stride * view->element_size, list = view->list_strides[0] * view->element_size;
    for (int l = 0; l < LANES; l++)
        lanes[l] = first + list_of(bundle, l) * list + (int64_t)bundle->before[l] * item;
}

/* Where a lane's items are converted to before they are interleaved. */
static rankloss__block *row_of(const rankloss__bundle *bundle, int lane) {
    return (rankloss__block *)(bundle->scratch->rows.f32 + lane * (RANKLOSS__BLOCK / LANES));
}

static const void *interleave(const rankloss__bundle *bundle, const rankloss__view *view, rankloss__block *block) {
    const rankloss__inputs *inputs = bundle->inputs;
    const void *rows[LANES];
    char *lanes[LANES];
    if (view->data == NULL)
        return NULL;
    find_lanes_in(bundle, view, lanes);
    const bool in_place = is_in_place(bundle, view);
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        rows[l] = in_place ? lanes[l] : rankloss__read(inputs, view, lanes[l], size, 0, size, row_of(bundle, l));
    }
    inputs->kernels->interleave(rows, bundle->sizes, bundle->extent, block);
    return block;
}

/* Scores that are not the logits themselves: a lane at a time, by way of the block that labels get later. */
static const void *interleave_scaled(const rankloss__bundle *bundle) {
    const rankloss__inputs *inputs = bundle->inputs;
    rankloss__scratch *scratch = bundle->scratch;
    const void *rows[LANES];
    for (int l = 0; l < LANES; l++) {
        const rankloss__list_inputs at = {
            .logits = lane_at(bundle, &inputs->logits, l),
            .bias = inputs->bias.data != NULL ? lane_at(bundle, &inputs->bias, l) : NULL,
        };
        const size_t size = bundle->sizes[l];
        rows[l] = rankloss__read_scores(inputs, &at, size, 0, size, row_of(bundle, l), &scratch->labels);
    }
    inputs->kernels->interleave(rows, bundle->sizes, bundle->extent, &scratch->scores);
    return &scratch->scores;
}

static const double *interleave_tangent(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->tangent;
    double *block = bundle->scratch->exps + RANKLOSS__BLOCK, *row = bundle->scratch->spare;
    if (!bundle->inputs->wants_tangent || view->data == NULL)
        return NULL;
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        const double *tangent = rankloss__read_tangent(bundle->inputs, lane_at(bundle, view, l), size, 0, size, row);
        for (size_t i = 0; i < rows_of(bundle); i++)
            block[LANES * i + (size_t)l] = i < size ? tangent[i] : 0.0;
    }
    return block;
}

static void interleave_where(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->where;
    const uint8_t *rows[LANES];
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        rows[l] = rankloss__read_where(bundle->inputs, lane_at(bundle, view, l), size, 0, size,
                                       (uint8_t *)row_of(bundle, l));
    }
    bundle->inputs->kernels->interleave_bytes(rows, bundle->sizes, bundle->extent, bundle->scratch->where);
}

/* Marks the items from row `first` on that a lane has. */
static void mark_ends(const rankloss__bundle *bundle, size_t first) {
    for (size_t i = first; i < rows_of(bundle); i++)
        for (int l = 0; l < LANES; l++)
            bundle->scratch->where[LANES * i + (size_t)l] = i < bundle->sizes[l];
}

/* Cuts list k, of this size, into lanes: all of one length but the last. */
static void cut_list(rankloss__bundle *bundle, int k, size_t size) {
    const int shift = bundle->parts / 2; /* of 1, 2 and 4: their logarithm */
    const size_t part = (size + (1u << shift) - 1) >> shift;
    size_t before = 0;
    for (int l = k; l < LANES; l += bundle->lists, before += part) {
        const size_t left = size - before, length = left < part ? left : part;
        bundle->before[l] = before;
        bundle->sizes[l] = length;
        if (length < bundle->extent.least)
            bundle->extent.least = length;
    }
    if (part > bundle->extent.most)
        bundle->extent.most = part;
}

void rankloss__bundle_make(rankloss__bundle *bundle, const rankloss__inputs *inputs, int parts,
                           rankloss__scratch *scratch) {
    const rankloss__batch *batch = &inputs->batch;
    bundle->inputs = inputs;
    bundle->scratch = scratch;
    bundle->parts = parts;
    bundle->lists = LANES / parts;
    bundle->items.parts = (unsigned)parts;
    bundle->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < bundle->lists && !batch->ragged; k++)
        cut_list(bundle, k, (size_t)batch->list_size);
}

static void find_lists(rankloss__bundle *bundle, const int64_t *lists, int count) {
    const rankloss__batch *batch = &bundle->inputs->batch;
    bundle->count = count;
    bundle->regular = !batch->ragged && batch->ndim == 1 && count == bundle->lists &&
                      lists[count - 1] - lists[0] == count - 1;
    if (batch->ragged)
        bundle->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < bundle->lists; k++) {
        rankloss__place_of(batch, lists[k < count ? k : 0], &bundle->places[k]);
        if (batch->ragged)
            cut_list(bundle, k, (size_t)bundle->places[k].size);
    }
}

void rankloss__bundle_read(rankloss__bundle *bundle, const int64_t *lists, int count) {
    const rankloss__inputs *inputs = bundle->inputs;
    rankloss__scratch *scratch = bundle->scratch;
    rankloss__items *items = &bundle->items;
    find_lists(bundle, lists, count);
    items->count = LANES * bundle->extent.most;
    items->scores = inputs->scaled ? interleave_scaled(bundle) : interleave(bundle, &inputs->logits, &scratch->scores);
    items->labels = interleave(bundle, &inputs->labels, &scratch->labels);
    items->weights = interleave(bundle, &inputs->weights, &scratch->weights);
    items->tangent = interleave_tangent(bundle);
    items->whole = inputs->where.data != NULL ? 0 : LANES * bundle->extent.least;
    items->where = items->whole < items->count ? scratch->where : NULL;
    if (inputs->where.data != NULL)
        interleave_where(bundle);
    else
        mark_ends(bundle, bundle->extent.least);
}

/* --- the losses --- */

static bool is_faint(const rankloss__bundle *bundle, int k) {
    bool faint = false;
    for (int l = k; l < LANES; l += bundle->lists)
        faint |= has(bundle->folded.rest.faint, l);
    return faint;
}

/* Whether a list all of whose sums are finite can have them, by rules that not every call has. */
static bool list_holds(const rankloss__bundle *bundle, int k) {
    const rankloss__folded *folded = &bundle->folded;
    const bool is_f64 = bundle->inputs->is_f64;
    const double coefs = bundle->sums.coefs.hi[k], dists = folded->rest.dists.hi[k];
    if (!(folded->valid.at[k] > 0.0))
        return false;
    /* Where coefficients may all be 0, or add up to what cannot be divided by, the list has rules of its own. */
    if (coefs == 0.0 && (is_f64 || folded->sum_to_one || (dists == 0.0 && bundle->items.tangent != NULL)))
        return false;
    return !is_f64 || (!is_faint(bundle, k) && !rankloss__coefficients_cancel(folded, k) &&
                       rankloss__sums_hold(folded, &bundle->sums, k, folded->valid.at[k]));
}

void rankloss__bundle_forward(rankloss__bundle *bundle) {
    const rankloss__inputs *inputs = bundle->inputs;
    bundle->folded.sum_to_one = inputs->sum_to_one;
    unsigned finite =
        inputs->kernels->bundle(&bundle->items, bundle->scratch->exps, &bundle->folded, &bundle->sums);
    finite &= (1u << bundle->count) - 1u;
    bundle->held = finite;
    if (!inputs->is_f64 && !inputs->sum_to_one && bundle->items.tangent == NULL && inputs->where.data == NULL)
        return;
    bundle->held = 0;
    for (int k = 0; k < bundle->count; k++)
        bundle->held |= (unsigned)(has(finite, k) && list_holds(bundle, k)) << k;
}

/* --- the derivatives --- */

static bool tangent_fits(const rankloss__bundle *bundle, int k) {
    const rankloss__items *items = &bundle->items;
    const rankloss__folded *folded = &bundle->folded;
    double most = 0.0;
    for (int l = k; l < LANES; l += bundle->lists)
        for (size_t i = (size_t)l; i < items->count; i += LANES) {
            const bool valid = i < items->whole || items->where[i] != 0;
            most = valid && fabs(items->tangent[i]) > most ? fabs(items->tangent[i]) : most;
        }
    return rankloss__tangent_fits(bundle->inputs, folded->min.at[k], folded->max.at[k], most,
                                  bundle->sums.coefs.hi[k]);
}

static bool list_fits(const rankloss__bundle *bundle, int k, rankloss__derivative which,
                      const rankloss__upstream *upstream) {
    const rankloss__folded *folded = &bundle->folded;
    if (!upstream->ordinary)
        return false;
    if (!rankloss__is_by_logits(which))
        return rankloss__logs_fit(bundle->inputs, folded->min.at[k], folded->max.at[k], folded->rest.exps.hi[k],
                                  upstream->cotangent);
    return which != RANKLOSS__HVP_LOGITS || tangent_fits(bundle, k);
}

unsigned rankloss__bundle_fits(const rankloss__bundle *bundle, rankloss__derivative which,
                               const rankloss__upstream *const upstream[LANES]) {
    unsigned lists = 0;
    for (int k = 0; k < bundle->count; k++)
        lists |= (unsigned)(has(bundle->held, k) && list_fits(bundle, k, which, upstream[k])) << k;
    return lists;
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

static void compute(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__terms *terms,
                    rankloss__out out) {
    rankloss__common_step(which, bundle->inputs->kernels, &bundle->items, bundle->scratch->exps, &bundle->folded,
                          &bundle->sums, terms, out);
}

/* Straight to the caller; lanes of lists that are not wanted go where nobody looks. */
static void write_in_place(const rankloss__bundle *bundle, const rankloss__view *view, unsigned wanted) {
    char *lanes[LANES];
    void *rows[LANES];
    find_lanes_in(bundle, view, lanes);
    for (int l = 0; l < LANES; l++)
        rows[l] = has(wanted, list_of(bundle, l)) ? (void *)lanes[l] : (void *)bundle->scratch->spare;
    bundle->inputs->kernels->separate(&bundle->scratch->rows, bundle->sizes, bundle->extent, rows);
}

/* The values of a lane among those of `count` items from `first` on, by way of its list's sink. */
static void put_lane(const rankloss__bundle *bundle, rankloss__sink *sink, int lane, size_t first, size_t count) {
    const size_t begin = first / LANES, size = bundle->sizes[lane];
    const size_t left = size > begin ? size - begin : 0, rows = left < count / LANES ? left : count / LANES;
    for (size_t i = 0; i < rows; i++)
        bundle->scratch->spare[i] = bundle->scratch->rows.f64[LANES * i + (size_t)lane];
    rankloss__sink_put(sink, bundle->before[lane] + begin, rows);
}

/* Outputs that are converted or summed pass through doubles, of which rows holds half as many as there may be items. */
static void write_sinks(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                        const rankloss__terms *terms, unsigned wanted) {
    const size_t most = RANKLOSS__BLOCK / 2;
    rankloss__sink sinks[LANES];
    for (int k = 0; k < bundle->count; k++)
        sinks[k] = rankloss__sink_make(view, &bundle->inputs->batch, &bundle->places[k], 0, bundle->scratch->spare);
    for (size_t first = 0; first < bundle->items.count; first += most) {
        const size_t left = bundle->items.count - first, count = left < most ? left : most;
        rankloss__folded folded = bundle->folded;
        const rankloss__items items = slice(bundle, first, count);
        for (int l = 0; l < LANES; l++)
            folded.top.at[l] -= (double)(first / LANES);
        rankloss__common_step(which, bundle->inputs->kernels, &items, bundle->scratch->exps + first, &folded,
                              &bundle->sums, terms, (rankloss__out){&bundle->scratch->rows, true});
        for (int l = 0; l < LANES; l++)
            if (has(wanted, list_of(bundle, l)))
                put_lane(bundle, &sinks[list_of(bundle, l)], l, first, count);
    }
    for (int k = 0; k < bundle->count; k++)
        if (has(wanted, k))
            rankloss__sink_close(&sinks[k]);
}

void rankloss__bundle_write(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                            const rankloss__terms *terms, unsigned wanted) {
    if (!is_in_place(bundle, view)) {
        write_sinks(bundle, which, view, terms, wanted);
        return;
    }
    compute(bundle, which, terms, (rankloss__out){&bundle->scratch->rows, bundle->inputs->is_f64});
    write_in_place(bundle, view, wanted);
}

unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lane *jvp) {
    const rankloss__kernels *kernels = bundle->inputs->kernels;
    const rankloss__twofold one = {1.0, 0.0};
    const rankloss__factors factors = {.first = rankloss__in_all_lanes(one), .labels = rankloss__in_every_lane(1.0)};
    rankloss__terms terms;
    rankloss__lanes lanes = {{0.0}, {0.0}};
    unsigned fit = 0;
    kernels->terms(&bundle->folded, &bundle->sums, &factors, false, &terms);
    kernels->bundle_dot(&bundle->items, bundle->scratch->exps, &terms, &bundle->folded.top, &lanes);
    for (int k = 0; k < bundle->count; k++) {
        const double top = bundle->folded.top_tangent.at[k] * terms.top_slope.at[k];
        jvp->at[k] = (lanes.hi[k] + (top + lanes.lo[k])) / bundle->inputs->temperature + 0.0;
        fit |= (unsigned)(has(bundle->held, k) && tangent_fits(bundle, k) && isfinite(jvp->at[k])) << k;
    }
    return fit;
}

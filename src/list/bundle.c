#include "list/bundle.h"

#include <math.h>
#include <string.h>

enum { LANES = RANKLOSS__LANES };

static bool has(unsigned lists, int k) {
    return (lists >> k & 1u) != 0;
}

static size_t rows_of(const rankloss__bundle *bundle) {
    return bundle->items.count / LANES;
}

/* --- reading --- */

/* Whether the items of every list lie side by side. */
static bool is_in_rows(const rankloss__bundle *bundle, const rankloss__view *view) {
    return view->item_stride == 1 || bundle->items.count == LANES;
}

static char *list_at(const rankloss__bundle *bundle, const rankloss__view *view, int k) {
    return rankloss__view_at(view, &bundle->inputs->batch, &bundle->places[k]);
}

/* Where all lists begin. */
static void find_lists_in(const rankloss__bundle *bundle, const rankloss__view *view, void *lists[LANES]) {
    if (bundle->regular) {
        char *first = list_at(bundle, view, 0);
        const int64_t apart = view->list_strides[0] * view->element_size;
        for (int k = 0; k < LANES; k++)
            lists[k] = first + k * apart;
    } else {
        for (int k = 0; k < LANES; k++)
            lists[k] = list_at(bundle, view, k);
    }
}

/* Where a list's items are converted to before they are interleaved. */
static rankloss__block *row_of(const rankloss__bundle *bundle, int k) {
    return (rankloss__block *)(void *)(bundle->scratch->rows.f64 + k * RANKLOSS__INTERLEAVED_SIZE);
}

/* Rows as they lie in memory, which are converted when they are side by side. */
static void interleave_rows(const rankloss__bundle *bundle, const rankloss__view *view, rankloss__block *block) {
    const rankloss__kernels *kernels = bundle->inputs->kernels;
    const bool converted = view->dtype != rankloss__compute_dtype(bundle->inputs);
    rankloss__block *first = converted ? &bundle->scratch->rows : block;
    void *rows[LANES];
    find_lists_in(bundle, view, rows);
    kernels->interleave((const void *const *)rows, bundle->sizes, bundle->extent, view->element_size, first);
    if (converted)
        kernels->convert(view->dtype, first, bundle->items.count, block);
}

static void interleave_strided(const rankloss__bundle *bundle, const rankloss__view *view, rankloss__block *block) {
    const rankloss__inputs *inputs = bundle->inputs;
    const void *rows[LANES];
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        rows[l] = rankloss__read(inputs, view, list_at(bundle, view, l), size, 0, size, row_of(bundle, l));
    }
    inputs->kernels->interleave(rows, bundle->sizes, bundle->extent, (int64_t)rankloss__real_size(inputs), block);
}

static const void *interleave(const rankloss__bundle *bundle, const rankloss__view *view, rankloss__block *block) {
    if (view->data == NULL)
        return NULL;
    if (is_in_rows(bundle, view))
        interleave_rows(bundle, view, block);
    else
        interleave_strided(bundle, view, block);
    return block;
}

/* The bias by way of the block that labels get later. */
static const void *interleave_scores(const rankloss__bundle *bundle) {
    const rankloss__inputs *inputs = bundle->inputs;
    rankloss__block *block = &bundle->scratch->scores;
    const void *logits = interleave(bundle, &inputs->logits, block);
    if (!inputs->scaled)
        return logits;
    const void *bias = interleave(bundle, &inputs->bias, &bundle->scratch->labels);
    inputs->kernels->scale(logits, inputs->inverse_temperature, bias, bundle->items.count, block);
    return block;
}

static const double *interleave_tangent(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->tangent;
    double *block = bundle->scratch->exps + RANKLOSS__TOGETHER - RANKLOSS__CHUNK, *row = bundle->scratch->spare;
    if (!bundle->inputs->wants_tangent || view->data == NULL)
        return NULL;
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        const double *tangent = rankloss__read_tangent(bundle->inputs, list_at(bundle, view, l), size, 0, size, row);
        for (size_t i = 0; i < rows_of(bundle); i++)
            block[LANES * i + (size_t)l] = i < size ? tangent[i] : 0.0;
    }
    return block;
}

static void interleave_where(const rankloss__bundle *bundle) {
    const rankloss__view *view = &bundle->inputs->where;
    const void *rows[LANES];
    for (int l = 0; l < LANES; l++) {
        const size_t size = bundle->sizes[l];
        rows[l] =
            rankloss__read_where(bundle->inputs, list_at(bundle, view, l), size, 0, size, (uint8_t *)row_of(bundle, l));
    }
    bundle->inputs->kernels->interleave(rows, bundle->sizes, bundle->extent, 1, bundle->scratch->where);
}

/*
 * Marks the items from row `first` on that a list has: a row at a time, each byte 1 where 127 + size - row has its highest
 * bit. No byte borrows from its neighbour, which is why the order of bytes does not matter.
 */
static void mark_ends(const rankloss__bundle *bundle, size_t first) {
    const uint64_t ones = 0x0101010101010101;
    uint8_t sizes[LANES];
    uint64_t ends;
    for (int l = 0; l < LANES; l++)
        sizes[l] = (uint8_t)bundle->sizes[l];
    memcpy(&ends, sizes, sizeof ends);
    for (size_t i = first; i < rows_of(bundle); i++) {
        const uint64_t row = (ends + ones * (127 - i)) >> 7 & ones;
        memcpy(bundle->scratch->where + LANES * i, &row, sizeof row);
    }
}

static void set_size(rankloss__bundle *bundle, int k, size_t size) {
    bundle->sizes[k] = size;
    if (size < bundle->extent.least)
        bundle->extent.least = size;
    if (size > bundle->extent.most)
        bundle->extent.most = size;
}

void rankloss__bundle_make(rankloss__bundle *bundle, const rankloss__inputs *inputs, rankloss__scratch *scratch) {
    bundle->inputs = inputs;
    bundle->scratch = scratch;
    bundle->items.interleaved = true;
    bundle->items.wants_abs_coefs = inputs->sum_to_one;
    bundle->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES && !inputs->batch.ragged; k++)
        set_size(bundle, k, (size_t)inputs->batch.list_size);
}

static void find_lists(rankloss__bundle *bundle, const int64_t *lists, int count) {
    const rankloss__batch *batch = &bundle->inputs->batch;
    bundle->count = count;
    bundle->regular = !batch->ragged && batch->ndim == 1 && count == LANES && lists[LANES - 1] - lists[0] == LANES - 1;
    if (batch->ragged)
        bundle->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES; k++) {
        rankloss__position_of(batch, lists[k < count ? k : 0], &bundle->places[k]);
        if (batch->ragged)
            set_size(bundle, k, (size_t)bundle->places[k].size);
    }
}

void rankloss__bundle_read(rankloss__bundle *bundle, const int64_t *lists, int count) {
    const rankloss__inputs *inputs = bundle->inputs;
    rankloss__scratch *scratch = bundle->scratch;
    rankloss__items *items = &bundle->items;
    find_lists(bundle, lists, count);
    items->count = LANES * bundle->extent.most;
    items->scores = interleave_scores(bundle);
    items->labels = interleave(bundle, &inputs->labels, &scratch->labels);
    items->weights = interleave(bundle, &inputs->weights, &scratch->weights);
    items->tangent = interleave_tangent(bundle);
    items->unmasked = inputs->where.data != NULL ? 0 : LANES * bundle->extent.least;
    items->where = items->unmasked < items->count ? scratch->where : NULL;
    if (inputs->where.data != NULL)
        interleave_where(bundle);
    else
        mark_ends(bundle, bundle->extent.least);
}

/* --- the losses --- */

/* Whether a list all of whose sums are finite can have them, by rules that not every call has. */
static bool list_holds(const rankloss__bundle *bundle, int k) {
    const rankloss__list_sums *folded = &bundle->folded;
    const bool is_f64 = bundle->inputs->is_f64;
    const double coefs = bundle->sums.coefs.hi[k];
    if (!(folded->valid.at[k] > 0.0))
        return false;
    /* Where coefficients may all be 0, or add up to what cannot be divided by, the list has rules of its own. */
    if (coefs == 0.0 && (is_f64 || folded->sum_to_one))
        return false;
    if (!rankloss__sum_to_one_holds(bundle->inputs, folded, k))
        return false;
    return !is_f64 || (!rankloss__coefficients_cancel(folded, k) &&
                       rankloss__sums_hold(folded, &bundle->sums, k, folded->valid.at[k]));
}

void rankloss__bundle_forward(rankloss__bundle *bundle) {
    const rankloss__inputs *inputs = bundle->inputs;
    bundle->folded.sum_to_one = inputs->sum_to_one;
    unsigned finite =
        inputs->kernels->interleaved_sums(&bundle->items, bundle->scratch->exps, &bundle->folded, &bundle->sums);
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
    const rankloss__list_sums *folded = &bundle->folded;
    double most = 0.0;
    if (!rankloss__tangents_are_finite(folded, k))
        return false;
    for (size_t i = (size_t)k; i < items->count; i += LANES) {
        const bool valid = i < items->unmasked || items->where[i] != 0;
        most = valid && fabs(items->tangent[i]) > most ? fabs(items->tangent[i]) : most;
    }
    return rankloss__tangent_fits(bundle->inputs, folded->min.at[k], folded->max.at[k], most, bundle->sums.coefs.hi[k]);
}

static bool list_fits(const rankloss__bundle *bundle, int k, rankloss__derivative which,
                      const rankloss__upstream *upstream) {
    const rankloss__list_sums *folded = &bundle->folded;
    if (!upstream->ordinary)
        return false;
    if (!rankloss__is_by_logits(which))
        return rankloss__logs_fit(bundle->inputs, folded->min.at[k], folded->max.at[k], folded->others.exps.hi[k],
                                  upstream->cotangent);
    if (which != RANKLOSS__HVP_LOGITS)
        return true;
    /* Where all coefficients may be 0, so are the products, and +0. */
    const bool may_be_zero = bundle->sums.coefs.hi[k] == 0.0 && folded->others.coef_x.hi[k] == 0.0;
    return !may_be_zero && tangent_fits(bundle, k);
}

unsigned rankloss__bundle_fits(const rankloss__bundle *bundle, rankloss__derivative which,
                               const rankloss__upstream *const upstream[LANES]) {
    unsigned lists = 0;
    for (int k = 0; k < bundle->count; k++)
        lists |= (unsigned)(has(bundle->held, k) && list_fits(bundle, k, which, upstream[k])) << k;
    return lists;
}

/* Straight to the caller; lists that are not wanted go where nobody looks. */
static void write_in_place(const rankloss__bundle *bundle, const rankloss__view *view, unsigned wanted) {
    void *rows[LANES];
    find_lists_in(bundle, view, rows);
    for (int k = 0; k < LANES; k++)
        if (!has(wanted, k))
            rows[k] = bundle->scratch->spare;
    bundle->inputs->kernels->deinterleave(&bundle->scratch->rows, bundle->sizes, bundle->extent, view->element_size,
                                          rows);
}

static void write_sink(const rankloss__bundle *bundle, const rankloss__view *view, int k) {
    rankloss__writer sink =
        rankloss__writer_make(view, &bundle->inputs->batch, &bundle->places[k], bundle->scratch->spare);
    const rankloss__out out = rankloss__writer_buffer(&sink, 0);
    for (size_t i = 0; i < bundle->sizes[k]; i++)
        rankloss__out_set(out, i, bundle->scratch->rows.f64[LANES * i + (size_t)k]);
    rankloss__writer_put(&sink, 0, bundle->sizes[k]);
    rankloss__writer_close(&sink);
}

void rankloss__bundle_write(const rankloss__bundle *bundle, rankloss__derivative which, const rankloss__view *view,
                            const rankloss__terms *terms, unsigned wanted) {
    const bool in_place = is_in_rows(bundle, view);
    const rankloss__out out = {&bundle->scratch->rows, in_place ? view->dtype : RANKLOSS_F64};
    rankloss__fast_step(which, bundle->inputs->kernels, &bundle->items, bundle->scratch->exps, &bundle->folded,
                        &bundle->sums, terms, out);
    if (in_place)
        write_in_place(bundle, view, wanted);
    for (int k = 0; k < bundle->count && !in_place; k++)
        if (has(wanted, k))
            write_sink(bundle, view, k);
}

unsigned rankloss__bundle_jvp(const rankloss__bundle *bundle, rankloss__lanes *jvp) {
    const rankloss__kernels *kernels = bundle->inputs->kernels;
    const rankloss__dd one = {1.0, 0.0};
    const rankloss__factors factors = {.first = rankloss__dd_in_all_lanes(one), .labels = rankloss__in_all_lanes(1.0)};
    rankloss__terms terms;
    rankloss__dd_lanes lanes = {{0.0}, {0.0}};
    unsigned fit = 0;
    kernels->terms(&bundle->folded, &bundle->sums, &factors, false, &terms);
    kernels->interleaved_jvp(&bundle->items, bundle->scratch->exps, &terms, &bundle->folded.argmax_row, &lanes);
    for (int k = 0; k < bundle->count; k++) {
        const double top = bundle->folded.argmax_tangent.at[k] * terms.argmax_grad.at[k];
        jvp->at[k] = (lanes.hi[k] + (top + lanes.lo[k])) / bundle->inputs->temperature + 0.0;
        fit |= (unsigned)(has(bundle->held, k) && tangent_fits(bundle, k) && isfinite(jvp->at[k])) << k;
    }
    return fit;
}

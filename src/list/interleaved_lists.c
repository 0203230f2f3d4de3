/*
 * Interleaved lists: read into blocks of rows, row i with item i of each of eight lists, and written back from such
 * blocks. A list shorter than the longest is padded with masked items.
 */
#include <string.h>

#include "dtype/convert.h"
#include "list/gradient.h"
#include "list/list_group.h"
#include "list/list_inputs.h"
#include "list/output_writer.h"

enum { LANES = RANKLOSS__LANES, SIZE = RANKLOSS__SHORT };

/* Whether the items of every list are contiguous. */
static bool is_contiguous(const rankloss__list_group *group, const rankloss__view *view) {
    return view->item_stride == 1 || group->extent.most == 1;
}

static char *list_at(const rankloss__list_group *group, const rankloss__view *view, int k) {
    return rankloss__view_at(view, &group->plan->inputs.batch, &group->positions[k]);
}

/* --- reading --- */

/* Interleaves first, then converts the whole block at once. */
static void interleave_contiguous(const rankloss__list_group *group, const rankloss__view *view,
                                  rankloss__interleaved_block *block) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const bool converted = view->dtype != inputs->dtype;
    rankloss__interleaved_block *first = converted ? &group->scratch->interleaved.rows : block;
    void *lists[LANES];
    rankloss__find_first_items(group, view, lists);
    inputs->kernels->interleave((const void *const *)lists, group->sizes, group->extent, view->element_size, first);
    if (converted)
        inputs->kernels->convert(view->dtype, first, LANES * group->extent.most, block);
}

static void interleave_strided(const rankloss__list_group *group, const rankloss__view *view,
                               rankloss__interleaved_block *block) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_block *rows = &group->scratch->interleaved.rows;
    const void *lists[LANES];
    for (int k = 0; k < LANES; k++) {
        const size_t size = group->sizes[k];
        void *row = inputs->is_f64 ? (void *)(rows->f64 + k * SIZE) : (void *)(rows->f32 + k * SIZE);
        lists[k] = rankloss__read(inputs, view, list_at(group, view, k), size, 0, size, row);
    }
    inputs->kernels->interleave(lists, group->sizes, group->extent,
                                inputs->is_f64 ? (int64_t)sizeof(double) : (int64_t)sizeof(float), block);
}

static const void *interleave(const rankloss__list_group *group, const rankloss__view *view,
                              rankloss__interleaved_block *block) {
    if (view->data == NULL)
        return NULL;
    if (is_contiguous(group, view))
        interleave_contiguous(group, view, block);
    else
        interleave_strided(group, view, block);
    return block;
}

/* The exponentials of labels, after the mask. */
static const double *interleave_label_exps(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    const void *raw = interleave(group, &inputs->labels, &scratch->early.raw_labels);
    const rankloss__items labels = rankloss__labels_as_logits(&group->interleaved, raw);
    inputs->kernels->interleaved_label_exps(&labels, scratch->labels.f64, &group->sums.label_total,
                                            &group->sums.label_underflow);
    return scratch->labels.f64;
}

static const double *interleave_tangent(const rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    if (!inputs->wants_tangent || inputs->tangent.data == NULL)
        return NULL;
    for (int k = 0; k < LANES; k++) {
        const size_t size = group->sizes[k];
        const double *tangent =
            rankloss__read_tangent(inputs, list_at(group, &inputs->tangent, k), size, 0, size, scratch->list);
        for (size_t i = 0; i < group->extent.most; i++)
            scratch->early.tangent[LANES * i + (size_t)k] = i < size ? tangent[i] : 0.0;
    }
    return scratch->early.tangent;
}

static void interleave_where(const rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    const rankloss__view *view = &inputs->where;
    void *lists[LANES];
    if (rankloss__is_in_place(inputs, view, group->extent.most))
        rankloss__find_first_items(group, view, lists);
    for (int k = 0; k < LANES && !rankloss__is_in_place(inputs, view, group->extent.most); k++) {
        lists[k] = scratch->rows.u8 + k * SIZE;
        rankloss__load_where(list_at(group, view, k), view->item_stride, group->sizes[k], lists[k]);
    }
    inputs->kernels->interleave((const void *const *)lists, group->sizes, group->extent, 1, scratch->where);
}

/*
 * A row at a time, each byte 1 where 127 + size - row has its highest bit. No byte borrows from its neighbour, which is
 * why the order of bytes does not matter.
 */
static void mark_ends(rankloss__list_group *group) {
    const uint64_t ones = 0x0101010101010101;
    uint8_t sizes[LANES];
    uint64_t ends;
    for (int k = 0; k < LANES; k++)
        sizes[k] = (uint8_t)group->sizes[k];
    memcpy(&ends, sizes, sizeof ends);
    for (size_t i = group->extent.least; i < group->extent.most; i++) {
        const uint64_t row = (ends + ones * (127 - i)) >> 7 & ones;
        memcpy(group->scratch->interleaved.where + LANES * i, &row, sizeof row);
    }
}

void rankloss__interleaved_set_sizes(rankloss__list_group *group) {
    rankloss__items *items = &group->interleaved;
    items->count = LANES * group->extent.most;
    items->unmasked = LANES * group->extent.least;
    items->where = NULL;
    if (group->plan->inputs.where.data == NULL && items->unmasked < items->count) {
        mark_ends(group);
        items->where = group->scratch->interleaved.where;
    }
}

/* The mask first: what was stored a byte or a row at a time is loaded in larger parts, which waits until that is done. */
static rankloss__items *start_items(rankloss__list_group *group) {
    rankloss__items *items = &group->interleaved;
    rankloss__interleaved_set_sizes(group);
    if (group->plan->inputs.where.data != NULL) {
        interleave_where(group);
        items->where = group->scratch->interleaved.where;
        rankloss__find_unmasked(items);
    }
    return items;
}

static void read_items(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    rankloss__items *items = start_items(group);
    items->logits = interleave(group, &inputs->logits, &scratch->logits);
    items->bias = interleave(group, &inputs->bias, &scratch->bias);
    items->labels =
        inputs->label_exps ? interleave_label_exps(group) : interleave(group, &inputs->labels, &scratch->labels);
    items->weights = interleave(group, &inputs->weights, &scratch->weights);
    items->tangent = interleave_tangent(group);
}

/* Eight lists that lie one behind the other, as floats for the kernel to read; others to rows. */
static void convert_for_kernel(rankloss__list_group *group, int which) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const rankloss__view *view = rankloss__short_view(inputs, which);
    rankloss__interleaved_block *block = rankloss__short_block(&group->scratch->interleaved, which);
    rankloss__short_input *input = &group->short_lists.inputs[which];
    input->array = NULL;
    if (!group->equally_spaced) {
        (void)interleave(group, view, block);
        return;
    }
    inputs->kernels->convert(view->dtype, list_at(group, view, 0), LANES * group->extent.most, block->converted.lists);
    input->dtype = RANKLOSS_F32;
    input->array = block->converted.lists;
    input->starts = group->packed_starts;
}

void rankloss__interleaved_convert(rankloss__list_group *group) {
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++)
        if (group->one_step.readings[which] == RANKLOSS__READ_CONVERTED)
            convert_for_kernel(group, which);
}

/* What the kernel reads in place is in group->short_lists from the beginning. */
static const void *read_for_one_step(rankloss__list_group *group, int which) {
    rankloss__interleaved_block *block = rankloss__short_block(&group->scratch->interleaved, which);
    switch (group->one_step.readings[which]) {
    case RANKLOSS__READ_NOTHING:
        return NULL;
    case RANKLOSS__READ_IN_PLACE:
        return block;
    case RANKLOSS__READ_CONVERTED:
        convert_for_kernel(group, which);
        return block;
    default:
        return interleave(group, rankloss__short_view(&group->plan->inputs, which), block);
    }
}

void rankloss__interleaved_read_for_one_step(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__items *items = start_items(group);
    items->logits = read_for_one_step(group, RANKLOSS__SHORT_LOGITS);
    if (inputs->label_exps)
        items->labels = interleave_label_exps(group);
    else
        items->labels = read_for_one_step(group, RANKLOSS__SHORT_LABELS);
    items->weights = read_for_one_step(group, RANKLOSS__SHORT_WEIGHTS);
    items->bias = read_for_one_step(group, RANKLOSS__SHORT_BIAS);
    items->tangent = NULL;
}

unsigned rankloss__interleaved_sums(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    read_items(group);
    group->sums.sum_to_one = inputs->sum_to_one;
    group->sums.label_exps = inputs->label_exps;
    group->exps[0] = group->scratch->interleaved.exps;
    return inputs->kernels->interleaved_sums(&group->interleaved, group->exps[0], &group->sums, &group->losses);
}

/* --- results --- */

void rankloss__interleaved_jvp(const rankloss__list_group *group, const rankloss__terms *terms,
                               rankloss__dd_lanes *sum) {
    group->plan->inputs.kernels->interleaved_jvp(&group->interleaved, group->exps[0], terms, &group->sums.argmax_row,
                                                 sum);
}

/* Straight to the caller; lists that are not to be written go to scratch that is not read. */
static void write_contiguous(const rankloss__list_group *group, const rankloss__view *view, unsigned wanted) {
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    void *lists[LANES];
    rankloss__find_first_items(group, view, lists);
    for (int k = 0; k < LANES; k++)
        if ((wanted >> k & 1u) == 0)
            lists[k] = scratch->list;
    group->plan->inputs.kernels->deinterleave(&scratch->rows, group->sizes, group->extent, view->element_size, lists);
}

static void write_by_writer(const rankloss__list_group *group, const rankloss__view *view, int k) {
    rankloss__interleaved_scratch *scratch = &group->scratch->interleaved;
    rankloss__writer writer =
        rankloss__writer_make(view, &group->plan->inputs.batch, &group->positions[k], scratch->list);
    const rankloss__out out = rankloss__writer_buffer(&writer, 0);
    for (size_t i = 0; i < group->sizes[k]; i++)
        rankloss__store_one(out.dtype, out.data, (int64_t)i, scratch->rows.f64[LANES * i + (size_t)k]);
    rankloss__writer_put(&writer, 0, group->sizes[k]);
    rankloss__writer_close(&writer);
}

void rankloss__interleaved_write(const rankloss__list_group *group, rankloss__derivative which,
                                 const rankloss__terms *terms, unsigned lists) {
    const rankloss__view *view = &group->plan->derivatives[which];
    const bool contiguous = is_contiguous(group, view);
    const rankloss__out out = {&group->scratch->interleaved.rows, contiguous ? view->dtype : RANKLOSS_F64};
    rankloss__derivative_step(which, group->plan->inputs.kernels, &group->interleaved, group->exps[0], &group->sums,
                              &group->losses, terms, SIZE_MAX, out);
    if (contiguous)
        write_contiguous(group, view, lists);
    for (int k = 0; k < group->count && !contiguous; k++)
        if ((lists >> k & 1u) != 0)
            write_by_writer(group, view, k);
}

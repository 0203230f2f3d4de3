/*
 * Lists side by side: read in place or converted, and summed one after the other.
 */
#include <stddef.h>

#include "dtype/convert.h"
#include "list/gradient.h"
#include "list/list_group.h"
#include "list/list_inputs.h"
#include "list/output_writer.h"

enum { LANES = RANKLOSS__LANES };

/* How much of the scratch has been taken. */
typedef struct scratch_use {
    size_t converted, tangents, where;
} scratch_use;

/* The items of list k and of those behind it that follow in memory, so that they can be converted at once. */
static size_t items_in_a_row(const rankloss__list_group *group, const rankloss__view *view, void *const lists[LANES],
                             int k) {
    const char *const list = lists[k];
    size_t items = group->sizes[k];
    for (int next = k + 1; next < group->count && view->item_stride == 1 &&
                           (const char *)lists[next] == list + (int64_t)items * view->element_size;
         next++)
        items += group->sizes[next];
    return items;
}

/* Sets a member of the items of each list to where an input is, in place or converted. */
static void read_input(rankloss__list_group *group, const rankloss__view *view, size_t member, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const size_t real = inputs->is_f64 ? sizeof(double) : sizeof(float);
    const bool in_place = rankloss__is_in_place(inputs, view, 2);
    const char *converted = NULL;
    size_t left = 0; /* items of a row that have been converted */
    void *lists[LANES];
    if (view->data == NULL)
        return;
    rankloss__find_first_items(group, view, lists);
    for (int k = 0; k < group->count; k++) {
        const void **of_list = (const void **)(void *)((char *)&group->items[k] + member);
        *of_list = lists[k];
        if (in_place)
            continue;
        if (left == 0) {
            void *block = (char *)&group->scratch->side_by_side.converted + real * taken->converted;
            left = items_in_a_row(group, view, lists, k);
            converted = rankloss__read(inputs, view, lists[k], left, 0, left, block);
            taken->converted += RANKLOSS__WHOLE_LANES(left);
        }
        *of_list = converted;
        converted += real * group->sizes[k];
        left -= group->sizes[k];
    }
}

/* Instead of labels their exponentials. */
static void take_label_exps(rankloss__list_group *group, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const size_t per_double = inputs->is_f64 ? 1 : 2;
    for (int k = 0; k < group->count; k++) {
        double *exps = group->scratch->side_by_side.converted.f64 + taken->converted / per_double;
        taken->converted += per_double * RANKLOSS__WHOLE_LANES(group->sizes[k]);
        inputs->kernels->list_label_exps(&group->items[k], exps, &group->sums);
        group->items[k].labels = exps;
    }
}

static void read_masks(rankloss__list_group *group, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    void *lists[LANES];
    rankloss__find_first_items(group, &inputs->where, lists);
    for (int k = 0; k < group->count; k++) {
        rankloss__items *items = &group->items[k];
        uint8_t *block = group->scratch->side_by_side.where + taken->where;
        items->where = rankloss__read_where(inputs, lists[k], items->count, 0, items->count, block);
        taken->where += items->where == block ? items->count : 0;
        rankloss__find_unmasked(items);
    }
}

static void read_tangents(rankloss__list_group *group, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    void *lists[LANES];
    rankloss__find_first_items(group, &inputs->tangent, lists);
    for (int k = 0; k < group->count; k++) {
        rankloss__items *items = &group->items[k];
        double *block = group->scratch->side_by_side.tangents + taken->tangents;
        items->tangent = rankloss__read_tangent(inputs, lists[k], items->count, 0, items->count, block);
        taken->tangents += items->tangent == block ? RANKLOSS__WHOLE_LANES(items->count) : 0;
    }
}

/* What a call does not have is NULL in the items since rankloss__list_group_make(). */
static void read_lists(rankloss__list_group *group) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    double *exps = group->scratch->side_by_side.exps;
    scratch_use taken = {.converted = 0};
    for (int k = 0; k < group->count; k++) {
        group->items[k].count = group->items[k].unmasked = group->sizes[k];
        group->exps[k] = exps;
        exps += RANKLOSS__WHOLE_LANES(group->sizes[k]);
    }
    read_input(group, &inputs->logits, offsetof(rankloss__items, logits), &taken);
    read_input(group, &inputs->bias, offsetof(rankloss__items, bias), &taken);
    read_input(group, &inputs->labels, offsetof(rankloss__items, labels), &taken);
    read_input(group, &inputs->weights, offsetof(rankloss__items, weights), &taken);
    for (int k = 0; k < group->count && group->streams->count > 0; k++)
        rankloss__fetch_lists(group->streams, group->positions[k].list + group->count, 1, group->sizes[k],
                              &group->items[k]);
    if (inputs->where.data != NULL)
        read_masks(group, &taken);
    if (inputs->wants_tangent && inputs->tangent.data != NULL)
        read_tangents(group, &taken);
    if (inputs->label_exps)
        take_label_exps(group, &taken);
}

static void clear_labels(rankloss__list_sums *sums) {
    for (int k = 0; k < LANES; k++) {
        sums->label_total.hi[k] = 1.0;
        sums->label_total.lo[k] = 0.0;
    }
    sums->label_underflow = 0;
}

/* All ranges first: the sums of a list start from its own, which by then has long been computed. */
unsigned rankloss__side_by_side_sums(rankloss__list_group *group) {
    const rankloss__kernels *kernels = group->plan->inputs.kernels;
    rankloss__score_range ranges[LANES];
    if (!group->sums_are_defined) {
        group->sums = (rankloss__list_sums){.single = false};
        group->sums_are_defined = true;
    }
    if (group->plan->inputs.label_exps)
        clear_labels(&group->sums);
    read_lists(group);
    kernels->score_ranges(group->items, (unsigned)group->count, ranges);
    for (int k = 0; k < group->count; k++)
        group->argmax[k] = ranges[k].argmax;
    group->sums.single = group->count == 1;
    group->sums.sum_to_one = group->plan->inputs.sum_to_one;
    group->sums.label_exps = group->plan->inputs.label_exps;
    group->sums.others.doubtful = 0;
    const unsigned finite = kernels->list_sums(group->items, (unsigned)group->count, group->exps, ranges, &group->sums);
    return finite & kernels->losses(&group->sums, &group->losses);
}

/* --- results --- */

void rankloss__side_by_side_jvp(const rankloss__list_group *group, const rankloss__terms *terms, unsigned lists,
                                rankloss__dd_lanes *sum) {
    const rankloss__kernels *kernels = group->plan->inputs.kernels;
    for (int k = 0; k < group->count; k++) {
        rankloss__sums sums;
        if ((lists >> k & 1u) == 0)
            continue;
        kernels->clear(&sums);
        kernels->jvp(&group->items[k], group->exps[k], terms, (int64_t)group->argmax[k], &sums.exps);
        kernels->fold(&sums);
        sum->hi[k] = sums.exps.hi[0];
        sum->lo[k] = sums.exps.lo[0];
    }
}

/* The items from `first` on, a multiple of the lanes. */
static rankloss__items items_from(const rankloss__inputs *inputs, const rankloss__items *items, size_t first,
                                  size_t count) {
    const size_t bytes = first * (inputs->is_f64 ? sizeof(double) : sizeof(float));
    rankloss__items some = *items;
    some.logits = (const char *)items->logits + bytes;
    some.bias = items->bias != NULL ? (const char *)items->bias + bytes : NULL;
    if (items->labels != NULL)
        some.labels = (const char *)items->labels + first * rankloss__label_size(inputs, items);
    some.weights = items->weights != NULL ? (const char *)items->weights + bytes : NULL;
    some.where = items->where != NULL ? items->where + first : NULL;
    some.tangent = items->tangent != NULL ? items->tangent + first : NULL;
    some.count = count;
    some.unmasked = items->unmasked > first ? items->unmasked - first : 0;
    some.unmasked = some.unmasked < count ? some.unmasked : count;
    return some;
}

static void write_by_writer(const rankloss__list_group *group, rankloss__derivative which, const rankloss__terms *terms,
                            int k) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__writer writer = rankloss__writer_make(&group->plan->derivatives[which], &inputs->batch,
                                                    &group->positions[k], group->scratch->side_by_side.spare.f64);
    const size_t size = group->sizes[k];
    for (size_t first = 0; first < size; first += RANKLOSS__CHUNK_F64) {
        const size_t count = size - first < RANKLOSS__CHUNK_F64 ? size - first : RANKLOSS__CHUNK_F64;
        const rankloss__items items = items_from(inputs, &group->items[k], first, count);
        const rankloss__out out = rankloss__writer_buffer(&writer, first);
        rankloss__derivative_step(which, inputs->kernels, &items, group->exps[k] + first, &group->sums, &group->losses,
                                  terms, group->argmax[k] - first, out);
        rankloss__writer_put(&writer, first, count);
    }
    rankloss__writer_close(&writer);
}

void rankloss__side_by_side_write(const rankloss__list_group *group, rankloss__derivative which,
                                  const rankloss__terms *terms, unsigned lists) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const rankloss__view *view = &group->plan->derivatives[which];
    const rankloss__step step = rankloss__step_of(which, inputs->kernels, terms);
    void *out[LANES];
    rankloss__find_first_items(group, view, out);
    for (int k = 0; k < group->count; k++) {
        if ((lists >> k & 1u) == 0)
            continue;
        if (step.run == NULL || view->item_stride != 1) {
            write_by_writer(group, which, terms, k);
            continue;
        }
        step.run(&group->items[k], group->exps[k], terms, NULL, (rankloss__out){out[k], view->dtype});
        rankloss__store_one(view->dtype, out[k], (int64_t)group->argmax[k], step.argmax->at[k]);
    }
}

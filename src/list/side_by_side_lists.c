/*
 * Lists side by side: read in place or converted, and summed one after the other.
 */
#include "dtype/convert.h"
#include "list/gradient.h"
#include "list/list_group.h"
#include "list/list_inputs.h"
#include "list/output_writer.h"

enum { LANES = RANKLOSS__LANES };

/* How much of the scratch the lists read so far have taken; each array is rounded up to whole lanes. */
typedef struct scratch_use {
    size_t room; /* of an array of the present list */
    size_t exps, converted, tangents, where;
} scratch_use;

/* Room for the converted items of one input of a list. */
static void *take(const rankloss__list_group *group, scratch_use *taken) {
    rankloss__side_by_side_scratch *scratch = &group->scratch->side_by_side;
    const size_t from = taken->converted;
    taken->converted += taken->room;
    return group->plan->inputs.is_f64 ? (void *)(scratch->converted.f64 + from)
                                      : (void *)(scratch->converted.f32 + from);
}

static const char *list_at(const rankloss__list_group *group, const rankloss__view *view, int k) {
    return rankloss__view_at(view, &group->plan->inputs.batch, &group->positions[k]);
}

static const void *convert(const rankloss__list_group *group, const rankloss__view *view, int k, scratch_use *taken) {
    const size_t size = group->sizes[k];
    return rankloss__read(&group->plan->inputs, view, list_at(group, view, k), size, 0, size, take(group, taken));
}

/* The exponentials of a list's labels, and their sum. */
static const double *take_label_exps(rankloss__list_group *group, int k, const void *raw, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    const rankloss__items labels = rankloss__labels_as_logits(&group->items[k], raw);
    const size_t per_double = inputs->is_f64 ? 1 : 2;
    double *exps = group->scratch->side_by_side.converted.f64 + taken->converted / per_double;
    rankloss__score_range range;
    rankloss__sums sums = {.doubtful = 0};
    taken->converted += per_double * taken->room;
    inputs->kernels->score_range(&labels, &range);
    inputs->kernels->label_exps(&labels, &range, exps, &sums);
    inputs->kernels->fold(&sums);
    group->sums.label_total.hi[k] = sums.exps.hi[0];
    group->sums.label_total.lo[k] = sums.exps.lo[0];
    group->sums.label_underflow |= (unsigned)(sums.doubtful != 0) << k;
    return exps;
}

static void read_mask_and_tangent(rankloss__list_group *group, int k, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__side_by_side_scratch *scratch = &group->scratch->side_by_side;
    rankloss__items *items = &group->items[k];
    const size_t size = group->sizes[k];
    if (inputs->where.data != NULL) {
        items->where = rankloss__read_where(inputs, list_at(group, &inputs->where, k), size, 0, size,
                                            scratch->where + taken->where);
        taken->where += size;
        rankloss__find_unmasked(items);
    }
    if (inputs->wants_tangent) {
        items->tangent = rankloss__read_tangent(inputs, list_at(group, &inputs->tangent, k), size, 0, size,
                                                scratch->tangents + taken->tangents);
        taken->tangents += rankloss__is_in_place(&inputs->tangent, RANKLOSS_F64, size) ? 0 : taken->room;
    }
}

static void read_list(rankloss__list_group *group, int k, scratch_use *taken) {
    const rankloss__inputs *inputs = &group->plan->inputs;
    rankloss__items *items = &group->items[k];
    const size_t size = group->sizes[k];
    group->exps[k] = group->scratch->side_by_side.exps + taken->exps;
    taken->room = (size + LANES - 1) / LANES * LANES;
    taken->exps += taken->room;
    items->logits =
        group->logits_in_place ? list_at(group, &inputs->logits, k) : convert(group, &inputs->logits, k, taken);
    if (inputs->bias.data != NULL)
        items->bias = rankloss__is_in_place(&inputs->bias, inputs->dtype, size)
                          ? list_at(group, &inputs->bias, k)
                          : convert(group, &inputs->bias, k, taken);
    items->labels =
        group->labels_in_place ? list_at(group, &inputs->labels, k) : convert(group, &inputs->labels, k, taken);
    items->weights =
        group->weights_in_place ? list_at(group, &inputs->weights, k) : convert(group, &inputs->weights, k, taken);
    items->count = items->unmasked = size;
    if (group->streams->count > 0)
        rankloss__fetch_lists(group->streams, group->positions[k].list + group->count, 1, size, items);
    if (inputs->where.data != NULL || inputs->wants_tangent)
        read_mask_and_tangent(group, k, taken);
    if (inputs->label_exps)
        items->labels = take_label_exps(group, k, items->labels, taken);
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
    scratch_use taken = {.exps = 0};
    if (!group->sums_are_defined) {
        group->sums = (rankloss__list_sums){.single = false};
        group->sums_are_defined = true;
    }
    if (group->plan->inputs.label_exps)
        clear_labels(&group->sums);
    for (int k = 0; k < group->count; k++) {
        read_list(group, k, &taken);
        kernels->score_range(&group->items[k], &ranges[k]);
        group->argmax[k] = ranges[k].argmax;
    }
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
        rankloss__sums sums = {.doubtful = 0};
        if ((lists >> k & 1u) == 0)
            continue;
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
        some.labels = (const char *)items->labels + (items->label_exps ? first * sizeof(double) : bytes);
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
    for (int k = 0; k < group->count; k++) {
        if ((lists >> k & 1u) == 0)
            continue;
        if (step.run == NULL || view->item_stride != 1) {
            write_by_writer(group, which, terms, k);
            continue;
        }
        const rankloss__out out = {rankloss__view_at(view, &inputs->batch, &group->positions[k]), view->dtype};
        step.run(&group->items[k], group->exps[k], terms, NULL, out);
        rankloss__store_one(out.dtype, out.data, (int64_t)group->argmax[k], step.argmax->at[k]);
    }
}

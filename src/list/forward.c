#include "list/forward.h"

#include <math.h>

#include "list/extended_list.h"

/* Of two stretches of a list, the later of which begins at item `first`. */
static void join_peaks(rankloss__score_range *peak, const rankloss__score_range *later, size_t first) {
    peak->valid += later->valid;
    peak->min = later->min < peak->min ? later->min : peak->min;
    if (later->max > peak->max) {
        peak->max = later->max;
        peak->argmax = first + later->argmax;
    }
}

static void peak_of_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    rankloss__score_range *peak = (rankloss__score_range *)context + part;
    *peak = (rankloss__score_range){-(double)INFINITY, (double)INFINITY, list->size, 0};
    for (size_t first = begin; first < end; first += list->chunk) {
        rankloss__score_range found;
        list->inputs->kernels->score_range(rankloss__list_chunk(list, first), &found);
        join_peaks(peak, &found, first);
    }
}

static rankloss__score_range find_peak(rankloss__list *list) {
    rankloss__score_range peaks[RANKLOSS__PARTS], peak = {-(double)INFINITY, (double)INFINITY, list->size, 0};
    rankloss__each_part(list, peak_of_part, peaks);
    for (size_t part = 0; part < rankloss__count_parts(list); part++)
        join_peaks(&peak, &peaks[part], 0);
    return peak;
}

rankloss__items rankloss__forward_chunk(const rankloss__forward *forward, rankloss__list *list, size_t first) {
    rankloss__items items = *rankloss__list_chunk(list, first);
    if (forward->uniform)
        items.labels = items.weights = NULL;
    return items;
}

static void read_top(rankloss__forward *forward, rankloss__list *list) {
    const size_t first = forward->peak.argmax - forward->peak.argmax % list->chunk;
    const rankloss__items items = rankloss__forward_chunk(forward, list, first);
    const size_t i = forward->peak.argmax - first;
    const double label = rankloss__list_value(list, items.labels, i);
    const double weight = rankloss__list_value(list, items.weights, i);
    const double coef = label * weight; /* exact in float32 */
    forward->folded.argmax_coef.hi[0] = coef;
    forward->folded.argmax_coef.lo[0] = list->inputs->is_f64 ? fma(label, weight, -coef) : 0.0;
    forward->folded.argmax_tangent.at[0] = items.tangent != NULL ? items.tangent[i] : 0.0;
}

/* One sum of each kind, of a part of a list. */
typedef struct part_sums {
    rankloss__dd exps, coefs, coef_x, tangents;
    double abs_coefs;
    unsigned underflow;
} part_sums;

/* What all parts share. */
typedef struct summing {
    const rankloss__forward *forward;
    part_sums parts[RANKLOSS__PARTS];
} summing;

static rankloss__dd first_lane(const rankloss__dd_lanes *lanes) {
    return (rankloss__dd){lanes->hi[0], lanes->lo[0]};
}

static void sum_part(void *context, rankloss__list *list, size_t part, size_t begin, size_t end) {
    summing *shared = context;
    const rankloss__forward *forward = shared->forward;
    const rankloss__kernels *kernels = list->inputs->kernels;
    rankloss__sums sums = {.underflow = 0};
    for (size_t first = begin; first < end; first += list->chunk) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, first);
        const int64_t skip = (int64_t)forward->peak.argmax - (int64_t)first;
        double *exps = list->scratch->exps + (forward->kept ? first : 0);
        kernels->sums(&items, forward->peak.max, skip, forward->span, exps, &sums);
        if (forward->rounded && list->store != NULL)
            kernels->exps_to_floats(exps, items.count, list->store + first);
    }
    kernels->fold(&sums);
    shared->parts[part] = (part_sums){first_lane(&sums.exps),     first_lane(&sums.coefs), first_lane(&sums.coef_x),
                                      first_lane(&sums.tangents), sums.abs_coefs.at[0],    sums.underflow};
}

static void set_first_lane(rankloss__dd_lanes *lanes, rankloss__dd value) {
    lanes->hi[0] = value.hi;
    lanes->lo[0] = value.lo;
}

/* The sums of a list that is more than one chunk. Not inlined, for others not to have the parts on their stack. */
__attribute__((noinline)) static void add_parts(rankloss__forward *forward, rankloss__list *list) {
    rankloss__list_sums *folded = &forward->folded;
    summing shared = {.forward = forward};
    rankloss__each_part(list, sum_part, &shared);
    part_sums total = shared.parts[0];
    for (size_t part = 1; part < rankloss__count_parts(list); part++) {
        const part_sums *sums = &shared.parts[part];
        total.exps = rankloss__dd_add(total.exps, sums->exps);
        total.coefs = rankloss__dd_add(total.coefs, sums->coefs);
        total.coef_x = rankloss__dd_add(total.coef_x, sums->coef_x);
        total.tangents = rankloss__dd_add(total.tangents, sums->tangents);
        total.abs_coefs += sums->abs_coefs;
        total.underflow |= sums->underflow;
    }
    set_first_lane(&folded->others.exps, total.exps);
    set_first_lane(&folded->others.coefs, total.coefs);
    set_first_lane(&folded->others.coef_x, total.coef_x);
    set_first_lane(&folded->others.tangents, total.tangents);
    folded->others.abs_coefs.at[0] = total.abs_coefs;
    folded->others.underflow = total.underflow;
    folded->max.at[0] = forward->peak.max;
    read_top(forward, list);
}

static void sum_list(rankloss__forward *forward, rankloss__list *list) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    forward->folded.single = true;
    forward->folded.others.underflow = 0;
    if (list->size <= list->chunk && forward->kept) {
        const rankloss__items items = rankloss__forward_chunk(forward, list, 0);
        kernels->list_sums(&items, list->scratch->exps, &forward->peak, &forward->folded);
    } else {
        add_parts(forward, list);
    }
    forward->finite = kernels->losses(&forward->folded, &forward->sums) != 0;
    forward->loss = forward->sums.loss.at[0];
}

/*
 * The sum of the coefficients once more, in twofold arithmetic. Where it cancels, what it loses by the rounding of
 * products and lanes would come out multiplied in everything that is divided by it.
 */
static void sum_signed_coefficients(rankloss__forward *forward, rankloss__list *list) {
    rankloss__dd rest = {0.0, 0.0}, top = {0.0, 0.0};
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            if (!rankloss__item_is_valid(items, i))
                continue;
            const double label = rankloss__list_value(list, items->labels, i);
            const rankloss__dd c = rankloss__two_product(label, rankloss__list_value(list, items->weights, i));
            if (first + i == forward->peak.argmax)
                top = c;
            else
                rest = rankloss__dd_add(rest, c);
        }
    }
    forward->folded.others.coefs = rankloss__dd_in_all_lanes(rest);
    forward->folded.argmax_coef.hi[0] = top.hi;
    forward->folded.argmax_coef.lo[0] = top.lo;
}

static bool all_coefficients_are_zero(rankloss__list *list) {
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++)
            if (rankloss__item_is_valid(items, i) && rankloss__list_value(list, items->labels, i) != 0.0 &&
                rankloss__list_value(list, items->weights, i) != 0.0)
                return false;
    }
    return true;
}

bool rankloss__sums_hold(const rankloss__list_sums *folded, const rankloss__losses *sums, int lane, double valid) {
    const double size = fabs(sums->coefs.hi[lane]);
    if ((folded->others.underflow >> lane & 1u) != 0 || !(size >= 0x1p-400 && size <= 0x1p400))
        return false;
    return valid == 1.0 || fabs(sums->loss.at[lane]) >= 0x1p-900;
}

static bool coefficients_exceed(const rankloss__list_sums *folded, int lane, double times) {
    const double rest = folded->others.coefs.hi[lane], top = folded->argmax_coef.hi[lane];
    return folded->others.abs_coefs.at[lane] + fabs(top) > times * fabs(rest + top);
}

bool rankloss__coefficients_cancel(const rankloss__list_sums *folded, int lane) {
    return coefficients_exceed(folded, lane, 1.001);
}

bool rankloss__sum_to_one_holds(const rankloss__inputs *inputs, const rankloss__list_sums *folded, int lane) {
    return !inputs->sum_to_one || !coefficients_exceed(folded, lane, inputs->is_f64 ? 0x1p40 : 0x1p10);
}

/* The sums, with what labels that sum to one and coefficients that cancel make of them. */
static void find_sums(rankloss__forward *forward, rankloss__list *list) {
    const bool is_f64 = list->inputs->is_f64, sum_to_one = list->inputs->sum_to_one;
    sum_list(forward, list);
    if (forward->sums.coefs.hi[0] == 0.0 && forward->folded.others.coef_x.hi[0] == 0.0)
        forward->zero = all_coefficients_are_zero(list);
    if (sum_to_one && forward->zero) {
        forward->zero = false;
        forward->uniform = true;
        sum_list(forward, list);
    }
    if (is_f64 && rankloss__coefficients_cancel(&forward->folded, 0)) {
        sum_signed_coefficients(forward, list);
        list->inputs->kernels->losses(&forward->folded, &forward->sums);
        forward->loss = forward->sums.loss.at[0];
    }
}

/* Whether the common path's sums are the list's. */
static bool common_path_holds(const rankloss__forward *forward, const rankloss__inputs *inputs) {
    if (!forward->finite || !rankloss__sum_to_one_holds(inputs, &forward->folded, 0))
        return false;
    if (!inputs->is_f64)
        return true;
    if (forward->folded.others.underflow != 0)
        return false;
    return forward->zero || rankloss__sums_hold(&forward->folded, &forward->sums, 0, (double)forward->peak.valid);
}

void rankloss__forward_list(rankloss__list *list, rankloss__forward *forward) {
    forward->path = RANKLOSS__EMPTY;
    forward->uniform = forward->zero = false;
    forward->loss = 0.0;
    forward->folded.sum_to_one = list->inputs->sum_to_one;
    /* A tangent may need the end of the scratch. */
    forward->kept = list->size <= RANKLOSS__TOGETHER - (list->at.tangent != NULL ? RANKLOSS__CHUNK : 0);
    forward->peak = find_peak(list);
    if (forward->peak.valid == 0)
        return;
    if (!isfinite(forward->peak.max)) {
        forward->path = RANKLOSS__NAN;
        forward->loss = (double)NAN;
        return;
    }
    const bool near = forward->peak.min - forward->peak.max >= RANKLOSS__EXP_CUTOFF;
    forward->span = near ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    forward->rounded = !list->inputs->is_f64 && list->size > RANKLOSS__TOGETHER &&
                       forward->peak.min - forward->peak.max >= RANKLOSS__FLOAT_CUTOFF;
    find_sums(forward, list);
    forward->path = RANKLOSS__FAST;
    if (!common_path_holds(forward, list->inputs)) {
        forward->path = RANKLOSS__EXTENDED;
        forward->loss = rankloss__extended_loss(list, &forward->peak);
    }
}

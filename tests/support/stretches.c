/*
 * Each stretch is a ragged batch of copies: of every list the items between two cuts.
 */
#include "stretches.h"

#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "views.h"

enum { MOST_STRETCHES = 4, INPUTS = 6 };

static const rankloss_array none;

static rankloss_array *input_of(rankloss_problem *problem, int k) {
    rankloss_array *const inputs[INPUTS] = {&problem->logits,  &problem->labels, &problem->where,
                                            &problem->weights, &problem->bias,   &problem->tangent};
    return inputs[k];
}

static int64_t count_lists(const rankloss_problem *problem) {
    return view_is_absent(&problem->offsets) ? problem->logits.shape[0] : problem->offsets.shape[0] - 1;
}

/* The item at which a list begins; of the list behind the last one, the number of items. */
static int64_t start_of(const rankloss_problem *problem, int64_t list) {
    return view_is_absent(&problem->offsets) ? list * problem->logits.shape[1]
                                             : (int64_t)view_get(&problem->offsets, list);
}

bool stretches_fit(const rankloss_problem *problem, rankloss_result *result) {
    rankloss_problem copy = *problem;
    const int64_t items = view_count(&problem->logits);
    bool fits = problem->reduction == RANKLOSS_NONE && problem->logits.ndim == (view_is_absent(&copy.offsets) ? 2 : 1);
    for (int k = 0; k < INPUTS; k++)
        fits = fits && (view_is_absent(input_of(&copy, k)) || view_count(input_of(&copy, k)) == items);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
        const rankloss_array *output = output_of(result, (output_kind)kind);
        fits = fits && (per_list || view_is_absent(output) || view_count(output) == items);
    }
    return fits;
}

/* cuts[s * lists + k]: the item of the batch at which stretch s of list k begins. */
static int64_t *draw_cuts(pool *p, const rankloss_problem *problem, int stretches, random_state *r) {
    const int64_t lists = count_lists(problem);
    int64_t *cuts = pool_bytes(p, (stretches + 1) * lists * (int64_t)sizeof *cuts);
    for (int64_t k = 0; k < lists; k++) {
        cuts[k] = start_of(problem, k);
        for (int s = 1; s <= stretches; s++) {
            const int64_t left = start_of(problem, k + 1) - cuts[(s - 1) * lists + k];
            cuts[s * lists + k] = cuts[(s - 1) * lists + k] + (s < stretches ? random_below(r, left + 1) : left);
        }
    }
    return cuts;
}

/* Copies the elements between two rows of cuts out of an array, or back into it. */
static void copy_items(const rankloss_array *whole, const rankloss_array *part, const int64_t *cuts, int64_t lists,
                       bool back) {
    int64_t at = 0;
    for (int64_t k = 0; k < lists && !view_is_absent(whole); k++)
        for (int64_t i = cuts[k]; i < cuts[lists + k]; i++, at++) {
            if (back)
                view_set(whole, i, view_get(part, at));
            else
                view_set(part, at, view_get(whole, i));
        }
}

static rankloss_problem stretch_of(pool *p, const rankloss_problem *problem, const int64_t *cuts) {
    const int64_t lists = count_lists(problem);
    rankloss_problem part = *problem;
    part.offsets = view_vector(p, RANKLOSS_I64, lists + 1);
    int64_t items = 0;
    view_set(&part.offsets, 0, 0);
    for (int64_t k = 0; k < lists; k++) {
        items += cuts[lists + k] - cuts[k];
        view_set(&part.offsets, k + 1, (long double)items);
    }
    for (int k = 0; k < INPUTS; k++) {
        rankloss_array *input = input_of(&part, k);
        const rankloss_array whole = *input;
        if (view_is_absent(&whole))
            continue;
        *input = view_vector(p, whole.dtype, items);
        copy_items(&whole, input, cuts, lists, false);
    }
    bool biased = false;
    for (int64_t i = 0; i < items && !view_is_absent(&part.bias); i++)
        biased = biased || view_get(&part.bias, i) != 0;
    part.bias = biased || items == 0 ? part.bias : none; /* as a stretch may do without */
    return part;
}

/* What a stretch has of the outputs. */
static rankloss_result outputs_of(pool *p, rankloss_result *result, int64_t lists, int64_t items) {
    rankloss_result part = {.state = NULL};
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *output = output_of(result, (output_kind)kind);
        const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
        if (!view_is_absent(output))
            *output_of(&part, (output_kind)kind) =
                view_vector(p, kind == OUTPUT_JVP ? RANKLOSS_F64 : output->dtype, per_list ? lists : items);
    }
    return part;
}

/* Writes a stretch's outputs into those of the whole. Returns whether its losses are those that are there. */
static bool put_back(rankloss_result *result, rankloss_result *part, const int64_t *cuts, int64_t lists, bool first,
                     double *jvps) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *whole = output_of(result, (output_kind)kind);
        const rankloss_array *piece = output_of(part, (output_kind)kind);
        if (kind != OUTPUT_LOSS && kind != OUTPUT_JVP)
            copy_items(whole, piece, cuts, lists, true);
        for (int64_t k = 0; kind == OUTPUT_JVP && !view_is_absent(whole) && k < lists; k++) {
            jvps[k] = (first ? 0 : jvps[k]) + (double)view_get(piece, k);
            view_set(whole, k, (long double)jvps[k]);
        }
        for (int64_t k = 0; kind == OUTPUT_LOSS && !view_is_absent(whole) && first && k < lists; k++)
            view_set(whole, k, view_get(piece, k));
    }
    rankloss_array losses = result->loss;
    losses.ndim = part->loss.ndim;
    losses.shape[0] = part->loss.shape[0];
    return view_is_absent(&result->loss) || view_same_bits(&losses, &part->loss);
}

const char *stretches_run(const rankloss_problem *problem, rankloss_result *result, random_state *r) {
    pool p = {.count = 0};
    const int stretches = 1 + (int)random_below(r, MOST_STRETCHES);
    const int64_t lists = count_lists(problem);
    const int64_t *cuts = draw_cuts(&p, problem, stretches, r);
    const int64_t bytes = lists * (int64_t)sizeof(rankloss_list_state);
    rankloss_list_state *merged = pool_bytes(&p, bytes), *states = pool_bytes(&p, bytes);
    double *jvps = pool_bytes(&p, lists * (int64_t)sizeof *jvps);
    rankloss_problem parts[MOST_STRETCHES];
    const char *wrong = "";
    memset(merged, 0, (size_t)bytes);
    for (int s = 0; s < stretches; s++) {
        parts[s] = stretch_of(&p, problem, &cuts[s * lists]);
        rankloss_problem summed = parts[s];
        summed.cotangent = none; /* a state has nothing of it */
        if (view_is_absent(&result->hvp_logits))
            summed.tangent = none; /* nor does a jvp need it there */
        const rankloss_result state = {.state = states};
        if (rankloss_softmax(&summed, &state) != RANKLOSS_OK)
            wrong = rankloss_last_error();
        for (int64_t k = 0; k < lists; k++)
            if (rankloss_list_state_merge(&merged[k], &states[k]) != RANKLOSS_OK)
                wrong = rankloss_last_error();
    }
    for (int s = 0; s < stretches && !wrong[0]; s++) {
        rankloss_result part = outputs_of(&p, result, lists, view_count(&parts[s].logits));
        parts[s].state = merged;
        if (rankloss_softmax(&parts[s], &part) != RANKLOSS_OK)
            wrong = rankloss_last_error();
        else if (!put_back(result, &part, &cuts[s * lists], lists, s == 0, jvps))
            wrong = "stretches of one list have other losses";
    }
    pool_free(&p);
    return wrong;
}

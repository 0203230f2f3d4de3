/*
 * Which output the exponentials of a long list are saved in, and how they are rounded if there is none.
 */
#include "list/float_exps.h"

#include "cpu/cache.h"

bool rankloss__exps_are_rounded(const rankloss__list *list, const rankloss__score_range *range) {
    return !list->inputs->is_f64 && list->size > RANKLOSS__TOGETHER && range->lowest_x >= RANKLOSS__FLOAT_CUTOFF;
}

float *rankloss__find_float_exps(const rankloss__plan *plan, const rankloss__list *list, unsigned wanted) {
    if (list->inputs->is_f64 || list->size <= RANKLOSS__TOGETHER)
        return NULL;
    if (rankloss__exceeds_last_cache(list->position.size))
        return NULL; /* computing them again is cheaper than writing and reading them */
    for (int which = RANKLOSS__HESS_LOGITS; which <= RANKLOSS__GRAD_LOGITS; which++) {
        const rankloss__view *view = &plan->derivatives[which];
        if (!rankloss__wants(wanted, (rankloss__derivative)which) || view->dtype != RANKLOSS_F32 ||
            view->item_stride != 1)
            continue;
        char *at = rankloss__view_at(view, &plan->inputs.batch, &list->position);
        if (at != list->at.logits)
            return (float *)(void *)at;
    }
    return NULL;
}

void rankloss__round_exps(const rankloss__list *list, size_t count, double *exps) {
    const rankloss__kernels *kernels = list->inputs->kernels;
    float *floats = list->scratch->spare.f32;
    for (size_t i = 0; i < count; i += RANKLOSS__CHUNK_F32) {
        const size_t n = count - i < RANKLOSS__CHUNK_F32 ? count - i : RANKLOSS__CHUNK_F32;
        kernels->exps_to_floats(exps + i, n, floats);
        kernels->floats_to_exps(floats, n, exps + i);
    }
}

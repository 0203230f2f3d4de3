/*
 * Sums gradients over lists: on one thread, an output at a time, the lists in their order.
 */
#include "list/sum_over_lists.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "dtype/convert.h"
#include "list/extended_list.h"
#include "list/gradient.h"
#include "status/error.h"

static int64_t count_elements(const rankloss_array *output) {
    int64_t count = 1;
    for (int32_t k = 0; k < output->ndim; k++)
        count *= output->shape[k];
    return count;
}

rankloss_status rankloss__sum_over_lists_allocate(rankloss__sum_window *window, const rankloss__plan *plan) {
    int64_t most = 0;
    *window = (rankloss__sum_window){NULL, 0, 0};
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const int64_t count = plan->across_lists[which] ? count_elements(plan->outputs[which]) : 0;
        most = count > most ? count : most;
    }
    if (most == 0)
        return RANKLOSS_OK;
    window->count = most < RANKLOSS__WINDOW ? most : RANKLOSS__WINDOW;
    window->sums = malloc((size_t)window->count * sizeof *window->sums);
    if (window->sums != NULL)
        return RANKLOSS_OK;
    return rankloss__fail(RANKLOSS_ERROR_MEMORY, "grad_labels, grad_weights: no memory for %" PRId64 " sums",
                          window->count);
}

/* Whether a list has elements inside the window. */
static bool meets(const rankloss__sum_window *window, const rankloss__writer *writer, const rankloss__list *list) {
    const int64_t last = writer->first_total + ((int64_t)list->size - 1) * writer->total_stride;
    return list->size > 0 && writer->first_total < window->first + window->count && last >= window->first;
}

/*
 * float64: lists may cancel in a sum, whose last place is then below those of its terms. Extended precision has bits
 * enough.
 */
static void add_extended_terms(const rankloss__plan *plan, int which, const rankloss__writer *writer,
                               rankloss__list *list) {
    rankloss__forward forward;
    rankloss__forward_list(list, &forward);
    const rankloss__upstream upstream = rankloss__plan_upstream(plan, &list->position);
    const bool is_nan = forward.path == RANKLOSS__NAN;
    rankloss__extended_sums sums = {0};
    if (forward.path == RANKLOSS__EMPTY)
        return;
    if (!is_nan)
        sums = rankloss__forward_extended(list, &forward);
    rankloss__extended_set_upstream(&sums, &upstream);
    for (size_t first = 0; first < list->size; first += list->chunk) {
        const rankloss__items *items = rankloss__list_chunk(list, first);
        for (size_t i = 0; i < items->count; i++) {
            const int64_t element = writer->first_total + (int64_t)(first + i) * writer->total_stride;
            if (!rankloss__item_is_valid(items, i))
                continue;
            rankloss__extended term = rankloss__extended_special((double)NAN);
            if (!is_nan)
                term = rankloss__extended_log_term(&sums, list, items, i, which == RANKLOSS__GRAD_WEIGHTS);
            rankloss__add_to_window(writer->totals, element, rankloss__extended_to_dd(term));
        }
    }
}

static void add_list(const rankloss__plan *plan, int which, rankloss__sum_window *window, int64_t index,
                     rankloss__chunk_scratch *scratch) {
    rankloss__list list;
    rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES] = {{.kind = RANKLOSS__WRITER_ABSENT}};
    rankloss__list_open(&list, &plan->inputs, index, scratch);
    writers[which] = rankloss__writer_into_totals(window, &plan->layouts[which], &plan->inputs.batch, &list.position,
                                                  scratch->spare.f64);
    if (!meets(window, &writers[which], &list))
        return;
    if (plan->inputs.is_f64) {
        add_extended_terms(plan, which, &writers[which], &list);
        return;
    }
    rankloss__forward forward;
    rankloss__forward_list(&list, &forward);
    const rankloss__upstream upstream = rankloss__plan_upstream(plan, &list.position);
    const rankloss__factors factors = rankloss__factors_of(&upstream);
    rankloss__derivatives(&list, &forward, &upstream, &factors, writers);
}

/* The address of element `number`, in row-major order, of an output. */
static char *element_at(const rankloss_array *output, int64_t number) {
    int64_t offset = 0;
    for (int32_t k = output->ndim - 1; k >= 0; k--) {
        offset += number % output->shape[k] * output->strides[k];
        number /= output->shape[k];
    }
    return (char *)output->data + offset * rankloss__dtype_size(output->dtype);
}

static void write_window(const rankloss__sum_window *window, const rankloss_array *output, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const double value = rankloss__compensated_value(window->sums[i]);
        rankloss__store_one(output->dtype, element_at(output, window->first + i), 0, value);
    }
}

static void scatter_output(const rankloss__plan *plan, int which, rankloss__sum_window *window) {
    const rankloss_array *output = plan->outputs[which];
    const int64_t elements = count_elements(output);
    const rankloss__batch *batch = &plan->inputs.batch;
    const int64_t lists = rankloss__has_no_items(batch) ? 0 : batch->num_lists;
    rankloss__chunk_scratch scratch;
    for (window->first = 0; window->first < elements; window->first += window->count) {
        const int64_t left = elements - window->first;
        for (int64_t i = 0; i < window->count; i++)
            window->sums[i] = (rankloss__dd){0.0, 0.0};
        for (int64_t list = 0; list < lists; list++)
            add_list(plan, which, window, list, &scratch);
        write_window(window, output, left < window->count ? left : window->count);
    }
}

void rankloss__sum_over_lists(const rankloss__plan *plan, rankloss__sum_window *window) {
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (plan->across_lists[which])
            scatter_output(plan, which, window);
    free(window->sums);
    window->sums = NULL;
}

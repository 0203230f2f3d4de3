#include "list/output_writer.h"

#include "list/list_chunks.h"

/* Whether all items of a list share one element of the output. */
static bool is_summed(const rankloss__view *view, const rankloss__position *place) {
    return view->per_list && place->size != 1;
}

rankloss__writer rankloss__writer_make(const rankloss__view *view, const rankloss__batch *batch,
                                       const rankloss__position *place, double *block) {
    rankloss__writer sink = {.view = view, .block = block};
    if (!view->present || view->data == NULL)
        return sink;
    sink.at = rankloss__view_at(view, batch, place);
    if (is_summed(view, place))
        sink.kind = RANKLOSS__WRITER_SUMMED;
    else if (view->item_stride == 1 || place->size == 1)
        sink.kind = RANKLOSS__WRITER_DIRECT;
    else
        sink.kind = RANKLOSS__WRITER_STRIDED;
    return sink;
}

rankloss__writer rankloss__writer_into_totals(rankloss__sum_window *totals, const rankloss__view *layout,
                                              const rankloss__batch *batch, const rankloss__position *place,
                                              double *block) {
    rankloss__writer sink = {.kind = RANKLOSS__WRITER_ADDED, .view = layout, .block = block, .totals = totals};
    sink.first_total = place->start * layout->start_stride;
    for (int32_t k = 0; k < batch->ndim; k++)
        sink.first_total += place->index[k] * layout->list_strides[k];
    sink.total_stride = layout->item_stride;
    return sink;
}

size_t rankloss__writer_limit(const rankloss__writer *sink) {
    return sink->kind <= RANKLOSS__WRITER_DIRECT ? SIZE_MAX : RANKLOSS__CHUNK;
}

static char *item_at(const rankloss__writer *sink, size_t first) {
    return sink->at + (int64_t)first * sink->view->item_stride * sink->view->element_size;
}

rankloss__out rankloss__writer_buffer(const rankloss__writer *sink, size_t first) {
    if (sink->kind == RANKLOSS__WRITER_DIRECT)
        return (rankloss__out){item_at(sink, first), sink->view->dtype};
    return (rankloss__out){sink->block, RANKLOSS_F64};
}

void rankloss__writer_put(rankloss__writer *sink, size_t first, size_t count) {
    if (sink->kind == RANKLOSS__WRITER_STRIDED)
        rankloss__store(sink->view->dtype, item_at(sink, first), sink->view->item_stride, count, sink->block);
    for (size_t i = 0; i < count && sink->kind == RANKLOSS__WRITER_SUMMED; i++)
        rankloss__compensated_add(&sink->sum, sink->block[i]);
    for (size_t i = 0; i < count && sink->kind == RANKLOSS__WRITER_ADDED; i++)
        rankloss__add_to_window(sink->totals, sink->first_total + (int64_t)(first + i) * sink->total_stride,
                                (rankloss__dd){sink->block[i], 0.0});
}

void rankloss__writer_close(rankloss__writer *sink) {
    if (sink->kind != RANKLOSS__WRITER_SUMMED)
        return;
    const double sum = rankloss__compensated_value(sink->sum);
    rankloss__store_one(sink->view->dtype, sink->at, 0, sum);
}

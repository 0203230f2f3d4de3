/*
 * Writers for one output of one list: contiguous, strided, or a sum.
 */
#include "list/output_writer.h"

#include "dtype/convert.h"
#include "list/scratch.h"

rankloss__writer rankloss__writer_make(const rankloss__view *view, const rankloss__batch *batch,
                                       const rankloss__position *position, double *block) {
    rankloss__writer writer = {.view = view, .block = block};
    if (!view->present || view->data == NULL)
        return writer;
    writer.at = rankloss__view_at(view, batch, position);
    if (view->per_list && position->size != 1)
        writer.kind = RANKLOSS__WRITER_SUMMED;
    else if (view->item_stride == 1 || position->size == 1)
        writer.kind = RANKLOSS__WRITER_DIRECT;
    else
        writer.kind = RANKLOSS__WRITER_STRIDED;
    return writer;
}

rankloss__writer rankloss__writer_into_totals(rankloss__sum_window *totals, const rankloss__view *layout,
                                              const rankloss__batch *batch, const rankloss__position *position,
                                              double *block) {
    rankloss__writer writer = {.kind = RANKLOSS__WRITER_ADDED, .view = layout, .block = block, .totals = totals};
    writer.first_total = position->start * layout->start_stride;
    for (int32_t k = 0; k < batch->ndim; k++)
        writer.first_total += position->index[k] * layout->list_strides[k];
    writer.total_stride = layout->item_stride;
    return writer;
}

size_t rankloss__writer_limit(const rankloss__writer *writer) {
    return writer->kind <= RANKLOSS__WRITER_DIRECT ? SIZE_MAX : RANKLOSS__CHUNK_F64;
}

static char *item_at(const rankloss__writer *writer, size_t first) {
    return writer->at + (int64_t)first * writer->view->item_stride * writer->view->element_size;
}

rankloss__out rankloss__writer_buffer(const rankloss__writer *writer, size_t first) {
    if (writer->kind == RANKLOSS__WRITER_DIRECT)
        return (rankloss__out){item_at(writer, first), writer->view->dtype};
    return (rankloss__out){writer->block, RANKLOSS_F64};
}

void rankloss__writer_put(rankloss__writer *writer, size_t first, size_t count) {
    if (writer->kind == RANKLOSS__WRITER_STRIDED)
        rankloss__store(writer->view->dtype, item_at(writer, first), writer->view->item_stride, count, writer->block);
    for (size_t i = 0; i < count && writer->kind == RANKLOSS__WRITER_SUMMED; i++)
        rankloss__compensated_add(&writer->sum, writer->block[i]);
    for (size_t i = 0; i < count && writer->kind == RANKLOSS__WRITER_ADDED; i++)
        rankloss__add_to_window(writer->totals, writer->first_total + (int64_t)(first + i) * writer->total_stride,
                                (rankloss__dd){writer->block[i], 0.0});
}

void rankloss__writer_close(rankloss__writer *writer) {
    if (writer->kind != RANKLOSS__WRITER_SUMMED)
        return;
    const double sum = rankloss__compensated_value(writer->sum);
    rankloss__store_one(writer->view->dtype, writer->at, 0, sum);
}

/*
 * Offsets from the sizes of lists, or from an id for each item. Nothing is written before all of the input is known to be
 * good, so that each call goes over it twice; ids that are not in order are sorted between.
 */
#include <rankloss/lists.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "batch/batch.h"
#include "check/overlap.h"
#include "check/validate_array.h"
#include "dtype/convert.h"
#include "status/error.h"

/* --- arguments --- */

static rankloss_status check_input(const rankloss__argument *input, const char *shape) {
    const rankloss_array *array = input->array;
    if (array == NULL || rankloss__is_absent(array))
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: %s", input->name,
                              array == NULL ? "NULL" : "required, but absent");
    const rankloss_status status = rankloss__validate_array(input);
    if (status == RANKLOSS_OK && array->ndim != 1)
        return rankloss__fail(RANKLOSS_ERROR_SHAPE, "%s: shape %s is not %s", input->name,
                              rankloss__shape_in_words(array->shape, array->ndim).text, shape);
    return status;
}

/* An output by itself, and against the arguments that it must not overlap, which have been checked. */
static rankloss_status check_output(const rankloss__argument *output, const rankloss__argument *others, int count) {
    if (output->array->data == NULL)
        return rankloss__fail(RANKLOSS_ERROR_NULL, "%s: NULL", output->name);
    const rankloss_status status = rankloss__validate_array(output);
    for (int k = 0; status == RANKLOSS_OK && k < count; k++)
        if (rankloss__overlap(output->array, others[k].array))
            return rankloss__fail(RANKLOSS_ERROR_OVERLAP, "%s: overlaps %s", output->name, others[k].name);
    return status;
}

/* The room for the offsets of so many lists. One entry more than can be counted does not fit, nor does one less. */
static rankloss_array room_for(int64_t *offsets, int64_t lists) {
    const int64_t entries = lists < INT64_MAX ? lists + 1 : lists;
    return rankloss_array_make(RANKLOSS_I64, offsets, 1, &entries);
}

/* --- sizes --- */

static int64_t element(const rankloss_array *array, int64_t i) {
    return rankloss__load_integer(array->dtype, array->data, i * array->strides[0]);
}

static rankloss_status check_sizes(const rankloss_array *sizes) {
    int64_t items = 0;
    for (int64_t list = 0; list < sizes->shape[0]; list++) {
        const int64_t size = element(sizes, list);
        const bool beyond = sizes->dtype == RANKLOSS_U64 && size < 0;
        if (size < 0 && !beyond)
            return rankloss__fail(RANKLOSS_ERROR_OFFSETS, "sizes: %" PRId64 " at entry %" PRId64 " is negative", size,
                                  list);
        if (beyond || __builtin_add_overflow(items, size, &items))
            return rankloss__fail(RANKLOSS_ERROR_OVERFLOW,
                                  "sizes: the entries up to %" PRId64 " add to more than 2^63 - 1 items", list);
    }
    return RANKLOSS_OK;
}

rankloss_status rankloss_offsets_from_sizes(const rankloss_array *sizes, int64_t *offsets) {
    rankloss_status status = check_input(&(rankloss__argument){"sizes", sizes, RANKLOSS__INDICES}, "(num_lists,)");
    if (status != RANKLOSS_OK)
        return status;
    const rankloss_array room = room_for(offsets, sizes->shape[0]), view = rankloss__bytes_of(sizes, sizeof *sizes);
    const rankloss__argument others[] = {{.name = "sizes", .array = sizes},
                                         {.name = "the view of the sizes", .array = &view}};
    status = check_output(&(rankloss__argument){"offsets", &room, RANKLOSS__INDICES}, others, 2);
    if (status == RANKLOSS_OK)
        status = check_sizes(sizes);
    if (status != RANKLOSS_OK)
        return status;
    offsets[0] = 0;
    for (int64_t list = 0; list < sizes->shape[0]; list++)
        offsets[list + 1] = offsets[list] + element(sizes, list);
    return RANKLOSS_OK;
}

/* --- ids --- */

#define DEFINE_END_OF_LIST(name, type)                                    \
    static int64_t name(const rankloss_array *ids, int64_t begin) {       \
        const type *const data = ids->data;                               \
        const int64_t stride = ids->strides[0], count = ids->shape[0];    \
        int64_t end = begin + 1;                                          \
        while (end < count && data[end * stride] == data[begin * stride]) \
            end++;                                                        \
        return end;                                                       \
    }

DEFINE_END_OF_LIST(end_by_8_bits, uint8_t)
DEFINE_END_OF_LIST(end_by_16_bits, uint16_t)
DEFINE_END_OF_LIST(end_by_32_bits, uint32_t)
DEFINE_END_OF_LIST(end_by_64_bits, uint64_t)

/*
 * The items that have the id of the item `begin` and lie side by side from there on: the first one behind them. Ids are
 * the same where their bits are, and to compare these alone takes half the time.
 */
static int64_t end_of_list(const rankloss_array *ids, int64_t begin) {
    switch (rankloss__dtype_size(ids->dtype)) {
    case 1:
        return end_by_8_bits(ids, begin);
    case 2:
        return end_by_16_bits(ids, begin);
    case 4:
        return end_by_32_bits(ids, begin);
    default:
        return end_by_64_bits(ids, begin);
    }
}

/* An id and the first item of a list that has it. */
typedef struct list_start {
    int64_t id, item;
} list_start;

enum { DIGITS = 256 };

/*
 * Sorts by id, as bits; lists with one id stay in their order. By digits of a byte, from the lowest: no input is slow,
 * and no order of ids counts for more than another. Eight digits are an even number, after which all is back in place.
 */
static void sort_by_id(list_start *lists, list_start *spare, size_t count) {
    for (int shift = 0; shift < 64; shift += 8) {
        size_t place[DIGITS] = {0}, below = 0; /* of the next list with each digit; the lists with lower ones */
        for (size_t k = 0; k < count; k++)
            place[(uint64_t)lists[k].id >> shift & 0xFF]++;
        for (int digit = 0; digit < DIGITS; digit++) {
            const size_t with_digit = place[digit];
            place[digit] = below;
            below += with_digit;
        }
        for (size_t k = 0; k < count; k++)
            spare[place[(uint64_t)lists[k].id >> shift & 0xFF]++] = lists[k];
        list_start *const sorted = spare;
        spare = lists;
        lists = sorted;
    }
}

/* Of lists sorted by id the one that begins before all others whose id an earlier list has; NULL where all differ. */
static const list_start *first_return(const list_start *lists, size_t count) {
    const list_start *found = NULL;
    for (size_t k = 1; k < count; k++)
        if (lists[k].id == lists[k - 1].id && (found == NULL || lists[k].item < found->item))
            found = &lists[k];
    return found;
}

/* As the first return of all, it is the second list with its id. */
static rankloss_status report_return(const rankloss_array *ids, const list_start *back) {
    const bool negative = back->id < 0 && ids->dtype != RANKLOSS_U64;
    const uint64_t magnitude = negative ? 0 - (uint64_t)back->id : (uint64_t)back->id;
    return rankloss__fail(RANKLOSS_ERROR_OFFSETS,
                          "ids: item %" PRId64 " has the id %s%" PRIu64 " of item %" PRId64
                          ", but items of another list lie between them",
                          back->item, negative ? "-" : "", magnitude, back[-1].item);
}

/* Whether no two of the lists have one id, by the heap. */
static rankloss_status check_any_order(const rankloss_array *ids, int64_t num_lists) {
    const size_t count = (size_t)num_lists;
    const int caller_errno = errno;
    list_start *lists = calloc(count, 2 * sizeof *lists); /* which refuses more bytes than can be counted */
    rankloss_status status = RANKLOSS_OK;
    if (lists == NULL) {
        status = rankloss__fail(RANKLOSS_ERROR_MEMORY, "ids: no memory for the ids of %" PRId64 " lists", num_lists);
    } else {
        int64_t item = 0;
        for (size_t k = 0; k < count; k++, item = end_of_list(ids, item))
            lists[k] = (list_start){element(ids, item), item};
        sort_by_id(lists, lists + count, count);
        const list_start *back = first_return(lists, count);
        if (back != NULL)
            status = report_return(ids, back);
        free(lists);
    }
    errno = caller_errno;
    return status;
}

static bool precedes(int32_t dtype, int64_t a, int64_t b) {
    return dtype == RANKLOSS_U64 ? (uint64_t)a < (uint64_t)b : a < b;
}

/* Ids that only rise from list to list, or only fall, cannot come back. */
static rankloss_status check_ids(const rankloss_array *ids) {
    int64_t num_lists = 0, before = ids->shape[0] > 0 ? element(ids, 0) : 0;
    bool rise = false, fall = false;
    for (int64_t item = 0; item < ids->shape[0]; item = end_of_list(ids, item)) {
        const int64_t id = element(ids, item);
        rise = rise || precedes(ids->dtype, before, id);
        fall = fall || precedes(ids->dtype, id, before);
        before = id;
        num_lists++;
    }
    return rise && fall ? check_any_order(ids, num_lists) : RANKLOSS_OK;
}

static rankloss_status check_id_arguments(const rankloss_array *ids, int64_t *offsets, int64_t *num_lists) {
    rankloss_status status = check_input(&(rankloss__argument){"ids", ids, RANKLOSS__INTEGERS}, "(num_items,)");
    if (status != RANKLOSS_OK)
        return status;
    const rankloss_array room = room_for(offsets, ids->shape[0]), view = rankloss__bytes_of(ids, sizeof *ids);
    const rankloss_array number = rankloss__bytes_of(num_lists, sizeof *num_lists);
    const rankloss__argument last = {"num_lists", &number, 1u << RANKLOSS_U8};
    const rankloss__argument others[] = {
        {.name = "ids", .array = ids}, {.name = "the view of the ids", .array = &view}, last};
    status = check_output(&last, others, 2);
    /* 32-bit x86 has an int64_t at any multiple of 4, which is not enough for an array. */
    if (status == RANKLOSS_OK && (uintptr_t)num_lists % _Alignof(int64_t) != 0)
        return rankloss__fail(RANKLOSS_ERROR_STRIDE, "num_lists: not aligned to an int64_t");
    if (status == RANKLOSS_OK)
        status = check_output(&(rankloss__argument){"offsets", &room, RANKLOSS__INDICES}, others, 3);
    return status;
}

rankloss_status rankloss_offsets_from_ids(const rankloss_array *ids, int64_t *offsets, int64_t *num_lists) {
    rankloss_status status = check_id_arguments(ids, offsets, num_lists);
    if (status == RANKLOSS_OK)
        status = check_ids(ids);
    if (status != RANKLOSS_OK)
        return status;
    int64_t list = 0;
    for (int64_t item = 0; item < ids->shape[0]; item = end_of_list(ids, item))
        offsets[list++] = item;
    offsets[list] = ids->shape[0];
    *num_lists = list;
    return RANKLOSS_OK;
}

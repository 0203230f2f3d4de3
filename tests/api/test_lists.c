/*
 * Offsets from sizes and from ids against the plain definition, in time that grows with the square of the items: random
 * lists of every dtype, stride and order, the ends of every dtype, every error with its words. Inputs are read-only and
 * end or begin at an inaccessible page, as does the room for the offsets, of which an error leaves every byte as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "guarded.h"
#include "number.h"
#include "random.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { UNTOUCHED = 0x5A };

/* --- Memory --- */

/* Pages that are made once: an input, and the room for the offsets. */
static struct {
    guarded input, output;
} pages;

enum { PAGE_BYTES = 4096 };

/* An integer of a dtype by its low bits, so that none has to pass through a floating-point number. */
static void put(int32_t dtype, void *data, int64_t element, int64_t value) {
    switch (dtype) {
    case RANKLOSS_I8:
    case RANKLOSS_U8:
        ((uint8_t *)data)[element] = (uint8_t)value;
        break;
    case RANKLOSS_I16:
    case RANKLOSS_U16:
        ((uint16_t *)data)[element] = (uint16_t)value;
        break;
    case RANKLOSS_I32:
    case RANKLOSS_U32:
        ((uint32_t *)data)[element] = (uint32_t)value;
        break;
    default:
        ((int64_t *)data)[element] = value;
        break;
    }
}

/* What a dtype makes of a value; a U64 as the int64_t with its bits. */
static int64_t wrapped(int32_t dtype, int64_t value) {
    switch (dtype) {
    case RANKLOSS_I8:
        return (int8_t)value;
    case RANKLOSS_U8:
        return (uint8_t)value;
    case RANKLOSS_I16:
        return (int16_t)value;
    case RANKLOSS_U16:
        return (uint16_t)value;
    case RANKLOSS_I32:
        return (int32_t)value;
    case RANKLOSS_U32:
        return (uint32_t)value;
    default:
        return value;
    }
}

/* A view of values, read-only. It ends at the page that nothing can touch, or begins behind the other one. */
static rankloss_array input_of(int32_t dtype, const int64_t *values, int64_t count, int64_t stride, bool at_end) {
    const int64_t step = stride < 0 ? -stride : stride, size = (int64_t)number_size(dtype);
    const int64_t elements = count > 0 ? (count - 1) * step + 1 : 0;
    guarded_protect(&pages.input, GUARDED_WRITE);
    memset(pages.input.begin, UNTOUCHED, pages.input.size);
    char *const first = at_end ? guarded_last(&pages.input, (size_t)(elements * size))
                               : guarded_first(&pages.input, (size_t)(elements * size));
    rankloss_array view = rankloss_array_make((rankloss_dtype)dtype, first, 1, &count);
    view.strides[0] = stride;
    if (stride < 0 && count > 0)
        view.data = first + (elements - 1) * size;
    for (int64_t i = 0; i < count; i++)
        put(dtype, view.data, i * stride, values[i]);
    guarded_protect(&pages.input, GUARDED_READ);
    return view;
}

/* Room for so many offsets, up to the page that nothing can touch. */
static int64_t *room_for(int64_t entries) {
    memset(pages.output.begin, UNTOUCHED, pages.output.size);
    return guarded_last(&pages.output, (size_t)entries * sizeof(int64_t));
}

/* Whether all of the pages of the offsets but `written` entries from a place on are as room_for() has left them. */
static bool untouched_but(const int64_t *offsets, int64_t written) {
    const unsigned char *const begin = (const unsigned char *)offsets;
    const unsigned char *const end = begin + written * (int64_t)sizeof *offsets;
    for (size_t i = 0; i < pages.output.size; i++) {
        const unsigned char *at = pages.output.begin + i;
        if ((at < begin || at >= end) && *at != UNTOUCHED)
            return false;
    }
    return true;
}

/* The words of an error have all of these, which are separated by '|'. */
static void expect_words(const char *words) {
    char list[256];
    (void)snprintf(list, sizeof list, "%s", words);
    for (char *rest = list; rest != NULL;) {
        char *const bar = strchr(rest, '|');
        if (bar != NULL)
            *bar = '\0';
        if (strstr(rankloss_last_error(), rest) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", rest, rankloss_last_error());
        rest = bar != NULL ? bar + 1 : NULL;
    }
}

/* --- Sizes --- */

static const int32_t size_dtypes[] = {RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U32, RANKLOSS_U64};

static void expect_sizes(int32_t dtype, const int64_t *sizes, int64_t count, int64_t stride, bool at_end) {
    const rankloss_array view = input_of(dtype, sizes, count, stride, at_end);
    int64_t *const offsets = room_for(count + 1);
    if (rankloss_offsets_from_sizes(&view, offsets) != RANKLOSS_OK)
        fail_msg("%s, %d lists: %s", number_name(dtype), (int)count, rankloss_last_error());
    for (int64_t k = 0; k <= count; k++) {
        int64_t before = 0;
        for (int64_t list = 0; list < k; list++)
            before += sizes[list];
        if (offsets[k] != before)
            fail_msg("%s: offset %d is %" PRId64 ", not %" PRId64, number_name(dtype), (int)k, offsets[k], before);
    }
    assert_true(untouched_but(offsets, count + 1));
}

static void expect_bad_sizes(const rankloss_array *sizes, rankloss_status status, const char *words) {
    int64_t *const offsets = room_for(100);
    errno = ERANGE;
    assert_int_equal(rankloss_offsets_from_sizes(sizes, offsets), status);
    assert_int_equal(errno, ERANGE);
    expect_words(words);
    assert_true(untouched_but(offsets, 0));
}

static void sizes_of_any_kind(void **state) {
    (void)state;
    static const int64_t strides[] = {1, -1, 2, -3};
    random_state r = random_new(random_run_seed(), 801);
    for (int64_t round = 0; round < 400 / random_run_share() + 1; round++) {
        int64_t sizes[50];
        const int64_t count = random_below(&r, LENGTH(sizes) + 1);
        for (int64_t k = 0; k < count; k++)
            sizes[k] = random_chance(&r, 0.3) ? 0 : random_below(&r, INT32_MAX);
        for (size_t d = 0; d < LENGTH(size_dtypes); d++)
            expect_sizes(size_dtypes[d], sizes, count, strides[random_below(&r, 4)], random_chance(&r, 0.5));
    }
}

static void sizes_to_the_last_item(void **state) {
    (void)state;
    const int64_t i32[] = {INT32_MAX, 0, INT32_MAX, INT32_MAX}, u32[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const int64_t all[] = {0, INT64_MAX, 0}, parts[] = {INT64_MAX - 5, 3, 2};
    expect_sizes(RANKLOSS_I32, i32, 4, 1, true);
    expect_sizes(RANKLOSS_U32, u32, 3, 1, true);
    for (size_t d = 1; d < LENGTH(size_dtypes); d += 2) {
        expect_sizes(size_dtypes[d], all, 3, 1, true);
        expect_sizes(size_dtypes[d], parts, 3, -2, true);
    }
}

static void one_size_for_all_lists(void **state) {
    (void)state;
    const int64_t four = 4;
    rankloss_array sizes = input_of(RANKLOSS_I32, &four, 1, 1, true);
    int64_t *const offsets = room_for(4);
    sizes.shape[0] = 3;
    sizes.strides[0] = 0;
    assert_int_equal(rankloss_offsets_from_sizes(&sizes, offsets), RANKLOSS_OK);
    for (int k = 0; k <= 3; k++)
        assert_true(offsets[k] == 4 * k);
}

static void no_sizes(void **state) {
    (void)state;
    const int64_t nothing = 0;
    int64_t offsets[2] = {7, 7};
    rankloss_array sizes = rankloss_array_make(RANKLOSS_U64, NULL, 1, &nothing);
    sizes.strides[0] = INT64_MIN;
    assert_int_equal(rankloss_offsets_from_sizes(&sizes, offsets), RANKLOSS_OK);
    assert_true(offsets[0] == 0 && offsets[1] == 7);
}

static void bad_sizes(void **state) {
    (void)state;
    static const struct {
        int32_t dtype;
        int64_t sizes[3];
        rankloss_status status;
        const char *words;
    } rows[] = {
        {RANKLOSS_I32, {-1, 2, 3}, RANKLOSS_ERROR_OFFSETS, "sizes: |-1 at entry 0| negative"},
        {RANKLOSS_I32, {1, 2, INT32_MIN}, RANKLOSS_ERROR_OFFSETS, "sizes: |-2147483648 at entry 2"},
        {RANKLOSS_I64, {0, INT64_MIN, INT64_MAX}, RANKLOSS_ERROR_OFFSETS, "sizes: |-9223372036854775808 at entry 1"},
        {RANKLOSS_I64, {INT64_MAX, 1, -1}, RANKLOSS_ERROR_OVERFLOW, "sizes: | up to 1 | 2^63 - 1"},
        {RANKLOSS_I64, {INT64_MAX, 0, INT64_MAX}, RANKLOSS_ERROR_OVERFLOW, "sizes: | up to 2 "},
        /* Of U64 those from 2^63 on; 1 and 2^64 - 1 would add to 0. */
        {RANKLOSS_U64, {INT64_MIN, 0, 0}, RANKLOSS_ERROR_OVERFLOW, "sizes: | up to 0 "},
        {RANKLOSS_U64, {1, -1, 0}, RANKLOSS_ERROR_OVERFLOW, "sizes: | up to 1 "},
        {RANKLOSS_U64, {INT64_MAX, 0, 1}, RANKLOSS_ERROR_OVERFLOW, "sizes: | up to 2 "},
    };
    for (size_t k = 0; k < LENGTH(rows); k++) {
        const rankloss_array view = input_of(rows[k].dtype, rows[k].sizes, 3, 1, true);
        expect_bad_sizes(&view, rows[k].status, rows[k].words);
    }
}

/* --- Ids --- */

static const int32_t id_dtypes[] = {RANKLOSS_I8, RANKLOSS_I16, RANKLOSS_I32, RANKLOSS_I64,
                                    RANKLOSS_U8, RANKLOSS_U16, RANKLOSS_U32, RANKLOSS_U64};

enum { MOST_IDS = 60 };

/* By the definition: where lists begin; or the first item whose id comes back, and the first that had it. */
typedef struct definition {
    int64_t begin[MOST_IDS + 1];
    int64_t num_lists;
    int64_t first, back; /* back is -1 where no id comes back */
} definition;

static definition define(const int64_t *ids, int64_t count) {
    definition d = {.num_lists = 0, .back = -1};
    for (int64_t i = 0; i < count; i++) {
        if (i > 0 && ids[i] == ids[i - 1])
            continue;
        for (int64_t j = 0; j < i; j++) {
            if (ids[j] == ids[i]) {
                d.first = j;
                d.back = i;
                return d;
            }
        }
        d.begin[d.num_lists++] = i;
    }
    d.begin[d.num_lists] = count;
    return d;
}

static void id_in_words(char *words, size_t size, int32_t dtype, int64_t id) {
    if (dtype == RANKLOSS_U64)
        (void)snprintf(words, size, "%" PRIu64, (uint64_t)id);
    else
        (void)snprintf(words, size, "%" PRId64, id);
}

static void expect_ids(int32_t dtype, const int64_t *values, int64_t count, int64_t stride, bool at_end) {
    int64_t ids[MOST_IDS], num_lists = -7;
    for (int64_t i = 0; i < count; i++)
        ids[i] = wrapped(dtype, values[i]);
    const definition expected = define(ids, count);
    const rankloss_array view = input_of(dtype, ids, count, stride, at_end);
    int64_t *const offsets = room_for(count + 1);
    const rankloss_status status = rankloss_offsets_from_ids(&view, offsets, &num_lists);
    if (expected.back >= 0) {
        char id[32], words[160];
        id_in_words(id, sizeof id, dtype, ids[expected.back]);
        (void)snprintf(words, sizeof words, "ids: |item %d |the id %s |of item %d,", (int)expected.back, id,
                       (int)expected.first);
        assert_int_equal(status, RANKLOSS_ERROR_OFFSETS);
        expect_words(words);
        assert_true(num_lists == -7 && untouched_but(offsets, 0));
        return;
    }
    if (status != RANKLOSS_OK)
        fail_msg("%s, %d items: %s", number_name(dtype), (int)count, rankloss_last_error());
    assert_true(num_lists == expected.num_lists);
    assert_memory_equal(offsets, expected.begin, (size_t)(num_lists + 1) * sizeof *offsets);
    assert_true(untouched_but(offsets, num_lists + 1));
}

/* Ids for the lists of a round: neighbours, the ends of a dtype, or any byte of all eight. */
static int64_t draw_id(random_state *r, int kind, int64_t list) {
    static const int64_t ends[] = {INT8_MIN,  INT8_MAX,  UINT8_MAX, INT16_MIN,  INT16_MAX, UINT16_MAX,
                                   INT32_MIN, INT32_MAX, INT64_MIN, UINT32_MAX, INT64_MAX, -1,
                                   0,         INT16_MIN, 1,         INT32_MIN,  -2,        INT64_MIN + 1};
    switch (kind) {
    case 0: /* rising */
        return list + random_below(r, 2);
    case 1: /* falling, below 0 as well */
        return 20 - 2 * list;
    case 2:
        return ends[random_below(r, LENGTH(ends))];
    case 3: /* one byte */
        return (int64_t)((uint64_t)random_below(r, 40) << 8 * random_below(r, 8));
    case 4: /* in no order, and none comes back where the dtype has room */
        return (int64_t)((uint64_t)list * UINT64_C(0x9E3779B97F4A7C15));
    default: /* likewise within a byte */
        return list * 37;
    }
}

static int64_t draw_ids(random_state *r, int64_t *ids) {
    const int kind = (int)random_below(r, 6);
    const int64_t items = random_below(r, MOST_IDS + 1), longest = 1 + random_below(r, 5);
    int64_t count = 0;
    for (int64_t list = 0; count < items; list++) {
        const int64_t id = draw_id(r, kind, list), end = count + 1 + random_below(r, longest);
        while (count < end && count < items)
            ids[count++] = id;
    }
    return count;
}

static void ids_of_any_kind(void **state) {
    (void)state;
    static const int64_t strides[] = {1, -1, 3, -2};
    random_state r = random_new(random_run_seed(), 802);
    for (int64_t round = 0; round < 2000 / random_run_share() + 1; round++) {
        int64_t ids[MOST_IDS];
        const int64_t count = draw_ids(&r, ids);
        for (size_t d = 0; d < LENGTH(id_dtypes); d++)
            expect_ids(id_dtypes[d], ids, count, strides[random_below(&r, 4)], random_chance(&r, 0.5));
    }
}

/* Every pair and triple of the ends of the dtypes, in every order: what rises as signed numbers may fall as unsigned ones. */
static void ends_of_every_dtype(void **state) {
    (void)state;
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, -1, 0, 1, INT32_MIN, INT8_MIN, INT8_MAX};
    for (size_t a = 0; a < LENGTH(ends); a++)
        for (size_t b = 0; b < LENGTH(ends); b++)
            for (size_t c = 0; c < LENGTH(ends); c++) {
                const int64_t ids[] = {ends[a], ends[a], ends[b], ends[c]};
                for (size_t d = 0; d < LENGTH(id_dtypes); d++)
                    expect_ids(id_dtypes[d], ids, 4, 1, true);
            }
}

static void one_id_for_all_items(void **state) {
    (void)state;
    const int64_t id = -3;
    int64_t num_lists = 0;
    rankloss_array ids = input_of(RANKLOSS_I16, &id, 1, 1, true);
    int64_t *const offsets = room_for(501);
    ids.shape[0] = 500;
    ids.strides[0] = 0;
    assert_int_equal(rankloss_offsets_from_ids(&ids, offsets, &num_lists), RANKLOSS_OK);
    assert_true(num_lists == 1 && offsets[0] == 0 && offsets[1] == 500 && untouched_but(offsets, 2));
}

static void no_ids(void **state) {
    (void)state;
    const int64_t nothing = 0;
    int64_t offsets[2] = {7, 7}, num_lists = 7;
    rankloss_array ids = rankloss_array_make(RANKLOSS_U8, NULL, 1, &nothing);
    ids.strides[0] = INT64_MIN;
    assert_int_equal(rankloss_offsets_from_ids(&ids, offsets, &num_lists), RANKLOSS_OK);
    assert_true(num_lists == 0 && offsets[0] == 0 && offsets[1] == 7);
}

/* More lists than a byte counts, in no order, each of one to three items; then one of them once more at the end. */
static void many_lists_in_no_order(void **state) {
    (void)state;
    enum { LISTS = 20000 };
    int64_t *const ids = calloc((size_t)3 * LISTS + 1, sizeof *ids), num_lists = 0, count = 0;
    int64_t *const offsets = calloc((size_t)3 * LISTS + 2, sizeof *offsets);
    assert_true(ids != NULL && offsets != NULL);
    for (int64_t list = 0; list < LISTS; list++)
        for (int64_t item = 0; item <= list % 3; item++)
            ids[count++] = (int64_t)((uint64_t)(list + 1) * UINT64_C(0x9E3779B97F4A7C15));
    rankloss_array view = RANKLOSS_ARRAY(ids, count);
    assert_int_equal(rankloss_offsets_from_ids(&view, offsets, &num_lists), RANKLOSS_OK);
    assert_true(num_lists == LISTS);
    for (int64_t list = 0; list < LISTS; list++)
        assert_true(offsets[list + 1] - offsets[list] == list % 3 + 1);

    char words[96];
    ids[count] = ids[offsets[12345]];
    view.shape[0]++;
    num_lists = -7;
    offsets[0] = -7;
    (void)snprintf(words, sizeof words, "item %d has|the id %" PRId64 " of item %d,", (int)count, ids[count],
                   (int)offsets[12345]);
    assert_int_equal(rankloss_offsets_from_ids(&view, offsets, &num_lists), RANKLOSS_ERROR_OFFSETS);
    expect_words(words);
    assert_true(num_lists == -7 && offsets[0] == -7);
    free(ids);
    free(offsets);
}

/* --- Arguments of both --- */

/* A call of either function, one of which needs no num_lists. */
static rankloss_status call(bool by_ids, const rankloss_array *input, int64_t *offsets, int64_t *num_lists) {
    return by_ids ? rankloss_offsets_from_ids(input, offsets, num_lists) : rankloss_offsets_from_sizes(input, offsets);
}

static void expect_bad(bool by_ids, const rankloss_array *input, rankloss_status status, const char *words) {
    int64_t *const offsets = room_for(100);
    int64_t num_lists = -7;
    errno = ERANGE;
    assert_int_equal(call(by_ids, input, offsets, &num_lists), status);
    assert_int_equal(errno, ERANGE);
    expect_words(words);
    if (input != NULL)
        expect_words(by_ids ? "ids: " : "sizes: ");
    assert_true(num_lists == -7 && untouched_but(offsets, 0));
}

static void dtypes_and_shapes(void **state) {
    (void)state;
    const int64_t values[8] = {1, 2, 3, 4, 5, 6, 7, 8}, grid[] = {2, 2};
    for (int by_ids = 0; by_ids <= 1; by_ids++) {
        const rankloss_array good = input_of(RANKLOSS_I64, values, 8, 1, true);
        for (int32_t dtype = -1; dtype <= RANKLOSS_BOOL + 1; dtype++) {
            rankloss_array view = good;
            bool fits = dtype >= RANKLOSS_I32 && dtype <= RANKLOSS_I64;
            fits = fits || dtype == RANKLOSS_U32 || dtype == RANKLOSS_U64;
            fits = fits || (by_ids && dtype >= RANKLOSS_I8 && dtype <= RANKLOSS_U64);
            view.dtype = dtype;
            view.shape[0] = 1;
            if (!fits)
                expect_bad(by_ids, &view, RANKLOSS_ERROR_DTYPE, "dtype");
            else
                assert_int_equal(call(by_ids, &view, room_for(2), &(int64_t){0}), RANKLOSS_OK);
        }
        rankloss_array view = rankloss_array_make(RANKLOSS_I64, good.data, 2, grid);
        expect_bad(by_ids, &view, RANKLOSS_ERROR_SHAPE, by_ids ? "(2, 2)|(num_items,)" : "(2, 2)|(num_lists,)");
        view = rankloss_array_make(RANKLOSS_I64, good.data, 0, NULL);
        expect_bad(by_ids, &view, RANKLOSS_ERROR_SHAPE, "()");
        view.ndim = RANKLOSS_MAX_NDIM + 1;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_SHAPE, "ndim is 9");
        view = good;
        view.shape[0] = -1;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_SHAPE, "-1");
    }
}

static void pointers(void **state) {
    (void)state;
    const int64_t values[4] = {1, 2, 3, 4};
    for (int by_ids = 0; by_ids <= 1; by_ids++) {
        const rankloss_array good = input_of(RANKLOSS_I64, values, 2, 1, false);
        rankloss_array view = {.data = NULL};
        int64_t num_lists = -7;
        expect_bad(by_ids, NULL, RANKLOSS_ERROR_NULL, by_ids ? "ids: NULL" : "sizes: NULL");
        expect_bad(by_ids, &view, RANKLOSS_ERROR_NULL, "absent");
        view = good;
        view.data = NULL;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_NULL, "data is NULL");
        view = good;
        view.data = (char *)good.data + 4;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_STRIDE, "aligned");
        assert_int_equal(call(by_ids, &good, NULL, &num_lists), RANKLOSS_ERROR_NULL);
        expect_words("offsets: NULL");
        char *const off = (char *)room_for(9) + 2;
        assert_int_equal(call(by_ids, &good, (int64_t *)(void *)off, &num_lists), RANKLOSS_ERROR_STRIDE);
        expect_words("offsets: |aligned");
        assert_true(num_lists == -7 && untouched_but((int64_t *)(void *)off, 0));
    }
    const rankloss_array good = input_of(RANKLOSS_I64, values, 2, 1, false);
    int64_t *const offsets = room_for(9);
    assert_int_equal(rankloss_offsets_from_ids(&good, offsets, NULL), RANKLOSS_ERROR_NULL);
    expect_words("num_lists: NULL");
    int64_t *const off = (int64_t *)(void *)((char *)&offsets[6] + 2);
    assert_int_equal(rankloss_offsets_from_ids(&good, offsets, off), RANKLOSS_ERROR_STRIDE);
    expect_words("num_lists: |aligned");
    assert_true(untouched_but(offsets, 0));
}

/* What reaches further than addresses or numbers do is refused without being read. */
static void sizes_of_memory(void **state) {
    (void)state;
    const int64_t value = 1;
    for (int by_ids = 0; by_ids <= 1; by_ids++) {
        const rankloss_array good = input_of(RANKLOSS_U32, &value, 1, 1, false);
        rankloss_array view = good;
        view.shape[0] = INT64_MAX;
        view.strides[0] = 0;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_OVERFLOW, "9223372036854775807");
        view.shape[0] = 3;
        view.strides[0] = INT64_MAX / 2;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_OVERFLOW, "strides");
        view.strides[0] = sizeof(void *) == 8 ? -(INT64_C(1) << 55) : INT32_MIN;
        expect_bad(by_ids, &view, RANKLOSS_ERROR_OVERFLOW, "");
    }
    if (sizeof(void *) != 8)
        return;
    /* The input fits by its stride of 0, the offsets do not. */
    rankloss_array view = input_of(RANKLOSS_U8, &value, 1, 1, false);
    int64_t num_lists = -7, *const offsets = room_for(2);
    view.strides[0] = 0;
    static const int64_t items[] = {INT64_MAX, INT64_C(1) << 60, (INT64_C(1) << 60) - 1};
    for (size_t k = 0; k < LENGTH(items); k++) {
        view.shape[0] = items[k];
        assert_int_equal(rankloss_offsets_from_ids(&view, offsets, &num_lists), RANKLOSS_ERROR_OVERFLOW);
        expect_words("offsets: ");
    }
    assert_true(num_lists == -7 && untouched_but(offsets, 0));
}

/* One block holds everything; the numbers are places in it, in bytes. */
static void expect_overlap(bool by_ids, int64_t ids_at, int64_t stride, int64_t offsets_at, int64_t num_lists_at,
                           const char *words) {
    const int64_t count = 3;
    char *const block = (char *)room_for(100);
    rankloss_array view = rankloss_array_make(RANKLOSS_I64, block + ids_at, 1, &count);
    view.strides[0] = stride;
    for (int64_t i = 0; i < count; i++)
        put(RANKLOSS_I64, view.data, i * stride, 1);
    int64_t *const offsets = (int64_t *)(void *)(block + offsets_at);
    int64_t *const num_lists = (int64_t *)(void *)(block + num_lists_at);
    unsigned char before[800];
    memcpy(before, block, sizeof before);
    const rankloss_status status = call(by_ids, &view, offsets, num_lists);
    if (words == NULL) {
        assert_int_equal(status, RANKLOSS_OK);
        return;
    }
    assert_int_equal(status, RANKLOSS_ERROR_OVERLAP);
    expect_words(words);
    assert_memory_equal(before, block, sizeof before);
}

/* The room of three items is four entries, 32 bytes, however few of them are written. */
static void overlaps(void **state) {
    (void)state;
    for (int by_ids = 0; by_ids <= 1; by_ids++) {
        const char *const words = by_ids ? "offsets: overlaps ids" : "offsets: overlaps sizes";
        expect_overlap(by_ids, 0, 1, 24, 400, NULL);
        expect_overlap(by_ids, 0, 1, 16, 400, words);
        expect_overlap(by_ids, 0, 1, 0, 400, words);
        expect_overlap(by_ids, 40, 1, 8, 400, NULL);
        expect_overlap(by_ids, 40, 1, 16, 400, words);
        expect_overlap(by_ids, 80, -1, 32, 400, NULL);
        expect_overlap(by_ids, 80, -1, 40, 400, words);
        expect_overlap(by_ids, 80, -1, 88, 400, NULL);
        expect_overlap(by_ids, 0, 5, 8, 400, NULL); /* between two elements */
        expect_overlap(by_ids, 0, 4, 8, 400, words);
    }
    expect_overlap(true, 0, 1, 400, 24, NULL);
    expect_overlap(true, 0, 1, 400, 16, "num_lists: overlaps ids");
    expect_overlap(true, 0, 1, 400, 432, NULL);
    expect_overlap(true, 0, 1, 400, 424, "offsets: overlaps num_lists");
    expect_overlap(true, 0, 1, 400, 400, "offsets: overlaps num_lists");
}

/* The view itself is an argument as well. */
static void overlaps_of_the_view(void **state) {
    (void)state;
    const int64_t values[2] = {4, 5};
    const rankloss_array good = input_of(RANKLOSS_I64, values, 2, 1, false);
    enum { WORDS = (sizeof(rankloss_array) + sizeof(int64_t) - 1) / sizeof(int64_t) };
    union {
        rankloss_array view;
        _Alignas(16) int64_t words[WORDS + 3];
    } place;
    int64_t *const last = &place.words[WORDS - 1];
    int64_t other[3] = {-7, -7, -7};
    place.view = good;
    assert_int_equal(rankloss_offsets_from_sizes(&place.view, last), RANKLOSS_ERROR_OVERLAP);
    expect_words("offsets: overlaps the view of the sizes");
    assert_int_equal(rankloss_offsets_from_ids(&place.view, last, other), RANKLOSS_ERROR_OVERLAP);
    expect_words("offsets: overlaps the view of the ids");
    assert_int_equal(rankloss_offsets_from_ids(&place.view, other, last), RANKLOSS_ERROR_OVERLAP);
    expect_words("num_lists: overlaps the view of the ids");
    assert_memory_equal(&place.view, &good, sizeof good);
    assert_true(other[0] == -7 && other[1] == -7 && other[2] == -7);
    assert_int_equal(rankloss_offsets_from_ids(&place.view, last + 1, other), RANKLOSS_OK);
    assert_true(last[1] == 0 && last[2] == 1 && last[3] == 2 && other[0] == 2);
}

/* --- What they are for --- */

typedef struct answer {
    double loss[3], grad[6];
} answer;

static answer compute(const int64_t *offsets, int64_t num_lists) {
    const double scores[6] = {0.5, 1, -2, 1, 3, 0.25}, relevance[6] = {1, 0, 0, 2, 1, 1};
    answer a = {.loss = {0}};
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(scores, 6),
                                      .labels = RANKLOSS_ARRAY(relevance, 6),
                                      .offsets = RANKLOSS_ARRAY(offsets, num_lists + 1),
                                      .reduction = RANKLOSS_NONE};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(a.loss, num_lists),
                                    .grad_logits = RANKLOSS_ARRAY(a.grad, 6)};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        fail_msg("%s", rankloss_last_error());
    return a;
}

static void same_lists_as_by_hand(void **state) {
    (void)state;
    const int64_t by_hand[] = {0, 2, 5, 6};
    const uint32_t group[] = {2, 3, 1};
    const int16_t qid[] = {40, 40, -7, -7, -7, 12};
    const rankloss_array sizes = RANKLOSS_ARRAY(group, 3), ids = RANKLOSS_ARRAY(qid, 6);
    int64_t by_sizes[4], by_ids[7], num_lists = 0;
    assert_int_equal(rankloss_offsets_from_sizes(&sizes, by_sizes), RANKLOSS_OK);
    assert_int_equal(rankloss_offsets_from_ids(&ids, by_ids, &num_lists), RANKLOSS_OK);
    assert_int_equal(num_lists, 3);
    const answer expected = compute(by_hand, 3), of_sizes = compute(by_sizes, 3), of_ids = compute(by_ids, num_lists);
    assert_memory_equal(&of_sizes, &expected, sizeof expected);
    assert_memory_equal(&of_ids, &expected, sizeof expected);
}

static int make_pages(void **state) {
    (void)state;
    pages.input = guarded_new(PAGE_BYTES);
    pages.output = guarded_new(PAGE_BYTES);
    return 0;
}

static int free_pages(void **state) {
    (void)state;
    guarded_free(&pages.input);
    guarded_free(&pages.output);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_any_kind),
        cmocka_unit_test(sizes_to_the_last_item),
        cmocka_unit_test(one_size_for_all_lists),
        cmocka_unit_test(no_sizes),
        cmocka_unit_test(bad_sizes),
        cmocka_unit_test(ids_of_any_kind),
        cmocka_unit_test(ends_of_every_dtype),
        cmocka_unit_test(one_id_for_all_items),
        cmocka_unit_test(no_ids),
        cmocka_unit_test(many_lists_in_no_order),
        cmocka_unit_test(dtypes_and_shapes),
        cmocka_unit_test(pointers),
        cmocka_unit_test(sizes_of_memory),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(overlaps_of_the_view),
        cmocka_unit_test(same_lists_as_by_hand),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, make_pages, free_pages);
}

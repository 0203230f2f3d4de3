/*
 * The checks of the four flat functions: each bad argument has its status and a message with the numbers, and nothing is
 * read or written: all arrays but the offsets are inaccessible where a call must fail.
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
#include <string.h>

#include <rankloss/rankloss.h>

#include "guarded.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The pointers of a call by their places. */
enum { OFFSETS, LOGITS, LABELS, WHERE, WEIGHTS, LOSS, GRAD_LOGITS, HESS_LOGITS, NUM_POINTERS };

enum { SLOT_BYTES = 1024, MAX_ENDS = 6, ERRNO_BEFORE = 4711 };

/* A call of 2 lists of 3 items, or of ragged lists of 2, 0 and 3; elements have 4 bytes or 8. */
typedef struct flat_call {
    bool ragged;
    size_t element;
    int64_t num_lists, list_size;
    void *pointer[NUM_POINTERS];
    int64_t ends[MAX_ENDS];
    int32_t reduction;
} flat_call;

typedef enum edit_kind {
    NO_EDIT,
    NUM_LISTS,
    LIST_SIZE,
    REDUCTION,
    NULL_POINTER, /* of pointer which */
    MOVE,         /* pointer which by value bytes */
    PLACE,        /* pointer which value elements behind pointer other */
    ENDS          /* the offsets to ends */
} edit_kind;

typedef struct flat_edit {
    edit_kind kind;
    int which, other;
    int64_t value;
    int64_t ends[MAX_ENDS];
} flat_edit;

typedef enum form { DENSE = 1, RAGGED = 2, BOTH = 3 } form;

typedef struct flat_row {
    const char *name;
    form forms;
    rankloss_status status;
    const char *word;
    flat_edit edits[3];
} flat_row;

#define SET(kind, value) {kind, 0, 0, value, {0}}
#define DROP(which) {NULL_POINTER, which, 0, 0, {0}}
#define SHIFT(which, bytes) {MOVE, which, 0, bytes, {0}}
#define PUT(which, other, elements) {PLACE, which, other, elements, {0}}
#define SET_ENDS(...)    \
    {                    \
        ENDS, 0, 0, 0, { \
            __VA_ARGS__  \
        }                \
    }

static const flat_row rows[] = {
    {"as it is", BOTH, RANKLOSS_OK, "", {SET(NO_EDIT, 0)}},
    {"nothing asked for", BOTH, RANKLOSS_OK, "", {DROP(LOSS), DROP(GRAD_LOGITS), DROP(HESS_LOGITS)}},
    {"no mask and no weights", BOTH, RANKLOSS_OK, "", {DROP(WHERE), DROP(WEIGHTS)}},
    {"one number for each list", DENSE, RANKLOSS_OK, "", {SET(REDUCTION, RANKLOSS_NONE)}},
    {"no lists", DENSE, RANKLOSS_OK, "", {SET(NUM_LISTS, 0)}},
    {"no lists and NULL", DENSE, RANKLOSS_OK, "", {SET(NUM_LISTS, 0), DROP(LOGITS), DROP(LABELS)}},
    {"no items and NULL", DENSE, RANKLOSS_OK, "", {SET(LIST_SIZE, 0), DROP(LOGITS), DROP(LABELS)}},
    {"no ragged lists", RAGGED, RANKLOSS_OK, "", {SET(NUM_LISTS, 0), SET_ENDS(0)}},
    {"no ragged items and NULL", RAGGED, RANKLOSS_OK, "", {SET_ENDS(0, 0, 0, 0), DROP(LOGITS), DROP(LABELS)}},
    {"labels that are the logits", BOTH, RANKLOSS_OK, "", {PUT(LABELS, LOGITS, 0)}},
    {"right behind the gradient", DENSE, RANKLOSS_OK, "", {PUT(HESS_LOGITS, GRAD_LOGITS, 6)}},

    {"num_lists -1", BOTH, RANKLOSS_ERROR_SHAPE, "-1", {SET(NUM_LISTS, -1)}},
    {"the least num_lists", BOTH, RANKLOSS_ERROR_SHAPE, "-9223372036854775808", {SET(NUM_LISTS, INT64_MIN)}},
    {"list_size -3", DENSE, RANKLOSS_ERROR_SHAPE, "-3", {SET(LIST_SIZE, -3)}},
    {"the least list_size", DENSE, RANKLOSS_ERROR_SHAPE, "-9223372036854775808", {SET(LIST_SIZE, INT64_MIN)}},
    {"no lists of a negative size", DENSE, RANKLOSS_ERROR_SHAPE, "-3", {SET(NUM_LISTS, 0), SET(LIST_SIZE, -3)}},
    {"two negative sizes", DENSE, RANKLOSS_ERROR_SHAPE, "-2", {SET(NUM_LISTS, -2), SET(LIST_SIZE, -3)}},

    {"logits NULL", BOTH, RANKLOSS_ERROR_NULL, "logits", {DROP(LOGITS)}},
    {"labels NULL", BOTH, RANKLOSS_ERROR_NULL, "labels", {DROP(LABELS)}},
    {"offsets NULL", RAGGED, RANKLOSS_ERROR_NULL, "offsets", {DROP(OFFSETS)}},
    {"offsets NULL beside no lists", RAGGED, RANKLOSS_ERROR_NULL, "offsets", {SET(NUM_LISTS, 0), DROP(OFFSETS)}},

    {"RANKLOSS_CUSTOM", BOTH, RANKLOSS_ERROR_OPTION, "reduction", {SET(REDUCTION, RANKLOSS_CUSTOM)}},
    {"reduction -1", BOTH, RANKLOSS_ERROR_OPTION, "-1", {SET(REDUCTION, -1)}},
    {"reduction 4", BOTH, RANKLOSS_ERROR_OPTION, "4", {SET(REDUCTION, 4)}},

    {"logits misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "logits", {SHIFT(LOGITS, 1)}},
    {"labels misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "labels", {SHIFT(LABELS, 2)}},
    {"weights misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "weights", {SHIFT(WEIGHTS, -1)}},
    {"loss misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "loss", {SHIFT(LOSS, 1)}},
    {"grad_logits misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "grad_logits", {SHIFT(GRAD_LOGITS, 2)}},
    {"hess_logits misaligned", BOTH, RANKLOSS_ERROR_STRIDE, "hess_logits", {SHIFT(HESS_LOGITS, 3)}},
    {"offsets misaligned", RAGGED, RANKLOSS_ERROR_STRIDE, "offsets", {SHIFT(OFFSETS, 4)}},

    {"offsets from 1", RAGGED, RANKLOSS_ERROR_OFFSETS, "1", {SET_ENDS(1, 2, 2, 5)}},
    {"offsets from -1", RAGGED, RANKLOSS_ERROR_OFFSETS, "-1", {SET_ENDS(-1, 2, 2, 5)}},
    {"offsets that decrease in the middle", RAGGED, RANKLOSS_ERROR_OFFSETS, "3", {SET_ENDS(0, 3, 2, 5)}},
    {"offsets that decrease at the end", RAGGED, RANKLOSS_ERROR_OFFSETS, "6", {SET_ENDS(0, 2, 6, 5)}},
    {"offsets that end below 0", RAGGED, RANKLOSS_ERROR_OFFSETS, "-5", {SET_ENDS(0, 2, 2, -5)}},
    {"offsets that end at the least", RAGGED, RANKLOSS_ERROR_OFFSETS, "offsets", {SET_ENDS(0, 2, 2, INT64_MIN)}},
    {"a far offset among others", RAGGED, RANKLOSS_ERROR_OFFSETS, "offsets", {SET_ENDS(0, INT64_MAX, INT64_MIN, 5)}},
    {"no list, but an offset of 5", RAGGED, RANKLOSS_ERROR_OFFSETS, "5", {SET(NUM_LISTS, 0), SET_ENDS(5)}},

    {"grad_logits one behind the logits", BOTH, RANKLOSS_ERROR_OVERLAP, "grad_logits", {PUT(GRAD_LOGITS, LOGITS, 1)}},
    {"grad_logits one before the logits", BOTH, RANKLOSS_ERROR_OVERLAP, "grad_logits", {PUT(GRAD_LOGITS, LOGITS, -1)}},
    {"grad_logits on the labels", BOTH, RANKLOSS_ERROR_OVERLAP, "grad_logits", {PUT(GRAD_LOGITS, LABELS, 0)}},
    {"grad_logits on the mask", BOTH, RANKLOSS_ERROR_OVERLAP, "grad_logits", {PUT(GRAD_LOGITS, WHERE, 0)}},
    {"grad_logits on the offsets", RAGGED, RANKLOSS_ERROR_OVERLAP, "grad_logits", {PUT(GRAD_LOGITS, OFFSETS, 1)}},
    {"in place beside labels that are the logits",
     BOTH,
     RANKLOSS_ERROR_OVERLAP,
     "labels",
     {PUT(GRAD_LOGITS, LOGITS, 0), PUT(LABELS, LOGITS, 0)}},
    {"hess_logits on the logits", BOTH, RANKLOSS_ERROR_OVERLAP, "hess_logits", {PUT(HESS_LOGITS, LOGITS, 0)}},
    {"hess_logits on grad_logits", BOTH, RANKLOSS_ERROR_OVERLAP, "hess_logits", {PUT(HESS_LOGITS, GRAD_LOGITS, 0)}},
    {"loss within grad_logits", BOTH, RANKLOSS_ERROR_OVERLAP, "loss", {PUT(LOSS, GRAD_LOGITS, 4)}},
    {"loss on the last of the weights", DENSE, RANKLOSS_ERROR_OVERLAP, "loss", {PUT(LOSS, WEIGHTS, 5)}},
    {"loss on the offsets", RAGGED, RANKLOSS_ERROR_OVERLAP, "loss", {PUT(LOSS, OFFSETS, 0)}},

    {"2^64 items", DENSE, RANKLOSS_ERROR_OVERFLOW, "", {SET(NUM_LISTS, 1LL << 32), SET(LIST_SIZE, 1LL << 32)}},
    {"2^64 bytes", DENSE, RANKLOSS_ERROR_OVERFLOW, "", {SET(NUM_LISTS, 1LL << 31), SET(LIST_SIZE, 1LL << 31)}},
    {"the largest sizes", DENSE, RANKLOSS_ERROR_OVERFLOW, "", {SET(NUM_LISTS, INT64_MAX), SET(LIST_SIZE, INT64_MAX)}},
    {"the largest list_size", DENSE, RANKLOSS_ERROR_OVERFLOW, "", {SET(LIST_SIZE, INT64_MAX)}},
    {"the largest num_lists", BOTH, RANKLOSS_ERROR_OVERFLOW, "", {SET(NUM_LISTS, INT64_MAX)}},
    {"2^64 bytes of offsets", RAGGED, RANKLOSS_ERROR_OVERFLOW, "", {SET(NUM_LISTS, (1LL << 61) - 1)}},
    {"offsets beyond the address space", RAGGED, RANKLOSS_ERROR_OVERFLOW, "offsets", {SET(NUM_LISTS, INT64_MAX / 8)}},
    {"2^63 bytes of ragged items", RAGGED, RANKLOSS_ERROR_OVERFLOW, "", {SET_ENDS(0, 2, 2, 1LL << 61)}},
    {"the most ragged items", RAGGED, RANKLOSS_ERROR_OVERFLOW, "", {SET_ENDS(0, 2, 2, INT64_MAX)}},
};

static guarded offsets, arrays;

static flat_call make_call(bool ragged, size_t element) {
    flat_call c = {.ragged = ragged,
                   .element = element,
                   .num_lists = ragged ? 3 : 2,
                   .list_size = 3,
                   .ends = {0, 2, 2, 5},
                   .reduction = RANKLOSS_MEAN};
    for (int k = OFFSETS; k < NUM_POINTERS; k++)
        c.pointer[k] = (k == OFFSETS ? offsets : arrays).begin + k * SLOT_BYTES + SLOT_BYTES / 2;
    return c;
}

static void apply(flat_call *c, const flat_edit *e) {
    switch (e->kind) {
    case NO_EDIT:
        break;
    case NUM_LISTS:
        c->num_lists = e->value;
        break;
    case LIST_SIZE:
        c->list_size = e->value;
        break;
    case REDUCTION:
        c->reduction = (int32_t)e->value;
        break;
    case NULL_POINTER:
        c->pointer[e->which] = NULL;
        break;
    case MOVE:
        c->pointer[e->which] = (char *)c->pointer[e->which] + e->value;
        break;
    case PLACE:
        c->pointer[e->which] = (char *)c->pointer[e->other] + e->value * (int64_t)c->element;
        break;
    case ENDS:
        memcpy(c->ends, e->ends, sizeof c->ends);
        break;
    }
}

static rankloss_status call_f32(const flat_call *c) {
    void *const *const p = c->pointer;
    const rankloss_reduction reduction = (rankloss_reduction)c->reduction;
    if (c->ragged)
        return rankloss_softmax_ragged_f32(c->num_lists, p[OFFSETS], p[LOGITS], p[LABELS], p[WHERE], p[WEIGHTS],
                                           reduction, p[LOSS], p[GRAD_LOGITS], p[HESS_LOGITS]);
    return rankloss_softmax_f32(c->num_lists, c->list_size, p[LOGITS], p[LABELS], p[WHERE], p[WEIGHTS], reduction,
                                p[LOSS], p[GRAD_LOGITS], p[HESS_LOGITS]);
}

static rankloss_status call_f64(const flat_call *c) {
    void *const *const p = c->pointer;
    const rankloss_reduction reduction = (rankloss_reduction)c->reduction;
    if (c->ragged)
        return rankloss_softmax_ragged_f64(c->num_lists, p[OFFSETS], p[LOGITS], p[LABELS], p[WHERE], p[WEIGHTS],
                                           reduction, p[LOSS], p[GRAD_LOGITS], p[HESS_LOGITS]);
    return rankloss_softmax_f64(c->num_lists, c->list_size, p[LOGITS], p[LABELS], p[WHERE], p[WEIGHTS], reduction,
                                p[LOSS], p[GRAD_LOGITS], p[HESS_LOGITS]);
}

static const char *running = "";

static bool row_holds(const flat_row *row, bool ragged, size_t element) {
    running = row->name;
    guarded_protect(&offsets, GUARDED_WRITE);
    guarded_protect(&arrays, GUARDED_WRITE);
    flat_call c = make_call(ragged, element);
    for (size_t k = 0; k < LENGTH(row->edits); k++)
        apply(&c, &row->edits[k]);
    memcpy(offsets.begin + SLOT_BYTES / 2, c.ends, sizeof c.ends);
    (void)rankloss_softmax(NULL, NULL);
    guarded_protect(&offsets, GUARDED_READ);
    guarded_protect(&arrays, row->status == RANKLOSS_OK ? GUARDED_WRITE : GUARDED_NONE);

    errno = ERRNO_BEFORE;
    const rankloss_status status = element == sizeof(float) ? call_f32(&c) : call_f64(&c);
    const bool errno_kept = errno == ERRNO_BEFORE;
    const char *message = rankloss_last_error();
    running = "";
    const bool is_new = strncmp(message, "problem", strlen("problem")) != 0;
    if (status == row->status && errno_kept && is_new == (status != RANKLOSS_OK) && strstr(message, row->word))
        return true;
    printf("%s (%s, elements of %zu bytes): %d, not %d; errno %s; %s\n", row->name, ragged ? "ragged" : "dense",
           element, (int)status, (int)row->status, errno_kept ? "kept" : "changed", message);
    return false;
}

static void rows_hold(void **state) {
    const form of = *(const form *)*state;
    int failed = 0;
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t element = sizeof(float); element <= sizeof(double) && (rows[i].forms & of) != 0; element *= 2)
            failed += !row_holds(&rows[i], of == RAGGED, element);
    assert_int_equal(failed, 0);
}

static int say_what_crashed(void **state) {
    (void)state;
    if (running[0])
        printf("the test ended in: %s\n", running);
    return 0;
}

int main(void) {
    form dense = DENSE;
    form ragged = RAGGED;
    const struct CMUnitTest tests[] = {
        {"dense", rows_hold, NULL, say_what_crashed, &dense},
        {"ragged", rows_hold, NULL, say_what_crashed, &ragged},
    };
    const int refused = run_refused();
    if (refused)
        return refused;
    offsets = guarded_new(NUM_POINTERS * SLOT_BYTES);
    arrays = guarded_new(NUM_POINTERS * SLOT_BYTES);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    guarded_free(&offsets);
    guarded_free(&arrays);
    return failed;
}

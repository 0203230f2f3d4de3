/*
 * src/check/validate.c by way of rankloss_softmax(): each bad argument has its status and its message, and nothing is read
 * or written; unusual arguments that are good are accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include <rankloss/rankloss.h>

#include "bad_call.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void no_message_before_a_failure(void **state) {
    (void)state;
    assert_string_equal(rankloss_last_error(), "");
}

static void rows_hold(void **state) {
    const bad_table *table = *state;
    int failed = 0;
    for (int i = 0; i < table->count; i++)
        failed += !bad_row_holds(&table->rows[i]);
    assert_int_equal(failed, 0);
}

enum {
    FLOATS = 1u << RANKLOSS_F32 | 1u << RANKLOSS_F64 | 1u << RANKLOSS_F16 | 1u << RANKLOSS_BF16,
    MASKS = 1u << RANKLOSS_BOOL | 1u << RANKLOSS_U8 | 1u << RANKLOSS_I8,
    INDICES = 1u << RANKLOSS_I32 | 1u << RANKLOSS_I64 | 1u << RANKLOSS_U32 | 1u << RANKLOSS_U64,
    ALL_DTYPES = (1u << (RANKLOSS_BOOL + 1)) - (1u << RANKLOSS_F32)
};

static const struct {
    part which;
    unsigned dtypes;
} accepted[] = {
    {LOGITS, FLOATS},      {LABELS, ALL_DTYPES},   {WHERE, MASKS},        {WEIGHTS, ALL_DTYPES}, {BIAS, FLOATS},
    {OFFSETS, INDICES},    {COTANGENT, FLOATS},    {TANGENT, FLOATS},     {LOSS, FLOATS},        {GRAD_LOGITS, FLOATS},
    {GRAD_LABELS, FLOATS}, {GRAD_WEIGHTS, FLOATS}, {HESS_LOGITS, FLOATS}, {JVP, FLOATS},         {HVP_LOGITS, FLOATS},
};

/* All dtypes there are, and numbers that a careless check would take for one. */
static const int32_t dtypes[] = {0,   1,     2,         3,         4,  5,  6,  7,   8,   9,   10,  11,  12,
                                 13,  14,    15,        31,        32, 33, 34, 64,  65,  66,  127, 128, 129,
                                 257, 65537, INT32_MAX, INT32_MIN, -1, -2, -3, -31, -32, -63, -256};

static bool dtype_holds(base on, part which, unsigned good, int32_t dtype) {
    char number[16];
    const edit edits[MAX_EDITS] = {EDIT(DTYPE, TARGET, dtype)};
    const bool known = dtype >= RANKLOSS_F32 && dtype <= RANKLOSS_BOOL;
    const bool fits = known && (good >> dtype & 1u) != 0;
    (void)snprintf(number, sizeof number, "%d", (int)dtype);
    return bad_try(number, on, which, fits ? RANKLOSS_OK : RANKLOSS_ERROR_DTYPE, known ? "" : number, edits);
}

static void every_dtype_of_every_argument(void **state) {
    int failed = 0;
    (void)state;
    for (int on = 0; on < NUM_BASES; on++)
        for (size_t i = 0; i < LENGTH(accepted); i++)
            for (size_t k = 0; k < LENGTH(dtypes) && base_has((base)on, accepted[i].which); k++)
                failed += !dtype_holds((base)on, accepted[i].which, accepted[i].dtypes, dtypes[k]);
    assert_int_equal(failed, 0);
}

static int say_what_crashed(void **state) {
    (void)state;
    if (bad_call_running()[0])
        printf("the test ended in: %s\n", bad_call_running());
    return 0;
}

#define TABLE_TEST(table) {#table, rows_hold, NULL, say_what_crashed, (void *)&(table)}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_message_before_a_failure),
        TABLE_TEST(good_arguments),
        TABLE_TEST(good_layouts),
        TABLE_TEST(bad_arguments),
        TABLE_TEST(bad_options),
        TABLE_TEST(bad_shapes),
        TABLE_TEST(bad_ragged),
        TABLE_TEST(bad_layouts),
        TABLE_TEST(bad_sizes),
        TABLE_TEST(bad_overlaps),
        cmocka_unit_test_teardown(every_dtype_of_every_argument, say_what_crashed),
    };
    const int refused = run_refused();
    if (refused)
        return refused;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bad_call_free();
    return failed;
}

/*
 * No access outside the arrays: every input and output ends at an inaccessible page, or begins behind one, for lists of 0
 * to 600 items and around the sizes at which long ones are cut. Inputs are read-only. Every element of the outputs is
 * written, and nothing around or between them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "guarded_call.h"
#include "random.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
    PLAIN = INPUT(LOGITS) | INPUT(LABELS),
    MASKED = PLAIN | INPUT(WHERE) | INPUT(WEIGHTS),
    ALL_INPUTS = MASKED | INPUT(BIAS) | INPUT(COTANGENT) | INPUT(TANGENT),
    FIRST = OUTPUT(LOSS) | OUTPUT(GRAD_LOGITS),
    FLAT = FIRST | OUTPUT(HESS_LOGITS),
    LOGS = OUTPUT(GRAD_LABELS) | OUTPUT(GRAD_WEIGHTS),
    ALL_OUTPUTS = (1 << OUTPUT_KINDS) - 1
};

static const guarded_kind kinds[] = {
    {"f32", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN, FIRST, 0},
    {"f64", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, PLAIN, FIRST, 0},
    {"f32 loss", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, OUTPUT(LOSS), 0},
    {"f32 mask", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN | INPUT(WHERE), FLAT, 0},
    {"f64 mask", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, PLAIN | INPUT(WHERE), FLAT, 0},
    {"f32 weights", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f64 weights", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f32 all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 all", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 all", RANKLOSS_F16, RANKLOSS_F16, RANKLOSS_F16, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"bf16 all", RANKLOSS_BF16, RANKLOSS_BF16, RANKLOSS_BF16, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 to f64", RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 to f32", RANKLOSS_F64, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"u8 labels", RANKLOSS_F32, RANKLOSS_U8, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i16 labels", RANKLOSS_F32, RANKLOSS_I16, RANKLOSS_F16, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i32 labels", RANKLOSS_F32, RANKLOSS_I32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, 0},
    {"i64 labels", RANKLOSS_F64, RANKLOSS_I64, RANKLOSS_BF16, ONE_LIST, 1, MASKED, FLAT, 0},
    {"f32 gaps", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 3, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 gaps", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 gaps", RANKLOSS_F16, RANKLOSS_I8, RANKLOSS_F16, ONE_LIST, 2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 backwards", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, -1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 backwards", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, -2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 lists", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, MASKED, FLAT, 0},
    {"f64 lists", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, THREE_LISTS, 1, MASKED, FLAT, 0},
    {"f32 lists, all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SPARSE},
    {"f32 shared", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
    {"f64 shared", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, THREE_LISTS, -1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
    {"f32 of 1", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_1, 1, MASKED, FLAT, 0},
    {"f32 of 2", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_2, 1, MASKED, FLAT, 0},
    {"f32 of 3", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_3, 1, PLAIN, FLAT, 0},
    {"f64 of 3", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, LISTS_OF_3, 1, MASKED, FLAT, 0},
    {"f32 of 7, all", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, LISTS_OF_7, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f32 in place", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, IN_PLACE},
    {"f64 in place", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, IN_PLACE},
    {"f32 gaps, in place", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 2, MASKED, FLAT, IN_PLACE},
    {"f16 ragged, in place", RANKLOSS_F16, RANKLOSS_F16, RANKLOSS_F16, RAGGED_LISTS, 1, MASKED, FLAT, IN_PLACE},
    {"f32 columns", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, COLUMNS, 1, MASKED, FLAT, 0},
    {"f64 columns, all", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, COLUMNS, 1, ALL_INPUTS, ALL_OUTPUTS, SPARSE},
    {"f32 ragged", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT, 0},
    {"f64 ragged", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, 1, MASKED, FLAT, 0},
    {"f32 ragged, all", RANKLOSS_F32, RANKLOSS_I32, RANKLOSS_F64, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f64 ragged gaps", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, -2, ALL_INPUTS, ALL_OUTPUTS, 0},
    {"f16 ragged", RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_F16, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SHARED},
    {"f32 jvp", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN | INPUT(TANGENT),
     OUTPUT(JVP) | OUTPUT(HVP_LOGITS), SPARSE},
    {"f64 jvp", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED | INPUT(TANGENT),
     OUTPUT(JVP) | OUTPUT(HVP_LOGITS), SPARSE},
    {"f64 logs", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, LOGS, SPARSE},
    {"f32 logs", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, LOGS, SPARSE},
    {"f32 nine lists", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, NINE_LISTS, 1, MASKED, FLAT, 0},
    {"f64 nine lists", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, NINE_LISTS, 1, PLAIN, FLAT, SPARSE},
    {"u8 nine lists", RANKLOSS_F32, RANKLOSS_U8, RANKLOSS_F32, NINE_LISTS, 1, MASKED, FLAT, SPARSE},
    {"f64 labels", RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F32, THREE_LISTS, 1, MASKED, FLAT, SPARSE},
    {"f16 labels", RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_F64, THREE_LISTS, 1, MASKED, FLAT, SPARSE},
    {"bf16 all", RANKLOSS_BF16, RANKLOSS_BF16, RANKLOSS_BF16, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, SPARSE},
    {"bool labels", RANKLOSS_F32, RANKLOSS_BOOL, RANKLOSS_F32, THREE_LISTS, 1, PLAIN, FLAT, SPARSE},
    {"i8 labels", RANKLOSS_F32, RANKLOSS_I8, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT, SPARSE},
    {"u16 labels", RANKLOSS_F64, RANKLOSS_U16, RANKLOSS_F64, RAGGED_LISTS, 3, MASKED, FLAT, SPARSE},
    {"u32 labels", RANKLOSS_F32, RANKLOSS_U32, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT, SPARSE},
    {"u64 labels", RANKLOSS_F32, RANKLOSS_U64, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT, SPARSE},
    {"f32 normed", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT | LOGS, NORMED | SPARSE},
    {"f64 normed", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS, NORMED | SPARSE},
    {"f32 softmax", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT | LOGS, SOFTMAX | SPARSE},
    {"f32 softmax, plain", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, NINE_LISTS, 1, PLAIN, FLAT, SOFTMAX | SPARSE},
    {"f64 softmax", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, FLAT | LOGS, SOFTMAX | SPARSE},
    {"f32 softmax, ragged", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F64, RAGGED_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS,
     SOFTMAX | SPARSE},
    {"f64 softmax, shared", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F16, THREE_LISTS, -1, ALL_INPUTS, ALL_OUTPUTS,
     SOFTMAX | SHARED | SPARSE},
    {"f16 softmax, gaps", RANKLOSS_F16, RANKLOSS_U8, RANKLOSS_F32, THREE_LISTS, 2, ALL_INPUTS, ALL_OUTPUTS,
     SOFTMAX | IN_PLACE | SPARSE},
    {"f32 softmax, extreme", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, MASKED, FLAT | LOGS,
     SOFTMAX | EXTREME | SPARSE},
    {"f32 extreme", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, THREE_LISTS, 1, MASKED | INPUT(TANGENT), ALL_OUTPUTS,
     EXTREME | SPARSE},
    {"f64 extreme", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, THREE_LISTS, 1, ALL_INPUTS, ALL_OUTPUTS,
     EXTREME | SPARSE},
    {"f32 extreme, ragged", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, RAGGED_LISTS, 1, MASKED, FLAT | LOGS, EXTREME},
    {"f64 extreme, ragged", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, RAGGED_LISTS, 1, MASKED, FLAT | LOGS,
     EXTREME | SHARED},
    {"f32 long", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, MASKED, FLAT, LONG},
    {"f64 long", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, FLAT, LONG},
    {"f32 long, all", RANKLOSS_F32, RANKLOSS_U8, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS, LONG},
    {"f32 long softmax", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, ALL_INPUTS, ALL_OUTPUTS,
     LONG | SOFTMAX},
    {"f64 long softmax", RANKLOSS_F64, RANKLOSS_F64, RANKLOSS_F64, ONE_LIST, 1, MASKED, FLAT, LONG | SOFTMAX},
    {"f32 long, in place", RANKLOSS_F32, RANKLOSS_F32, RANKLOSS_F32, ONE_LIST, 1, PLAIN, FLAT, LONG | IN_PLACE},
};

/*
 * Long lists are cut into chunks of 2048 items, those with a softmax of labels from 1025 items on into chunks of 1024 or
 * fewer, and from 65,536 items on all of them into parts.
 */
static const int64_t long_sizes[] = {1023, 1024, 1025, 1281,  2047,  2048,  2049, 2055,
                                     4095, 4097, 6150, 65535, 65536, 65537, 65591};

static void stays_inside(void **state) {
    const guarded_kind *k = *state;
    random_state r = random_new(random_run_seed(), 70);
    guarded_calls_draw(k);
    if ((k->flags & LONG) != 0) {
        for (size_t i = 0; i < LENGTH(long_sizes); i++)
            guarded_calls_check(k, &r, long_sizes[i]);
        return;
    }
    /* An odd step, which meets each remainder by a number of lanes. */
    const int64_t share = random_run_share() | 1, step = share * ((k->flags & SPARSE) != 0 ? 3 : 1);
    for (int64_t n = random_below(&r, share); n <= GUARDED_MOST_ITEMS; n += step)
        guarded_calls_check(k, &r, n);
}

static int say_where(void **state) {
    (void)state;
    if (guarded_calls_running()[0])
        printf("the test ended at: %s\n", guarded_calls_running());
    return 0;
}

int main(void) {
    static guarded_kind copies[LENGTH(kinds)];
    struct CMUnitTest tests[LENGTH(kinds)];
    const int refused = run_refused();
    if (refused)
        return refused;
    memcpy(copies, kinds, sizeof kinds);
    for (size_t i = 0; i < LENGTH(kinds); i++)
        tests[i] = (struct CMUnitTest){kinds[i].name, stays_inside, NULL, say_where, &copies[i]};
    guarded_calls_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

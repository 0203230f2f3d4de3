/*
 * src/list/fast_path.c: each threshold, from both sides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "list/fast_path.h"

/* --- layouts --- */

static void layouts_follow_the_size(void **state) {
    (void)state;
    assert_int_equal(rankloss__layout_of(0, 2048), RANKLOSS__ALONE);
    assert_int_equal(rankloss__layout_of(1, 2048), RANKLOSS__INTERLEAVED);
    assert_int_equal(rankloss__layout_of(64, 2048), RANKLOSS__INTERLEAVED);
    assert_int_equal(rankloss__layout_of(65, 2048), RANKLOSS__SIDE_BY_SIDE);
    assert_int_equal(rankloss__layout_of(2048, 2048), RANKLOSS__SIDE_BY_SIDE);
    assert_int_equal(rankloss__layout_of(2049, 2048), RANKLOSS__ALONE);
    assert_int_equal(rankloss__layout_of(1025, 1024), RANKLOSS__ALONE);
}

static rankloss__view view_of(int32_t dtype, int64_t item_stride) {
    return (rankloss__view){.present = true, .dtype = dtype, .item_stride = item_stride};
}

/* Every combination of inputs that are converted: as many items as the scratch has room for, and not eight more. */
static void the_scratch_has_room_and_no_more(void **state) {
    (void)state;
    for (int options = 0; options < 256; options++) {
        const bool is_f64 = (options & 1) != 0, tangent = (options & 32) != 0, mask = (options & 64) != 0;
        const bool label_exps = (options & 128) != 0;
        const int32_t dtype = is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, other = is_f64 ? RANKLOSS_F32 : RANKLOSS_F16;
        rankloss__inputs inputs = {
            .dtype = dtype, .is_f64 = is_f64, .wants_tangent = tangent, .label_exps = label_exps};
        inputs.logits = view_of((options & 2) != 0 ? other : dtype, 1);
        inputs.labels = view_of(dtype, (options & 4) != 0 ? 2 : 1);
        inputs.weights = view_of((options & 8) != 0 ? RANKLOSS_I32 : dtype, 1);
        inputs.bias = view_of((options & 16) != 0 ? other : dtype, 1);
        inputs.tangent = view_of(RANKLOSS_F32, 1);
        inputs.where = view_of(RANKLOSS_BOOL, (options & 64) != 0 ? 2 : 1);
        const size_t exps = !label_exps ? 0 : is_f64 ? 1 : 2; /* doubles */
        const size_t converted = (size_t)((options & 2) != 0) + (size_t)((options & 4) != 0) +
                                 (size_t)((options & 8) != 0) + (size_t)((options & 16) != 0) + exps;
        const size_t most = (size_t)rankloss__most_side_by_side(&inputs), next = most + RANKLOSS__LANES;
        const size_t room = is_f64 ? RANKLOSS__CONVERTED_F64 : RANKLOSS__CONVERTED_F32;
        assert_true(most > RANKLOSS__SHORT && most % RANKLOSS__LANES == 0);
        assert_true(most <= RANKLOSS__TOGETHER && converted * most <= room);
        assert_true(!tangent || most <= RANKLOSS__CONVERTED_TANGENTS);
        assert_true(!mask || most <= RANKLOSS__CONVERTED_MASK);
        assert_true(next > RANKLOSS__TOGETHER || converted * next > room ||
                    (tangent && next > RANKLOSS__CONVERTED_TANGENTS) || (mask && next > RANKLOSS__CONVERTED_MASK));
    }
}

/* Labels of each dtype: only floats, int32 and few uint8 are for the kernel, where they lie as the scores do. */
static void the_kernel_reads_some_dtypes(void **state) {
    char element[8] = {0};
    (void)state;
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BOOL; dtype++)
        for (int way = 0; way < 8; way++) {
            const int ragged = way % 2, apart = way / 2 % 2, size = way < 4 ? 24 : 25;
            rankloss__plan plan = {.inputs = {.batch = {.ndim = 1, .list_size = size}, .dtype = RANKLOSS_F32}};
            plan.inputs.batch.ragged = ragged == 1;
            plan.inputs.logits = view_of(RANKLOSS_F32, 1);
            plan.inputs.labels = view_of(dtype, 1);
            plan.inputs.labels.data = element;
            plan.inputs.logits.list_strides[0] = size + apart;
            plan.inputs.labels.list_strides[0] = size;
            const bool in_place =
                apart == 0 && (dtype == RANKLOSS_F32 || dtype == RANKLOSS_I32 ||
                               (dtype == RANKLOSS_U8 && (ragged == 1 || plan.inputs.batch.list_size <= 24)));
            assert_int_equal(rankloss__one_step_of(&plan).readings[RANKLOSS__SHORT_LABELS],
                             in_place                               ? RANKLOSS__READ_IN_PLACE
                             : ragged == 0 && dtype != RANKLOSS_F32 ? RANKLOSS__READ_CONVERTED
                                                                    : RANKLOSS__READ_BEFORE);
        }
}

/* In the cases below: of another dtype, shared by all lists or strided, absent, and exponentials. */
static rankloss__reading reading_of_labels(int other) {
    if (other == 2)
        return RANKLOSS__READ_CONVERTED;
    if (other == 7)
        return RANKLOSS__READ_NOTHING;
    return other == 5 || other == 6 || other == 14 ? RANKLOSS__READ_BEFORE : RANKLOSS__READ_IN_PLACE;
}

/* What the kernel for short lists reads by itself: plain floats, and then one thing that is not. */
static void one_step_is_for_float32(void **state) {
    const unsigned not_at_all = 1u << 0 | 1u << 3 | 1u << 4 | 1u << 7 | 1u << 12 | 1u << 13;
    const unsigned before = 1u << 5 | 1u << 6 | 1u << 9 | 1u << 14;
    static const int32_t others[] = {RANKLOSS_F16, RANKLOSS_F16, RANKLOSS_F64, RANKLOSS_F64};
    char element[8] = {0};
    (void)state;
    for (int other = -1; other < 15; other++) {
        rankloss__plan plan = {
            .inputs = {.batch = {.ndim = other == 0 ? 2 : 1, .list_size = 30}, .dtype = RANKLOSS_F32}};
        rankloss__inputs *in = &plan.inputs;
        rankloss__view *const floats[] = {&in->logits, &in->labels, &plan.derivatives[RANKLOSS__GRAD_LOGITS],
                                          &plan.derivatives[RANKLOSS__HESS_LOGITS]};
        in->weights = in->bias = view_of(RANKLOSS_F32, 1);
        in->weights.list_strides[0] = in->bias.list_strides[0] = 30;
        for (int k = 0; k < 4; k++) {
            *floats[k] = view_of(other == 1 + k ? others[k] : RANKLOSS_F32, 1);
            floats[k]->data = element;
            floats[k]->list_strides[0] = other == 5 && k == 1 ? 0 : 30; /* labels that all lists share */
        }
        in->labels.item_stride = other == 6 ? 2 : 1;
        in->labels.data = other == 7 ? NULL : element;
        in->weights.data = other == 8 ? element : NULL;
        in->where.data = other == 9 ? element : NULL;
        in->bias.data = other == 10 ? element : NULL;
        in->sum_to_one = other == 11;
        in->is_moderate = other != 12;
        in->is_f64 = other == 13;
        in->label_exps = other == 14;
        in->scaled = true; /* a temperature */
        const rankloss__one_step step = rankloss__one_step_of(&plan);
        assert_true(step.fits == (other < 0 || (not_at_all >> other & 1u) == 0));
        assert_true(step.nothing_before == (other < 0 || (before >> other & 1u) == 0));
        assert_true(step.converted == (other == 1 || other == 2));
        assert_int_equal(step.readings[RANKLOSS__SHORT_LOGITS],
                         other == 1 ? RANKLOSS__READ_CONVERTED : RANKLOSS__READ_IN_PLACE);
        assert_int_equal(step.readings[RANKLOSS__SHORT_LABELS], reading_of_labels(other));
        assert_int_equal(step.readings[RANKLOSS__SHORT_WEIGHTS],
                         other == 8 ? RANKLOSS__READ_IN_PLACE : RANKLOSS__READ_NOTHING);
        assert_int_equal(step.readings[RANKLOSS__SHORT_BIAS],
                         other == 10 ? RANKLOSS__READ_IN_PLACE : RANKLOSS__READ_NOTHING);
        assert_int_equal(step.apart, 30);
        if (other == 3 || other == 4) { /* outputs may have 16 bits, and do not matter if they are not asked for */
            floats[other - 1]->dtype = other == 3 ? RANKLOSS_F16 : RANKLOSS_BF16;
            assert_true(rankloss__one_step_of(&plan).fits);
            floats[other - 1]->data = NULL;
            assert_true(rankloss__one_step_of(&plan).fits);
        }
    }
}

/* --- sums --- */

/* In float64: coefficients far from both ends of the range, and a loss that was not lost, unless there is one item. */
static void double_carries_what_is_within_its_range(void **state) {
    static const struct {
        double coefs, loss, valid;
        unsigned doubtful;
        bool accurate;
    } rows[] = {{1.0, 1.0, 2.0, 0, true},      {-1.0, -1.0, 2.0, 0, true},     {1.0, 1.0, 2.0, 1, false},
                {1.0, 1.0, 2.0, 2, true},      {0x1p-400, 1.0, 2.0, 0, true},  {0x1p-401, 1.0, 2.0, 0, false},
                {0x1p400, 1.0, 2.0, 0, true},  {0x1p401, 1.0, 2.0, 0, false},  {(double)NAN, 1.0, 2.0, 0, false},
                {1.0, 0x1p-900, 2.0, 0, true}, {1.0, 0x1p-901, 2.0, 0, false}, {1.0, 0.0, 1.0, 0, true}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__inputs f32 = {.is_moderate = true}, f64 = {.is_f64 = true, .is_moderate = true};
        const rankloss__list_sums sums = {.others.doubtful = rows[k].doubtful, .valid.at = {rows[k].valid}};
        const rankloss__losses losses = {.coefs.hi = {rows[k].coefs}, .loss.at = {rows[k].loss}};
        assert_true(rankloss__sums_are_accurate(&f64, &sums, &losses, 0, false) == rows[k].accurate);
        assert_true(rankloss__sums_are_accurate(&f64, &sums, &losses, 0, true) == (rows[k].doubtful != 1));
        assert_true(rankloss__sums_are_accurate(&f32, &sums, &losses, 0, false) == (rows[k].doubtful != 1));
    }
}

/* A thousandth of them is enough in float32, and next to nothing in float64; where nothing is divided, nothing is. */
static void labels_that_cancel_are_not_divided(void **state) {
    static const struct {
        double others, argmax, abs_coefs;
        bool f32, f64;
    } rows[] = {{1.0, 1.0, 1.0, true, true},
                {-1.0, -1.0, 1.0, true, true},
                {0x1p-10, 0.0, 1.0, true, true},
                {-0x1p-10, 0.0, 1.0, true, true},
                {0x1p-10, 0.0, 1.0 + 0x1p-20, false, true},
                {0x1p-40, 0.0, 1.0, false, true},
                {0x1p-40, 0.0, 1.0 + 0x1p-20, false, false},
                {-1.0, 1.0, 1.0, false, false},
                {-1.0, 1.0 + 0x1p-8, 1.0, true, true},
                {0.0, 0.0, 0.0, true, true}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__inputs raw = {.is_moderate = true}, f32 = {.is_moderate = true, .sum_to_one = true};
        const rankloss__inputs f64 = {.is_f64 = true, .is_moderate = true, .sum_to_one = true};
        const rankloss__losses losses = {.loss.at = {1.0}};
        const rankloss__list_sums sums = {.others = {.coefs.hi = {rows[k].others}, .abs_coefs.at = {rows[k].abs_coefs}},
                                          .argmax_coef.hi = {rows[k].argmax}};
        assert_true(rankloss__sums_are_accurate(&raw, &sums, &losses, 0, true));
        assert_true(rankloss__sums_are_accurate(&f32, &sums, &losses, 0, true) == rows[k].f32);
        assert_true(rankloss__sums_are_accurate(&f64, &sums, &losses, 0, true) == rows[k].f64);
    }
}

/* One lane at a time: an ordinary one, one without a valid item, one without a coefficient, one that cancels. */
static void lists_with_rules_of_their_own_are_not_used(void **state) {
    static const struct {
        double valid, others, argmax, abs_others;
        bool f32, f32_to_one, f64;
    } rows[] = {{3.0, 2.0, 1.0, 2.0, true, true, true},   {0.0, 2.0, 1.0, 2.0, false, false, false},
                {3.0, 0.0, 0.0, 0.0, true, false, false}, {3.0, -1.0, 1.0, 1.0, true, false, false},
                {3.0, 1.0, 1.0, 1.002, true, true, true}, {3.0, 1.0, 1.0, 1.003, true, true, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int lane = 0; lane < RANKLOSS__LANES; lane++) {
            rankloss__inputs inputs = {.where.data = (char *)&inputs, .is_moderate = true};
            rankloss__list_sums sums = {.single = false};
            rankloss__losses losses = {.loss.at = {0.0}};
            sums.valid.at[lane] = rows[k].valid;
            sums.others.coefs.hi[lane] = rows[k].others;
            sums.argmax_coef.hi[lane] = rows[k].argmax;
            sums.others.abs_coefs.at[lane] = rows[k].abs_others;
            losses.coefs.hi[lane] = rows[k].others + rows[k].argmax;
            losses.loss.at[lane] = 1.0;
            const unsigned finite = 1u << lane;
            assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, finite), rows[k].f32 ? finite : 0);
            assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 0), 0);
            inputs.sum_to_one = true;
            assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, finite), rows[k].f32_to_one ? finite : 0);
            inputs.sum_to_one = false;
            inputs.is_f64 = true;
            assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, finite), rows[k].f64 ? finite : 0);
        }
}

/* A temperature that cannot be divided by, some x that is not accurate, or an argmax with a large bias. */
static void lists_with_inaccurate_scores_are_not_used(void **state) {
    (void)state;
    for (int is_f64 = 0; is_f64 < 2; is_f64++) {
        const double limit = is_f64 != 0 ? RANKLOSS__BIAS_LIMIT_F64 : RANKLOSS__BIAS_LIMIT_F32;
        rankloss__inputs inputs = {.is_f64 = is_f64 != 0, .scaled = true, .is_moderate = true};
        rankloss__list_sums sums = {.valid.at = {2.0}, .argmax_coef.hi = {1.0}};
        const rankloss__losses losses = {.coefs.hi = {1.0}, .loss.at = {1.0}};
        assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), 1);
        sums.others.doubtful = 1;
        assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), 0);
        sums.others.doubtful = 2;
        inputs.is_moderate = false;
        assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), 0);
        inputs.is_moderate = true;
        inputs.bias.data = (char *)&inputs;
        sums.bias.at[0] = -limit;
        assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), 1);
        sums.bias.at[0] = -1.5 * limit;
        assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), 0);
        assert_false(rankloss__sums_are_accurate(&inputs, &sums, &losses, 0, true));
    }
}

/*
 * Exponentials of labels that underflow matter in float64, and beside a score of -inf. Their rounding must not grow by
 * weights that cancel: not at all in float64, and in float32 by no more than half.
 */
static void inaccurate_exponentials_of_labels_are_not_used(void **state) {
    static const struct {
        double others, argmax, abs_coefs;
        unsigned underflow;
        double min;
        bool f32, f64;
    } rows[] = {{1.0, 1.0, 1.0, 0, -3.0, true, true},
                {1.0, 1.0, 1.0, 0, -(double)INFINITY, true, true},
                {1.0, 1.0, 1.0, 1, -3.0, true, false},
                {1.0, 1.0, 1.0, 1, -(double)INFINITY, false, false},
                {1.0, 1.0, 1.0, 2, -(double)INFINITY, true, true},
                {-1.0, -1.0, 1.0, 0, -3.0, true, true},
                {1.0, 1.0, 1.001, 0, -3.0, true, true},
                {1.0, 1.0, 1.003, 0, -3.0, true, false},
                {2.0, -1.0, 2.0, 0, -3.0, false, false},
                {1.5, -0.5, 1.5, 0, -3.0, true, false},
                {1.0, 0.0, 2.0, 0, -3.0, true, false},
                {1.0, 0.0, 2.1, 0, -3.0, false, false},
                {1.0, -1.0, 1.0, 0, -3.0, false, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int is_f64 = 0; is_f64 < 2; is_f64++) {
            const bool accurate = is_f64 != 0 ? rows[k].f64 : rows[k].f32;
            rankloss__inputs inputs = {.is_f64 = is_f64 != 0, .is_moderate = true, .label_exps = true};
            const rankloss__losses losses = {.coefs.hi = {rows[k].others + rows[k].argmax}, .loss.at = {1.0}};
            const rankloss__list_sums sums = {
                .others = {.coefs.hi = {rows[k].others}, .abs_coefs.at = {rows[k].abs_coefs}},
                .argmax_coef.hi = {rows[k].argmax},
                .label_underflow = rows[k].underflow,
                .min.at = {rows[k].min},
                .valid.at = {2.0}};
            assert_true(rankloss__sums_are_accurate(&inputs, &sums, &losses, 0, true) == accurate);
            assert_int_equal(rankloss__usable_sums(&inputs, &sums, &losses, 1), accurate ? 1 : 0);
            inputs.label_exps = false; /* nothing of it is asked then */
            assert_true(rankloss__sums_are_accurate(&inputs, &sums, &losses, 0, true));
        }
}

/* --- outputs --- */

/* In float32 only a tangent that is out of all proportion is slow; in float64 everything has to be near to 1. */
static void tangents_are_fast_within_the_range(void **state) {
    static const struct {
        double min, largest, coefs;
        bool f32, f64;
    } rows[] = {{-1.0, 1.0, 1.0, true, true},
                {-1.0, 0.0, 1.0, true, true},
                {-1.0, 0.0, 0x1p300, true, true},
                {-1.0, 0x1p200, 1.0, true, true},
                {-1.0, 0x1p201, 1.0, false, false},
                {-1.0, 0x1p-200, 1.0, true, true},
                {-1.0, 0x1p-201, 1.0, true, false},
                {-1.0, 1.0, -0x1p200, true, true},
                {-1.0, 1.0, -0x1p201, true, false},
                {-1.0, 1.0, 0x1p-200, true, true},
                {-1.0, 1.0, 0x1p-201, true, false},
                {-1.0, (double)INFINITY, 1.0, false, false},
                {-1000.0, 1.0, 1.0, true, false},
                {0.5 * RANKLOSS__EXP_CUTOFF, 1.0, 1.0, true, true},
                {0.5 * RANKLOSS__EXP_CUTOFF - 0.5, 1.0, 1.0, true, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__inputs f32 = {.is_f64 = false}, f64 = {.is_f64 = true};
        const rankloss__losses losses = {.coefs.hi = {rows[k].coefs}};
        rankloss__list_sums sums = {.lowest_x.at = {rows[k].min}};
        assert_true(rankloss__tangent_is_fast(&f32, &sums, &losses, 0, rows[k].largest) == rows[k].f32);
        assert_true(rankloss__tangent_is_fast(&f64, &sums, &losses, 0, rows[k].largest) == rows[k].f64);
        /* A NaN shows in the sum of the others, or at the argmax. */
        sums.others.tangents.hi[0] = (double)NAN;
        assert_false(rankloss__tangent_is_fast(&f32, &sums, &losses, 0, rows[k].largest));
        sums.others.tangents.hi[0] = 0.0;
        sums.argmax_tangent.at[0] = (double)NAN;
        assert_false(rankloss__tangent_is_fast(&f64, &sums, &losses, 0, rows[k].largest));
    }
}

static void logarithms_are_fast_unless_they_are_lost(void **state) {
    const double infinite = -(double)INFINITY;
    const struct {
        double min, exps, cotangent;
        bool f32, f64;
    } rows[] = {
        {-1.0, 0.5, 1.0, true, true},       {-1.0, 0.5, 0.0, true, true},     {infinite, 0.5, 1.0, true, true},
        {infinite, 0.5, 0.0, false, false}, {-1.0, 0.0, 1.0, true, true},     {-1.0, 0x1p-400, 1.0, true, true},
        {-1.0, 0x1p-401, 1.0, true, false}, {-0x1p600, 0.5, 1.0, true, true}, {-0x1p601, 0.5, 1.0, true, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int sum_to_one = 0; sum_to_one < 2; sum_to_one++) {
            const rankloss__inputs f32 = {.is_f64 = false, .sum_to_one = sum_to_one != 0};
            const rankloss__inputs f64 = {.is_f64 = true, .sum_to_one = sum_to_one != 0};
            const rankloss__list_sums sums = {
                .min.at = {rows[k].min}, .lowest_x.at = {rows[k].min}, .others.exps.hi = {rows[k].exps}};
            assert_true(rankloss__log_grad_is_fast(&f32, &sums, 0, rows[k].cotangent) == rows[k].f32);
            assert_true(rankloss__log_grad_is_fast(&f64, &sums, 0, rows[k].cotangent) ==
                        (rows[k].f64 && sum_to_one == 0));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_follow_the_size),
        cmocka_unit_test(the_scratch_has_room_and_no_more),
        cmocka_unit_test(the_kernel_reads_some_dtypes),
        cmocka_unit_test(one_step_is_for_float32),
        cmocka_unit_test(double_carries_what_is_within_its_range),
        cmocka_unit_test(labels_that_cancel_are_not_divided),
        cmocka_unit_test(lists_with_rules_of_their_own_are_not_used),
        cmocka_unit_test(lists_with_inaccurate_scores_are_not_used),
        cmocka_unit_test(inaccurate_exponentials_of_labels_are_not_used),
        cmocka_unit_test(tangents_are_fast_within_the_range),
        cmocka_unit_test(logarithms_are_fast_unless_they_are_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

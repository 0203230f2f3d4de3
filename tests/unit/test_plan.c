/*
 * src/plan/plan.c: what a call comes to, by tables, and its factors by exact products.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "plan/plan.h"
#include "run.h"

static float room[512];

static rankloss_array f32(int32_t ndim, int64_t a, int64_t b, int64_t c) {
    const int64_t shape[] = {a, b, c};
    return rankloss_array_make(RANKLOSS_F32, room, ndim, shape);
}

/* A call on 2 x 3 lists of 4 items. */
static rankloss_problem problem(void) {
    return (rankloss_problem){.logits = f32(3, 2, 3, 4), .labels = f32(3, 2, 3, 4), .tangent = f32(3, 2, 3, 4)};
}

/* --- outputs --- */

static void each_output_is_asked_for_and_wanted(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 128; bits++) {
        const rankloss_problem p = problem();
        rankloss_result r = {.reserved = {0}};
        rankloss_array *const derivatives[] = {&r.grad_labels, &r.grad_weights, &r.hess_logits, &r.hvp_logits,
                                               &r.grad_logits};
        for (int which = 0; which < 5; which++)
            if ((bits >> which & 1) != 0)
                *derivatives[which] = f32(3, 2, 3, 4);
        r.loss = (bits & 32) != 0 ? f32(2, 2, 3, 0) : r.loss;
        r.jvp = (bits & 64) != 0 ? f32(2, 2, 3, 0) : r.jvp;
        const rankloss__plan plan = rankloss__plan_make(&p, &r);
        assert_int_equal(plan.asked, bits);
        assert_int_equal(plan.wanted, bits);
        assert_true(plan.inputs.wants_tangent == ((bits & (64 | 1u << RANKLOSS__HVP_LOGITS)) != 0));
        for (int which = 0; which < 5; which++)
            assert_true(plan.outputs[which] == derivatives[which] && !plan.across_lists[which]);
        assert_false(plan.any_across_lists);
    }
}

/* A list has nothing to write to an output without elements, though the output is there. */
static void outputs_without_elements_are_not_wanted(void **state) {
    const rankloss_problem p = {.logits = f32(2, 3, 0, 0), .labels = f32(2, 3, 0, 0)};
    const rankloss_result r = {.grad_logits = f32(2, 3, 0, 0), .loss = f32(1, 3, 0, 0)};
    (void)state;
    const rankloss__plan plan = rankloss__plan_make(&p, &r);
    assert_int_equal(plan.asked, 1u << RANKLOSS__GRAD_LOGITS | RANKLOSS__WANT_LOSS);
    assert_int_equal(plan.wanted, RANKLOSS__WANT_LOSS);
}

/* Elements that two lists share are sums over lists, and no list's own. */
static void gradients_are_summed_over_what_broadcasts(void **state) {
    int64_t starts[] = {0, 2, 5};
    const rankloss_array none = {0}, dense = f32(3, 2, 3, 4), single = f32(3, 1, 1, 4), ragged = f32(1, 5, 0, 0);
    const rankloss_array offsets = {starts, RANKLOSS_I64, 1, {3}, {1}};
    const struct {
        const rankloss_array *logits, *offsets;
        rankloss_array gradient;
        bool summed;
    } rows[] = {{&dense, &none, f32(3, 2, 3, 4), false},     {&dense, &none, f32(3, 2, 3, 1), false},
                {&dense, &none, f32(3, 2, 1, 4), true},      {&dense, &none, f32(3, 1, 3, 4), true},
                {&dense, &none, f32(2, 3, 4, 0), true},      {&dense, &none, f32(1, 4, 0, 0), true},
                {&dense, &none, f32(0, 0, 0, 0), true},      {&single, &none, f32(1, 4, 0, 0), false},
                {&single, &none, f32(0, 0, 0, 0), false},    {&ragged, &offsets, f32(1, 5, 0, 0), false},
                {&ragged, &offsets, f32(2, 2, 1, 0), false}, {&ragged, &offsets, f32(1, 1, 0, 0), true},
                {&ragged, &offsets, f32(0, 0, 0, 0), true}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int which = RANKLOSS__GRAD_LABELS; which <= RANKLOSS__GRAD_WEIGHTS; which++) {
            const rankloss_problem p = {
                .logits = *rows[k].logits, .labels = *rows[k].logits, .offsets = *rows[k].offsets};
            rankloss_result r = {.grad_logits = *rows[k].logits};
            *(which == RANKLOSS__GRAD_LABELS ? &r.grad_labels : &r.grad_weights) = rows[k].gradient;
            const rankloss__plan plan = rankloss__plan_make(&p, &r);
            const unsigned gradient = 1u << which, logits = 1u << RANKLOSS__GRAD_LOGITS;
            assert_true(plan.across_lists[which] == rows[k].summed && plan.any_across_lists == rows[k].summed);
            assert_int_equal(plan.asked, gradient | logits);
            assert_int_equal(plan.wanted, rows[k].summed ? logits : gradient | logits);
        }
}

/* The layout of such a sum counts its elements in row-major order, whatever its strides. */
static void summed_elements_are_numbered(void **state) {
    const rankloss_problem p = problem();
    rankloss_result r = {.grad_labels = f32(3, 2, 1, 4)};
    (void)state;
    r.grad_labels.strides[0] = -50;
    r.grad_labels.strides[2] = 7;
    const rankloss__plan plan = rankloss__plan_make(&p, &r);
    const rankloss__view *numbers = &plan.layouts[RANKLOSS__GRAD_LABELS];
    assert_int_equal(plan.inputs.batch.ndim, 2);
    assert_true(numbers->list_strides[0] == 4 && numbers->list_strides[1] == 0 && numbers->item_stride == 1);
}

/* --- axes --- */

/* The axes of the lists are one where all arrays step through them as through one; each of these alone prevents it. */
static void axes_are_merged_where_all_allow_it(void **state) {
    (void)state;
    for (int k = 0; k < 11; k++) {
        rankloss_problem p = problem();
        rankloss_result r = {.loss = f32(2, 2, 3, 0), .grad_logits = f32(3, 2, 3, 4), .jvp = f32(2, 2, 3, 0)};
        rankloss_array *const arrays[] = {&p.labels, &p.weights, &p.bias, &p.tangent, &r.grad_labels, &p.where};
        p.where = (rankloss_array){room, RANKLOSS_BOOL, 1, {4}, {1}}; /* the same for all lists */
        p.reduction = RANKLOSS_NONE;
        p.cotangent = f32(2, 2, 3, 0);
        if (k < 6)
            *arrays[k] = f32(2, 3, 4, 0); /* the same for both rows */
        if (k == 5)
            p.where.dtype = RANKLOSS_BOOL;
        if (k >= 6 && k < 10) {
            rankloss_array *const own[] = {&p.logits, &r.loss, &r.jvp, &p.cotangent};
            own[k - 6]->strides[0] += 1; /* a gap between the rows */
        }
        const rankloss__plan plan = rankloss__plan_make(&p, &r);
        const rankloss__batch *batch = &plan.inputs.batch;
        assert_int_equal(batch->num_lists, 6);
        assert_int_equal(batch->ndim, k < 10 ? 2 : 1);
        assert_int_equal(batch->shape[0], k < 10 ? 2 : 6);
        assert_int_equal(plan.derivatives[RANKLOSS__GRAD_LOGITS].list_strides[0], k < 10 ? 12 : 4);
    }
}

/* --- factors --- */

/* value = cotangent / divisor, for a double and what it lost: of the product back nothing but 2^-100 is missing. */
static bool is_quotient(rankloss__dd value, double cotangent, double divisor) {
    const double rest = fma(-divisor, value.hi, cotangent);
    return fabs(fma(-divisor, value.lo, rest)) <= fabs(cotangent) * 0x1p-100;
}

static void factors_are_quotients(void **state) {
    static const double cotangents[] = {1.0, -1.0, 5.25, 0x1.fffffffffffffp9, -0x1.123456789abcdp-100, 0.0};
    (void)state;
    for (int k = 0; k < 36; k++) {
        double number = cotangents[k / 6], temperature = (k & 1) != 0 ? 7.0 : 1.0;
        rankloss_problem p = problem();
        const rankloss_result r = {.loss = f32(0, 0, 0, 0)};
        const int how = k / 2 % 3; /* a sum, a mean, a mean by a divisor */
        p.reduction = how != 0 ? RANKLOSS_MEAN : RANKLOSS_SUM;
        p.divisor = how == 2 ? 0.375 : 0.0;
        p.temperature = temperature;
        p.cotangent = rankloss_array_make(RANKLOSS_F64, &number, 0, NULL);
        rankloss__plan plan = rankloss__plan_make(&p, &r);
        rankloss__plan_set_upstream(&plan);
        const double lists = how == 2 ? 0.375 : how == 1 ? 6.0 : 1.0;
        assert_true(plan.divisor == lists);
        assert_true(plan.shares_upstream && plan.upstream.moderate && plan.upstream.divisor == lists);
        assert_true(is_quotient(plan.upstream.first, number, lists * temperature));
        assert_true(is_quotient(plan.upstream.second, number, lists * temperature * temperature));
        assert_true(plan.upstream.labels == number / lists);
        for (int lane = 0; lane < RANKLOSS__LANES; lane++)
            assert_true(plan.factors.first.hi[lane] == plan.upstream.first.hi &&
                        plan.factors.first.lo[lane] == plan.upstream.first.lo &&
                        plan.factors.second.hi[lane] == plan.upstream.second.hi &&
                        plan.factors.second.lo[lane] == plan.upstream.second.lo &&
                        plan.factors.labels.at[lane] == number / lists);
    }
}

static void moderate_factors_are_far_from_the_ends(void **state) {
    static const struct {
        double cotangent, divisor, temperature;
        bool moderate;
    } rows[] = {{0.0, 1.0, 1.0, true},        {1.0, 1.0, 1.0, true},           {0x1p200, 1.0, 1.0, true},
                {-0x1p201, 1.0, 1.0, false},  {-0x1p-200, 1.0, 1.0, true},     {0x1p-201, 1.0, 1.0, false},
                {0x1p-1074, 1.0, 1.0, false}, {(double)NAN, 1.0, 1.0, false},  {(double)INFINITY, 1.0, 1.0, false},
                {0x1p-199, 2.0, 1.0, true},   {0x1p-199, 4.0, 1.0, false},     {0x1p-199, 4.0, 0.5, false},
                {1.0, 1.0, 0x1p100, true},    {1.0, 1.0, 0x1p101, false},      {1.0, 1.0, 0x1p-100, true},
                {1.0, 1.0, 0x1p-101, false},  {0x1p100, 1.0, 0x1p101, true},   {0x1p-200, 1.0, 0x1p201, false},
                {1.0, 0x1p-200, 1.0, true},   {1.0, 0x1p200, 1.0, true},       {0x1p-200, 0x1p-201, 1.0, false},
                {1.0, 0x1p-1074, 1.0, false}, {0x1p-200, 0x1p1000, 1.0, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__upstream up = rankloss__upstream_make(rows[k].cotangent, rows[k].divisor, rows[k].temperature);
        assert_true(up.moderate == rows[k].moderate && up.share == 1.0);
    }
    /* A reducer's factor: their product where it is moderate, both as they are where it is not, or is lost. */
    const rankloss__upstream product = rankloss__upstream_make_shared(0x1p600, -0x1p-598, 1.0);
    const rankloss__upstream lost = rankloss__upstream_make_shared(0x1p-600, 0x1p-600, 1.0);
    const rankloss__upstream large = rankloss__upstream_make_shared(0x1p600, 0x1p600, 1.0);
    assert_true(product.moderate && product.cotangent == -4.0 && product.share == 1.0);
    assert_true(!lost.moderate && lost.cotangent == 0x1p-600 && lost.share == 0x1p-600);
    assert_true(!large.moderate && large.cotangent == 0x1p600 && large.share == 0x1p600);
    assert_true(rankloss__upstream_make_shared(0.0, 0x1p600, 1.0).moderate);
}

/* Lists that have cotangents of their own, of any dtype; lanes without a list have what the first has. */
static void each_list_has_its_factors(void **state) {
    double doubles[] = {3.0, -0.1, 0x1p300, 0.0, 0x1p150, 8.0};
    float floats[] = {3.0F, -0.1F, 0x1p-140F, 0.0F, 0x1p100F, 8.0F};
    uint16_t halves[] = {0x4200, 0xB800, 0x7C00, 0, 0x4880, 0x4800};
    const struct {
        void *data;
        rankloss_dtype dtype;
        unsigned moderate;
        double expected[6];
    } rows[] = {{doubles, RANKLOSS_F64, 0x3B, {3.0, -0.1, 0x1p300, 0.0, 0x1p150, 8.0}},
                {floats, RANKLOSS_F32, 0x3F, {3.0, (double)-0.1F, 0x1p-140, 0.0, 0x1p100, 8.0}},
                {halves, RANKLOSS_F16, 0x3B, {3.0, -0.5, (double)INFINITY, 0.0, 9.0, 8.0}}};
    const int64_t shape[] = {2, 3};
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int count = 1; count <= 6; count++) {
            rankloss_problem p = problem();
            const rankloss_result r = {.grad_logits = f32(3, 2, 3, 4)};
            rankloss__position places[6];
            rankloss__factors factors;
            p.reduction = RANKLOSS_NONE;
            p.cotangent = rankloss_array_make(rows[k].dtype, rows[k].data, 2, shape);
            rankloss__plan plan = rankloss__plan_make(&p, &r);
            rankloss__plan_set_upstream(&plan);
            for (int list = 0; list < count; list++)
                rankloss__position_of(&plan.inputs.batch, list, &places[list]);
            const unsigned moderate = rankloss__plan_factors(&plan, places, count, false, &factors);
            assert_false(plan.shares_upstream);
            assert_int_equal(moderate, rows[k].moderate & ((1u << count) - 1));
            for (int lane = 0; lane < RANKLOSS__LANES; lane++) {
                const int list = lane < count ? lane : 0;
                if (list == 2)
                    continue;
                assert_true(factors.first.hi[lane] == rows[k].expected[list] && factors.first.lo[lane] == 0.0);
                assert_true(factors.second.hi[lane] == rows[k].expected[list] && factors.second.lo[lane] == 0.0);
                assert_true(factors.labels.at[lane] == rows[k].expected[list]);
            }
        }
}

/* Those of eight lists that follow one another, at each of the places that they may have in an array with one axis. */
static void rows_of_cotangents_are_factors(void **state) {
    static float cotangents[64];
    (void)state;
    for (int i = 0; i < 64; i++)
        cotangents[i] = (float)(i + 1);
    for (int64_t stride = -2; stride <= 3; stride++)
        for (int64_t first = 0; first <= 8; first++) {
            rankloss_problem p = {.logits = f32(2, 16, 4, 0), .labels = f32(2, 16, 4, 0), .reduction = RANKLOSS_NONE};
            const rankloss_result r = {.grad_logits = f32(2, 16, 4, 0)};
            const int64_t origin = stride < 0 ? 40 : 0;
            rankloss__position places[RANKLOSS__LANES];
            rankloss__factors in_a_row, apart;
            p.cotangent = (rankloss_array){cotangents + origin, RANKLOSS_F32, 1, {16}, {stride}};
            rankloss__plan plan = rankloss__plan_make(&p, &r);
            rankloss__plan_set_upstream(&plan);
            for (int k = 0; k < RANKLOSS__LANES; k++)
                rankloss__position_of(&plan.inputs.batch, first + k, &places[k]);
            assert_int_equal(rankloss__plan_factors(&plan, places, RANKLOSS__LANES, true, &in_a_row), 0xFF);
            assert_int_equal(rankloss__plan_factors(&plan, places, RANKLOSS__LANES, false, &apart), 0xFF);
            for (int k = 0; k < RANKLOSS__LANES; k++) {
                const double expected = (double)(origin + (first + k) * stride + 1);
                assert_true(in_a_row.first.hi[k] == expected && apart.first.hi[k] == expected);
            }
        }
}

/* int32 and uint8 labels, each item beside the next, unless there is more than the loops for them know of. */
static void some_labels_are_read_as_integers(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_I32, RANKLOSS_U8};
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int with = 0; with < 9; with++) {
            rankloss_problem p = problem();
            p.tangent = (rankloss_array){.data = NULL};
            p.labels.dtype = with == 1 ? RANKLOSS_U32 : dtypes[k];
            p.logits.dtype = with == 2 ? RANKLOSS_F64 : with == 3 ? RANKLOSS_F16 : RANKLOSS_F32;
            p.labels.strides[2] = with == 4 ? 0 : 1;
            p.weights = with == 5 ? p.logits : p.weights;
            p.bias = with == 6 ? p.logits : p.bias;
            p.tangent = with == 7 ? p.logits : p.tangent;
            p.label_mode = with == 8 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_SUM_TO_ONE;
            assert_int_equal(rankloss__plan_make(&p, &(rankloss_result){0}).inputs.integer_labels,
                             with == 0 || with == 3 ? dtypes[k] : 0);
            p.temperature = 2.0;
            assert_int_equal(rankloss__plan_make(&p, &(rankloss_result){0}).inputs.integer_labels, 0);
        }
}

/* Of a cotangent of -0 every factor is +0, so that no derivative is -0. */
static void no_factor_is_minus_zero(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++) {
        const rankloss__upstream up = rankloss__upstream_make(-0.0, (k & 1) != 0 ? 3.0 : 1.0, (k & 2) != 0 ? 0.7 : 1.0);
        const double factors[] = {up.first.hi, up.first.lo, up.second.hi, up.second.lo, up.labels};
        assert_true(up.moderate);
        for (int i = 0; i < 5; i++)
            assert_true(factors[i] == 0.0 && !signbit(factors[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_output_is_asked_for_and_wanted),
        cmocka_unit_test(outputs_without_elements_are_not_wanted),
        cmocka_unit_test(gradients_are_summed_over_what_broadcasts),
        cmocka_unit_test(summed_elements_are_numbered),
        cmocka_unit_test(axes_are_merged_where_all_allow_it),
        cmocka_unit_test(factors_are_quotients),
        cmocka_unit_test(moderate_factors_are_far_from_the_ends),
        cmocka_unit_test(each_list_has_its_factors),
        cmocka_unit_test(rows_of_cotangents_are_factors),
        cmocka_unit_test(some_labels_are_read_as_integers),
        cmocka_unit_test(no_factor_is_minus_zero),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

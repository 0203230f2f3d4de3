/*
 * What theory says of the loss and its derivatives, whatever the formulas: derivatives are limits of differences, the
 * loss does not change with a shift of the logits or the order of the items, second derivatives are symmetric, and a batch
 * is the sum of its lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "exact.h"
#include "generate.h"
#include "number.h"
#include "run.h"
#include "ulp.h"

static const rankloss_array none;

/* The loss of a single-list problem after data[i] has moved by d. */
static long double loss_moved(const rankloss_problem *problem, const rankloss_array *view, int64_t i, double d) {
    double loss = 0;
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    const long double before = view_get(view, i);
    view_set(view, i, before + (long double)d);
    reference moved = reference_evaluate(problem, &result);
    const long double value = moved.output[OUTPUT_LOSS].element[0].value;
    view_set(view, i, before);
    reference_free(&moved);
    return value;
}

/* The loss after every logit has moved by t times its tangent, and logit i by d on top. */
static long double loss_along(const rankloss_problem *problem, int64_t i, double d, double t) {
    const rankloss_array *const logits = &problem->logits;
    const int64_t n = view_count(logits);
    for (int64_t j = 0; j < n; j++) {
        view_set(logits, j, view_get(logits, j) + (long double)t * view_get(&problem->tangent, j));
    }
    const long double value = loss_moved(problem, logits, i, d);
    for (int64_t j = 0; j < n; j++) {
        view_set(logits, j, view_get(logits, j) - (long double)t * view_get(&problem->tangent, j));
    }
    return value;
}

static void expect_near(long double got, long double expected, long double tolerance, const char *what, int64_t i) {
    if (!(fabsl(got - expected) <= tolerance)) {
        fail_msg("%s[%lld], seed %llu: got %.15Lg, expected %.15Lg within %.2Lg", what, (long long)i,
                 (unsigned long long)random_run_seed(), got, expected, tolerance);
    }
}

/* Rounds the elements to multiples of 2^-bits, so that moving them by powers of two is exact. */
static void coarsen(const rankloss_array *view, int bits) {
    const int64_t count = view_count(view);
    for (int64_t i = 0; i < count; i++) {
        view_set(view, i, ldexpl(rintl(ldexpl(view_get(view, i), bits)), -bits));
    }
}

/* One float64 list whose numbers can be moved exactly, every item valid. */
static rankloss_problem draw_movable(pool *p, random_state *r, int64_t n, int32_t label_mode) {
    rankloss_problem problem = draw_dense(p, r, RANKLOSS_F64, 1, n);
    problem.where = problem.cotangent = none;
    problem.label_mode = label_mode;
    draw_logits(r, &problem.logits, random_chance(r, 0.5) ? LOGITS_UNIT : LOGITS_WIDE);
    /* Near a sum of zero the loss is too curved for differences. */
    const bool negative = label_mode != RANKLOSS_LABELS_SUM_TO_ONE && random_chance(r, 0.5);
    draw_factors(r, &problem.labels, negative ? FACTORS_SIGNED : FACTORS_GRADED);
    draw_factors(r, &problem.weights, FACTORS_GRADED);
    draw_factors(r, &problem.tangent, FACTORS_GRADED);
    coarsen(&problem.logits, 16);
    coarsen(&problem.labels, 16);
    view_set(&problem.labels, 0, 2);
    view_set(&problem.weights, 0, 3);
    return problem;
}

static void try_first_derivatives(const rankloss_problem *problem, const rankloss_array *view,
                                  const rankloss_array *gradient, const char *what) {
    const double h = 0x1p-18;
    const int64_t n = view_count(view);
    for (int64_t i = 0; i < n; i++) {
        const long double difference = loss_moved(problem, view, i, h) - loss_moved(problem, view, i, -h);
        const long double got = view_get(gradient, i);
        expect_near(got, difference / (2 * (long double)h), 1e-8L * (1 + fabsl(got)), what, i);
    }
}

static void try_second_derivatives(const rankloss_problem *problem, rankloss_result *result) {
    const double h = 0x1p-12;
    const long double area = 4 * (long double)h * (long double)h;
    const int64_t n = view_count(&problem->logits);
    for (int64_t i = 0; i < n; i++) {
        const long double ends = loss_along(problem, i, 2 * h, 0) + loss_along(problem, i, -2 * h, 0);
        const long double hess = (ends - 2 * loss_along(problem, i, 0, 0)) / area;
        const long double same = loss_along(problem, i, h, h) + loss_along(problem, i, -h, -h);
        const long double opposite = loss_along(problem, i, h, -h) + loss_along(problem, i, -h, h);
        const long double got_hess = view_get(&result->hess_logits, i);
        const long double got_hvp = view_get(&result->hvp_logits, i);
        expect_near(got_hess, hess, 1e-4L * (1 + fabsl(got_hess)), "hess_logits", i);
        expect_near(got_hvp, (same - opposite) / area, 1e-4L * (1 + fabsl(got_hvp)), "hvp_logits", i);
    }
}

static void derivatives_are_limits_of_differences(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 50);
    for (int round = 0; round < 80 / random_run_share(); round++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_movable(&p, &r, 1 + random_below(&r, 12), round % 3);
        problem.temperature = round % 4 / 2 ? 2 : 0;
        if (round % 8 / 4) {
            problem.bias = view_new(&p, RANKLOSS_F64, 2, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
            draw_normal(&r, &problem.bias);
            coarsen(&problem.bias, 16);
        }
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_run(&problem, &result, "differences");
        try_first_derivatives(&problem, &problem.logits, &result.grad_logits, "grad_logits");
        try_first_derivatives(&problem, &problem.labels, &result.grad_labels, "grad_labels");
        try_first_derivatives(&problem, &problem.weights, &result.grad_weights, "grad_weights");
        try_second_derivatives(&problem, &result);
        const long double h = 0x1p-18L;
        const double step = 0x1p-18;
        const long double slope = (loss_along(&problem, 0, 0, step) - loss_along(&problem, 0, 0, -step)) / (2 * h);
        expect_near(view_get(&result.jvp, 0), slope, 1e-7L * (1 + fabsl(slope)), "jvp", 0);
        pool_free(&p);
    }
}

/* Adding a number to all logits changes nothing but the rounding: the exact answer is the same. */
static void shift_invariance(void **state) {
    (void)state;
    static const double shifts[] = {1, -64, 1024, -4096, 0.5};
    random_state r = random_new(random_run_seed(), 51);
    for (int round = 0; round < 200 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        rankloss_problem problem = draw_dense(&p, &r, dtype, 3, 1 + random_below(&r, round % 9 ? 40 : 600));
        coarsen(&problem.logits, 6);
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        reference exact = reference_evaluate(&problem, &result);
        const double shift = shifts[random_below(&r, 5)];
        for (int64_t i = 0; i < view_count(&problem.logits); i++) {
            view_set(&problem.logits, i, view_get(&problem.logits, i) + (long double)shift);
        }
        check_run(&problem, &result, "shifted");
        check_judge(dtype, &result, &exact, "shifted");
        reference_free(&exact);
        pool_free(&p);
    }
}

/* The elements of a view in another order of the items. */
static rankloss_array reorder(pool *p, const rankloss_array *source, const int64_t *order, bool back) {
    const rankloss_array view = view_new(p, source->dtype, source->ndim, source->shape, LAYOUT_ROW_MAJOR, NULL);
    for (int64_t i = 0; i < view_count(source); i++) {
        view_set(&view, back ? order[i] : i, view_get(source, back ? i : order[i]));
    }
    return view;
}

static void order_of_items(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 52);
    for (int round = 0; round < 200 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t n = 1 + random_below(&r, round % 9 ? 40 : 600);
        rankloss_problem problem = draw_dense(&p, &r, dtype, 1, n);
        int64_t order[600];
        for (int64_t i = 0; i < n; i++) {
            const int64_t other = random_below(&r, i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        reference exact = reference_evaluate(&problem, &result);
        rankloss_array *const inputs[] = {&problem.logits, &problem.labels, &problem.where, &problem.weights,
                                          &problem.tangent};
        for (size_t k = 0; k < 5; k++) {
            *inputs[k] = reorder(&p, inputs[k], order, false);
        }
        check_run(&problem, &result, "reordered");
        for (int kind = OUTPUT_GRAD_LOGITS; kind < OUTPUT_KINDS; kind++) {
            rankloss_array *view = output_of(&result, (output_kind)kind);
            *view = kind == OUTPUT_JVP ? *view : reorder(&p, view, order, true);
        }
        check_judge(dtype, &result, &exact, "reordered");
        reference_free(&exact);
        pool_free(&p);
    }
}

/* sum_i u_i a_i and how far it can be off where every a_i is within its bar. */
static term inner_product(const rankloss_array *u, const rankloss_array *a, const reference_output *exact,
                          int32_t dtype, output_kind kind) {
    term sum = {0, 0};
    for (int64_t i = 0; i < view_count(u); i++) {
        const long double unit = number_spacing(dtype, exact->element[i].scale);
        sum.value += view_get(u, i) * view_get(a, i);
        sum.scale += fabsl(view_get(u, i)) * (long double)ulp_bar(dtype, kind) * unit;
    }
    return sum;
}

/* jvp = gradient . v;  u . H v = v . H u;  the diagonal of H is H applied to unit vectors. */
static void derivatives_agree(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 53);
    for (int round = 0; round < 200 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        rankloss_problem problem = draw_dense(&p, &r, dtype, 1, 1 + random_below(&r, 60));
        problem.cotangent = none;
        problem.temperature = round % 3 ? 0 : 0.7;
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_HUGE_SPAN));
        const rankloss_array v = problem.tangent;
        const rankloss_array u = view_new(&p, dtype, 2, v.shape, LAYOUT_ROW_MAJOR, NULL);
        draw_normal(&r, &u);
        rankloss_result by_v = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        rankloss_result by_u = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        check_run(&problem, &by_v, "along v");
        reference exact_v = reference_evaluate(&problem, &by_v);
        problem.tangent = u;
        check_run(&problem, &by_u, "along u");
        reference exact_u = reference_evaluate(&problem, &by_u);

        const term slope =
            inner_product(&v, &by_v.grad_logits, &exact_v.output[OUTPUT_GRAD_LOGITS], dtype, OUTPUT_GRAD_LOGITS);
        const long double jvp_unit = number_spacing(dtype, exact_v.output[OUTPUT_JVP].element[0].scale);
        expect_near(view_get(&by_v.jvp, 0), slope.value, slope.scale + 4 * jvp_unit, "jvp = gradient . v", round);

        const term uhv =
            inner_product(&u, &by_v.hvp_logits, &exact_v.output[OUTPUT_HVP_LOGITS], dtype, OUTPUT_HVP_LOGITS);
        const term vhu =
            inner_product(&v, &by_u.hvp_logits, &exact_u.output[OUTPUT_HVP_LOGITS], dtype, OUTPUT_HVP_LOGITS);
        expect_near(uhv.value, vhu.value, uhv.scale + vhu.scale, "u . H v = v . H u", round);

        const int64_t i = random_below(&r, view_count(&u));
        view_fill(&u, 0);
        view_set(&u, i, 1);
        check_run(&problem, &by_u, "along a unit vector");
        const long double unit = number_spacing(dtype, exact_v.output[OUTPUT_HESS_LOGITS].element[i].scale);
        expect_near(view_get(&by_u.hvp_logits, i), view_get(&by_v.hess_logits, i),
                    2 * (long double)ulp_bar(dtype, OUTPUT_HVP_LOGITS) * unit, "diagonal", round);
        reference_free(&exact_v);
        reference_free(&exact_u);
        pool_free(&p);
    }
}

/* Gradients by the logits sum to zero, within the bars of the parts. */
static void gradient_sums_to_zero(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 54);
    for (int round = 0; round < 100 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        rankloss_problem problem = draw_dense(&p, &r, dtype, 1, 1 + random_below(&r, 300));
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        reference exact = reference_evaluate(&problem, &result);
        const rankloss_array ones = view_new(&p, dtype, 2, problem.logits.shape, LAYOUT_ROW_MAJOR, NULL);
        view_fill(&ones, 1);
        check_run(&problem, &result, "sum to zero");
        const term grad =
            inner_product(&ones, &result.grad_logits, &exact.output[OUTPUT_GRAD_LOGITS], dtype, OUTPUT_GRAD_LOGITS);
        const term hvp =
            inner_product(&ones, &result.hvp_logits, &exact.output[OUTPUT_HVP_LOGITS], dtype, OUTPUT_HVP_LOGITS);
        expect_near(grad.value, 0, grad.scale, "sum of grad_logits", round);
        expect_near(hvp.value, 0, hvp.scale, "sum of hvp_logits", round);
        reference_free(&exact);
        pool_free(&p);
    }
}

/* The losses of all lists by one thread, and then their sum, to which each of them has to come once. */
static void try_sum_of_lists(pool *p, rankloss_problem *problem, int64_t lists, int32_t threads) {
    const rankloss_array each = view_vector(p, RANKLOSS_F64, lists), again = view_vector(p, RANKLOSS_F64, lists);
    const rankloss_array sum = view_new(p, RANKLOSS_F64, 0, NULL, LAYOUT_ROW_MAJOR, NULL);
    const rankloss_result losses = {.loss = each}, by_threads = {.loss = again}, reduced = {.loss = sum};
    exact_sum expected = {{0}};
    problem->cotangent = problem->tangent = none;
    problem->reduction = RANKLOSS_NONE;
    problem->num_threads = 1;
    check_run(problem, &losses, "losses");
    problem->num_threads = threads;
    check_run(problem, &by_threads, "losses by threads");
    for (int64_t k = 0; k < lists; k++) {
        exact_add(&expected, (double)view_get(&each, k));
        assert_true(view_get(&again, k) == view_get(&each, k));
    }
    problem->reduction = RANKLOSS_SUM;
    check_run(problem, &reduced, "their sum");
    if ((double)view_get(&sum, 0) != exact_quotient(&expected, 1, RANKLOSS_F64)) {
        fail_msg("the sum of %lld losses is %a, not %a", (long long)lists, (double)view_get(&sum, 0),
                 exact_quotient(&expected, 1, RANKLOSS_F64));
    }
}

/* However many lists are computed together, and in whatever order. */
static void a_sum_is_that_of_its_lists(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 55);
    for (int round = 0; round < 400 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round / 2 % 2 != 0 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t lists = 1 + random_below(&r, 60), most = random_chance(&r, 0.5) ? 64 : 300;
        rankloss_problem problem = round % 2 != 0 ? draw_ragged(&p, &r, dtype, lists, most)
                                                  : draw_dense(&p, &r, dtype, lists, 1 + random_below(&r, most));
        if (round % 3 != 0)
            problem.where = problem.weights = problem.bias = none;
        try_sum_of_lists(&p, &problem, lists, 1);
        pool_free(&p);
    }
}

/* So many short lists that threads are worth starting, and so long ones that threads share them. */
static void a_sum_by_threads_is_that_of_its_lists(void **state) {
    static const struct {
        int64_t count, size;
    } sizes[] = {{3000, 40}, {500, 200}, {6, 100000}, {2, 70000}};
    (void)state;
    random_state r = random_new(random_run_seed(), 56);
    for (int round = 0; round < 16; round++) {
        pool p = {.count = 0};
        const int64_t count = sizes[round % 4].count, size = sizes[round % 4].size;
        rankloss_problem problem = round / 4 % 2 != 0 ? draw_ragged(&p, &r, RANKLOSS_F32, count, size)
                                                      : draw_dense(&p, &r, RANKLOSS_F32, count, size);
        if (round < 8)
            problem.where = problem.weights = problem.bias = none;
        try_sum_of_lists(&p, &problem, count, 4);
        pool_free(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_limits_of_differences),
        cmocka_unit_test(shift_invariance),
        cmocka_unit_test(order_of_items),
        cmocka_unit_test(derivatives_agree),
        cmocka_unit_test(gradient_sums_to_zero),
        cmocka_unit_test(a_sum_is_that_of_its_lists),
        cmocka_unit_test(a_sum_by_threads_is_that_of_its_lists),
    };
    const int refused = run_refused_reference();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

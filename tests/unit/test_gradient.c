/*
 * src/list/gradient.c: the derivatives of one list alone, of several chunks, against long double, wherever they go; and
 * each with the bits that it has without the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "list/forward.h"
#include "list/gradient.h"
#include "list_reference.h"
#include "random.h"
#include "run.h"
#include "ulp.h"

enum { SIZE = 5000, GAP = 3, ALL = RANKLOSS__WANT_DERIVATIVES };

/* The options of a call, a bit each. Of every third combination any two options are there with and without each other. */
enum { IS_F64 = 1, MASKED = 2, SUM_TO_ONE = 4, STRIDED = 8, SUMMED = 16, SCALED = 32, COMBINATIONS = 64, STEP = 3 };

/* What the derivatives are called in the tests, by their number in the library. */
static const output_kind kinds[] = {OUTPUT_GRAD_LABELS, OUTPUT_GRAD_WEIGHTS, OUTPUT_HESS_LOGITS, OUTPUT_HVP_LOGITS,
                                    OUTPUT_GRAD_LOGITS};

typedef union numbers {
    float f32[GAP * SIZE];
    double f64[GAP * SIZE];
} numbers;

static float logits[SIZE], labels[SIZE], weights[SIZE], tangent[SIZE]; /* as floats, so that both dtypes have them */
static uint8_t where[SIZE];
static numbers inputs[4], outputs[RANKLOSS__NUM_DERIVATIVES], alone;
static item items[SIZE];
static double cotangent = -1.75;
static rankloss__chunk_scratch scratch;

static int draw_all(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int i = 0; i < SIZE; i++) {
        logits[i] = (float)random_normal(&r);
        labels[i] = (float)(random_unit(&r) - 0.2);
        weights[i] = (float)(random_unit(&r) + 0.1);
        tangent[i] = (float)random_normal(&r);
        where[i] = random_chance(&r, 0.7);
    }
    return 0;
}

/* --- a call --- */

static rankloss_array array(numbers *n, unsigned options, int64_t size, int64_t stride) {
    const bool is_f64 = (options & IS_F64) != 0;
    rankloss_array a =
        rankloss_array_make(is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, is_f64 ? (void *)n->f64 : n->f32, 1, &size);
    a.strides[0] = stride;
    return a;
}

static rankloss_array input(int k, const float *values, unsigned options) {
    for (int i = 0; i < SIZE; i++)
        if ((options & IS_F64) != 0)
            inputs[k].f64[i] = (double)values[i];
        else
            inputs[k].f32[i] = values[i];
    return array(&inputs[k], options, SIZE, 1);
}

static rankloss_problem problem_of(unsigned options) {
    const int64_t size = SIZE;
    rankloss_problem p = {.logits = input(0, logits, options),
                          .labels = input(1, labels, options),
                          .weights = input(2, weights, options),
                          .tangent = input(3, tangent, options)};
    p.cotangent = rankloss_array_make(RANKLOSS_F64, &cotangent, 0, NULL);
    p.label_mode = (options & SUM_TO_ONE) != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
    p.temperature = (options & SCALED) != 0 ? 0.5 : 0.0;
    if ((options & MASKED) != 0)
        p.where = rankloss_array_make(RANKLOSS_BOOL, where, 1, &size);
    return p;
}

static rankloss_result result_of(unsigned options, unsigned wanted) {
    const int64_t stride = (options & STRIDED) != 0 ? GAP : 1, summed = (options & SUMMED) != 0 ? 1 : SIZE;
    rankloss_result r = {.reserved = {0}};
    rankloss_array *const members[] = {&r.grad_labels, &r.grad_weights, &r.hess_logits, &r.hvp_logits, &r.grad_logits};
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        memset(&outputs[which], 0xA5, sizeof outputs[which]);
        if ((wanted >> which & 1u) != 0)
            *members[which] = array(&outputs[which], options, which <= RANKLOSS__GRAD_WEIGHTS ? summed : SIZE, stride);
    }
    return r;
}

/* As single_list.c has it for lists that a cache does not hold: the first contiguous float32 output of these two. */
static float *place_of_exps(unsigned options, unsigned wanted) {
    if ((options & (IS_F64 | STRIDED)) != 0 ||
        (wanted & (1u << RANKLOSS__HESS_LOGITS | 1u << RANKLOSS__GRAD_LOGITS)) == 0)
        return NULL;
    return outputs[(wanted >> RANKLOSS__HESS_LOGITS & 1u) != 0 ? RANKLOSS__HESS_LOGITS : RANKLOSS__GRAD_LOGITS].f32;
}

/* Computes what is wanted; returns the jvp where a tangent is needed. */
static double compute(unsigned options, unsigned wanted) {
    const rankloss_problem problem = problem_of(options);
    const rankloss_result result = result_of(options, wanted);
    rankloss__plan plan = rankloss__plan_make(&problem, &result);
    rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES];
    rankloss__forward forward;
    rankloss__list one;
    rankloss__plan_set_upstream(&plan);
    rankloss__list_open(&one, &plan.inputs, 0, &scratch);
    one.float_exps = place_of_exps(options, wanted);
    rankloss__forward_list(&one, &forward);
    assert_int_equal(forward.path, RANKLOSS__FAST);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        writers[which] =
            rankloss__writer_make(&plan.derivatives[which], &plan.inputs.batch, &one.position, scratch.spare.f64);
    const double jvp = plan.inputs.wants_tangent ? rankloss__jvp(&one, &forward) : 0.0;
    rankloss__derivatives(&one, &forward, &plan.upstream, &plan.factors, writers);
    return jvp;
}

static long double output_at(int which, unsigned options, int64_t i) {
    const int64_t at = (options & STRIDED) != 0 ? GAP * i : i;
    return (options & IS_F64) != 0 ? (long double)outputs[which].f64[at] : (long double)outputs[which].f32[at];
}

/* --- tests --- */

static const term *term_of(int which, int64_t i) {
    const term *const terms[] = {&items[i].grad_labels, &items[i].grad_weights, &items[i].hess_logits,
                                 &items[i].hvp_logits, &items[i].grad_logits};
    return terms[which];
}

static term times(term t, long double factor) {
    return (term){t.value * factor, t.scale * fabsl(factor)};
}

static void derivatives_are_within_their_bounds(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options += STEP) {
        const int32_t dtype = (options & IS_F64) != 0 ? RANKLOSS_F64 : RANKLOSS_F32;
        const long double temperature = (options & SCALED) != 0 ? 0.5L : 1.0L;
        list expected = {.items = items, .size = SIZE};
        for (int i = 0; i < SIZE; i++)
            items[i] = (item){.valid = (options & MASKED) == 0 || where[i] != 0,
                              .s = (long double)logits[i] / temperature,
                              .y = (long double)labels[i],
                              .w = (long double)weights[i],
                              .v = (long double)tangent[i]};
        list_solve(&expected, temperature, (options & SUM_TO_ONE) != 0);
        const long double jvp = (long double)compute(options, ALL);
        assert_true(ulp_within_bar(dtype, RANKLOSS_F64, OUTPUT_JVP, jvp, expected.jvp));
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            const bool summed = (options & SUMMED) != 0 && which <= RANKLOSS__GRAD_WEIGHTS;
            compensated value = {0, 0}, scale = {0, 0};
            for (int64_t i = 0; i < SIZE; i++) {
                const term t = times(*term_of(which, i), (long double)cotangent);
                compensated_add(&value, t.value);
                compensated_add(&scale, t.scale);
                assert_true(summed || ulp_within_bar(dtype, dtype, kinds[which], output_at(which, options, i), t));
            }
            const term sum = {compensated_value(&value), compensated_value(&scale)};
            assert_true(!summed || ulp_within_bar(dtype, dtype, kinds[which], output_at(which, options, 0), sum));
        }
    }
}

/* With no other, with either of those that may hold the list's exponentials before their values, and with all. */
static void an_output_has_the_bits_it_has_alone(void **state) {
    static const unsigned others[] = {1u << RANKLOSS__GRAD_LOGITS, 1u << RANKLOSS__HESS_LOGITS, ALL};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options += STEP)
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            (void)compute(options, 1u << which);
            alone = outputs[which];
            for (int k = 0; k < 3; k++) {
                (void)compute(options, 1u << which | others[k]);
                assert_memory_equal(&alone, &outputs[which], sizeof alone);
            }
        }
}

/* Nothing lies in the gaps of a strided output, and behind the end of any. */
static void nothing_else_is_written(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options += STEP) {
        (void)compute(options, ALL);
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
            const unsigned char *bytes = (const unsigned char *)&outputs[which];
            const size_t width = (options & IS_F64) != 0 ? 8 : 4, stride = (options & STRIDED) != 0 ? GAP : 1;
            const size_t count = (options & SUMMED) != 0 && which <= RANKLOSS__GRAD_WEIGHTS ? 1 : SIZE;
            for (size_t i = 0; i < sizeof outputs[which]; i++)
                if (i / width % stride != 0 || i / width / stride >= count)
                    assert_int_equal(bytes[i], 0xA5);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_within_their_bounds),
        cmocka_unit_test(an_output_has_the_bits_it_has_alone),
        cmocka_unit_test(nothing_else_is_written),
    };
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, draw_all, NULL);
}

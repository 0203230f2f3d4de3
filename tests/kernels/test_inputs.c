/*
 * What every kernel table makes of inputs that are not what its steps want: elements of each dtype converted, logits
 * scaled to scores. Each number is rounded once, and nothing behind the inputs is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dtype/convert.h"
#include "exact.h"
#include "fused.h"
#include "guarded.h"
#include "kernel_tables.h"
#include "random.h"

enum { MOST = 100, WIDEST = sizeof(double) };

/* --- dtypes --- */

static const int64_t widths[] = {
    [RANKLOSS_F32] = 4, [RANKLOSS_F64] = 8, [RANKLOSS_F16] = 2, [RANKLOSS_BF16] = 2, [RANKLOSS_I8] = 1,
    [RANKLOSS_I16] = 2, [RANKLOSS_I32] = 4, [RANKLOSS_I64] = 8, [RANKLOSS_U8] = 1,   [RANKLOSS_U16] = 2,
    [RANKLOSS_U32] = 4, [RANKLOSS_U64] = 8, [RANKLOSS_BOOL] = 1};

/* Equal, or both NaN; the sign of a zero counts. */
static void assert_same(double got, double expected) {
    assert_true(isnan(got) ? isnan(expected) : got == expected && !signbit(got) == !signbit(expected));
}

static void check_converted(const rankloss__kernels *kernels, bool is_f64, int32_t dtype, const void *data,
                            size_t count) {
    double f64[MOST + 1], expected[MOST + 1];
    float f32[MOST + 1], expected_f32[MOST + 1];
    for (size_t i = 0; i <= count; i++) {
        f64[i] = expected[i] = 7.0;
        f32[i] = expected_f32[i] = 7.0F;
    }
    kernels->convert(dtype, data, count, is_f64 ? (void *)f64 : (void *)f32);
    /* An element at a time, the strided way, which test_convert holds against the definitions. */
    for (size_t i = 0; i < count; i++) {
        const char *element = (const char *)data + (int64_t)i * widths[dtype];
        rankloss__load_f64(dtype, element, 0, 1, &expected[i]);
        rankloss__load_f32(dtype, element, 0, 1, &expected_f32[i]);
    }
    for (size_t i = 0; i <= count; i++)
        assert_same(is_f64 ? f64[i] : (double)f32[i], is_f64 ? expected[i] : (double)expected_f32[i]);
}

/* Any bits, and in wide integers as often few of them, for ties between two floats. */
static void fill_elements(unsigned char *data, size_t bytes, int64_t width, random_state *r) {
    const bool few = random_chance(r, 0.3);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)random_bits(r);
    for (size_t i = 0; few && width == 8 && i < bytes; i += 8) {
        const uint64_t number = (random_bits(r) >> 39 << random_below(r, 39)) + (uint64_t)random_below(r, 3) - 1;
        memcpy(data + i, &number, sizeof number);
    }
}

static void every_dtype_is_converted(void **state) {
    guarded memory = guarded_new(MOST * WIDEST);
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    for (int round = 0; round < 2000; round++) {
        const int32_t dtype = (int32_t)(1 + random_below(&r, RANKLOSS_BOOL));
        const size_t count = (size_t)random_below(&r, MOST + 1), bytes = count * (size_t)widths[dtype];
        unsigned char *data = guarded_last(&memory, bytes);
        fill_elements(data, bytes, widths[dtype], &r);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            for (int k = 0; k < 2 && kernel_table_runs(t); k++)
                check_converted(kernel_tables[t].kernels[k], k == 1, dtype, data, count);
    }
    guarded_free(&memory);
}

/* --- scores --- */

static double scaled_exactly(double logit, double factor, double bias, int32_t dtype) {
    exact_sum sum = {{0}};
    const double product = logit * factor;
    exact_add(&sum, product);
    exact_add(&sum, fused(logit, factor, -product));
    exact_add(&sum, bias);
    return exact_quotient(&sum, 1, dtype);
}

typedef struct scaling {
    double factor;
    bool has_bias;
    size_t count;
    float logits[MOST], bias[MOST];
} scaling;

/*
 * Often what the score of one rounding and that of two may differ in: near half way between two floats, in sums of
 * numbers far apart, and among subnormal floats.
 */
static void fill_scaling(scaling *s, random_state *r) {
    static const double factors[] = {1.0, 0.5, 1.0 / 3.0, 1.0 + 0x1p-52, 1.0 - 0x1p-53, 1e-30};
    s->factor = random_chance(r, 0.3) ? exp(random_normal(r)) : factors[random_below(r, 6)];
    s->has_bias = random_chance(r, 0.7);
    s->count = (size_t)random_below(r, MOST + 1);
    for (size_t i = 0; i < s->count; i++) {
        const float logit = (float)ldexp(random_normal(r), (int)random_below(r, 12) - 6);
        const int64_t kind = random_below(r, 6);
        s->logits[i] = kind == 0 ? 0.0F : kind == 1 ? logit * 0x1p-130F : logit;
        s->bias[i] = (float)random_normal(r);
        if (kind == 2) /* half a last place, and a little */
            s->bias[i] = (nextafterf(logit, INFINITY) - logit) * (random_chance(r, 0.5) ? 0.5F : -0.5F);
        else if (kind == 3)
            s->bias[i] = (float)ldexp((double)s->bias[i], -(int)random_below(r, 140));
    }
}

static void check_scaled(const rankloss__kernels *kernels, const scaling *s, guarded *from, guarded *added) {
    const size_t bytes = s->count * sizeof(float);
    float *logits = guarded_last(from, bytes), *bias = guarded_last(added, bytes), scores[MOST];
    memcpy(logits, s->logits, bytes);
    memcpy(bias, s->bias, bytes);
    kernels->scale(logits, s->factor, s->has_bias ? bias : NULL, s->count, scores);
    for (size_t i = 0; i < s->count; i++) {
        const double added_here = s->has_bias ? (double)s->bias[i] : 0.0;
        assert_true((double)scores[i] == scaled_exactly((double)s->logits[i], s->factor, added_here, RANKLOSS_F32));
    }
    /* In place, over either. */
    kernels->scale(logits, s->factor, s->has_bias ? bias : NULL, s->count, s->has_bias ? bias : logits);
    assert_memory_equal(s->has_bias ? bias : logits, scores, bytes);
}

static void scores_are_rounded_once(void **state) {
    static scaling s;
    guarded from = guarded_new(sizeof s.logits), added = guarded_new(sizeof s.bias);
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 500; round++) {
        fill_scaling(&s, &r);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            if (kernel_table_runs(t))
                check_scaled(kernel_tables[t].kernels[0], &s, &from, &added);
    }
    guarded_free(&from);
    guarded_free(&added);
}

static void scores_in_float64(void **state) {
    double logits[MOST], bias[MOST], scores[MOST];
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++)
        for (size_t count = 0; count < 40 && kernel_table_runs(t); count++) {
            const double factor = exp(random_normal(&r));
            for (size_t i = 0; i < count; i++) {
                logits[i] = random_normal(&r);
                bias[i] = random_normal(&r);
            }
            kernel_tables[t].kernels[1]->scale(logits, factor, count % 2 != 0 ? bias : NULL, count, scores);
            for (size_t i = 0; i < count; i++)
                assert_true(scores[i] ==
                            scaled_exactly(logits[i], factor, count % 2 != 0 ? bias[i] : 0.0, RANKLOSS_F64));
        }
}

static void numbers_without_end_stay(void **state) {
    const float logits[] = {INFINITY, -INFINITY, NAN, 0x1.fffffep127F, 1.0F, 0.0F, -0x1p-149F, 3.0F, -INFINITY};
    (void)state;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        float scores[9];
        if (!kernel_table_runs(t))
            continue;
        kernel_tables[t].kernels[0]->scale(logits, 3.0, NULL, 9, scores);
        assert_true(scores[0] == INFINITY && scores[1] == -INFINITY && isnan(scores[2]) && scores[3] == INFINITY);
        assert_true(scores[4] == 3.0F && scores[6] == -0x3p-149F && scores[8] == -INFINITY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_is_converted),
        cmocka_unit_test(scores_are_rounded_once),
        cmocka_unit_test(scores_in_float64),
        cmocka_unit_test(numbers_without_end_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

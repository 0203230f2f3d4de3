/*
 * What every kernel table makes of inputs of another dtype than its own: elements of each dtype converted, and integers
 * that the steps read as labels. Each number is rounded once, and nothing behind the inputs is read.
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

/* Integers of 64 bits at both sides of what 32 hold: most of a row are within, for whole blocks of it to be. */
static void narrow_and_wide_integers_are_converted(void **state) {
    static const int64_t edges[] = {INT32_MIN, INT32_MAX, (int64_t)INT32_MIN - 1, (int64_t)INT32_MAX + 1,
                                    INT64_MIN, INT64_MAX, (int64_t)1 << 32};
    int64_t integers[MOST];
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        const size_t count = (size_t)random_below(&r, MOST + 1);
        for (size_t i = 0; i < count; i++)
            integers[i] = random_chance(&r, 0.1) ? edges[random_below(&r, 2)] : (int32_t)(uint32_t)random_bits(&r);
        if (count > 0 && random_chance(&r, 0.5))
            integers[random_below(&r, (int64_t)count)] = edges[random_below(&r, 7)];
        for (int t = 0; t < NUM_KERNEL_TABLES; t++)
            for (int k = 0; k < 2 && kernel_table_runs(t); k++)
                check_converted(kernel_tables[t].kernels[k], k == 1, RANKLOSS_I64, integers, count);
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

/* --- integers as labels --- */

/* What the steps that read labels give. */
typedef struct label_steps {
    rankloss__sums of_span, wide;
    rankloss__list_sums list;
    double exps[MOST], grads[MOST], log_grads[MOST];
    float narrow_grads[MOST], grads_of_floats[MOST];
    uint16_t half_grads[MOST];
} label_steps;

static void run_label_steps(const rankloss__kernels *k, const rankloss__items *items, label_steps *y) {
    const rankloss__terms terms = {
        .exp = {.hi = {0.375}}, .coef = {.hi = {1.5}}, .log_scale = {.hi = {0.75}}, .log_shift = {{0.5}}};
    const rankloss__losses found = {.lse = {{2.0}}};
    double again[MOST], *const all_exps[] = {again};
    float floats[MOST];
    rankloss__score_range range;
    memset(y, 0, sizeof *y);
    k->score_ranges(items, 1, &range);
    const int64_t skip = (int64_t)range.argmax;
    const rankloss__span span = range.lowest_x >= RANKLOSS__EXP_CUTOFF ? RANKLOSS__SPAN_NEAR : RANKLOSS__SPAN_WIDE;
    k->sums(items, &range, skip, span, y->exps, &y->of_span);
    k->sums(items, &range, skip, RANKLOSS__SPAN_WIDE, again, &y->wide);
    k->list_sums(items, 1, all_exps, &range, &y->list);
    y->exps[range.argmax] = 1.0;
    k->grad(items, y->exps, &terms, NULL, (rankloss__out){y->grads, RANKLOSS_F64});
    k->grad(items, y->exps, &terms, NULL, (rankloss__out){y->narrow_grads, RANKLOSS_F32});
    k->grad(items, y->exps, &terms, NULL, (rankloss__out){y->half_grads, RANKLOSS_BF16});
    k->exps_to_floats(y->exps, items->count, floats);
    k->grad_of_floats(items, floats, &terms, y->grads_of_floats);
    k->log_grad(items, true, &y->list, &found, &terms, (rankloss__out){y->log_grads, RANKLOSS_F64});
}

/* Labels of one list, as integers that end where nothing can be read, and as floats. */
typedef struct labelled {
    guarded memory[2];
    int32_t dtype; /* of the integers */
    void *integers;
    float logits[MOST], floats[MOST];
    uint8_t where[MOST];
} labelled;

static void set_label(labelled *list, size_t i, int32_t integer) {
    if (list->dtype == RANKLOSS_U8)
        ((uint8_t *)list->integers)[i] = (uint8_t)integer;
    else
        ((int32_t *)list->integers)[i] = integer;
    list->floats[i] = list->dtype == RANKLOSS_U8 ? (float)(uint8_t)integer : (float)integer;
}

static void draw_labelled(labelled *list, random_state *r, size_t count) {
    const bool bytes = random_chance(r, 0.5);
    list->dtype = bytes ? RANKLOSS_U8 : RANKLOSS_I32;
    list->integers = guarded_last(&list->memory[bytes], count * (bytes ? sizeof(uint8_t) : sizeof(int32_t)));
    for (size_t i = 0; i < count; i++) {
        list->logits[i] = (float)random_normal(r);
        list->where[i] = random_chance(r, 0.7) || i == 0;
        set_label(list, i, (int32_t)(uint32_t)random_bits(r) >> random_below(r, 32)); /* also beyond 2^24 */
    }
    if (random_chance(r, 0.3)) { /* a score as a mask: its term is 0 if its label is, and not if it is large */
        const size_t low = (size_t)random_below(r, (int64_t)count);
        list->logits[low] = random_chance(r, 0.5) ? -INFINITY : -1e30F;
        set_label(list, low, random_chance(r, 0.8) ? 0 : bytes ? UINT8_MAX : INT32_MIN);
    }
}

/* The same bits, and the same as from portable kernels. */
static void compare_labels(const labelled *list, rankloss__items items) {
    static label_steps as_integers, as_floats, portable;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        if (!kernel_table_runs(t))
            continue;
        items.labels = list->floats;
        items.integer_labels = 0;
        run_label_steps(kernel_tables[t].kernels[0], &items, &as_floats);
        items.labels = list->integers;
        items.integer_labels = list->dtype;
        run_label_steps(kernel_tables[t].kernels[0], &items, &as_integers);
        assert_memory_equal(&as_integers, &as_floats, sizeof as_floats);
        if (t == 0)
            portable = as_floats;
        assert_memory_equal(&as_integers, &portable, sizeof portable);
    }
}

static void integers_as_labels_are_their_floats(void **state) {
    static labelled list;
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    list.memory[0] = guarded_new(MOST * sizeof(int32_t));
    list.memory[1] = guarded_new(MOST);
    for (int round = 0; round < 2000; round++) {
        const size_t count = 1 + (size_t)random_below(&r, MOST);
        draw_labelled(&list, &r, count);
        rankloss__items items = {.logits = list.logits, .count = count, .unmasked = count};
        items.wants_abs_coefs = random_chance(&r, 0.5);
        if (random_chance(&r, 0.3)) {
            items.where = list.where;
            items.unmasked = 0;
        }
        compare_labels(&list, items);
    }
    guarded_free(&list.memory[0]);
    guarded_free(&list.memory[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_is_converted),
        cmocka_unit_test(narrow_and_wide_integers_are_converted),
        cmocka_unit_test(integers_as_labels_are_their_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A program compiled and linked with -ffast-math, whose start-up code makes the process flush subnormal numbers: the
 * library keeps them, in this thread and in those that it starts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "run.h"

enum { LISTS = 20000, SIZE = 4, STATUS_SKIPPED = 77 };

/* Subnormal floats by their bits, since comparisons of this program would take them for 0. */
static const uint32_t MINUS = UINT32_C(0x80000000);

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* volatile: computed by the processor, in the environment that start-up has left. */
static int flushes_subnormals(void) {
    volatile float smallest_normal = 0x1p-126F;
    const float half = smallest_normal * 0.5F;
    return bits_of(half) == 0;
}

static float logits[LISTS * SIZE], labels[LISTS * SIZE], losses[LISTS], slopes[LISTS * SIZE], curves[LISTS * SIZE];

/*
 * In units of 2^-149, the label of each list is 64 and all p are 1 / 4: the loss is 64 log 4 = 88.7, the gradient of the
 * labelled item 64 / 4 - 64 = -48 and of the others 16, the Hessian diagonal 64 * 1/4 * 3/4 = 12.
 */
static void expect_subnormals(void) {
    for (int i = 0; i < LISTS * SIZE; i++) {
        const int labelled = i % SIZE == i / SIZE % SIZE;
        assert_int_equal(bits_of(slopes[i]), labelled ? MINUS | 48 : 16);
        assert_int_equal(bits_of(curves[i]), 12);
    }
    for (int k = 0; k < LISTS; k++) {
        assert_int_equal(bits_of(losses[k]), 89);
    }
}

static void subnormals_are_kept(void **state) {
    (void)state;
    for (int i = 0; i < LISTS * SIZE; i++) {
        logits[i] = 1.5F;
        labels[i] = from_bits(i % SIZE == i / SIZE % SIZE ? 64 : 0);
    }
    for (int32_t threads = 0; threads <= 4; threads++) {
        rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, LISTS, SIZE),
                                    .labels = RANKLOSS_ARRAY(labels, LISTS, SIZE),
                                    .reduction = RANKLOSS_NONE,
                                    .num_threads = threads};
        const rankloss_result result = {.loss = RANKLOSS_ARRAY(losses, LISTS),
                                        .grad_logits = RANKLOSS_ARRAY(slopes, LISTS, SIZE),
                                        .hess_logits = RANKLOSS_ARRAY(curves, LISTS, SIZE)};
        memset(losses, 0xA5, sizeof losses);
        memset(slopes, 0xA5, sizeof slopes);
        memset(curves, 0xA5, sizeof curves);
        assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);
        expect_subnormals();
        assert_true(flushes_subnormals());
    }
}

/* A subnormal logit is not 0 where its temperature brings it back among the others. */
static void subnormal_logits_are_read(void **state) {
    (void)state;
    const float far[2] = {from_bits(1u << 22), 0.0F}; /* 2^-127 */
    const float label[2] = {1.0F, 0.0F};
    float slope[2];
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(far, 2),
                                .labels = RANKLOSS_ARRAY(label, 2),
                                .temperature = 0x1p-126,
                                .reduction = RANKLOSS_SUM};
    const rankloss_result result = {.grad_logits = RANKLOSS_ARRAY(slope, 2)};
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);
    /* The scores are 1/2 and 0, p = 1 / (1 + e^(-1/2)) = 0.62246, and (1 - p) 2^126 = 0x1.829a06p124 = 0x7DC14D03. */
    assert_in_range(bits_of(slope[0]), MINUS | 0x7DC14D01, MINUS | 0x7DC14D05);
    assert_in_range(bits_of(slope[1]), 0x7DC14D01, 0x7DC14D05);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subnormals_are_kept),
        cmocka_unit_test(subnormal_logits_are_read),
    };
    const int refused = run_refused();
    if (refused) {
        return refused;
    }
    if (!flushes_subnormals()) {
        printf("this compiler's -ffast-math does not flush subnormal numbers here\n");
        return STATUS_SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

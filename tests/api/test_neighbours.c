/*
 * What a list has changes no bit of its neighbours, also where it makes their group take another way: biases so large that
 * floats are too coarse for its scores, beside a list whose largest scores only a double tells apart. Nor does it matter
 * whether short lists are computed in one step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "random.h"

enum { LISTS = 8, MOST = 100 };

typedef struct inputs {
    float logits[LISTS * MOST], labels[LISTS * MOST], bias[LISTS * MOST];
} inputs;

typedef struct outputs {
    double losses[LISTS];
    float grads[LISTS * MOST], hesses[LISTS * MOST];
} outputs;

/* by_labels: the gradient by the labels too, with which short lists are not computed in one step. */
static void compute(const inputs *in, int64_t lists, int64_t size, bool by_labels, outputs *out) {
    static float by[LISTS * MOST];
    const int64_t shape[] = {lists, size};
    const rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F32, in->logits, 2, shape),
                                      .labels = rankloss_array_make(RANKLOSS_F32, in->labels, 2, shape),
                                      .bias = rankloss_array_make(RANKLOSS_F32, in->bias, 2, shape),
                                      .reduction = RANKLOSS_NONE};
    rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F64, out->losses, 1, &lists),
                              .grad_logits = rankloss_array_make(RANKLOSS_F32, out->grads, 2, shape),
                              .hess_logits = rankloss_array_make(RANKLOSS_F32, out->hesses, 2, shape)};
    if (by_labels)
        result.grad_labels = rankloss_array_make(RANKLOSS_F32, by, 2, shape);
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);
}

/* Scores of 1, 2^20 or 2^23 and some last places of a double, which are in the bias; or all but these is. */
static void draw_close_scores(random_state *r, inputs *in, int64_t first, int64_t size) {
    static const float magnitudes[] = {1.0f, 0x1p20f, 0x1p23f};
    const float magnitude = magnitudes[random_below(r, 3)];
    const bool swapped = random_chance(r, 0.3);
    for (int64_t i = first; i < first + size; i++) {
        const float small = magnitude * (float)random_below(r, 8) * 0x1p-28f;
        in->logits[i] = swapped ? small : magnitude;
        in->labels[i] = (float)random_unit(r);
        in->bias[i] = swapped ? magnitude : small;
    }
}

static void draw_neighbour(random_state *r, inputs *in, int64_t first, int64_t size) {
    static const float large[] = {-1e9f, 0x1p22f, -0x1p30f, INFINITY, NAN};
    for (int64_t i = first; i < first + size; i++) {
        in->logits[i] = (float)random_normal(r);
        in->labels[i] = (float)random_unit(r);
        in->bias[i] = (float)random_normal(r);
    }
    if (random_chance(r, 0.6))
        in->bias[first + random_below(r, size)] = large[random_below(r, 5)];
}

static void same_list(const outputs *a, int64_t list_of_a, const outputs *b, int64_t list_of_b, int64_t size) {
    const size_t bytes = (size_t)size * sizeof(float);
    assert_memory_equal(&a->losses[list_of_a], &b->losses[list_of_b], sizeof(double));
    assert_memory_equal(a->grads + list_of_a * size, b->grads + list_of_b * size, bytes);
    assert_memory_equal(a->hesses + list_of_a * size, b->hesses + list_of_b * size, bytes);
}

static void large_biases_of_neighbours_change_no_bit(void **state) {
    static const int64_t sizes[] = {2, 3, 5, 8, 16, 17, 33, 64, 65, MOST};
    static inputs alone, together;
    static outputs expected, got;
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        const int64_t size = sizes[round % 10], list = random_below(&r, LISTS);
        for (int64_t k = 0; k < LISTS; k++)
            draw_neighbour(&r, &together, k * size, size);
        draw_close_scores(&r, &together, list * size, size);
        memcpy(alone.logits, together.logits + list * size, (size_t)size * sizeof(float));
        memcpy(alone.labels, together.labels + list * size, (size_t)size * sizeof(float));
        memcpy(alone.bias, together.bias + list * size, (size_t)size * sizeof(float));
        compute(&alone, 1, size, false, &expected);
        for (int by_labels = 0; by_labels < 2; by_labels++) {
            compute(&together, LISTS, size, by_labels != 0, &got);
            same_list(&got, list, &expected, 0, size);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(large_biases_of_neighbours_change_no_bit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

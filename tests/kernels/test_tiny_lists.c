/*
 * Eight tiny lists in one step, with every kernel table: against the definitions in long double, against the steps that
 * longer lists go through, to the bit, and nothing read or written but the items of the lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "guarded.h"
#include "kernel_tables.h"
#include "random.h"

enum { LANES = RANKLOSS__LANES, MOST = RANKLOSS__TINY, GAP = 3, ROOM = LANES * (MOST + GAP) };

typedef long double real;

/* Lists in an order of their own, with gaps between them, the last of them flush with the end of the memory. */
typedef struct problem {
    guarded memory[3];
    float *scores, *labels, *grads;
    int64_t starts[LANES];
    size_t sizes[LANES], count; /* of all elements, the gaps included */
    rankloss__extent extent;
    rankloss__factors factors;
} problem;

static void open_problem(problem *p) {
    for (int m = 0; m < 3; m++)
        p->memory[m] = guarded_new(ROOM * sizeof(float));
}

static void close_problem(problem *p) {
    for (int m = 0; m < 3; m++)
        guarded_free(&p->memory[m]);
}

/* --- random lists --- */

static void place_lists(problem *p, random_state *r) {
    const size_t size = 1 + (size_t)random_below(r, MOST);
    const bool ragged = random_chance(r, 0.5);
    int order[LANES];
    p->count = 0;
    p->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES; k++)
        order[k] = k;
    for (int k = 0; k < LANES; k++) {
        const int other = k + (int)random_below(r, LANES - k), list = order[other];
        order[other] = order[k];
        p->count += (size_t)random_below(r, GAP + 1);
        p->starts[list] = (int64_t)p->count;
        p->sizes[list] = ragged ? 1 + (size_t)random_below(r, RANKLOSS__TINY_RAGGED) : size;
        p->count += p->sizes[list];
        p->extent.least = p->sizes[list] < p->extent.least ? p->sizes[list] : p->extent.least;
        p->extent.most = p->sizes[list] > p->extent.most ? p->sizes[list] : p->extent.most;
    }
    p->scores = guarded_last(&p->memory[0], p->count * sizeof(float));
    p->labels = guarded_last(&p->memory[1], p->count * sizeof(float));
    p->grads = guarded_last(&p->memory[2], p->count * sizeof(float));
}

/* Scores are often equal to others, for the first of the largest to be found; the gaps hold NaN. */
static void fill(problem *p, random_state *r, double spread) {
    place_lists(p, r);
    for (size_t i = 0; i < p->count; i++)
        p->scores[i] = p->labels[i] = NAN;
    for (int k = 0; k < LANES; k++) {
        p->factors.first.hi[k] = p->factors.second.hi[k] = p->factors.labels.at[k] = 2.0 * random_unit(r) - 0.5;
        p->factors.first.lo[k] = p->factors.second.lo[k] = 0.0;
        for (size_t i = 0; i < p->sizes[k]; i++) {
            const double score = spread * random_normal(r);
            p->scores[(size_t)p->starts[k] + i] = (float)(random_chance(r, 0.3) ? round(score / spread) : score);
            p->labels[(size_t)p->starts[k] + i] = random_chance(r, 0.2) ? 0.0f : (float)fabs(random_normal(r));
        }
    }
}

static rankloss__tiny_lists lists_of(const problem *p, float *grads) {
    return (rankloss__tiny_lists){.scores = p->scores,
                                  .labels = p->labels,
                                  .grads = grads,
                                  .starts = p->starts,
                                  .sizes = p->sizes,
                                  .extent = p->extent,
                                  .factors = grads != NULL ? &p->factors : NULL};
}

static const char byte_of_untouched = 0x5A;

/* Runs the kernel while nothing but the gradients can be written. */
static bool run(const rankloss__kernels *kernels, problem *p, bool wants_grads, rankloss__losses *losses) {
    const rankloss__tiny_lists lists = lists_of(p, wants_grads ? p->grads : NULL);
    memset(p->memory[2].begin, byte_of_untouched, p->memory[2].size);
    memset(losses, 0, sizeof *losses);
    guarded_protect(&p->memory[0], GUARDED_READ);
    guarded_protect(&p->memory[1], GUARDED_READ);
    const bool done = kernels->tiny_lists(&lists, losses);
    guarded_protect(&p->memory[0], GUARDED_WRITE);
    guarded_protect(&p->memory[1], GUARDED_WRITE);
    return done;
}

/* --- definitions --- */

static void near_to(const char *what, double got, real exact, real scale, double tolerance) {
    if (!(fabsl((real)got - exact) <= scale * (real)tolerance + 1e-44L))
        fail_msg("%s: got %a, exact %La", what, got, exact);
}

/* A gradient is rounded to float, 2^-24 of it, after 2^-28 of its terms. */
static void check_list(const problem *p, const rankloss__losses *losses, int k) {
    const float *scores = p->scores + p->starts[k], *labels = p->labels + p->starts[k];
    const real factor = (real)p->factors.first.hi[k];
    real max = (real)scores[0], total = 0, coefs = 0, loss = 0;
    for (size_t i = 1; i < p->sizes[k]; i++)
        max = (real)scores[i] > max ? (real)scores[i] : max;
    for (size_t i = 0; i < p->sizes[k]; i++) {
        total += expl((real)scores[i] - max);
        coefs += (real)labels[i];
    }
    for (size_t i = 0; i < p->sizes[k]; i++)
        loss += (real)labels[i] * (logl(total) - ((real)scores[i] - max));
    near_to("loss", losses->loss.at[k], loss, loss + coefs * 0x1p-30L, 0x1p-27);
    for (size_t i = 0; i < p->sizes[k]; i++) {
        const real share = coefs * expl((real)scores[i] - max) / total, grad = (share - (real)labels[i]) * factor;
        near_to("grad", (double)p->grads[(size_t)p->starts[k] + i], grad,
                fabsl(grad) + (share + (real)labels[i]) * fabsl(factor) * 0x1p-3L, 0x1p-24);
    }
}

static void check_untouched(const problem *p) {
    static unsigned char is_item[ROOM];
    const unsigned char *bytes = (const unsigned char *)p->grads;
    memset(is_item, 0, sizeof is_item);
    for (int k = 0; k < LANES; k++)
        memset(is_item + p->starts[k], 1, p->sizes[k]);
    for (const unsigned char *byte = p->memory[2].begin; byte < bytes; byte++)
        assert_true(*byte == byte_of_untouched);
    for (size_t i = 0; i < p->count * sizeof(float); i++)
        assert_true(is_item[i / sizeof(float)] != 0 || bytes[i] == byte_of_untouched);
}

/* --- the same by the steps for lists of any size --- */

static void run_steps(const rankloss__kernels *kernels, const problem *p, float *grads, rankloss__losses *losses) {
    static float scores[LANES * MOST], labels[LANES * MOST], rows[LANES * MOST];
    static double exps[LANES * MOST];
    static uint8_t where[LANES * MOST];
    const void *from[2][LANES];
    void *to[LANES];
    rankloss__list_sums sums = {.sum_to_one = false};
    rankloss__terms terms;
    for (int k = 0; k < LANES; k++) {
        from[0][k] = p->scores + p->starts[k];
        from[1][k] = p->labels + p->starts[k];
        to[k] = grads + p->starts[k];
        for (size_t row = 0; row < p->extent.most; row++)
            where[LANES * row + (size_t)k] = row < p->sizes[k];
    }
    kernels->interleave(from[0], p->sizes, p->extent, sizeof(float), scores);
    kernels->interleave(from[1], p->sizes, p->extent, sizeof(float), labels);
    const rankloss__items items = {.scores = scores,
                                   .labels = labels,
                                   .where = where,
                                   .count = LANES * p->extent.most,
                                   .unmasked = LANES * p->extent.least,
                                   .interleaved = true};
    assert_int_equal(kernels->interleaved_sums(&items, exps, &sums, losses), (1 << LANES) - 1);
    kernels->terms(&sums, losses, &p->factors, false, &terms);
    kernels->grad(&items, exps, &terms, &sums.argmax_row, (rankloss__out){rows, RANKLOSS_F32});
    kernels->deinterleave(rows, p->sizes, p->extent, sizeof(float), to);
}

/* --- the tests --- */

static void lists_are_as_defined(void **state) {
    static const double spreads[] = {0.1, 3.0, 30.0, 100.0};
    static problem p;
    static float grads[ROOM];
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    open_problem(&p);
    for (int round = 0; round < 4000 / random_run_share(); round++) {
        fill(&p, &r, spreads[round % 4]);
        memset(grads, byte_of_untouched, sizeof grads);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses, by_steps, alone;
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *kernels = kernel_tables[t].kernels[0];
            assert_true(run(kernels, &p, false, &alone));
            assert_true(run(kernels, &p, true, &losses));
            check_untouched(&p);
            for (int k = 0; k < LANES; k++)
                check_list(&p, &losses, k);
            run_steps(kernels, &p, grads, &by_steps);
            assert_memory_equal(p.grads, grads, p.count * sizeof(float));
            assert_memory_equal(losses.loss.at, by_steps.loss.at, sizeof losses.loss);
            assert_memory_equal(losses.loss.at, alone.loss.at, sizeof losses.loss);
        }
    }
    close_problem(&p);
}

static void gradients_may_overwrite_the_scores(void **state) {
    static problem p;
    static float kept[ROOM];
    random_state r = random_new(random_run_seed(), 2);
    (void)state;
    open_problem(&p);
    for (int round = 0; round < 500; round++) {
        fill(&p, &r, 3.0);
        memcpy(kept, p.scores, p.count * sizeof(float));
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses, again;
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *kernels = kernel_tables[t].kernels[0];
            const rankloss__tiny_lists in_place = lists_of(&p, p.scores);
            assert_true(run(kernels, &p, true, &losses));
            assert_true(kernels->tiny_lists(&in_place, &again));
            for (int k = 0; k < LANES; k++)
                assert_memory_equal(p.scores + p.starts[k], p.grads + p.starts[k], p.sizes[k] * sizeof(float));
            memcpy(p.scores, kept, p.count * sizeof(float));
        }
    }
    close_problem(&p);
}

/* One item of one list that the fast path does not carry: the kernel says so, and has written nothing. */
static void what_is_not_carried_is_refused(void **state) {
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f};
    static problem p;
    random_state r = random_new(random_run_seed(), 3);
    (void)state;
    open_problem(&p);
    for (int round = 0; round < 2000; round++) {
        fill(&p, &r, 3.0);
        const int k = (int)random_below(&r, LANES), which = (int)random_below(&r, 5);
        const size_t i = (size_t)p.starts[k] + (size_t)random_below(&r, (int64_t)p.sizes[k]);
        const bool is_label = which < 3 && random_chance(&r, 0.5);
        (is_label ? p.labels : p.scores)[i] = bad[which];
        if (which >= 3 && p.sizes[k] == 1)
            continue; /* far from no other score */
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses;
            if (!kernel_table_runs(t))
                continue;
            assert_false(run(kernel_tables[t].kernels[0], &p, true, &losses));
            for (size_t byte = 0; byte < p.memory[2].size; byte++)
                assert_true(p.memory[2].begin[byte] == byte_of_untouched);
        }
    }
    close_problem(&p);
}

static void float64_has_no_such_step(void **state) {
    (void)state;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++)
        assert_true(kernel_tables[t].kernels[0]->tiny_lists != NULL && kernel_tables[t].kernels[1]->tiny_lists == NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_as_defined), cmocka_unit_test(gradients_may_overwrite_the_scores),
        cmocka_unit_test(what_is_not_carried_is_refused), cmocka_unit_test(float64_has_no_such_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

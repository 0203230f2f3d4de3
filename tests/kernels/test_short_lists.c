/*
 * Eight short lists in one step, with every kernel table: against the definitions in long double, against the steps that
 * other lists go through, to the bit, and nothing read or written but the items of the lists.
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

enum { LANES = RANKLOSS__LANES, MOST = RANKLOSS__SHORT, GAP = 3, ROOM = LANES * (MOST + GAP) };

/* The arrays: a derivative each, then an input each. */
enum { NUM_MEMORIES = 2 + RANKLOSS__SHORT_INPUTS };

typedef long double real;

/* Lists in an order of their own, with gaps between them, the last of them flush with the end of the memory. */
typedef struct problem {
    guarded memory[NUM_MEMORIES];
    float *inputs[RANKLOSS__SHORT_INPUTS], *logits, *labels, *weights, *biases, *grads, *hesses;
    uint16_t *halves[2]; /* where the derivatives begin if they have 16 bits */
    int32_t dtypes[2];   /* of the derivatives */
    int64_t starts[LANES];
    size_t sizes[LANES], count; /* of all elements, the gaps included */
    rankloss__extent extent;
    double inverse;                           /* of the temperature */
    bool in_block[RANKLOSS__SHORT_INPUTS];    /* the kernel gets an interleaved block */
    int32_t integers[RANKLOSS__SHORT_INPUTS]; /* it gets these from an array of this dtype; 0: floats */
    bool weighted, biased, masked;
    bool sum_to_one, label_exps;
    double exps_of_labels[LANES * MOST]; /* interleaved, 0 where there is no valid item, and their sums */
    rankloss__dd_lanes label_total;
    uint8_t where[LANES * MOST];
    rankloss__factors factors;
} problem;

static void open_problem(problem *p) {
    for (int m = 0; m < NUM_MEMORIES; m++)
        p->memory[m] = guarded_new(ROOM * sizeof(float));
}

static void close_problem(problem *p) {
    for (int m = 0; m < NUM_MEMORIES; m++)
        guarded_free(&p->memory[m]);
}

/* --- random lists --- */

static void place_lists(problem *p, random_state *r) {
    const size_t most = 1 + (size_t)random_below(r, random_chance(r, 0.5) ? MOST : 20);
    const bool ragged = random_chance(r, 0.5);
    int order[LANES];
    p->count = 0;
    p->sum_to_one = p->label_exps = false;
    memset(p->integers, 0, sizeof p->integers);
    p->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES; k++)
        order[k] = k;
    for (int k = 0; k < LANES; k++) {
        const int other = k + (int)random_below(r, LANES - k), list = order[other];
        order[other] = order[k];
        p->count += (size_t)random_below(r, GAP + 1);
        p->starts[list] = (int64_t)p->count;
        p->sizes[list] = ragged ? 1 + (size_t)random_below(r, (int64_t)most) : most;
        p->count += p->sizes[list];
        p->extent.least = p->sizes[list] < p->extent.least ? p->sizes[list] : p->extent.least;
        p->extent.most = p->sizes[list] > p->extent.most ? p->sizes[list] : p->extent.most;
    }
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++)
        p->inputs[which] = guarded_last(&p->memory[2 + which], p->count * sizeof(float));
    p->logits = p->inputs[RANKLOSS__SHORT_LOGITS];
    p->labels = p->inputs[RANKLOSS__SHORT_LABELS];
    p->weights = p->inputs[RANKLOSS__SHORT_WEIGHTS];
    p->biases = p->inputs[RANKLOSS__SHORT_BIAS];
    p->grads = guarded_last(&p->memory[0], p->count * sizeof(float));
    p->hesses = guarded_last(&p->memory[1], p->count * sizeof(float));
    for (int which = 0; which < 2; which++) {
        p->halves[which] = guarded_last(&p->memory[which], p->count * sizeof(uint16_t));
        p->dtypes[which] = RANKLOSS_F32;
    }
}

/* Scores are often equal to others, for the first of the largest to be found; the gaps hold NaN. */
static void fill(problem *p, random_state *r, double spread) {
    place_lists(p, r);
    p->inverse = random_chance(r, 0.5) ? 1.0 : exp(random_normal(r));
    for (size_t i = 0; i < p->count; i++)
        p->logits[i] = p->labels[i] = p->weights[i] = p->biases[i] = NAN;
    for (int k = 0; k < LANES; k++) {
        p->factors.first.hi[k] = p->factors.second.hi[k] = p->factors.labels.at[k] = 2.0 * random_unit(r) - 0.5;
        p->factors.first.lo[k] = p->factors.second.lo[k] = 0.0;
        for (size_t i = 0; i < p->sizes[k]; i++) {
            const double score = spread * random_normal(r);
            p->logits[(size_t)p->starts[k] + i] =
                (float)((random_chance(r, 0.3) ? round(score / spread) : score) / p->inverse);
            p->labels[(size_t)p->starts[k] + i] = random_chance(r, 0.2) ? 0.0f : (float)fabs(random_normal(r));
            p->weights[(size_t)p->starts[k] + i] = (float)fabs(random_normal(r));
            p->biases[(size_t)p->starts[k] + i] = (float)random_normal(r);
        }
    }
}

/* Labels or weights that are whole numbers; no weight is 0, for coefficients to have a sum. */
static void round_input(problem *p, random_state *r, int which) {
    p->integers[which] = random_chance(r, 0.5) ? RANKLOSS_I32 : RANKLOSS_U8;
    for (size_t i = 0; i < p->count; i++)
        p->inputs[which][i] = roundf(2.0f * p->inputs[which][i]) + (float)(which == RANKLOSS__SHORT_WEIGHTS);
}

/* Which inputs there are, and which the kernel reads by itself. One item of each list at least stays valid. */
static void choose_inputs(problem *p, random_state *r) {
    const bool plain = random_chance(r, 0.5);
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++)
        p->in_block[which] = !plain && random_chance(r, 0.5);
    p->weighted = !plain && random_chance(r, 0.5);
    p->biased = !plain && random_chance(r, 0.5);
    p->masked = !plain && random_chance(r, 0.3);
    for (int which = RANKLOSS__SHORT_LABELS; which <= RANKLOSS__SHORT_WEIGHTS; which++)
        if (!p->in_block[which] && random_chance(r, 0.3))
            round_input(p, r, which);
    for (size_t row = 0; row < p->extent.most; row++)
        for (size_t k = 0; k < LANES; k++) {
            const size_t i = LANES * row + k;
            p->where[i] = row < p->sizes[k] && (!p->masked || row == 0 || random_chance(r, 0.7));
            if (!p->masked && row < p->extent.least)
                p->where[i] = random_chance(r, 0.5); /* not to be read */
        }
}

/* Coefficients that are divided by their sum: the first of each list is not 0. After choose_inputs(). */
static void divide(problem *p, random_state *r) {
    p->sum_to_one = random_chance(r, 0.3);
    for (int k = 0; k < LANES && p->sum_to_one; k++)
        p->labels[p->starts[k]] += 1.0f;
}

/* Labels whose softmax is taken; the kernel gets exponentials of them. After choose_inputs() and divide(). */
static void exponentiate(problem *p, random_state *r) {
    p->label_exps = p->in_block[RANKLOSS__SHORT_LABELS] && !p->sum_to_one && random_chance(r, 0.5);
    memset(p->exps_of_labels, 0, sizeof p->exps_of_labels);
    for (size_t k = 0; k < LANES; k++) {
        p->label_total.hi[k] = p->label_total.lo[k] = 0.0;
        for (size_t row = 0; row < p->sizes[k]; row++)
            if (!p->masked || p->where[LANES * row + k] != 0)
                p->label_total.hi[k] += p->exps_of_labels[LANES * row + k] =
                    exp((double)p->labels[(size_t)p->starts[k] + row]);
    }
}

/* Which derivatives are wanted. */
enum { GRADS = 1, HESSES = 2 };

static rankloss__items items_of(const problem *p, float *const blocks[RANKLOSS__SHORT_INPUTS]) {
    const bool any_masked = p->masked || p->extent.least < p->extent.most;
    const float *labels = blocks[RANKLOSS__SHORT_LABELS];
    return (rankloss__items){.logits = blocks[RANKLOSS__SHORT_LOGITS],
                             .labels = p->label_exps ? (const void *)p->exps_of_labels : labels,
                             .label_exps = p->label_exps,
                             .weights = p->weighted ? blocks[RANKLOSS__SHORT_WEIGHTS] : NULL,
                             .bias = p->biased ? blocks[RANKLOSS__SHORT_BIAS] : NULL,
                             .where = any_masked ? p->where : NULL,
                             .inverse = {p->inverse, 0.0},
                             .scaled = p->biased || p->inverse != 1.0,
                             .wants_abs_coefs = p->sum_to_one || p->label_exps,
                             .count = LANES * p->extent.most,
                             .unmasked = p->masked ? 0 : LANES * p->extent.least,
                             .interleaved = true};
}

static void interleave(const problem *p, const float *lists, float *block) {
    for (size_t row = 0; row < p->extent.most; row++)
        for (size_t k = 0; k < LANES; k++)
            block[LANES * row + k] = row < p->sizes[k] ? lists[(size_t)p->starts[k] + row] : 0.0f;
}

/* Bytes are flush with the end of the memory too. */
static void *array_of(problem *p, int which) {
    float *const floats = p->inputs[which];
    return p->integers[which] == RANKLOSS_U8 ? (void *)((uint8_t *)(floats + p->count) - p->count) : floats;
}

static void *derivatives_of(problem *p, int which) {
    if (p->dtypes[which] == RANKLOSS_F32)
        return which == 0 ? p->grads : p->hesses;
    return p->halves[which];
}

/* What the kernel gets. The blocks that it is to fill hold what the lists before have left. */
static rankloss__short_lists lists_of(problem *p, int wanted) {
    static float rooms[RANKLOSS__SHORT_INPUTS][LANES * MOST];
    static uint16_t half_block[LANES * MOST];
    static double exps[LANES * MOST];
    static rankloss__items items;
    float *const blocks[] = {rooms[0], rooms[1], rooms[2], rooms[3]};
    const bool present[] = {true, !p->label_exps, p->weighted, p->biased};
    rankloss__short_input inputs[RANKLOSS__SHORT_INPUTS];
    items = items_of(p, blocks);
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++) {
        const bool from_array = present[which] && !p->in_block[which];
        inputs[which] = (rankloss__short_input){p->integers[which] != 0 ? p->integers[which] : RANKLOSS_F32,
                                                from_array ? array_of(p, which) : NULL, p->starts, blocks[which]};
        if (present[which] && p->in_block[which])
            interleave(p, p->inputs[which], blocks[which]);
    }
    return (rankloss__short_lists){.items = &items,
                                   .inputs = {inputs[0], inputs[1], inputs[2], inputs[3]},
                                   .masked = p->masked,
                                   .sum_to_one = p->sum_to_one,
                                   .label_total = &p->label_total,
                                   .grads = (wanted & GRADS) != 0 ? derivatives_of(p, 0) : NULL,
                                   .hesses = (wanted & HESSES) != 0 ? derivatives_of(p, 1) : NULL,
                                   .grad_dtype = p->dtypes[0],
                                   .hess_dtype = p->dtypes[1],
                                   .starts = p->starts,
                                   .sizes = p->sizes,
                                   .extent = p->extent,
                                   .factors = &p->factors,
                                   .half_block = half_block,
                                   .exps = exps};
}

/* What the gaps hold as integers is as good as NaN. */

static void to_integers(problem *p, int which) {
    float numbers[ROOM];
    memcpy(numbers, p->inputs[which], p->count * sizeof(float));
    for (size_t i = 0; i < p->count; i++) {
        const int32_t gap = p->integers[which] == RANKLOSS_U8 ? UINT8_MAX : INT32_MIN;
        const int32_t integer = isnan(numbers[i]) ? gap : (int32_t)numbers[i];
        if (p->integers[which] == RANKLOSS_U8)
            ((uint8_t *)array_of(p, which))[i] = (uint8_t)integer;
        else
            memcpy(&p->inputs[which][i], &integer, sizeof integer);
    }
}

static void to_floats(problem *p, int which) {
    float numbers[ROOM] = {0};
    for (size_t i = 0; i < p->count; i++) {
        int32_t integer;
        if (p->integers[which] == RANKLOSS_U8)
            integer = ((const uint8_t *)array_of(p, which))[i];
        else
            memcpy(&integer, &p->inputs[which][i], sizeof integer);
        const bool is_gap = integer == (p->integers[which] == RANKLOSS_U8 ? UINT8_MAX : INT32_MIN);
        numbers[i] = is_gap ? NAN : (float)integer;
    }
    memcpy(p->inputs[which], numbers, p->count * sizeof(float));
}

/* Inputs that are whole numbers. */
static void convert_integers(problem *p, void convert(problem *p, int which)) {
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++)
        if (p->integers[which] != 0)
            convert(p, which);
}

enum { UNTOUCHED = 0x5A };

/* Runs the kernel while nothing but the derivatives can be written. */
static bool run(const rankloss__kernels *kernels, problem *p, int wanted, rankloss__losses *losses) {
    const rankloss__short_lists lists = lists_of(p, wanted);
    memset(losses, 0, sizeof *losses);
    convert_integers(p, to_integers);
    for (int m = 0; m < NUM_MEMORIES; m++) {
        if (m < 2)
            memset(p->memory[m].begin, UNTOUCHED, p->memory[m].size);
        guarded_protect(&p->memory[m],
                        m >= 2 || (wanted & (m == 0 ? GRADS : HESSES)) == 0 ? GUARDED_READ : GUARDED_WRITE);
    }
    const bool done = kernels->short_lists(&lists, losses);
    for (int m = 0; m < NUM_MEMORIES; m++)
        guarded_protect(&p->memory[m], GUARDED_WRITE);
    convert_integers(p, to_floats);
    return done;
}

/* --- definitions --- */

static void near_to(const char *what, double got, real exact, real scale, double tolerance) {
    if (!(fabsl((real)got - exact) <= scale * (real)tolerance + 1e-44L))
        fail_msg("%s: got %a, exact %La", what, got, exact);
}

/* A list by its definition: scores and coefficients of its valid items; of masked ones a score of -infinity. */
typedef struct definition {
    real scores[MOST], coefs[MOST];
    real max, total, sum; /* of the exponentials, and of the coefficients */
} definition;

static definition define(const problem *p, int k) {
    definition d = {.max = -(real)INFINITY, .total = 0, .sum = 0};
    for (size_t i = 0; i < p->sizes[k]; i++) {
        const size_t at = (size_t)p->starts[k] + i, block = LANES * i + (size_t)k;
        const bool valid = !p->masked || p->where[block] != 0;
        d.scores[i] = (real)p->logits[at] * (real)p->inverse + (p->biased ? (real)p->biases[at] : 0.0L);
        const real label =
            p->label_exps ? (real)p->exps_of_labels[block] / (real)p->label_total.hi[k] : (real)p->labels[at];
        d.coefs[i] = valid ? label * (p->weighted ? (real)p->weights[at] : 1.0L) : 0.0L;
        if (!valid)
            d.scores[i] = -(real)INFINITY;
        d.max = d.scores[i] > d.max ? d.scores[i] : d.max;
        d.sum += d.coefs[i];
    }
    for (size_t i = 0; i < p->sizes[k] && p->sum_to_one; i++)
        d.coefs[i] /= d.sum;
    d.sum = p->sum_to_one ? 1 : d.sum;
    for (size_t i = 0; i < p->sizes[k]; i++)
        d.total += expl(d.scores[i] - d.max);
    return d;
}

/* A derivative is rounded to float, 2^-24 of it, after 2^-27 of its terms. */
static void check_list(const problem *p, const rankloss__losses *losses, int k) {
    const definition d = define(p, k);
    const real first = (real)p->factors.first.hi[k], second = (real)p->factors.second.hi[k];
    real loss = 0;
    for (size_t i = 0; i < p->sizes[k]; i++)
        loss += d.coefs[i] > 0 ? d.coefs[i] * (logl(d.total) - (d.scores[i] - d.max)) : 0.0L;
    near_to("loss", losses->loss.at[k], loss, loss + d.sum * 0x1p-30L, 0x1p-27);
    for (size_t i = 0; i < p->sizes[k]; i++) {
        const real share = expl(d.scores[i] - d.max) / d.total;
        const real grad = (d.sum * share - d.coefs[i]) * first;
        real others = 0; /* 1 - share, without cancellation */
        for (size_t j = 0; j < p->sizes[k]; j++)
            others += j != i ? expl(d.scores[j] - d.max) / d.total : 0.0L;
        near_to("grad", (double)p->grads[(size_t)p->starts[k] + i], grad,
                fabsl(grad) + (d.sum * share + d.coefs[i]) * fabsl(first) * 0x1p-3L, 0x1p-24);
        near_to("hess", (double)p->hesses[(size_t)p->starts[k] + i], d.sum * share * others * second,
                d.sum * share * (others + 0x1p-3L) * fabsl(second), 0x1p-24);
    }
}

static size_t size_of(int32_t dtype) {
    return dtype == RANKLOSS_F32 ? sizeof(float) : sizeof(uint16_t);
}

static void check_untouched(problem *p, int which) {
    const guarded *memory = &p->memory[which];
    const size_t size = size_of(p->dtypes[which]);
    static unsigned char is_item[ROOM];
    const unsigned char *bytes = derivatives_of(p, which);
    memset(is_item, 0, sizeof is_item);
    for (int k = 0; k < LANES; k++)
        memset(is_item + p->starts[k], 1, p->sizes[k]);
    for (const unsigned char *byte = memory->begin; byte < bytes; byte++)
        assert_true(*byte == UNTOUCHED);
    for (size_t i = 0; i < p->count * size; i++)
        assert_true(is_item[i / size] != 0 || bytes[i] == UNTOUCHED);
}

/* --- the same by the steps for lists of any size --- */

static void run_steps(const rankloss__kernels *kernels, const problem *p, void *const derivatives[2],
                      rankloss__losses *losses) {
    const int64_t sizes[2] = {(int64_t)size_of(p->dtypes[0]), (int64_t)size_of(p->dtypes[1])};
    static float rooms[RANKLOSS__SHORT_INPUTS][LANES * MOST], rows[LANES * MOST];
    float *const blocks[] = {rooms[0], rooms[1], rooms[2], rooms[3]};
    static double exps[LANES * MOST];
    void *to[2][LANES];
    rankloss__list_sums sums = {
        .sum_to_one = p->sum_to_one, .label_exps = p->label_exps, .label_total = p->label_total};
    rankloss__terms terms;
    for (int which = 0; which < RANKLOSS__SHORT_INPUTS; which++)
        interleave(p, p->inputs[which], blocks[which]);
    for (int k = 0; k < LANES; k++) {
        to[0][k] = (char *)derivatives[0] + p->starts[k] * sizes[0];
        to[1][k] = (char *)derivatives[1] + p->starts[k] * sizes[1];
    }
    const rankloss__items items = items_of(p, blocks);
    assert_int_equal(kernels->interleaved_sums(&items, exps, &sums, losses), (1 << LANES) - 1);
    kernels->terms(&sums, losses, &p->factors, true, true, &terms);
    kernels->grad(&items, exps, &terms, &sums.argmax_row, (rankloss__out){rows, p->dtypes[0]});
    kernels->deinterleave(rows, p->sizes, p->extent, sizes[0], to[0]);
    kernels->hess(&items, exps, &terms, &sums.argmax_row, (rankloss__out){rows, p->dtypes[1]});
    kernels->deinterleave(rows, p->sizes, p->extent, sizes[1], to[1]);
}

/* --- the tests --- */

static void same_bits(const void *got, const void *expected, const problem *p, size_t size) {
    for (int k = 0; k < LANES; k++)
        assert_memory_equal((const char *)got + (size_t)p->starts[k] * size,
                            (const char *)expected + (size_t)p->starts[k] * size, p->sizes[k] * size);
}

/* Runs the kernel for what is wanted; by_steps: all of the same. */
static void compare_with_steps(const rankloss__kernels *kernels, problem *p, int wanted, void *const by_steps[2],
                               const rankloss__losses *expected, rankloss__losses *losses) {
    assert_true(run(kernels, p, wanted, losses));
    assert_memory_equal(losses->loss.at, expected->loss.at, sizeof losses->loss);
    for (int which = 0; which < 2; which++)
        if ((wanted >> which & 1) != 0) {
            same_bits(derivatives_of(p, which), by_steps[which], p, size_of(p->dtypes[which]));
            if (wanted == (GRADS | HESSES))
                check_untouched(p, which);
        }
}

static void lists_are_as_defined(void **state) {
    static const double spreads[] = {0.1, 3.0, 30.0, 60.0};
    static problem p;
    static float grads[ROOM], hesses[ROOM];
    void *const by_steps[2] = {grads, hesses};
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    kernel_tables_print();
    open_problem(&p);
    for (int round = 0; round < 4000 / random_run_share(); round++) {
        fill(&p, &r, spreads[round % 4]);
        choose_inputs(&p, &r);
        divide(&p, &r);
        exponentiate(&p, &r);
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses, expected;
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *kernels = kernel_tables[t].kernels[0];
            run_steps(kernels, &p, by_steps, &expected);
            for (int wanted = 0; wanted <= (GRADS | HESSES); wanted++)
                compare_with_steps(kernels, &p, wanted, by_steps, &expected, &losses);
            for (int k = 0; k < LANES; k++)
                check_list(&p, &losses, k);
        }
    }
    close_problem(&p);
}

static void derivatives_may_have_16_bits(void **state) {
    static const int32_t dtypes[] = {RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_F32};
    static problem p;
    static float grads[ROOM], hesses[ROOM];
    void *const by_steps[2] = {grads, hesses};
    random_state r = random_new(random_run_seed(), 5);
    (void)state;
    open_problem(&p);
    for (int round = 0; round < 2000 / random_run_share(); round++) {
        fill(&p, &r, random_chance(&r, 0.5) ? 3.0 : 30.0);
        choose_inputs(&p, &r);
        divide(&p, &r);
        exponentiate(&p, &r);
        p.dtypes[0] = dtypes[random_below(&r, 3)];
        p.dtypes[1] = dtypes[random_below(&r, p.dtypes[0] == RANKLOSS_F32 ? 2 : 3)];
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses, expected;
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *kernels = kernel_tables[t].kernels[0];
            run_steps(kernels, &p, by_steps, &expected);
            for (int wanted = GRADS; wanted <= (GRADS | HESSES); wanted++)
                compare_with_steps(kernels, &p, wanted, by_steps, &expected, &losses);
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
        choose_inputs(&p, &r);
        memcpy(kept, p.logits, p.count * sizeof(float));
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses, again;
            if (!kernel_table_runs(t))
                continue;
            const rankloss__kernels *kernels = kernel_tables[t].kernels[0];
            rankloss__short_lists in_place = lists_of(&p, GRADS);
            in_place.grads = p.logits;
            assert_true(run(kernels, &p, GRADS, &losses));
            convert_integers(&p, to_integers);
            assert_true(kernels->short_lists(&in_place, &again));
            convert_integers(&p, to_floats);
            same_bits(p.logits, p.grads, &p, sizeof(float));
            memcpy(p.logits, kept, p.count * sizeof(float));
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
        choose_inputs(&p, &r);
        const int k = (int)random_below(&r, LANES), which = (int)random_below(&r, 5);
        const size_t i = (size_t)p.starts[k] + (size_t)random_below(&r, (int64_t)p.sizes[k]);
        const bool is_label = which < 3 && random_chance(&r, 0.5);
        (is_label ? p.labels : p.logits)[i] = bad[which];
        if (is_label)
            p.integers[RANKLOSS__SHORT_LABELS] = 0;
        if (p.masked || (which >= 3 && p.sizes[k] == 1))
            continue; /* it may be masked, or far from no other score */
        for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
            rankloss__losses losses;
            if (!kernel_table_runs(t))
                continue;
            assert_false(run(kernel_tables[t].kernels[0], &p, GRADS | HESSES, &losses));
            for (int m = 0; m < 2; m++)
                for (size_t byte = 0; byte < p.memory[m].size; byte++)
                    assert_true(p.memory[m].begin[byte] == UNTOUCHED);
        }
    }
    close_problem(&p);
}

static void expect_carried(problem *p, bool carried) {
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        rankloss__losses losses;
        if (kernel_table_runs(t))
            assert_true(run(kernel_tables[t].kernels[0], p, GRADS | HESSES, &losses) == carried);
    }
}

/* Of one list: coefficients that are all 0, or that cancel. Just above the limit they are divided. */
static void sums_that_cannot_be_divided_by_are_refused(void **state) {
    static problem p;
    random_state r = random_new(random_run_seed(), 6);
    (void)state;
    open_problem(&p);
    for (int round = 0; round < 500; round++) {
        fill(&p, &r, 3.0);
        memset(p.in_block, 0, sizeof p.in_block);
        p.weighted = p.biased = p.masked = false;
        p.sum_to_one = true;
        for (size_t i = 0; i < p.count; i++)
            p.labels[i] = 1.0f;
        const size_t k = (size_t)random_below(&r, LANES), size = p.sizes[k];
        float *const labels = p.labels + p.starts[k];
        const bool cancel = size > 1 && random_chance(&r, 0.7), carried = cancel && random_chance(&r, 0.5);
        memset(labels, 0, size * sizeof *labels);
        if (cancel) {
            labels[random_below(&r, (int64_t)size / 2)] = 1.0f;
            labels[size - 1] = carried ? -0x1.ffp-1f : -0x1.ff1p-1f;
        }
        for (size_t row = 0; row < p.extent.most; row++)
            for (size_t other = 0; other < LANES; other++)
                p.where[LANES * row + other] = row < p.sizes[other];
        expect_carried(&p, carried);
    }
    close_problem(&p);
}

/* A bias that cancels a large logit. */
static void large_biases_are_refused(void **state) {
    static problem p;
    random_state r = random_new(random_run_seed(), 4);
    (void)state;
    open_problem(&p);
    for (int round = 0; round < 500; round++) {
        fill(&p, &r, 3.0);
        choose_inputs(&p, &r);
        p.biased = true;
        p.inverse = 1.0;
        const size_t k = (size_t)random_below(&r, LANES), row = (size_t)random_below(&r, (int64_t)p.sizes[k]);
        const float size = random_chance(&r, 0.5) ? 0x1p40f : -0x1p40f;
        p.logits[(size_t)p.starts[k] + row] = size;
        p.biases[(size_t)p.starts[k] + row] = -size;
        p.where[LANES * row + k] = p.masked || row >= p.extent.least;
        expect_carried(&p, false);
    }
    close_problem(&p);
}

static void float64_has_no_such_step(void **state) {
    (void)state;
    for (int t = 0; t < NUM_KERNEL_TABLES; t++) {
        assert_true(kernel_tables[t].kernels[0]->short_lists != NULL);
        assert_true(kernel_tables[t].kernels[1]->short_lists == NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_are_as_defined),
                                       cmocka_unit_test(derivatives_may_have_16_bits),
                                       cmocka_unit_test(gradients_may_overwrite_the_scores),
                                       cmocka_unit_test(what_is_not_carried_is_refused),
                                       cmocka_unit_test(sums_that_cannot_be_divided_by_are_refused),
                                       cmocka_unit_test(large_biases_are_refused),
                                       cmocka_unit_test(float64_has_no_such_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

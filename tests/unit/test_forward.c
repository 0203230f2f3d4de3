/*
 * src/list/forward.c and list_chunks.c: which way an ordinary list takes by itself, what it keeps, and its parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "list/forward.h"
#include "list/list_chunks.h"
#include "random.h"
#include "run.h"

enum { SIZE = RANKLOSS__SPLIT_SIZE + 5 };

/* The options of a call, a bit each; COMBINATIONS is one more than all of them. */
enum {
    IS_F64 = 1,
    MASKED = 2,
    WEIGHTED = 4,
    SUM_TO_ONE = 8,
    WITH_TANGENT = 16,
    SCALED = 32,
    BIASED = 64,
    BY_SOFTMAX = 128, /* and not SUM_TO_ONE */
    COMBINATIONS = 256
};

typedef struct numbers {
    float f32[SIZE];
    double f64[SIZE];
} numbers;

static numbers scores, labels, weights, biases, tangent, output;
static numbers old[3]; /* what a test changes for a while; too large for some stacks */
static uint8_t where[SIZE];
static rankloss__chunk_scratch scratch;

static int fill_all(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    random_fill(&r, false, SIZE, scores.f32, scores.f64);
    random_fill(&r, true, SIZE, labels.f32, labels.f64);
    random_fill(&r, true, SIZE, weights.f32, weights.f64);
    random_fill(&r, false, SIZE, biases.f32, biases.f64);
    random_fill(&r, false, SIZE, tangent.f32, tangent.f64);
    for (int i = 0; i < SIZE; i++)
        where[i] = i < 2 || random_chance(&r, 0.7);
    return 0;
}

static rankloss_array array(numbers *n, unsigned options, int64_t size) {
    const bool is_f64 = (options & IS_F64) != 0;
    return rankloss_array_make(is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, is_f64 ? (void *)n->f64 : n->f32, 1, &size);
}

static rankloss__plan plan_of(unsigned options, int64_t size) {
    rankloss_problem p = {.logits = array(&scores, options, size), .labels = array(&labels, options, size)};
    rankloss_result r = {.grad_logits = array(&output, options, size)};
    p.label_mode = (options & BY_SOFTMAX) != 0   ? RANKLOSS_LABELS_SOFTMAX
                   : (options & SUM_TO_ONE) != 0 ? RANKLOSS_LABELS_SUM_TO_ONE
                                                 : RANKLOSS_LABELS_RAW;
    if ((options & BIASED) != 0)
        p.bias = array(&biases, options, size);
    p.temperature = (options & SCALED) != 0 ? 0.5 : 0.0;
    if ((options & MASKED) != 0)
        p.where = rankloss_array_make(RANKLOSS_BOOL, where, 1, &size);
    if ((options & WEIGHTED) != 0)
        p.weights = array(&weights, options, size);
    if ((options & WITH_TANGENT) != 0) {
        p.tangent = array(&tangent, options, size);
        r.hvp_logits = r.grad_logits;
        r.grad_logits = (rankloss_array){0};
    }
    return rankloss__plan_make(&p, &r);
}

static rankloss__forward forward_of(unsigned options, int64_t size) {
    const rankloss__plan plan = plan_of(options, size);
    rankloss__list list;
    rankloss__forward forward;
    rankloss__list_open(&list, &plan.inputs, 0, &scratch);
    rankloss__forward_list(&list, &forward);
    return forward;
}

/* Sets an item in both dtypes. */
static void set(numbers *n, size_t i, double value) {
    n->f32[i] = (float)value;
    n->f64[i] = value;
}

/* The exponentials of a list are kept as far as the scratch has room; of a longer one float32 rounds them. */
static void an_ordinary_list_takes_the_fast_path(void **state) {
    static const int64_t sizes[] = {1, 200, RANKLOSS__TOGETHER - 1, RANKLOSS__TOGETHER, RANKLOSS__TOGETHER + 1};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int k = 0; k < 5; k++) {
            const rankloss__forward forward = forward_of(options, sizes[k]);
            assert_int_equal(forward.path, RANKLOSS__FAST);
            assert_true(!forward.uniform && !forward.zero && forward.exps_kept == (k < 4));
            assert_true(forward.exps_rounded == (k == 4 && (options & IS_F64) == 0));
        }
}

/* --- softmaxes of labels --- */

/* Above all random labels. */
#define TOP 40.0

static const int64_t softmax_sizes[] = {1, 200, 1024, 1025, RANKLOSS__TOGETHER + 1, SIZE};

/* The sum is that of the whole list, relative to its largest label, however it is cut into chunks and parts. */
static void exponentials_of_labels_are_summed(void **state) {
    static const size_t tops[] = {0, 199, 0, 1024, RANKLOSS__TOGETHER, SIZE - 3};
    (void)state;
    for (int k = 0; k < 6; k++)
        for (unsigned options = BY_SOFTMAX; options <= (BY_SOFTMAX | MASKED | IS_F64); options++) {
            old[0] = labels;
            long double total = 0.0L, lost = 0.0L; /* what additions lose: under valgrind a long double is a double */
            if (tops[k] > 1 && (options & MASKED) != 0)
                where[tops[k]] = 1;
            set(&labels, tops[k], TOP);
            for (int64_t i = 0; i < softmax_sizes[k]; i++) {
                const double label = (options & IS_F64) != 0 ? labels.f64[i] : (double)labels.f32[i];
                const bool masked = (options & MASKED) != 0 && where[i] == 0;
                const long double term = (masked ? 0.0L : expl((long double)label - (long double)TOP)) - lost;
                const long double next = total + term;
                lost = next - total - term;
                total = next;
            }
            const rankloss__forward forward = forward_of(options, softmax_sizes[k]);
            const double tolerance = (options & IS_F64) != 0 ? 0x1p-51 : 0x1p-29;
            assert_int_equal(forward.path, RANKLOSS__FAST);
            assert_int_equal(forward.sums.label_underflow, 0);
            assert_true(fabsl((long double)forward.sums.label_total.hi[0] - total) <= total * (long double)tolerance);
            labels = old[0];
        }
}

/* NaN, +inf, or nothing but -inf; behind the mask they are not seen. */
static void labels_without_a_softmax_have_no_loss(void **state) {
    static const double specials[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    (void)state;
    for (int k = 0; k < 6; k++)
        for (int way = 0; way < 6; way++) {
            const unsigned options = BY_SOFTMAX | MASKED | (way < 3 ? 0u : (unsigned)IS_F64);
            old[0] = labels;
            const size_t last = (size_t)softmax_sizes[k] - 1;
            const uint8_t old_where = where[last];
            for (size_t i = way % 3 == 2 ? 0 : last; i <= last; i++)
                set(&labels, i, specials[way % 3]);
            where[last] = 1;
            const rankloss__forward failed = forward_of(options, softmax_sizes[k]);
            assert_true(failed.path == RANKLOSS__NAN && isnan(failed.loss));
            where[last] = 0;
            if (way % 3 != 2)
                assert_int_equal(forward_of(options, softmax_sizes[k]).path, k == 0 ? RANKLOSS__EMPTY : RANKLOSS__FAST);
            where[last] = old_where;
            labels = old[0];
        }
}

/* A label of -inf is an exact 0. One far below the others is not, which shows in float64, and beside a score of -inf. */
static void labels_that_underflow_are_seen(void **state) {
    (void)state;
    for (int k = 1; k < 6; k++)
        for (int way = 0; way < 8; way++) {
            const bool is_f64 = (way & 1) != 0, far = (way & 2) != 0, infinite = (way & 4) != 0;
            old[0] = labels;
            old[1] = scores;
            const size_t last = (size_t)softmax_sizes[k] - 1;
            set(&labels, last, far ? -1000.0 : -(double)INFINITY);
            if (infinite)
                set(&scores, last, -(double)INFINITY);
            const rankloss__forward forward =
                forward_of(BY_SOFTMAX | (is_f64 ? (unsigned)IS_F64 : 0u), softmax_sizes[k]);
            const bool extended = far && (is_f64 || infinite);
            assert_int_equal(forward.path, extended ? RANKLOSS__EXTENDED : RANKLOSS__FAST);
            assert_true(isinf(forward.loss) == (far && infinite) && !isnan(forward.loss));
            labels = old[0];
            scores = old[1];
        }
}

/* --- biases --- */

/* A bias that cancels digits of the logits, of any item; and scores that a double cannot hold, but that are numbers. */
static void large_biases_need_more(void **state) {
    (void)state;
    for (unsigned is_f64 = 0; is_f64 < 2; is_f64++) {
        old[0] = biases;
        old[1] = scores;
        old[2] = labels;
        const double large = is_f64 != 0 ? 0x1p46 : 0x1p30, largest = is_f64 != 0 ? 0x1.8p1023 : 0x1.8p127;
        for (size_t i = 0; i < 200; i += 199) {
            set(&biases, i, large);
            set(&scores, i, -large);
            assert_int_equal(forward_of(BIASED | is_f64, 200).path, RANKLOSS__EXTENDED);
            set(&biases, i, -large); /* as a mask, of an item without relevance: its score is as low */
            set(&scores, i, 0.0);
            set(&labels, i, 0.0);
            assert_int_equal(forward_of(BIASED | is_f64, 200).path, RANKLOSS__FAST);
            labels = old[2];
            set(&biases, i, largest);
            set(&scores, i, largest);
            const rankloss__forward beyond = forward_of(BIASED | is_f64, 200);
            assert_true(beyond.path == RANKLOSS__EXTENDED && isinf(beyond.range.max) == (is_f64 != 0));
            assert_true(!isnan(beyond.loss));
            biases = old[0];
            scores = old[1];
        }
        set(&biases, 7, (double)INFINITY);
        assert_true(isnan(forward_of(BIASED | is_f64, 200).loss));
        biases = old[0];
    }
}

/* A list is read where it lies unless any of its inputs has to be converted; a temperature converts nothing. */
static void an_ordinary_list_is_read_in_place(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan plan = plan_of(options | MASKED | WEIGHTED, 200);
        /* A tangent is float64 everywhere. */
        const bool converted = (options & WITH_TANGENT) != 0 && (options & IS_F64) == 0;
        const bool in_place = !converted;
        const int32_t other = plan.inputs.is_f64 ? RANKLOSS_F32 : RANKLOSS_F64;
        assert_true(rankloss__inputs_are_in_place(&plan.inputs, 200) == in_place);
        rankloss__inputs inputs[8], of_integers = plan.inputs, of_bytes;
        for (int k = 0; k < 8; k++)
            inputs[k] = plan.inputs;
        of_integers.labels.dtype = RANKLOSS_I32;
        assert_false(rankloss__inputs_are_in_place(&of_integers, 200));
        of_bytes = of_integers;
        of_integers.integer_labels = RANKLOSS_I32;
        assert_true(rankloss__inputs_are_in_place(&of_integers, 200) == in_place);
        of_bytes.integer_labels = RANKLOSS_U8;
        assert_false(rankloss__inputs_are_in_place(&of_bytes, 200));
        of_bytes.labels.dtype = RANKLOSS_U8;
        assert_true(rankloss__inputs_are_in_place(&of_bytes, 200) == in_place);
        of_integers.weights.dtype = RANKLOSS_I32;
        assert_false(rankloss__inputs_are_in_place(&of_integers, 200));
        inputs[7].bias = plan.inputs.logits;
        assert_true(rankloss__inputs_are_in_place(&inputs[7], 200) == in_place);
        inputs[0].logits.item_stride = inputs[1].labels.item_stride = inputs[2].weights.item_stride = 2;
        inputs[3].where.item_stride = 0;
        inputs[4].logits.dtype = inputs[5].labels.dtype = inputs[6].weights.dtype = inputs[7].bias.dtype = other;
        for (int k = 0; k < 8; k++)
            assert_false(rankloss__inputs_are_in_place(&inputs[k], 200));
        for (int k = 0; k < 4; k++) /* a single item has no stride */
            assert_true(rankloss__inputs_are_in_place(&inputs[k], 1) == in_place);
        inputs[1].labels.present = inputs[2].weights.present = inputs[3].where.present = false;
        for (int k = 1; k < 4; k++)
            assert_true(rankloss__inputs_are_in_place(&inputs[k], 200) == in_place);
    }
}

/* One that no float holds is rounded as it is where labels are converted. */
static void labels_that_are_integers_are_floats(void **state) {
    static const int32_t integers[] = {3, -3, 0x1000001, 0x1000003, -0x1000001, INT32_MAX};
    static const uint8_t bytes[] = {0, 4, 0x80, 0xFF};
    const rankloss__inputs inputs = {.integer_labels = RANKLOSS_I32}, of_bytes = {.integer_labels = RANKLOSS_U8};
    const rankloss__items items = {.labels = integers, .integer_labels = RANKLOSS_I32};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const double rounded = (double)(float)integers[i];
        assert_true(rankloss__label(&inputs, &items, i) == rounded);
        assert_true(rankloss__raw_label(&inputs, integers, i) == rounded);
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(rankloss__raw_label(&of_bytes, bytes, i) == (double)bytes[i]);
    assert_true(rankloss__raw_label(&inputs, NULL, 0) == 1.0);
    assert_true(rankloss__raw_label(&of_bytes, NULL, 0) == 1.0);
}

/* --- parts --- */

typedef struct parts_seen {
    size_t count, end;
} parts_seen;

static void see_part(void *context, rankloss__list *list, size_t part, size_t first, size_t end) {
    parts_seen *seen = context;
    (void)list;
    assert_true(part == seen->count++ && first == seen->end && first < end && first % RANKLOSS__TOGETHER == 0);
    seen->end = end;
}

/* Each item is of one part, whose chunks begin where those of the list do. Shorter lists are not split. */
static void parts_are_a_partition(void **state) {
    static const size_t sizes[] = {
        0, 1, 2048, RANKLOSS__SPLIT_SIZE - 1, RANKLOSS__SPLIT_SIZE, RANKLOSS__SPLIT_SIZE + 1, 100000, 1 << 20, 1234567};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        rankloss__list list = {.size = sizes[k]};
        parts_seen seen = {0, 0}, again = {0, 0};
        rankloss__each_part(&list, see_part, &seen);
        assert_true(seen.end == sizes[k] && seen.count == rankloss__count_parts(&list));
        assert_true(seen.count <= RANKLOSS__PARTS && (seen.count > 1) == (sizes[k] >= RANKLOSS__SPLIT_SIZE));
        rankloss__run_parts(&list, 0, seen.count, &scratch, see_part, &again);
        assert_true(again.end == seen.end && again.count == seen.count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_list_takes_the_fast_path),
        cmocka_unit_test(exponentials_of_labels_are_summed),
        cmocka_unit_test(labels_without_a_softmax_have_no_loss),
        cmocka_unit_test(labels_that_underflow_are_seen),
        cmocka_unit_test(large_biases_need_more),
        cmocka_unit_test(an_ordinary_list_is_read_in_place),
        cmocka_unit_test(labels_that_are_integers_are_floats),
        cmocka_unit_test(parts_are_a_partition),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, fill_all, NULL);
}

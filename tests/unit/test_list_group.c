/*
 * src/list/list_group.c: ordinary lists take the fast path in either layout, whatever is asked of them, and lists that
 * cannot are computed alone. Every way gives results within the bounds, so that nothing but time would show it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fenv.h>
#include <math.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "list/fast_path.h"
#include "list/list_group.h"
#include "random.h"
#include "run.h"

/* The scratch has room for four long lists with every input converted. */
enum { LISTS = RANKLOSS__LANES, SHORT = 40, LONG = 77, MOST = 300, ALL = (1 << LISTS) - 1 };

/* The options of a call, a bit each; COMBINATIONS is one more than all of them. */
enum {
    IS_F64 = 1,
    MASKED = 2,
    WEIGHTED = 4,
    SUM_TO_ONE = 8,
    WITH_TANGENT = 16,
    SCALED = 32,
    STRIDED = 64,
    BIASED = 128,
    BY_SOFTMAX = 256, /* and not SUM_TO_ONE */
    COMBINATIONS = 512
};

typedef struct numbers {
    float f32[2 * LISTS * MOST];
    double f64[2 * LISTS * MOST];
} numbers;

static numbers scores, labels, weights, biases, tangent, outputs[RANKLOSS__NUM_DERIVATIVES], jvps, losses, cotangents;
static uint8_t where[LISTS * MOST];
static rankloss__worker worker;
static rankloss__list_group group;

static int fill_all(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    random_fill(&r, false, 2 * LISTS * MOST, scores.f32, scores.f64);
    random_fill(&r, true, 2 * LISTS * MOST, labels.f32, labels.f64);
    random_fill(&r, true, 2 * LISTS * MOST, weights.f32, weights.f64);
    random_fill(&r, false, 2 * LISTS * MOST, biases.f32, biases.f64);
    random_fill(&r, false, 2 * LISTS * MOST, tangent.f32, tangent.f64);
    random_fill(&r, false, 2 * LISTS * MOST, cotangents.f32, cotangents.f64);
    for (int i = 0; i < LISTS * MOST; i++)
        where[i] = random_chance(&r, 0.7);
    return 0;
}

static rankloss_array array(numbers *n, unsigned options, int32_t ndim, int64_t size) {
    const int64_t shape[] = {LISTS, size};
    const bool is_f64 = (options & IS_F64) != 0;
    rankloss_array a =
        rankloss_array_make(is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, is_f64 ? (void *)n->f64 : n->f32, ndim, shape);
    if ((options & STRIDED) != 0 && ndim == 2) { /* every second element */
        a.strides[0] *= 2;
        a.strides[1] = 2;
    }
    return a;
}

/* Of every list at least its first two items. */
static rankloss_array mask_of(int64_t size) {
    const int64_t shape[] = {LISTS, size};
    for (int k = 0; k < LISTS; k++)
        where[k * size] = where[k * size + 1] = 1;
    return rankloss_array_make(RANKLOSS_BOOL, where, 2, shape);
}

/* A call for everything but the gradients by labels and weights. */
static rankloss__plan plan_of(unsigned options, int64_t size, rankloss_reduction reduction, bool label_gradients) {
    rankloss_problem p = {.logits = array(&scores, options, 2, size), .labels = array(&labels, options, 2, size)};
    rankloss_result r = {.grad_logits = array(&outputs[RANKLOSS__GRAD_LOGITS], options, 2, size),
                         .hess_logits = array(&outputs[RANKLOSS__HESS_LOGITS], options, 2, size)};
    p.reduction = (int32_t)reduction;
    p.label_mode = (options & BY_SOFTMAX) != 0   ? RANKLOSS_LABELS_SOFTMAX
                   : (options & SUM_TO_ONE) != 0 ? RANKLOSS_LABELS_SUM_TO_ONE
                                                 : RANKLOSS_LABELS_RAW;
    if ((options & BIASED) != 0)
        p.bias = array(&biases, options, 2, size);
    p.temperature = (options & SCALED) != 0 ? 0.5 : 0.0;
    r.loss = array(&losses, options, reduction == RANKLOSS_NONE ? 1 : 0, 1);
    if (reduction == RANKLOSS_NONE)
        p.cotangent = array(&cotangents, options, 1, 1);
    if ((options & MASKED) != 0)
        p.where = mask_of(size);
    if ((options & WEIGHTED) != 0)
        p.weights = array(&weights, options, 2, size);
    if ((options & WITH_TANGENT) != 0) {
        p.tangent = array(&tangent, options, 2, size);
        r.hvp_logits = array(&outputs[RANKLOSS__HVP_LOGITS], options, 2, size);
        r.jvp = array(&jvps, options, reduction == RANKLOSS_NONE ? 1 : 0, 1);
    }
    if (label_gradients) {
        r = (rankloss_result){.grad_labels = array(&outputs[RANKLOSS__GRAD_LABELS], options, 2, size),
                              .grad_weights = array(&outputs[RANKLOSS__GRAD_WEIGHTS], options, 2, size)};
    }
    rankloss__plan plan = rankloss__plan_make(&p, &r);
    rankloss__plan_set_upstream(&plan);
    return plan;
}

/* How many lists of that size the scratch has room for. */
static int room_for(const rankloss__plan *plan, int64_t size) {
    const int64_t room = rankloss__most_side_by_side(&plan->inputs) / ((size + LISTS - 1) / LISTS * LISTS);
    return room < LISTS ? (int)room : LISTS;
}

/* The lists that had everything from the fast path. They are computed together, as far as there is room. */
static unsigned run(const rankloss__plan *plan, int64_t size, const int64_t *lists, int count) {
    const rankloss__layout layout = rankloss__layout_of(size, rankloss__most_side_by_side(&plan->inputs));
    const int room = room_for(plan, size);
    unsigned done = 0;
    worker.plan = plan;
    worker.runner = NULL;
    worker.totals = (rankloss__totals){.loss = {.pending = 0}};
    worker.losses = (rankloss__split_sum){.times = 0};
    for (int k = 0; k < count; k += room) {
        rankloss__list_group_make(&group, &worker);
        done |= rankloss__list_group_run(&group, &worker, layout, lists + k, count - k < room ? count - k : room,
                                         plan->wanted)
                << k;
    }
    return done;
}

static const int64_t in_order[LISTS] = {0, 1, 2, 3, 4, 5, 6, 7};
static const int64_t sizes[] = {SHORT, LONG};

/* In float64 those of labels that sum to one are always computed in extended precision. */
static bool has_extended_logarithms(unsigned options) {
    return (options & (IS_F64 | SUM_TO_ONE | BY_SOFTMAX)) == (IS_F64 | SUM_TO_ONE);
}

static void ordinary_lists_take_the_fast_path(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int k = 0; k < 2; k++) {
            const rankloss__plan sum = plan_of(options, sizes[k], RANKLOSS_SUM, false);
            const rankloss__plan none = plan_of(options, sizes[k], RANKLOSS_NONE, false);
            const rankloss__plan by_labels = plan_of(options, sizes[k], RANKLOSS_SUM, true);
            const bool extended = has_extended_logarithms(options);
            for (int count = 1; count <= LISTS; count++) {
                const unsigned all = (1u << count) - 1;
                assert_int_equal(run(&sum, sizes[k], in_order, count), all);
                assert_int_equal(run(&none, sizes[k], in_order, count), all);
                assert_int_equal(run(&by_labels, sizes[k], in_order, count), extended ? 0 : all);
            }
        }
}

/* Sets an item in both dtypes. */
static void set(numbers *n, int64_t i, double value) {
    n->f32[i] = (float)value;
    n->f64[i] = value;
}

/* Their scores are infinite, their labels sum to zero, their tangents or cotangents are beyond all proportion. */
static void lists_that_are_not_are_told_apart(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        for (unsigned options = WITH_TANGENT | SUM_TO_ONE; options <= (WITH_TANGENT | SUM_TO_ONE | IS_F64); options++) {
            const int64_t n = sizes[k];
            const rankloss__plan plan = plan_of(options, n, RANKLOSS_NONE, false);
            const numbers old[] = {scores, labels, tangent, cotangents};
            scores.f32[0 * n + 5] = INFINITY;
            scores.f64[0 * n + 5] = (double)INFINITY;
            for (int64_t i = 0; i < n; i++)
                labels.f32[2 * n + i] = 0.0F, labels.f64[2 * n + i] = 0.0;
            tangent.f32[4 * n] = 0x1p100F;
            tangent.f64[4 * n] = 0x1p300;
            tangent.f32[5 * n] = NAN;
            tangent.f64[5 * n] = (double)NAN;
            cotangents.f32[7] = NAN;
            cotangents.f64[7] = 0x1p900;
            const unsigned huge = (options & IS_F64) != 0 ? 1u << 4 : 0; /* no float is too large a tangent */
            assert_int_equal(run(&plan, n, in_order, LISTS), ALL & ~(1u << 0 | 1u << 2 | huge | 1u << 5 | 1u << 7));
            scores = old[0];
            labels = old[1];
            tangent = old[2];
            cotangents = old[3];
        }
}

/*
 * Labels without a softmax, labels and scores that meet at the ends of the range, weights that cancel, and biases that
 * are too large, of the argmax and of another.
 */
static void lists_without_exact_exponentials_are_told_apart(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        for (unsigned is_f64 = 0; is_f64 < 2; is_f64++) {
            const int64_t n = sizes[k];
            const rankloss__plan plan = plan_of(BY_SOFTMAX | BIASED | WEIGHTED | is_f64, n, RANKLOSS_NONE, false);
            const numbers old[] = {scores, labels, weights, biases};
            set(&labels, 0 * n + 3, (double)NAN);
            set(&labels, 1 * n + 3, (double)INFINITY);
            set(&labels, 2 * n + 3, -(double)INFINITY); /* exact */
            set(&labels, 3 * n + 3, -1000.0);
            set(&labels, 4 * n + 3, -1000.0);
            set(&biases, 4 * n + 3, -(double)INFINITY);
            for (int64_t i = 0; i < n; i++)
                set(&weights, 5 * n + i, i == 0 ? -1.0 : 1.0 / 64);
            for (int64_t i = 0; i < n; i++)
                set(&labels, 5 * n + i, 1.0);
            set(&scores, 6 * n + 5, -0x1p50);
            set(&biases, 6 * n + 5, 0x1p50);
            set(&scores, 7 * n + 5, -0x1p50);
            set(&biases, 7 * n + 5, 0x1p50 + 64.0); /* this is the argmax */
            const unsigned exact = is_f64 != 0 ? 1u << 2 : 1u << 2 | 1u << 3;
            assert_int_equal(run(&plan, n, in_order, 4), exact);
            assert_int_equal(run(&plan, n, in_order + 4, 4), 0);
            scores = old[0];
            labels = old[1];
            weights = old[2];
            biases = old[3];
        }
}

/* Eight lists of a dense batch, one behind the other, are found by the first of them; others one by one. */
static void neighbours_are_known(void **state) {
    static const int64_t apart[LISTS] = {0, 1, 2, 3, 4, 5, 7, 6};
    const rankloss__plan plan = plan_of(0, SHORT, RANKLOSS_SUM, false);
    (void)state;
    assert_int_equal(run(&plan, SHORT, in_order, LISTS), ALL);
    assert_true(group.equally_spaced);
    assert_int_equal(run(&plan, SHORT, apart, LISTS), ALL);
    assert_false(group.equally_spaced);
    assert_int_equal(run(&plan, SHORT, in_order, LISTS - 1), ALL >> 1);
    assert_false(group.equally_spaced);
}

/*
 * Numbers near the end of a double's range, that is. Some processors take a hundred times as long for an operation on a
 * subnormal one, and nothing else would show it: no result depends on it.
 */
static void forget_subnormals(void) {
    feclearexcept(FE_ALL_EXCEPT);
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() & ~0x3Fu);
#endif
}

static bool have_met_subnormals(void) {
#if defined(__SSE2__)
    if ((_mm_getcsr() & _MM_EXCEPT_DENORM) != 0)
        return true;
#endif
    return fetestexcept(FE_UNDERFLOW) != 0;
}

static void ordinary_lists_meet_no_subnormals(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int k = 0; k < 2; k++)
            for (int by_labels = 0; by_labels < 2; by_labels++) {
                const bool extended = has_extended_logarithms(options);
                const rankloss__plan plan = plan_of(options, sizes[k], RANKLOSS_SUM, by_labels != 0);
                forget_subnormals();
                (void)run(&plan, sizes[k], in_order, 4);
                assert_true((by_labels != 0 && extended) || !have_met_subnormals());
            }
}

/* The gradient of 16 lists, whose labels are converted or not. */
static void run_full(unsigned options, int64_t size, int32_t dtype, const void *given_labels, numbers *gradient) {
    const int64_t shape[] = {2 * LISTS, size};
    const bool is_f64 = (options & IS_F64) != 0;
    const rankloss_dtype own = is_f64 ? RANKLOSS_F64 : RANKLOSS_F32;
    rankloss_problem p = {.logits = rankloss_array_make(own, is_f64 ? (void *)scores.f64 : scores.f32, 2, shape),
                          .labels = rankloss_array_make((rankloss_dtype)dtype, given_labels, 2, shape),
                          .label_mode = (options & BY_SOFTMAX) != 0 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW,
                          .reduction = RANKLOSS_SUM};
    rankloss_result r = {.grad_logits =
                             rankloss_array_make(own, is_f64 ? (void *)gradient->f64 : gradient->f32, 2, shape)};
    assert_int_equal(rankloss_softmax(&p, &r), RANKLOSS_OK);
}

/*
 * As many lists as the scratch has room for, with what is rounded up and what is converted. With a share of the rounds
 * every third size: they too leave every remainder by the lanes.
 */
static void a_full_scratch_changes_no_bit(void **state) {
    static double exact[2 * LISTS * MOST];
    const int64_t step = random_run_share() > 1 ? 3 : 1;
    (void)state;
    outputs[1] = outputs[0]; /* what no list has is equal */
    for (int i = 0; i < 2 * LISTS * MOST; i++)
        exact[i] = (double)labels.f32[i];
    for (int64_t size = RANKLOSS__SHORT; size < MOST; size += step)
        for (unsigned options = 0; options <= (BY_SOFTMAX | IS_F64);
             options += options == IS_F64 ? BY_SOFTMAX - 1 : 1) {
            run_full(options, size, RANKLOSS_F32, labels.f32, &outputs[0]);
            run_full(options, size, RANKLOSS_F64, exact, &outputs[1]);
            assert_memory_equal(outputs[0].f32, outputs[1].f32, sizeof outputs[0].f32);
            assert_memory_equal(outputs[0].f64, outputs[1].f64, sizeof outputs[0].f64);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_lists_take_the_fast_path),
        cmocka_unit_test(lists_that_are_not_are_told_apart),
        cmocka_unit_test(lists_without_exact_exponentials_are_told_apart),
        cmocka_unit_test(neighbours_are_known),
        cmocka_unit_test(ordinary_lists_meet_no_subnormals),
        cmocka_unit_test(a_full_scratch_changes_no_bit),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, fill_all, NULL);
}

/*
 * Which way lists go. Every way gives results within the bounds, so that an ordinary list that goes alone, or the careful
 * way, needs only more time: here ordinary lists are held by a bundle, by a group, and by the common path.
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

#include "cpu/cache.h"
#include "list/bundle.h"
#include "list/direct.h"
#include "list/forward.h"
#include "plan/plan.h"
#include "random.h"
#include "run.h"

enum { LISTS = RANKLOSS__LANES, MOST = RANKLOSS__TOGETHER + 1, IN_BUNDLE = 40, IN_GROUP = 100, ALL = (1 << LISTS) - 1 };

/* The options of a call, a bit each; a number with all their bits is one more than the last combination. */
enum { IS_F64 = 1, MASKED = 2, WEIGHTED = 4, SUM_TO_ONE = 8, WITH_TANGENT = 16, SCALED = 32, COMBINATIONS = 64 };

typedef struct numbers {
    float f32[LISTS * MOST];
    double f64[LISTS * MOST];
} numbers;

static numbers scores, labels, weights, tangent, outputs[RANKLOSS__NUM_DERIVATIVES];
static uint8_t where[LISTS * MOST];
static rankloss__scratch scratch;

static void fill(numbers *n, random_state *r, bool positive) {
    for (int i = 0; i < LISTS * MOST; i++) {
        const double x = random_normal(r);
        n->f64[i] = positive ? x * x + 0.1 : x;
        n->f32[i] = (float)n->f64[i];
    }
}

static int fill_all(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    fill(&scores, &r, false);
    fill(&labels, &r, true);
    fill(&weights, &r, true);
    fill(&tangent, &r, false);
    /* Of every list at least its first two items. */
    for (int i = 0; i < LISTS * MOST; i++)
        where[i] = random_chance(&r, 0.7);
    return 0;
}

static rankloss_array view(numbers *n, unsigned options, int64_t size) {
    const int64_t shape[] = {LISTS, size};
    const bool is_f64 = (options & IS_F64) != 0;
    return rankloss_array_make(is_f64 ? RANKLOSS_F64 : RANKLOSS_F32, is_f64 ? (void *)n->f64 : n->f32, 2, shape);
}

static rankloss_array mask_of(int64_t size) {
    const int64_t shape[] = {LISTS, size};
    for (int k = 0; k < LISTS; k++)
        where[k * size] = where[k * size + 1] = 1;
    return rankloss_array_make(RANKLOSS_BOOL, where, 2, shape);
}

static rankloss__plan make_call(unsigned options, int64_t size) {
    rankloss_problem p = {.logits = view(&scores, options, size), .labels = view(&labels, options, size)};
    rankloss_result r = {.grad_logits = view(&outputs[RANKLOSS__GRAD_LOGITS], options, size),
                         .grad_labels = view(&outputs[RANKLOSS__GRAD_LABELS], options, size),
                         .grad_weights = view(&outputs[RANKLOSS__GRAD_WEIGHTS], options, size),
                         .hess_logits = view(&outputs[RANKLOSS__HESS_LOGITS], options, size)};
    p.reduction = RANKLOSS_SUM;
    p.label_mode = (options & SUM_TO_ONE) != 0 ? RANKLOSS_LABELS_SUM_TO_ONE : RANKLOSS_LABELS_RAW;
    p.temperature = (options & SCALED) != 0 ? 0.5 : 0.0;
    if ((options & MASKED) != 0)
        p.where = mask_of(size);
    if ((options & WEIGHTED) != 0)
        p.weights = view(&weights, options, size);
    if ((options & WITH_TANGENT) != 0) {
        p.tangent = view(&tangent, options, size);
        r.hvp_logits = view(&outputs[RANKLOSS__HVP_LOGITS], options, size);
    }
    rankloss__plan call = rankloss__plan_make(&p, &r);
    rankloss__plan_set_upstream(&call);
    return call;
}

/* In float64 the logarithms of labels that sum to one always go the careful way. */
static unsigned expected_of(unsigned options, rankloss__derivative which) {
    const bool careful = (options & IS_F64) != 0 && (options & SUM_TO_ONE) != 0;
    return careful && !rankloss__is_by_logits(which) ? 0 : ALL;
}

static void a_bundle_holds_ordinary_lists(void **state) {
    static const int64_t lists[LISTS] = {0, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan call = make_call(options, IN_BUNDLE);
        const rankloss__upstream *upstream[LISTS];
        rankloss__bundle bundle;
        rankloss__lanes jvp;
        for (int k = 0; k < LISTS; k++)
            upstream[k] = &call.upstream;
        rankloss__bundle_make(&bundle, &call.inputs, &scratch);
        rankloss__bundle_read(&bundle, lists, LISTS);
        assert_true(bundle.regular);
        rankloss__bundle_forward(&bundle);
        assert_int_equal(bundle.held, ALL);
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
            if (call.derivatives[which].present)
                assert_int_equal(rankloss__bundle_fits(&bundle, (rankloss__derivative)which, upstream),
                                 expected_of(options, (rankloss__derivative)which));
        if ((options & WITH_TANGENT) != 0)
            assert_int_equal(rankloss__bundle_jvp(&bundle, &jvp), ALL);
    }
}

/* Fewer lists, or such as do not follow one another, are found one by one. */
static void a_bundle_knows_its_neighbours(void **state) {
    static const int64_t apart[LISTS] = {0, 1, 2, 3, 4, 5, 7, 6};
    const rankloss__plan call = make_call(0, IN_BUNDLE);
    rankloss__bundle bundle;
    (void)state;
    rankloss__bundle_make(&bundle, &call.inputs, &scratch);
    rankloss__bundle_read(&bundle, apart, LISTS);
    assert_false(bundle.regular);
    rankloss__bundle_read(&bundle, apart, LISTS - 1);
    assert_false(bundle.regular);
    rankloss__bundle_forward(&bundle);
    assert_int_equal(bundle.held, ALL >> 1);
}

static void a_group_holds_ordinary_lists(void **state) {
    static const int64_t lists[LISTS] = {0, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan call = make_call(options, IN_GROUP);
        const rankloss__factors factors = rankloss__factors_of(&call.upstream);
        const rankloss__direct direct = rankloss__direct_make(&call.inputs, &call.derivatives[RANKLOSS__GRAD_LOGITS],
                                                              &call.derivatives[RANKLOSS__HESS_LOGITS], &factors);
        rankloss__losses sums;
        if ((options & WITH_TANGENT) != 0) {
            assert_true(direct.most == 0);
            continue;
        }
        assert_true(direct.most >= LISTS * (IN_GROUP + LISTS));
        assert_int_equal(rankloss__direct_run(&direct, lists, LISTS, &scratch, &sums), ALL);
    }
}

/* The exponentials of a group, and what is converted for it, share the scratch. */
static void a_group_has_room_in_the_scratch(void **state) {
    (void)state;
    for (unsigned options = 0; options < WITH_TANGENT; options++)
        for (int converted = 0; converted < 4; converted++) {
            const bool new_scores = (converted & 1) != 0, new_labels = (converted & 2) != 0;
            rankloss__plan call = make_call(options | (new_scores ? SCALED : 0), IN_GROUP);
            call.inputs.labels.item_stride = new_labels ? 2 : 1;
            const rankloss__factors factors = rankloss__factors_of(&call.upstream);
            const rankloss__direct direct =
                rankloss__direct_make(&call.inputs, &call.derivatives[RANKLOSS__GRAD_LOGITS],
                                      &call.derivatives[RANKLOSS__HESS_LOGITS], &factors);
            const size_t real = rankloss__real_size(&call.inputs), most = (size_t)direct.most;
            const size_t bytes = most * (sizeof(double) + (new_scores ? real : 0));
            const size_t most_converted = 2 * sizeof(rankloss__block) / real;
            assert_true(most > 0 && most % RANKLOSS__LANES == 0 && bytes <= sizeof scratch.exps);
            assert_true(!new_labels || most <= most_converted);
            /* And no room is left. */
            const size_t next = (most + RANKLOSS__LANES) * (sizeof(double) + (new_scores ? real : 0));
            assert_true(next > sizeof scratch.exps || (new_labels && most + RANKLOSS__LANES > most_converted));
        }
}

/* The gradient of 16 lists, whose labels are converted or not. */
static void run_group(unsigned options, int64_t size, rankloss_array given_labels, numbers *gradient) {
    const int64_t shape[] = {2 * LISTS, size};
    rankloss_problem p = {.logits = view(&scores, options, size), .labels = given_labels, .reduction = RANKLOSS_SUM};
    rankloss_result r = {.grad_logits = view(gradient, options, size)};
    p.logits.shape[0] = r.grad_logits.shape[0] = 2 * LISTS;
    p.labels = rankloss_array_make((rankloss_dtype)given_labels.dtype, given_labels.data, 2, shape);
    assert_int_equal(rankloss_softmax(&p, &r), RANKLOSS_OK);
}

/* As many lists as the scratch has room for, with what is rounded up and what is converted. */
static void a_full_group_has_the_bits_of_plain_labels(void **state) {
    static double exact[LISTS * MOST];
    const int64_t no_axis[] = {0};
    (void)state;
    for (int i = 0; i < LISTS * MOST; i++)
        exact[i] = (double)labels.f32[i];
    const rankloss_array in_f32 = rankloss_array_make(RANKLOSS_F32, labels.f32, 1, no_axis);
    const rankloss_array in_f64 = rankloss_array_make(RANKLOSS_F64, exact, 1, no_axis);
    for (int64_t size = RANKLOSS__INTERLEAVED_SIZE; size < 300; size++)
        for (unsigned options = 0; options <= IS_F64; options++) {
            run_group(options, size, in_f32, &outputs[0]);
            run_group(options, size, in_f64, &outputs[1]);
            assert_memory_equal(outputs[0].f32, outputs[1].f32, sizeof outputs[0].f32);
            assert_memory_equal(outputs[0].f64, outputs[1].f64, sizeof outputs[0].f64);
        }
}

static void an_ordinary_list_takes_the_common_path(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int64_t index = 0; index < LISTS; index++) {
            const rankloss__plan call = make_call(options, 2 * IN_GROUP);
            rankloss__list list;
            rankloss__forward forward;
            rankloss__list_open(&list, &call.inputs, index, &scratch);
            rankloss__forward_list(&list, &forward);
            assert_int_equal(forward.path, RANKLOSS__FAST);
            assert_true(forward.kept && forward.finite && !forward.rounded && !forward.uniform && !forward.zero);
        }
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

static void run_bundle(const rankloss__plan *call, bool with_jvp) {
    static const int64_t lists[LISTS] = {0, 1, 2, 3, 4, 5, 6, 7};
    const rankloss__factors factors = rankloss__factors_of(&call->upstream);
    rankloss__bundle bundle;
    rankloss__terms terms;
    rankloss__lanes jvp;
    rankloss__bundle_make(&bundle, &call->inputs, &scratch);
    rankloss__bundle_read(&bundle, lists, LISTS);
    rankloss__bundle_forward(&bundle);
    if (with_jvp)
        rankloss__bundle_jvp(&bundle, &jvp);
    call->inputs.kernels->terms(&bundle.folded, &bundle.sums, &factors, true, &terms);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (call->derivatives[which].present)
            rankloss__bundle_write(&bundle, (rankloss__derivative)which, &call->derivatives[which], &terms, ALL);
}

static void run_direct(const rankloss__plan *call) {
    static const int64_t lists[LISTS] = {0, 1, 2, 3, 4, 5, 6, 7};
    const rankloss__factors factors = rankloss__factors_of(&call->upstream);
    const rankloss__direct direct = rankloss__direct_make(&call->inputs, &call->derivatives[RANKLOSS__GRAD_LOGITS],
                                                          &call->derivatives[RANKLOSS__HESS_LOGITS], &factors);
    rankloss__losses sums;
    if (direct.most > 0)
        rankloss__direct_run(&direct, lists, LISTS, &scratch, &sums);
}

static void run_forward(const rankloss__plan *call) {
    rankloss__list list;
    rankloss__forward forward;
    rankloss__list_open(&list, &call->inputs, 0, &scratch);
    rankloss__forward_list(&list, &forward);
}

static void ordinary_lists_meet_no_subnormals(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan in_bundle = make_call(options, IN_BUNDLE), in_group = make_call(options, IN_GROUP);
        const rankloss__plan alone = make_call(options, MOST);
        forget_subnormals();
        run_bundle(&in_bundle, (options & WITH_TANGENT) != 0);
        assert_false(have_met_subnormals());
        run_direct(&in_group);
        assert_false(have_met_subnormals());
        run_forward(&alone);
        assert_false(have_met_subnormals());
    }
}

/* A list is read where it lies unless any of its inputs has to be converted, or its scores are not its logits. */
static void an_ordinary_list_is_read_in_place(void **state) {
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++) {
        const rankloss__plan call = make_call(options | MASKED | WEIGHTED, IN_GROUP);
        /* A tangent is float64 everywhere. */
        const bool converted = (options & WITH_TANGENT) != 0 && (options & IS_F64) == 0;
        const bool direct = (options & SCALED) == 0 && !converted;
        const int32_t other = call.inputs.is_f64 ? RANKLOSS_F32 : RANKLOSS_F64;
        assert_true(rankloss__inputs_are_direct(&call.inputs, IN_GROUP) == direct);
        rankloss__inputs inputs[7];
        for (int k = 0; k < 7; k++)
            inputs[k] = call.inputs;
        inputs[0].logits.item_stride = inputs[1].labels.item_stride = inputs[2].weights.item_stride = 2;
        inputs[3].where.item_stride = 0;
        inputs[4].logits.dtype = inputs[5].labels.dtype = inputs[6].weights.dtype = other;
        for (int k = 0; k < 7; k++)
            assert_false(rankloss__inputs_are_direct(&inputs[k], IN_GROUP));
        for (int k = 0; k < 4; k++) /* a single item has no stride */
            assert_true(rankloss__inputs_are_direct(&inputs[k], 1) == direct);
        inputs[1].labels.present = inputs[2].weights.present = inputs[3].where.present = false;
        for (int k = 1; k < 4; k++)
            assert_true(rankloss__inputs_are_direct(&inputs[k], IN_GROUP) == direct);
    }
}

/* The exponentials of a list are kept as far as the scratch has room, whose end a tangent needs. */
static void a_list_keeps_what_the_scratch_can_hold(void **state) {
    static const int64_t sizes[] = {RANKLOSS__TOGETHER - RANKLOSS__CHUNK, RANKLOSS__TOGETHER - RANKLOSS__CHUNK + 1,
                                    RANKLOSS__TOGETHER, RANKLOSS__TOGETHER + 1};
    (void)state;
    for (unsigned options = 0; options < COMBINATIONS; options++)
        for (int k = 0; k < 4; k++) {
            const rankloss__plan call = make_call(options, sizes[k]);
            rankloss__list list;
            rankloss__forward forward;
            rankloss__list_open(&list, &call.inputs, 0, &scratch);
            rankloss__forward_list(&list, &forward);
            assert_int_equal(forward.path, RANKLOSS__FAST);
            assert_true(forward.kept == (k < ((options & WITH_TANGENT) != 0 ? 1 : 3)));
            assert_true(forward.rounded == (k == 3 && (options & IS_F64) == 0));
        }
}

typedef struct parts_seen {
    size_t count, end;
} parts_seen;

static void see_part(void *context, rankloss__list *list, size_t part, size_t first, size_t end) {
    parts_seen *seen = context;
    (void)list;
    assert_true(part == seen->count++ && first == seen->end && first < end && first % RANKLOSS__TOGETHER == 0);
    seen->end = end;
}

/* Each item is of one part, whose chunks begin where those of the list do. Shorter lists are not cut. */
static void parts_are_a_partition(void **state) {
    static const size_t sizes[] = {
        0, 1, 2048, RANKLOSS__SPLIT_SIZE - 1, RANKLOSS__SPLIT_SIZE, RANKLOSS__SPLIT_SIZE + 1, 100000, 1 << 20, 1234567};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        rankloss__list list = {.size = sizes[k]};
        parts_seen seen = {0, 0};
        rankloss__each_part(&list, see_part, &seen);
        assert_true(seen.end == sizes[k] && seen.count == rankloss__count_parts(&list));
        assert_true(seen.count <= RANKLOSS__PARTS && (seen.count > 1) == (sizes[k] >= RANKLOSS__SPLIT_SIZE));
    }
}

/* In float64: coefficients far from both ends of the range, and a loss that was not lost, unless there is one item. */
static void sums_of_float64_hold_within_the_range(void **state) {
    static const struct {
        double coefs, loss, valid;
        unsigned underflow;
        bool hold;
    } rows[] = {{1.0, 1.0, 2.0, 0, true},      {-1.0, -1.0, 2.0, 0, true},     {1.0, 1.0, 2.0, 1, false},
                {1.0, 1.0, 2.0, 2, true},      {0x1p-400, 1.0, 2.0, 0, true},  {0x1p-401, 1.0, 2.0, 0, false},
                {0x1p400, 1.0, 2.0, 0, true},  {0x1p401, 1.0, 2.0, 0, false},  {(double)NAN, 1.0, 2.0, 0, false},
                {1.0, 0x1p-900, 2.0, 0, true}, {1.0, 0x1p-901, 2.0, 0, false}, {1.0, 0.0, 1.0, 0, true}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        rankloss__list_sums folded = {.others.underflow = rows[k].underflow};
        rankloss__losses sums = {.coefs.hi = {rows[k].coefs}, .loss.at = {rows[k].loss}};
        assert_true(rankloss__sums_hold(&folded, &sums, 0, rows[k].valid) == rows[k].hold);
    }
}

/* A thousandth of them is enough in float32, and next to nothing in float64; where nothing is divided, nothing is. */
static void labels_that_cancel_are_not_divided(void **state) {
    static const struct {
        double rest, top, sizes;
        bool f32, f64;
    } rows[] = {{1.0, 1.0, 1.0, true, true},
                {-1.0, -1.0, 1.0, true, true},
                {0x1p-10, 0.0, 1.0, true, true},
                {-0x1p-10, 0.0, 1.0, true, true},
                {0x1p-10, 0.0, 1.0 + 0x1p-20, false, true},
                {0x1p-40, 0.0, 1.0, false, true},
                {0x1p-40, 0.0, 1.0 + 0x1p-20, false, false},
                {-1.0, 1.0, 1.0, false, false},
                {-1.0, 1.0 + 0x1p-8, 1.0, true, true},
                {0.0, 0.0, 0.0, true, true}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__inputs raw = {.is_f64 = false}, f32 = {.sum_to_one = true};
        const rankloss__inputs f64 = {.is_f64 = true, .sum_to_one = true};
        const rankloss__list_sums folded = {.others = {.coefs.hi = {rows[k].rest}, .abs_coefs.at = {rows[k].sizes}},
                                            .argmax_coef.hi = {rows[k].top}};
        assert_true(rankloss__sum_to_one_holds(&raw, &folded, 0));
        assert_true(rankloss__sum_to_one_holds(&f32, &folded, 0) == rows[k].f32);
        assert_true(rankloss__sum_to_one_holds(&f64, &folded, 0) == rows[k].f64);
    }
}

/* In float32 only a tangent that is out of all proportion does not fit; in float64 everything has to be near to 1. */
static void tangents_of_float64_fit_within_the_range(void **state) {
    static const struct {
        double min, most, coefs;
        bool f32, f64;
    } rows[] = {{-1.0, 1.0, 1.0, true, true},
                {-1.0, 0.0, 1.0, true, true},
                {-1.0, 0.0, 0x1p300, true, true},
                {-1.0, 0x1p200, 1.0, true, true},
                {-1.0, 0x1p201, 1.0, false, false},
                {-1.0, 0x1p-200, 1.0, true, true},
                {-1.0, 0x1p-201, 1.0, true, false},
                {-1.0, 1.0, -0x1p200, true, true},
                {-1.0, 1.0, -0x1p201, true, false},
                {-1.0, 1.0, 0x1p-200, true, true},
                {-1.0, 1.0, 0x1p-201, true, false},
                {-1.0, (double)INFINITY, 1.0, false, false},
                {-1000.0, 1.0, 1.0, true, false},
                {0.5 * RANKLOSS__EXP_CUTOFF, 1.0, 1.0, true, true},
                {0.5 * RANKLOSS__EXP_CUTOFF - 0.5, 1.0, 1.0, true, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const rankloss__inputs f32 = {.is_f64 = false}, f64 = {.is_f64 = true};
        assert_true(rankloss__tangent_fits(&f32, rows[k].min, 0.0, rows[k].most, rows[k].coefs) == rows[k].f32);
        assert_true(rankloss__tangent_fits(&f64, rows[k].min, 0.0, rows[k].most, rows[k].coefs) == rows[k].f64);
    }
}

static void logarithms_fit_unless_they_are_lost(void **state) {
    const double infinite = -(double)INFINITY;
    const struct {
        double min, rest, cotangent;
        bool f32, f64;
    } rows[] = {
        {-1.0, 0.5, 1.0, true, true},       {-1.0, 0.5, 0.0, true, true},     {infinite, 0.5, 1.0, true, true},
        {infinite, 0.5, 0.0, false, false}, {-1.0, 0.0, 1.0, true, true},     {-1.0, 0x1p-400, 1.0, true, true},
        {-1.0, 0x1p-401, 1.0, true, false}, {-0x1p600, 0.5, 1.0, true, true}, {-0x1p601, 0.5, 1.0, true, false}};
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (int sum_to_one = 0; sum_to_one < 2; sum_to_one++) {
            const rankloss__inputs f32 = {.is_f64 = false, .sum_to_one = sum_to_one != 0};
            const rankloss__inputs f64 = {.is_f64 = true, .sum_to_one = sum_to_one != 0};
            const bool fits_f32 = rankloss__logs_fit(&f32, rows[k].min, 0.0, rows[k].rest, rows[k].cotangent);
            const bool fits_f64 = rankloss__logs_fit(&f64, rows[k].min, 0.0, rows[k].rest, rows[k].cotangent);
            assert_true(fits_f32 == rows[k].f32);
            assert_true(fits_f64 == (rows[k].f64 && sum_to_one == 0));
        }
}

/* Between the caches of the smallest and of the largest processor that anyone has; and always the same. */
static void the_size_of_the_cache_is_one(void **state) {
    const int64_t size = rankloss__cache_size();
    (void)state;
    assert_true(size >= INT64_C(1) << 16 && size <= INT64_C(1) << 36);
    assert_true(rankloss__cache_size() == size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_holds_ordinary_lists),
        cmocka_unit_test(a_bundle_knows_its_neighbours),
        cmocka_unit_test(a_group_holds_ordinary_lists),
        cmocka_unit_test(a_group_has_room_in_the_scratch),
        cmocka_unit_test(a_full_group_has_the_bits_of_plain_labels),
        cmocka_unit_test(an_ordinary_list_takes_the_common_path),
        cmocka_unit_test(ordinary_lists_meet_no_subnormals),
        cmocka_unit_test(an_ordinary_list_is_read_in_place),
        cmocka_unit_test(a_list_keeps_what_the_scratch_can_hold),
        cmocka_unit_test(parts_are_a_partition),
        cmocka_unit_test(sums_of_float64_hold_within_the_range),
        cmocka_unit_test(labels_that_cancel_are_not_divided),
        cmocka_unit_test(tangents_of_float64_fit_within_the_range),
        cmocka_unit_test(logarithms_fit_unless_they_are_lost),
        cmocka_unit_test(the_size_of_the_cache_is_one),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, fill_all, NULL);
}

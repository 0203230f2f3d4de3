/*
 * src/api/accumulator.c by its calls: what is read is the exact quotient of the losses that calls have added, whatever their
 * order and grouping, at the ends of every range; and bad arguments change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "exact.h"
#include "float_environment.h"
#include "number.h"
#include "random.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { MOST_LISTS = 12 };

static const int32_t floats[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16};

/* --- losses --- */

/* Adds lists of two items with these labels and weights of 1; their losses are written as the doubles that they are. */
static void add_lists(rankloss_accumulator *accumulator, int count, const double *labels, double *losses) {
    static const double logits[2] = {0, 0};
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, MOST_LISTS, 2),
                                .labels = RANKLOSS_ARRAY(labels, MOST_LISTS, 1),
                                .reduction = RANKLOSS_NONE};
    rankloss_result result = {.loss = RANKLOSS_ARRAY(losses, MOST_LISTS), .accumulator = accumulator};
    problem.logits.strides[0] = 0;
    problem.logits.shape[0] = problem.labels.shape[0] = result.loss.shape[0] = count;
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);
}

/* An accumulator of one list, whose loss is label times 2 ln 2. */
static rankloss_accumulator one_list(double label, double *loss) {
    rankloss_accumulator accumulator = {{0}};
    add_lists(&accumulator, 1, &label, loss);
    return accumulator;
}

/* Lists of losses of about one size, or of any. */
static void add_random_lists(rankloss_accumulator *accumulator, random_state *r, bool wild, exact_sum *sum,
                             int64_t *counted) {
    double labels[MOST_LISTS], losses[MOST_LISTS];
    const int count = (int)random_below(r, MOST_LISTS + 1);
    for (int k = 0; k < count; k++) {
        const int exponent = wild ? (int)random_below(r, 2096) - 1074 : (int)random_below(r, 20) - 10;
        labels[k] = ldexp(random_unit(r) + 1, exponent) * (random_chance(r, 0.4) ? -1 : 1);
    }
    add_lists(accumulator, count, labels, losses);
    for (int k = 0; k < count; k++)
        exact_add(sum, losses[k]);
    *counted += count;
}

/* --- reading --- */

/* With an axis or without, which is the same. */
static double read_by(const rankloss_accumulator *accumulator, double divisor, int32_t dtype) {
    union {
        double f64;
        unsigned char bytes[8];
    } place[2];
    long double value[2];
    for (int ndim = 0; ndim < 2; ndim++) {
        const rankloss_array out = rankloss_array_make((rankloss_dtype)dtype, &place[ndim], ndim, (const int64_t[]){1});
        memset(&place[ndim], 0xA5, sizeof place[ndim]);
        assert_int_equal(rankloss_accumulator_read(accumulator, divisor, &out), RANKLOSS_OK);
        value[ndim] = number_load(dtype, &place[ndim], 0);
        for (size_t k = number_size(dtype); k < sizeof place[ndim]; k++)
            assert_int_equal(place[ndim].bytes[k], 0xA5);
    }
    assert_true(value[0] == value[1] || (isnan(value[0]) && isnan(value[1])));
    return (double)value[0];
}

static int64_t count_of(const rankloss_accumulator *accumulator) {
    int64_t count = -1;
    assert_int_equal(rankloss_accumulator_count(accumulator, &count), RANKLOSS_OK);
    return count;
}

static void expect_sum(const rankloss_accumulator *accumulator, random_state *r, const exact_sum *sum,
                       int64_t counted) {
    assert_int_equal(count_of(accumulator), counted);
    for (size_t k = 0; k < LENGTH(floats); k++) {
        const double divisor = ldexp(random_unit(r) + 1, (int)random_below(r, 2096) - 1074);
        const double own = counted > 0 ? (double)counted : 1;
        assert_true(read_by(accumulator, divisor, floats[k]) == exact_ratio(sum, divisor, floats[k]));
        assert_true(read_by(accumulator, 1, floats[k]) == exact_ratio(sum, 1, floats[k]));
        assert_true(read_by(accumulator, 0, floats[k]) == exact_ratio(sum, own, floats[k]));
        assert_true(read_by(accumulator, -0.0, floats[k]) == exact_ratio(sum, own, floats[k]));
    }
}

static void reads_the_exact_quotient(void **state) {
    random_state r = random_new(random_run_seed(), 81);
    (void)state;
    for (int round = 0; round < 1500 / random_run_share(); round++) {
        rankloss_accumulator accumulator = {{0}};
        exact_sum sum = {{0}};
        int64_t counted = 0;
        for (int64_t calls = random_below(&r, 4); calls >= 0; calls--)
            add_random_lists(&accumulator, &r, round % 2 == 0, &sum, &counted);
        expect_sum(&accumulator, &r, &sum, counted);
    }
}

/* --- merging --- */

enum { PARTS = 9 };

/* Merges two of them at a time, drawn at random, until one is left. */
static rankloss_accumulator merge_all(random_state *r, const rankloss_accumulator *parts) {
    rankloss_accumulator left[PARTS];
    memcpy(left, parts, sizeof left);
    for (int64_t count = PARTS; count > 1; count--) {
        const int64_t into = random_below(r, count), from = (into + 1 + random_below(r, count - 1)) % count;
        assert_int_equal(rankloss_accumulator_merge(&left[into], &left[from]), RANKLOSS_OK);
        left[from] = left[count - 1];
    }
    return left[0];
}

static void neither_order_nor_grouping_matters(void **state) {
    random_state r = random_new(random_run_seed(), 82);
    (void)state;
    for (int round = 0; round < 300 / random_run_share(); round++) {
        rankloss_accumulator parts[PARTS] = {{{0}}};
        exact_sum sum = {{0}};
        int64_t counted = 0;
        for (int k = 0; k < PARTS; k++)
            add_random_lists(&parts[k], &r, round % 2 == 0, &sum, &counted);
        for (int times = 0; times < 4; times++) {
            const rankloss_accumulator whole = merge_all(&r, parts);
            expect_sum(&whole, &r, &sum, counted);
        }
    }
}

static void copies_are_accumulators_of_their_own(void **state) {
    random_state r = random_new(random_run_seed(), 83);
    rankloss_accumulator first = {{0}};
    exact_sum sum = {{0}}, more;
    int64_t counted = 0, counted_more;
    (void)state;
    for (int k = 0; k < 5; k++)
        add_random_lists(&first, &r, true, &sum, &counted);
    rankloss_accumulator second = first;
    more = sum;
    counted_more = counted;
    add_random_lists(&second, &r, true, &more, &counted_more);
    expect_sum(&first, &r, &sum, counted);
    expect_sum(&second, &r, &more, counted_more);
}

static void empty_ones_add_nothing(void **state) {
    const rankloss_accumulator empty = {{0}};
    rankloss_accumulator both = {{0}};
    double loss = 0;
    (void)state;
    assert_int_equal(rankloss_accumulator_merge(&both, &empty), RANKLOSS_OK);
    assert_int_equal(count_of(&both), 0);
    for (size_t k = 0; k < LENGTH(floats); k++)
        for (int d = 0; d < 4; d++) {
            const double divisors[] = {0, 1, 0x1p-1074, DBL_MAX}, got = read_by(&both, divisors[d], floats[k]);
            assert_true(got == 0 && !signbit(got));
        }
    both = one_list(-3, &loss);
    assert_int_equal(rankloss_accumulator_merge(&both, &empty), RANKLOSS_OK);
    assert_true(count_of(&both) == 1 && read_by(&both, 1, RANKLOSS_F64) == loss);
}

/* What cancels leaves +0, and what does not the last bit. */
static void losses_cancel_exactly(void **state) {
    double loss = 0, tiny = 0;
    rankloss_accumulator sum = one_list(1e300, &loss);
    const rankloss_accumulator minus = one_list(-1e300, &loss), least = one_list(0x1p-1074, &tiny);
    (void)state;
    assert_int_equal(rankloss_accumulator_merge(&sum, &least), RANKLOSS_OK);
    assert_int_equal(rankloss_accumulator_merge(&sum, &minus), RANKLOSS_OK);
    assert_true(tiny > 0 && read_by(&sum, 1, RANKLOSS_F64) == tiny);
    const rankloss_accumulator minus_least = one_list(-0x1p-1074, &tiny);
    assert_int_equal(rankloss_accumulator_merge(&sum, &minus_least), RANKLOSS_OK);
    const double zero = read_by(&sum, 0, RANKLOSS_F64);
    assert_true(zero == 0 && !signbit(zero) && count_of(&sum) == 4);
}

/* 2^62 losses of the largest sizes fit, of the smallest ones none is lost, and the number of lists does not wrap. */
static void as_many_fit_as_can_be_counted(void **state) {
    static const double labels[] = {0x1.7p1022, -0x1.7p1022, 1, -0x1.9p-60, 0x1p-1074, -0x1.3p-1060};
    (void)state;
    for (size_t k = 0; k < LENGTH(labels); k++) {
        double loss = 0;
        const rankloss_accumulator one = one_list(labels[k], &loss);
        rankloss_accumulator many = one, before;
        assert_true(isfinite(loss) && loss != 0);
        for (int doubled = 1; doubled <= 62; doubled++) {
            assert_int_equal(rankloss_accumulator_merge(&many, &many), RANKLOSS_OK);
            assert_true(count_of(&many) == INT64_C(1) << doubled);
            assert_true(read_by(&many, 0, RANKLOSS_F64) == loss);
            assert_true(read_by(&many, ldexp(1, doubled), RANKLOSS_F64) == loss);
            assert_true(read_by(&many, 1, RANKLOSS_F64) == loss * ldexp(1, doubled)); /* may be infinite */
        }
        before = many;
        assert_int_equal(rankloss_accumulator_merge(&many, &many), RANKLOSS_ERROR_OVERFLOW);
        assert_non_null(strstr(rankloss_last_error(), "into: 4611686018427387904 lists and 4611686018427387904 more"));
        assert_memory_equal(&many, &before, sizeof many);
        /* 2^62 - 1 more are the most. */
        rankloss_accumulator rest = one;
        for (int doubled = 1; doubled < 62; doubled++) {
            assert_int_equal(rankloss_accumulator_merge(&rest, &rest), RANKLOSS_OK);
            assert_int_equal(rankloss_accumulator_merge(&rest, &one), RANKLOSS_OK);
        }
        assert_int_equal(rankloss_accumulator_merge(&many, &rest), RANKLOSS_OK);
        assert_true(count_of(&many) == INT64_MAX);
        assert_true(read_by(&many, 0, RANKLOSS_F64) == loss);
        assert_int_equal(rankloss_accumulator_merge(&many, &one), RANKLOSS_ERROR_OVERFLOW);
        double unused = 5;
        const double label = 1;
        before = many;
        const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(&label, 1, 1), .labels = RANKLOSS_ARRAY(&label, 1)};
        const rankloss_result result = {.loss = RANKLOSS_ARRAY(&unused, 1), .accumulator = &many};
        assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_OVERFLOW);
        assert_non_null(strstr(rankloss_last_error(), "accumulator: 9223372036854775807 lists and 1 more do not fit"));
        assert_memory_equal(&many, &before, sizeof many);
        assert_true(unused == 5);
    }
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void infinities_and_nan_follow_ieee(void **state) {
    const double infinity = (double)INFINITY, nan = (double)NAN;
    const double labels[] = {1, -1e300, infinity, -infinity, nan};
    (void)state;
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < 5; b++) {
            double first = 0, second = 0;
            rankloss_accumulator sum = one_list(labels[a], &first);
            const rankloss_accumulator other = one_list(labels[b], &second);
            assert_int_equal(rankloss_accumulator_merge(&sum, &other), RANKLOSS_OK);
            assert_int_equal(count_of(&sum), 2);
            for (size_t k = 0; k < LENGTH(floats); k++) {
                const double expected = (double)number_round(floats[k], (long double)(first + second));
                assert_true(same(read_by(&sum, 1, floats[k]), expected));
                if (!isfinite(first + second)) {
                    assert_true(same(read_by(&sum, 0, floats[k]), first + second));
                    assert_true(same(read_by(&sum, DBL_MAX, floats[k]), first + second));
                }
            }
        }
}

/* --- bad arguments --- */

static void expect(rankloss_status got, rankloss_status status, const char *words) {
    assert_int_equal(got, status);
    if (!strstr(rankloss_last_error(), words))
        fail_msg("\"%s\" is not in: %s", words, rankloss_last_error());
}

/* Memory whose every word is what an accumulator's may not be. */
static void refuses_what_is_no_accumulator(void **state) {
    const rankloss_accumulator empty = {{0}};
    rankloss_accumulator bad, into = {{0}};
    double out = 5, label = 1;
    const rankloss_array view = RANKLOSS_ARRAY(&out, 1);
    int64_t count = 5;
    (void)state;
    memset(&bad, 0xA5, sizeof bad);
    expect(rankloss_accumulator_merge(&bad, &empty), RANKLOSS_ERROR_OPTION, "into: its words");
    expect(rankloss_accumulator_merge(&into, &bad), RANKLOSS_ERROR_OPTION, "from: its words");
    expect(rankloss_accumulator_count(&bad, &count), RANKLOSS_ERROR_OPTION, "accumulator: its words");
    expect(rankloss_accumulator_read(&bad, 0, &view), RANKLOSS_ERROR_OPTION, "accumulator: its words");
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(&label, 1, 1), .labels = RANKLOSS_ARRAY(&label, 1)};
    const rankloss_result result = {.loss = view, .accumulator = &bad};
    expect(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_OPTION, "accumulator: its words");
    for (size_t k = 0; k < sizeof bad; k++)
        assert_int_equal(((const unsigned char *)&bad)[k], 0xA5);
    assert_memory_equal(&into, &empty, sizeof into);
    assert_true(out == 5 && count == 5);
}

static void refuses_bad_places(void **state) {
    union {
        unsigned char bytes[3 * sizeof(rankloss_accumulator)];
        rankloss_accumulator accumulators[3];
        int64_t number;
        rankloss_array view;
    } shared, before;
    memset(&shared, 0, sizeof shared);
    before = shared;
    rankloss_accumulator *const first = shared.accumulators;
    rankloss_accumulator *const behind = (rankloss_accumulator *)(void *)(shared.bytes + sizeof *first - 8);
    rankloss_accumulator *const crooked = (rankloss_accumulator *)((uintptr_t)shared.bytes + 1);
    int64_t count = 5;
    (void)state;
    expect(rankloss_accumulator_merge(NULL, first), RANKLOSS_ERROR_NULL, "into: NULL");
    expect(rankloss_accumulator_merge(first, NULL), RANKLOSS_ERROR_NULL, "from: NULL");
    expect(rankloss_accumulator_merge(crooked, first), RANKLOSS_ERROR_STRIDE, "into: not aligned");
    expect(rankloss_accumulator_merge(first, crooked), RANKLOSS_ERROR_STRIDE, "from: not aligned");
    expect(rankloss_accumulator_merge(first, behind), RANKLOSS_ERROR_OVERLAP, "into: overlaps from");
    expect(rankloss_accumulator_merge(behind, first), RANKLOSS_ERROR_OVERLAP, "into: overlaps from");
    assert_int_equal(rankloss_accumulator_merge(first, first + 1), RANKLOSS_OK);

    expect(rankloss_accumulator_count(NULL, &count), RANKLOSS_ERROR_NULL, "accumulator: NULL");
    expect(rankloss_accumulator_count(first, NULL), RANKLOSS_ERROR_NULL, "count: NULL");
    expect(rankloss_accumulator_count(crooked, &count), RANKLOSS_ERROR_STRIDE, "accumulator: not aligned");
    expect(rankloss_accumulator_count(first, (int64_t *)((uintptr_t)shared.bytes + sizeof *first + 1)),
           RANKLOSS_ERROR_STRIDE, "count: not aligned");
    expect(rankloss_accumulator_count(first, &shared.number), RANKLOSS_ERROR_OVERLAP,
           "count: overlaps the accumulator");

    rankloss_array out = RANKLOSS_ARRAY(&first->words[3], 1);
    out.dtype = RANKLOSS_F64;
    expect(rankloss_accumulator_read(first, 1, &out), RANKLOSS_ERROR_OVERLAP, "out: overlaps the accumulator");
    out.data = &out.shape[2];
    expect(rankloss_accumulator_read(first, 1, &out), RANKLOSS_ERROR_OVERLAP, "out: overlaps its own view");
    assert_memory_equal(&shared, &before, sizeof shared);
    assert_int_equal(count, 5);
}

static void refuses_bad_readings(void **state) {
    static const double divisors[] = {-1, -0x1p-1074, (double)NAN, (double)INFINITY, -(double)INFINITY};
    const rankloss_accumulator accumulator = {{0}};
    double number[4] = {5, 5, 5, 5};
    const rankloss_array good = RANKLOSS_ARRAY(number, 1), none = {0};
    rankloss_array bad = good;
    (void)state;
    for (size_t k = 0; k < LENGTH(divisors); k++)
        expect(rankloss_accumulator_read(&accumulator, divisors[k], &good), RANKLOSS_ERROR_OPTION, "divisor: ");
    expect(rankloss_accumulator_read(NULL, 1, &good), RANKLOSS_ERROR_NULL, "accumulator: NULL");
    expect(rankloss_accumulator_read((const rankloss_accumulator *)((uintptr_t)&accumulator + 4), 1, &good),
           RANKLOSS_ERROR_STRIDE, "accumulator: not aligned");
    expect(rankloss_accumulator_read(&accumulator, 1, NULL), RANKLOSS_ERROR_NULL, "out: NULL");
    expect(rankloss_accumulator_read(&accumulator, 1, &none), RANKLOSS_ERROR_NULL, "out: required");
    bad.data = NULL;
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_NULL, "out: data is NULL");
    bad = good;
    for (bad.dtype = -1; bad.dtype <= RANKLOSS_BOOL + 1; bad.dtype++)
        if (!number_is_float(bad.dtype))
            expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_DTYPE, "out: ");
    bad = RANKLOSS_ARRAY(number, 2);
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_SHAPE, "out: shape (2,) is not one number");
    bad = RANKLOSS_ARRAY(number, 1, 1);
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_SHAPE, "(1, 1)");
    bad = RANKLOSS_ARRAY(number, 0);
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_SHAPE, "(0,)");
    bad = good;
    bad.ndim = 9;
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_SHAPE, "ndim");
    bad = good;
    bad.data = (char *)number + 4;
    expect(rankloss_accumulator_read(&accumulator, 1, &bad), RANKLOSS_ERROR_STRIDE, "out: data is not aligned");
    assert_true(number[0] == 5 && number[1] == 5);
}

/* --- the caller's floating-point environment --- */

static void no_environment_changes_a_reading(void **state) {
    static const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const double divisors[] = {0, 3, 0x1.5p-1060, 0x1.1p1023};
    double loss = 0;
    rankloss_accumulator accumulator = one_list(0x1.3p-1060, &loss);
    const rankloss_accumulator other = one_list(7, &loss);
    (void)state;
    assert_int_equal(rankloss_accumulator_merge(&accumulator, &other), RANKLOSS_OK);
    for (size_t d = 0; d < LENGTH(divisors); d++) {
        double expected, got;
        const rankloss_array into = RANKLOSS_ARRAY(&expected, 1), out = RANKLOSS_ARRAY(&got, 1);
        assert_int_equal(rankloss_accumulator_read(&accumulator, divisors[d], &into), RANKLOSS_OK);
        for (size_t m = 0; m < LENGTH(roundings); m++)
            for (int mode = 0; mode < num_float_modes; mode++) {
                fenv_t before;
                got = -1;
                fegetenv(&before);
                fesetround(roundings[m]);
                feclearexcept(FE_ALL_EXCEPT);
                float_mode_enter(&float_modes[mode]);
                errno = ERANGE;
                const float_environment given = float_environment_now();
                const rankloss_status status = rankloss_accumulator_read(&accumulator, divisors[d], &out);
                const float_environment left = float_environment_now();
                const int errno_left = errno;
                fesetenv(&before);
                assert_int_equal(status, RANKLOSS_OK);
                assert_memory_equal(&got, &expected, sizeof got);
                assert_true(float_environment_same(given, left));
                assert_int_equal(errno_left, ERANGE);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_exact_quotient),
        cmocka_unit_test(neither_order_nor_grouping_matters),
        cmocka_unit_test(copies_are_accumulators_of_their_own),
        cmocka_unit_test(empty_ones_add_nothing),
        cmocka_unit_test(losses_cancel_exactly),
        cmocka_unit_test(as_many_fit_as_can_be_counted),
        cmocka_unit_test(infinities_and_nan_follow_ieee),
        cmocka_unit_test(refuses_what_is_no_accumulator),
        cmocka_unit_test(refuses_bad_places),
        cmocka_unit_test(refuses_bad_readings),
        cmocka_unit_test(no_environment_changes_a_reading),
    };
    const int refused = run_refused_reference();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * src/reduction/stretch.c: stretches of one item each, joined in any grouping, have the sums of all items; as words they come
 * back as they were; and words that no stretch has are told from those.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "reduction/stretch.h"

#include "random.h"
#include "run.h"

enum { MOST_ITEMS = 12 };

/* A few roundings of a long double, and what joining loses. */
#define CLOSE 0x1p-56L

typedef struct item {
    double logit, bias, label, weight, tangent;
} item;

static rankloss__extended from(double x) {
    return rankloss__extended_from(x);
}

static rankloss__stretch stretch_of(const item *it, const rankloss__stretch_kind *kind) {
    const bool softmax = kind->label_mode == RANKLOSS_LABELS_SOFTMAX;
    const double coef = softmax ? it->weight : it->label * it->weight;
    return (rankloss__stretch){.kind = *kind,
                               .valid = 1,
                               .has_coefficient = coef != 0.0,
                               .logit = it->logit,
                               .bias = it->bias,
                               .argmax_tangent = it->tangent,
                               .label_max = softmax ? it->label : 0.0,
                               .rest = from(softmax ? 1.0 : 0.0),
                               .other_exps = from(0.0),
                               .other_tangents = from(0.0),
                               .other_coefs = from(0.0),
                               .argmax_coef = from(coef),
                               .coef_x = from(0.0)};
}

/* Joins items to one stretch, neighbours in any order. */
static rankloss__stretch join(random_state *r, const item *items, int count, const rankloss__stretch_kind *kind) {
    rankloss__stretch stretches[MOST_ITEMS] = {{.valid = 0}};
    for (int i = 0; i < count; i++)
        stretches[i] = stretch_of(&items[i], kind);
    for (; count > 1; count--) {
        const int first = (int)random_below(r, count - 1);
        rankloss__stretch_join(&stretches[first], &stretches[first + 1]);
        for (int i = first + 1; i < count - 1; i++)
            stretches[i] = stretches[i + 1];
    }
    return stretches[0];
}

static long double value(rankloss__extended a) {
    return ldexpl((long double)a.hi + (long double)a.lo, (int)a.exponent);
}

static void expect_close(long double got, long double exact, long double scale, const char *what) {
    if (!(fabsl(got - exact) <= CLOSE * scale))
        fail_msg("%s: got %.20Lg, exact %.20Lg, scale %Lg", what, got, exact, scale);
}

static long double wide(double x) {
    return (long double)x;
}

static long double distance(const item *a, const item *b, const rankloss__stretch_kind *kind) {
    return (wide(a->logit) - wide(b->logit)) / wide(kind->temperature) + (wide(a->bias) - wide(b->bias));
}

static void expect_sums(const rankloss__stretch *got, const item *items, int count) {
    const rankloss__stretch_kind *kind = &got->kind;
    const bool softmax = kind->label_mode == RANKLOSS_LABELS_SOFTMAX;
    long double exps = 0, tangents = 0, coefs = 0, coef_x = 0, x_sum = 0, total = 0;
    long double size_v = 0, size_c = 0, size_x = 0, size_cx = 0;
    int argmax = 0;
    for (int i = 1; i < count; i++)
        argmax = distance(&items[i], &items[argmax], kind) > 0 ? i : argmax;
    for (int i = 0; i < count; i++) {
        const item *it = &items[i];
        const double product = it->label * it->weight; /* as stretch_of() has it */
        const long double x = distance(it, &items[argmax], kind), v = wide(it->tangent);
        const long double t = softmax ? expl(wide(it->label) - wide(got->label_max)) : 0;
        const long double e = i == argmax ? 0 : expl(x), c = softmax ? t * wide(it->weight) : wide(product);
        exps += e;
        tangents += e * v;
        size_v += e * fabsl(v);
        coefs += c;
        size_c += fabsl(c);
        coef_x += c * x;
        size_cx += fabsl(c * x);
        x_sum += x;
        size_x += fabsl(x);
        total += t;
    }
    assert_int_equal(got->valid, count);
    assert_true(got->logit == items[argmax].logit && got->bias == items[argmax].bias);
    assert_true(got->argmax_tangent == items[argmax].tangent);
    expect_close(value(got->other_exps), exps, exps, "exponentials");
    expect_close(value(got->other_tangents), tangents, size_v, "tangents");
    expect_close(value(got->other_coefs) + value(got->argmax_coef), coefs, size_c, "coefficients");
    expect_close(value(got->coef_x), coef_x, size_cx, "coefficients times x");
    if (softmax)
        expect_close(value(got->rest), total, total, "the labels' exponentials");
    if (kind->label_mode == RANKLOSS_LABELS_SUM_TO_ONE)
        expect_close(value(got->rest), x_sum, size_x, "x");
}

static void joined_stretches_have_the_sums_of_all_items(void **state) {
    random_state r = random_new(random_run_seed(), 91);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        const rankloss__stretch_kind kind = {
            .temperature = round % 3 == 0 ? 0.75 : 1.0, .label_mode = round % 3, .is_f64 = true, .has_tangents = true};
        const double spread = round % 5 == 0 ? 10 : 3;
        item items[MOST_ITEMS] = {{0}};
        const int count = 1 + (int)random_below(&r, MOST_ITEMS);
        for (int i = 0; i < count; i++)
            items[i] = (item){.logit = random_chance(&r, 0.3) ? 1 : spread * random_normal(&r),
                              .bias = random_chance(&r, 0.5) ? 0 : random_normal(&r),
                              .label = random_normal(&r),
                              .weight = random_chance(&r, 0.2) ? 0 : random_normal(&r),
                              .tangent = random_normal(&r)};
        const rankloss__stretch got = join(&r, items, count, &kind);
        expect_sums(&got, items, count);
    }
}

static void words_bring_a_stretch_back(void **state) {
    random_state r = random_new(random_run_seed(), 92);
    (void)state;
    for (int round = 0; round < 300; round++) {
        const rankloss__stretch_kind kind = {.temperature = 0.3 + random_unit(&r),
                                             .label_mode = round % 3,
                                             .is_f64 = random_chance(&r, 0.5),
                                             .has_tangents = random_chance(&r, 0.5)};
        item items[MOST_ITEMS] = {{0}};
        for (int i = 0; i < MOST_ITEMS; i++)
            items[i] = (item){random_normal(&r), random_normal(&r), random_normal(&r), random_normal(&r), 1};
        rankloss_list_state words, again;
        const rankloss__stretch stretch = join(&r, items, 1 + round % MOST_ITEMS, &kind);
        rankloss__stretch_store(&words, &stretch);
        assert_true(rankloss__is_stretch(&words) && rankloss__stretch_has_items(&words));
        const rankloss__stretch back = rankloss__stretch_load(&words);
        assert_null(rankloss__stretch_difference(&back.kind, &kind));
        assert_int_equal(back.valid, stretch.valid);
        assert_int_equal(back.has_coefficient, stretch.has_coefficient);
        assert_true(value(back.coef_x) == value(stretch.coef_x) && value(back.rest) == value(stretch.rest));
        rankloss__stretch_store(&again, &back);
        assert_memory_equal(&words, &again, sizeof words);
    }
}

/* Each word in turn becomes what none may be in its place. */
static void other_words_are_told_from_a_stretch(void **state) {
    const rankloss__stretch_kind kind = {.temperature = 1, .label_mode = 0, .is_f64 = true};
    const item one = {1, 0, 2, 1, 0};
    const rankloss__stretch stretch = stretch_of(&one, &kind);
    static const struct {
        int word;
        double value;
    } wrong[] = {{0, 0.5}, {0, -64},       {0, 0x1p60},      {0, 63},  {0, 112},         {1, 0},
                 {1, -1},  {1, 0x1p-1070}, {1, (double)NAN}, {6, 3},   {6, 0.5},         {7, 1},
                 {8, 0.5}, {8, 0x1p60},    {9, -1.5},        {11, 48}, {23, (double)NAN}};
    (void)state;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        rankloss_list_state words;
        rankloss__stretch_store(&words, &stretch);
        assert_true(rankloss__is_stretch(&words));
        words.words[wrong[k].word] = wrong[k].value;
        if (rankloss__is_stretch(&words))
            fail_msg("word %d may be %g", wrong[k].word, wrong[k].value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_stretches_have_the_sums_of_all_items),
        cmocka_unit_test(words_bring_a_stretch_back),
        cmocka_unit_test(other_words_are_told_from_a_stretch),
    };
    const int refused = run_refused_reference();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}

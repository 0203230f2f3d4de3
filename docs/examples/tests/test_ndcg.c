/*
 * NDCG@k against values worked out by hand.
 */
#include "../common/ndcg.h"

#include <math.h>
#include <stdio.h>

static int failures = 0;

static void check(const char *what, double got, double expected) {
    if (fabs(got - expected) > 1e-12 || isnan(got) != isnan(expected)) {
        fprintf(stderr, "%s: %.17g, not %.17g\n", what, got, expected);
        failures++;
    }
}

/* The gains of labels 0, 1, 2 are 0, 1, 3; the discounts of the first three ranks are 1, 1 / log2(3), 1 / 2. */
static void test_rankings(void) {
    const float labels[] = {0.0F, 2.0F, 1.0F};
    const float best[] = {1.0F, 3.0F, 2.0F};
    const float worst[] = {3.0F, 1.0F, 2.0F};
    const double second = 1.0 / log2(3.0);
    const double ideal = 3.0 + second;
    check("best", ndcg(best, labels, NULL, 3, 10, GAIN_EXP), 1.0);
    check("worst", ndcg(worst, labels, NULL, 3, 10, GAIN_EXP), (second + 1.5) / ideal);
    check("worst, cut at 2", ndcg(worst, labels, NULL, 3, 2, GAIN_EXP), second / ideal);
    check("worst, cut at 1", ndcg(worst, labels, NULL, 3, 1, GAIN_EXP), 0.0);
}

static void test_ties(void) {
    const float labels[] = {0.0F, 2.0F, 1.0F};
    const float all_equal[] = {0.0F, -0.0F, 0.0F};
    const float two_equal[] = {5.0F, 5.0F, 1.0F};
    const double second = 1.0 / log2(3.0);
    const double ideal = 3.0 + second;
    check("all equal", ndcg(all_equal, labels, NULL, 3, 10, GAIN_EXP), 4.0 / 3.0 * (1.0 + second + 0.5) / ideal);
    check("all equal, cut at 2", ndcg(all_equal, labels, NULL, 3, 2, GAIN_EXP), 4.0 / 3.0 * (1.0 + second) / ideal);
    check("two equal", ndcg(two_equal, labels, NULL, 3, 10, GAIN_EXP), (1.5 * (1.0 + second) + 0.5) / ideal);
    check("a cut within the tie", ndcg(two_equal, labels, NULL, 3, 1, GAIN_EXP), 1.5 / 3.0);
}

static void test_order_of_items_does_not_matter(void) {
    const float labels[] = {4.0F, 0.0F, 1.0F, 3.0F, 2.0F};
    const float scores[] = {0.5F, 0.5F, 2.0F, 0.5F, 2.0F};
    const float reversed_labels[] = {2.0F, 3.0F, 1.0F, 0.0F, 4.0F};
    const float reversed_scores[] = {2.0F, 0.5F, 2.0F, 0.5F, 0.5F};
    check("reversed", ndcg(reversed_scores, reversed_labels, NULL, 5, 3, GAIN_EXP),
          ndcg(scores, labels, NULL, 5, 3, GAIN_EXP));
}

static void test_lists_without_a_relevant_item(void) {
    const float labels[] = {0.0F, 0.0F};
    const float scores[] = {1.0F, 2.0F};
    check("nothing relevant", ndcg(scores, labels, NULL, 2, 10, GAIN_EXP), (double)NAN);
    check("one item, relevant", ndcg(scores, (const float[]){1.0F}, NULL, 1, 10, GAIN_EXP), 1.0);
    check("no item", ndcg(scores, labels, NULL, 0, 10, GAIN_EXP), (double)NAN);
}

/* Without the items that nobody has judged two are left, the better of them behind. */
static void test_mask(void) {
    const float labels[] = {-1.0F, 0.0F, 2.0F, 31.0F};
    const float scores[] = {9.0F, 2.0F, 1.0F, 5.0F};
    const bool where[] = {false, true, true, false};
    const bool nowhere[] = {false, false, false, false};
    check("masked", ndcg(scores, labels, where, 4, 10, GAIN_EXP), 1.0 / log2(3.0));
    check("all masked", ndcg(scores, labels, nowhere, 4, 10, GAIN_EXP), (double)NAN);
}

static void test_linear_gain(void) {
    const float labels[] = {100.0F, 50.0F};
    const float scores[] = {1.0F, 2.0F};
    const double second = 1.0 / log2(3.0);
    check("counts", ndcg(scores, labels, NULL, 2, 10, GAIN_LINEAR), (50.0 + 100.0 * second) / (100.0 + 50.0 * second));
}

/* One list with NDCG 1, one without a relevant item, an empty one, and one with NDCG 1 / log2(3). */
static void test_mean(void) {
    const float labels[] = {1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F};
    const float scores[] = {2.0F, 1.0F, 1.0F, 2.0F, 2.0F, 1.0F};
    const size_t ends[] = {2, 4, 4, 6};
    struct dataset data = dataset_make();
    check("mean over no list", ndcg_mean(&data, NULL, 10, GAIN_EXP), (double)NAN);
    for (size_t i = 0; i < 6; i++) {
        dataset_add_item(&data, labels[i], true);
    }
    for (size_t list = 0; list < 4; list++) {
        dataset_end_list(&data, ends[list]);
    }
    check("mean", ndcg_mean(&data, scores, 10, GAIN_EXP), 0.5 * (1.0 + 1.0 / log2(3.0)));
    double values[4] = {0.0};
    ndcg_of_lists(&data, scores, 10, GAIN_EXP, values);
    check("relevant first", values[0], 1.0);
    check("without a relevant item", values[1], (double)NAN);
    check("empty", values[2], (double)NAN);
    check("relevant second", values[3], 1.0 / log2(3.0));
    dataset_free(&data);
}

int main(void) {
    test_rankings();
    test_ties();
    test_order_of_items_does_not_matter();
    test_lists_without_a_relevant_item();
    test_mask();
    test_linear_gain();
    test_mean();
    return failures == 0 ? 0 : 1;
}

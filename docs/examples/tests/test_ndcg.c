/*
 * NDCG@k against values worked out by hand.
 */
#include "../train/ndcg.h"

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
    check("best", ndcg(best, labels, 3, 10), 1.0);
    check("worst", ndcg(worst, labels, 3, 10), (second + 1.5) / ideal);
    check("worst, cut at 2", ndcg(worst, labels, 3, 2), second / ideal);
    check("worst, cut at 1", ndcg(worst, labels, 3, 1), 0.0);
}

static void test_ties(void) {
    const float labels[] = {0.0F, 2.0F, 1.0F};
    const float all_equal[] = {0.0F, -0.0F, 0.0F};
    const float two_equal[] = {5.0F, 5.0F, 1.0F};
    const double second = 1.0 / log2(3.0);
    const double ideal = 3.0 + second;
    check("all equal", ndcg(all_equal, labels, 3, 10), 4.0 / 3.0 * (1.0 + second + 0.5) / ideal);
    check("all equal, cut at 2", ndcg(all_equal, labels, 3, 2), 4.0 / 3.0 * (1.0 + second) / ideal);
    check("two equal", ndcg(two_equal, labels, 3, 10), (1.5 * (1.0 + second) + 0.5) / ideal);
    check("a cut within the tie", ndcg(two_equal, labels, 3, 1), 1.5 / 3.0);
}

static void test_order_of_items_does_not_matter(void) {
    const float labels[] = {4.0F, 0.0F, 1.0F, 3.0F, 2.0F};
    const float scores[] = {0.5F, 0.5F, 2.0F, 0.5F, 2.0F};
    const float reversed_labels[] = {2.0F, 3.0F, 1.0F, 0.0F, 4.0F};
    const float reversed_scores[] = {2.0F, 0.5F, 2.0F, 0.5F, 0.5F};
    check("reversed", ndcg(reversed_scores, reversed_labels, 5, 3), ndcg(scores, labels, 5, 3));
}

static void test_lists_without_a_relevant_item(void) {
    const float labels[] = {0.0F, 0.0F};
    const float scores[] = {1.0F, 2.0F};
    check("nothing relevant", ndcg(scores, labels, 2, 10), (double)NAN);
    check("one item, relevant", ndcg(scores, (const float[]){1.0F}, 1, 10), 1.0);
    check("no item", ndcg(scores, labels, 0, 10), (double)NAN);
}

/* One list with NDCG 1, one without a relevant item, an empty one, and one with NDCG 1 / log2(3). */
static void test_mean(void) {
    const float labels[] = {1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F};
    const float scores[] = {2.0F, 1.0F, 1.0F, 2.0F, 2.0F, 1.0F};
    const size_t ends[] = {2, 4, 4, 6};
    struct dataset data = dataset_make();
    check("mean over no list", ndcg_mean(&data, NULL, 10), (double)NAN);
    for (size_t i = 0; i < 6; i++) {
        dataset_add_item(&data, labels[i]);
    }
    for (size_t list = 0; list < 4; list++) {
        dataset_end_list(&data, ends[list]);
    }
    check("mean", ndcg_mean(&data, scores, 10), 0.5 * (1.0 + 1.0 / log2(3.0)));
    dataset_free(&data);
}

int main(void) {
    test_rankings();
    test_ties();
    test_order_of_items_does_not_matter();
    test_lists_without_a_relevant_item();
    test_mean();
    return failures == 0 ? 0 : 1;
}

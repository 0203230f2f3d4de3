/*
 * The mean loss of a batch in two parts, whose accumulators are merged: that of one call on all of it, to the bit.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

static const float logits[3 * 3] = {2, 1, 3, 0, 3, 1, 1, 1, 0}, labels[3 * 3] = {1, 0, 2, 0, 0, 1, 0, 3, 1};

/* Adds lists from first on to an accumulator. */
static rankloss_status add_lists(int first, int lists, rankloss_accumulator *sum) {
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits + 3 * first, lists, 3),
                                      .labels = RANKLOSS_ARRAY(labels + 3 * first, lists, 3)};
    const rankloss_result result = {.accumulator = sum};
    return rankloss_softmax(&problem, &result);
}

int main(void) {
    rankloss_accumulator here = {{0}}, there = {{0}}, whole = {{0}};
    double in_parts = 0, at_once = 0;
    const rankloss_array of_parts = RANKLOSS_ARRAY(&in_parts, 1), of_whole = RANKLOSS_ARRAY(&at_once, 1);

    if (add_lists(0, 2, &here) != RANKLOSS_OK || add_lists(2, 1, &there) != RANKLOSS_OK ||
        add_lists(0, 3, &whole) != RANKLOSS_OK || rankloss_accumulator_merge(&here, &there) != RANKLOSS_OK ||
        rankloss_accumulator_read(&here, 0, &of_parts) != RANKLOSS_OK ||
        rankloss_accumulator_read(&whole, 0, &of_whole) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("mean loss %.6f, %s\n", in_parts, in_parts == at_once ? "the same bits" : "other bits");
    return 0;
}

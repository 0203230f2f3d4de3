/*
 * How many lists two calls have added to an accumulator.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[2 * 3] = {2, 1, 3, 0, 3, 1}, labels[2 * 3] = {1, 0, 2, 0, 0, 1};
    rankloss_accumulator sum = {{0}};
    int64_t count = 0;

    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 3), .labels = RANKLOSS_ARRAY(labels, 2, 3)};
    const rankloss_result result = {.accumulator = &sum};
    rankloss_status status = RANKLOSS_OK;
    for (int call = 0; call < 2 && status == RANKLOSS_OK; call++)
        status = rankloss_softmax(&problem, &result);
    if (status != RANKLOSS_OK || rankloss_accumulator_count(&sum, &count) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("%d lists\n", (int)count);
    return 0;
}

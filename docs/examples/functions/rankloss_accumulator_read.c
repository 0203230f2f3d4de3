/*
 * Sum, mean, and a third of the sum of the losses that an accumulator holds.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[2 * 3] = {2, 1, 3, 0, 3, 1}, labels[2 * 3] = {1, 0, 2, 0, 0, 1};
    const double divisors[3] = {1, 0, 3}; /* 0 stands for the number of lists */
    rankloss_accumulator sum = {{0}};

    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 3), .labels = RANKLOSS_ARRAY(labels, 2, 3)};
    const rankloss_result result = {.accumulator = &sum};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        double value = 0;
        const rankloss_array out = RANKLOSS_ARRAY(&value, 1);
        if (rankloss_accumulator_read(&sum, divisors[i], &out) != RANKLOSS_OK) {
            fprintf(stderr, "%s\n", rankloss_last_error());
            return 1;
        }
        printf("%.6f\n", value);
    }
    return 0;
}

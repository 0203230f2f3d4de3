/*
 * A call with labels of the wrong shape: nothing is written, and the error is in words.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[2 * 4] = {0}, labels[2 * 5] = {0};
    float loss = -1;
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 4), .labels = RANKLOSS_ARRAY(labels, 2, 5)};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};

    const rankloss_status status = rankloss_softmax(&problem, &result);
    if (status != RANKLOSS_OK)
        printf("%s\n%s\n", rankloss_status_string(status), rankloss_last_error());
    printf("the loss is still %.0f\n", (double)loss);
    return 0;
}

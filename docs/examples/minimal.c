/*
 * The smallest use of RankLoss: the mean loss of two lists of three items, and its gradient by the logits.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[] = {0.5F, 2.0F, 1.0F, /* list 0 */ 3.0F, 0.0F, 1.0F /* list 1 */};
    const float labels[] = {0.0F, 1.0F, 0.0F, /* list 0 */ 0.0F, 0.0F, 2.0F /* list 1 */};
    float loss = 0.0F;
    float grad[6] = {0.0F};

    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 3), .labels = RANKLOSS_ARRAY(labels, 2, 3)};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(grad, 2, 3)};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "rankloss_softmax: %s\n", rankloss_last_error());
        return 1;
    }

    printf("mean loss %.6f\n", (double)loss);
    for (int list = 0; list < 2; list++) {
        const float *const row = grad + 3 * list;
        printf("gradient of list %d: %9.6f %9.6f %9.6f\n", list, (double)row[0], (double)row[1], (double)row[2]);
    }
    return 0;
}

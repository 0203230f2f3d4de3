/*
 * Two lists of three items, one of them masked, with a temperature: the loss of each list, the gradient, the Hessian.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[2 * 3] = {2, 1, 3, 0, 3, 1};
    const int32_t labels[2 * 3] = {1, 0, 2, 0, 0, 1};
    const uint8_t where[2 * 3] = {1, 1, 1, 1, 0, 1};
    float loss[2] = {0}, grad[2 * 3] = {0}, hess[2 * 3] = {0};

    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 2, 3),
                                      .labels = RANKLOSS_ARRAY(labels, 2, 3),
                                      .where = RANKLOSS_ARRAY(where, 2, 3),
                                      .temperature = 0.5,
                                      .reduction = RANKLOSS_NONE};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(loss, 2),
                                    .grad_logits = RANKLOSS_ARRAY(grad, 2, 3),
                                    .hess_logits = RANKLOSS_ARRAY(hess, 2, 3)};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    for (int k = 0; k < 2; k++)
        printf("loss %.6f\n", (double)loss[k]);
    for (int i = 0; i < 2 * 3; i++)
        printf("%9.6f %9.6f\n", (double)grad[i], (double)hess[i]);
    return 0;
}

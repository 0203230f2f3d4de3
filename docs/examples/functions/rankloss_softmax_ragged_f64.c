/*
 * Lists of three and of two items, side by side, in double: the mean loss, its gradient and its Hessian diagonal.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const int64_t offsets[3] = {0, 3, 5};
    const double logits[5] = {2, 1, 3, 0, 1}, labels[5] = {1, 0, 2, 0, 1}, weights[5] = {1, 1, 0.5, 1, 1};
    double loss, grad[5], hess[5];

    if (rankloss_softmax_ragged_f64(2, offsets, logits, labels, NULL, weights, RANKLOSS_MEAN, &loss, grad, hess) !=
        RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("mean loss %.6f\n", loss);
    for (int i = 0; i < 5; i++)
        printf("%9.6f %9.6f\n", grad[i], hess[i]);
    return 0;
}

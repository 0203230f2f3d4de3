/*
 * Two lists of three items in double, one item masked: the mean loss, its gradient and its Hessian diagonal.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const double logits[2 * 3] = {2, 1, 3, 0, 3, 1}, labels[2 * 3] = {1, 0, 2, 0, 0, 1};
    const uint8_t where[2 * 3] = {1, 1, 1, 1, 0, 1};
    double loss, grad[2 * 3], hess[2 * 3];

    if (rankloss_softmax_f64(2, 3, logits, labels, where, NULL, RANKLOSS_MEAN, &loss, grad, hess) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("mean loss %.6f\n", loss);
    for (int i = 0; i < 2 * 3; i++)
        printf("%9.6f %9.6f\n", grad[i], hess[i]);
    return 0;
}

/*
 * The mean loss of tensors, as NumPy, PyTorch and JAX hand them out, without a copy.
 */
#include <stdio.h>

#include <rankloss/dlpack.h>
#include <rankloss/rankloss.h>

int main(void) {
    float scores[2 * 3] = {2, 1, 3, 0, 3, 1};
    int64_t grades[2 * 3] = {1, 0, 2, 0, 0, 1}, shape[2] = {2, 3};
    const DLTensor logits = {
        .data = scores, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape};
    const DLTensor labels = {
        .data = grades, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLInt, 64, 1}, .shape = shape};
    float loss = 0;

    rankloss_problem problem = {0};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    if (rankloss_array_from_dlpack(&logits, &problem.logits) != RANKLOSS_OK ||
        rankloss_array_from_dlpack(&labels, &problem.labels) != RANKLOSS_OK) {
        fprintf(stderr, "not a tensor that the library can read\n");
        return 1;
    }
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("mean loss %.6f\n", (double)loss);
    return 0;
}

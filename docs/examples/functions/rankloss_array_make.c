/*
 * What RANKLOSS_ARRAY cannot say: float16, a single number, strides. The lists are the columns of an array of 3 x 2.
 */
#include <stdint.h>
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const uint16_t half[3 * 2] = {0x4000, 0x0000, 0x3c00, 0x4200, 0x4200, 0x3c00}; /* 2 0, 1 3, 3 1 */
    const uint8_t grades[3 * 2] = {1, 0, 0, 0, 2, 1};
    const int64_t columns[2] = {2, 3}; /* two lists, three items */
    float loss = 0;

    rankloss_problem problem = {.logits = rankloss_array_make(RANKLOSS_F16, half, 2, columns),
                                .labels = rankloss_array_make(RANKLOSS_U8, grades, 2, columns)};
    for (int k = 0; k < 2; k++) { /* the next list is one element away, the next item two */
        problem.logits.strides[k] = k + 1;
        problem.labels.strides[k] = k + 1;
    }
    const rankloss_result result = {.loss = rankloss_array_make(RANKLOSS_F32, &loss, 0, NULL)};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("mean loss %.6f\n", (double)loss);
    return 0;
}

/*
 * One list in two stretches, as if they were on two machines: each gives its state, and with the merged state each has the
 * loss of the whole list and the gradients of its own items.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

enum { ITEMS = 5, FIRST = 3 };
static const double logits[ITEMS] = {2, 1, 3, 0, 2.5}, labels[ITEMS] = {1, 0, 2, 0, 1};

/* The items from `first` on. */
static rankloss_problem stretch(int first, int items) {
    return (rankloss_problem){.logits = RANKLOSS_ARRAY(logits + first, items),
                              .labels = RANKLOSS_ARRAY(labels + first, items)};
}

int main(void) {
    rankloss_problem here = stretch(0, FIRST), there = stretch(FIRST, ITEMS - FIRST);
    rankloss_list_state list, behind;
    double loss[2] = {0}, grad[ITEMS] = {0};
    const rankloss_result of_here = {.loss = RANKLOSS_ARRAY(&loss[0], 1), .grad_logits = RANKLOSS_ARRAY(grad, FIRST)};
    const rankloss_result of_there = {.loss = RANKLOSS_ARRAY(&loss[1], 1),
                                      .grad_logits = RANKLOSS_ARRAY(grad + FIRST, ITEMS - FIRST)};

    if (rankloss_softmax(&here, &(rankloss_result){.state = &list}) != RANKLOSS_OK ||
        rankloss_softmax(&there, &(rankloss_result){.state = &behind}) != RANKLOSS_OK ||
        rankloss_list_state_merge(&list, &behind) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    here.state = there.state = &list;
    if (rankloss_softmax(&here, &of_here) != RANKLOSS_OK || rankloss_softmax(&there, &of_there) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("loss %.6f here, %.6f there\n", loss[0], loss[1]);
    for (int i = 0; i < ITEMS; i++)
        printf("%.6f\n", grad[i]);
    return 0;
}

/*
 * How many lists a mean counts: those that have a valid item.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const float logits[3 * 2] = {2, 1, 0, 3, 1, 1}, labels[3 * 2] = {1, 0, 0, 1, 1, 0};
    const uint8_t where[3 * 2] = {1, 1, 0, 0, 1, 0}; /* the second list has none */
    int64_t count = 0;

    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 3, 2),
                                      .labels = RANKLOSS_ARRAY(labels, 3, 2),
                                      .where = RANKLOSS_ARRAY(where, 3, 2)};
    if (rankloss_count_lists(&problem, &count) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    printf("%d of 3 lists\n", (int)count);
    return 0;
}

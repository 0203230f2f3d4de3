/*
 * Lists of two, none and three items, by their sizes.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    const int32_t group[3] = {2, 0, 3};
    int64_t offsets[3 + 1];

    const rankloss_array sizes = RANKLOSS_ARRAY(group, 3);
    if (rankloss_offsets_from_sizes(&sizes, offsets) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    for (int k = 0; k <= 3; k++)
        printf("%d\n", (int)offsets[k]);
    return 0;
}

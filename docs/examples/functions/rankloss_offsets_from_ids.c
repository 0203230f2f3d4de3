/*
 * Lists by an id for each item; and an id that comes back, which is an error.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    int32_t qid[5] = {17, 17, 4, 4, 4};
    int64_t offsets[5 + 1], num_lists = 0;

    const rankloss_array ids = RANKLOSS_ARRAY(qid, 5);
    if (rankloss_offsets_from_ids(&ids, offsets, &num_lists) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }
    for (int k = 0; k <= num_lists; k++)
        printf("%d\n", (int)offsets[k]);

    qid[4] = 17;
    if (rankloss_offsets_from_ids(&ids, offsets, &num_lists) == RANKLOSS_ERROR_OFFSETS)
        printf("%s\n", rankloss_last_error());
    return 0;
}

/*
 * A few words for each status.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    for (int status = RANKLOSS_OK; status <= RANKLOSS_ERROR_CALLBACK; status++)
        printf("%2d %s\n", status, rankloss_status_string((rankloss_status)status));
    return 0;
}

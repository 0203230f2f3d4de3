/*
 * Whether the header that a program was compiled with is that of the library that it runs with.
 */
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

int main(void) {
    char header[32];
    snprintf(header, sizeof header, "%d.%d.%d", RANKLOSS_VERSION_MAJOR, RANKLOSS_VERSION_MINOR, RANKLOSS_VERSION_PATCH);
    if (strcmp(header, rankloss_version()) != 0) {
        fprintf(stderr, "compiled with %s, running with %s\n", header, rankloss_version());
        return 1;
    }
    puts("header and library agree");
    return 0;
}

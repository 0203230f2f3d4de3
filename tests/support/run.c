/*
 * Whether the instruction set in use is the one that CTest asks for.
 */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/cpu.h>

#include "reference.h"

enum { STATUS_SKIPPED = 77 };

void run_set_variable(const char *name, const char *value) {
#if defined(_WIN32)
    _putenv_s(name, value);
#else
    (void)setenv(name, value, 1);
#endif
}

int run_refused(void) {
    const char *wanted = getenv("RANKLOSS_ISA");
    const char *used = rankloss_isa();
    if (!wanted || strcmp(wanted, used) == 0) {
        return 0;
    }
    printf("RANKLOSS_ISA=%s, but this build on this machine uses %s\n", wanted, used);
    return strcmp(wanted, "portable") == 0 ? EXIT_FAILURE : STATUS_SKIPPED;
}

int run_refused_reference(void) {
    const int refused = run_refused();
    if (!refused && !reference_is_precise()) {
        printf("long double has no more bits than double here, so that it cannot judge\n");
        return STATUS_SKIPPED;
    }
    return refused;
}

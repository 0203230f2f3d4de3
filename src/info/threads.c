/*
 * What decides on the number of threads: OpenMP, by the processors and its variables, and the library, by the work. A
 * quota that decides on nothing, but explains times.
 */
#if !defined(_WIN32) && !defined(__APPLE__)
#define _DEFAULT_SOURCE /* _SC_NPROCESSORS_ONLN */
#endif

#include <stdint.h>
#include <stdlib.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "batch/batch.h"
#include "info/facts.h"
#include "info/quota.h"
#include "info/report.h"
#include "schedule/threads.h"

#if defined(_WIN32)

static long processors(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return (long)info.dwNumberOfProcessors;
}

#else

static long processors(void) {
#if defined(_SC_NPROCESSORS_ONLN)
    return sysconf(_SC_NPROCESSORS_ONLN);
#else
    return 1;
#endif
}

#endif

/* The threads of a call without a limit of its own, on lists that are worth any number. */
static int most_threads(void) {
    const rankloss_array logits = {.data = NULL, .ndim = 2, .shape = {INT32_MAX, 100}}, dense = {0};
    const rankloss__batch batch = rankloss__batch_make(&logits, &dense);
    return rankloss__threads_for(&batch, 0);
}

/* Variables that change what a call does; those that are set. */
static void show_environment(void) {
    static const char *const names[] = {"RANKLOSS_ISA",  "OMP_NUM_THREADS", "OMP_THREAD_LIMIT",  "OMP_DYNAMIC",
                                        "OMP_PROC_BIND", "OMP_WAIT_POLICY", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const value = getenv(names[i]);
        if (value != NULL)
            info_fact("environment", "%s=%s", names[i], value);
        any |= value != NULL;
    }
    if (!any)
        info_fact("environment", "no variable that OpenMP or RankLoss reads");
}

void info_threads(void) {
    const double quota = info_quota("");
    info_fact("processors", "%ld", processors());
    if (quota > 0)
        info_fact("quota", "the time of %.4g processors", quota);
    else
        info_fact("quota", "none");
    info_fact("threads", "%d at most for a call", most_threads());
    show_environment();
}

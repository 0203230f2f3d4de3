/*
 * Starts and ends processes that do nothing but count.
 */
#define _GNU_SOURCE

#include "neighbours.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* Ends with its parent at the latest, whatever becomes of that. */
static void start_on(bench_neighbours *neighbours, const cpu_set_t *cores) {
    const pid_t parent = getpid();
    if (neighbours->count == BENCH_MAX_NEIGHBOURS)
        bench_fail("more than %d neighbours", BENCH_MAX_NEIGHBOURS);
    const pid_t child = fork();
    if (child < 0)
        bench_fail("cannot start a process");
    if (child == 0) {
        if (sched_setaffinity(0, sizeof *cores, cores) != 0)
            _exit(1);
        while (getppid() == parent)
            for (volatile int spin = 0; spin < 1000000; spin++)
                continue;
        _exit(0);
    }
    neighbours->ids[neighbours->count++] = child;
}

static cpu_set_t cores_of_this_process(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0)
        bench_fail("cannot tell which cores there are");
    return cores;
}

void bench_neighbours_start(bench_neighbours *neighbours) {
    const cpu_set_t cores = cores_of_this_process();
    neighbours->count = 0;
    start_on(neighbours, &cores);
}

void bench_neighbours_start_on_each_core(bench_neighbours *neighbours) {
    const cpu_set_t cores = cores_of_this_process();
    neighbours->count = 0;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        if (CPU_ISSET(core, &cores))
            start_on(neighbours, &one);
    }
}

void bench_neighbours_stop(const bench_neighbours *neighbours) {
    for (int k = 0; k < neighbours->count; k++)
        kill(neighbours->ids[k], SIGKILL);
    for (int k = 0; k < neighbours->count; k++)
        waitpid(neighbours->ids[k], NULL, 0);
}

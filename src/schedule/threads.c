/*
 * Teams of threads by OpenMP, where the build has it; how many threads pay for a call; and fork().
 */
#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif

#include "schedule/threads.h"

#include <stdbool.h>

#if defined(_OPENMP)

#include <omp.h>
#if !defined(_WIN32)
#include <pthread.h>
#endif

#include "cpu/fp_environment.h"

struct rankloss__team {
    omp_lock_t lock;
};

enum {
    /* A list costs about as much as this many items besides its own. */
    LIST_COST = 32,
    /* Work for which one more thread pays: starting a team costs about a microsecond. */
    COST_PER_THREAD = 16384,
};

/*
 * libgomp's threads do not survive fork(), and its next team in the child waits for them forever: a child computes on
 * its own thread. Set in the child alone, before it can call anything. Forks are watched from when the library is
 * loaded, and not from its first team: the caller may have run teams before.
 */
static bool in_forked_child;

#if !defined(_WIN32)
static void note_fork(void) {
    in_forked_child = true;
}

__attribute__((constructor)) static void watch_forks(void) {
    (void)pthread_atfork(NULL, NULL, note_fork);
}
#endif

/* The threads that work of this cost is worth. */
static int team_size(int64_t cost, int32_t num_threads) {
    const int64_t size = cost / COST_PER_THREAD;
    if (num_threads == 1 || in_forked_child || size < 2 || omp_in_parallel())
        return 1;
    const int most = num_threads > 0 ? num_threads : omp_get_max_threads();
    return size < most ? (int)size : most;
}

/* Where one of equal parts of the lists from begin to before end begins. */
static int64_t begin_of_part(const rankloss__batch *batch, int64_t begin, int64_t end, int part, int parts) {
    const int64_t before = rankloss__cost_before(batch, begin, LIST_COST);
    const int64_t total = rankloss__cost_before(batch, end, LIST_COST) - before;
    return part == parts ? end : rankloss__find_by_cost(batch, begin, end, LIST_COST, before + total / parts * part);
}

/*
 * A function of its own, since LLVM's libomp asks for the number of the caller's thread, and takes heap for it, where a
 * function that has a parallel region begins: a call on one thread takes none.
 */
__attribute__((noinline)) static void run_team(const rankloss__batch *batch, int64_t begin, int64_t end, int size,
                                               rankloss__lists_body body, void *context) {
    rankloss__team team;
    omp_init_lock(&team.lock);
#pragma omp parallel num_threads(size)
    {
        const int parts = omp_get_num_threads(), part = omp_get_thread_num();
        const int64_t first = begin_of_part(batch, begin, end, part, parts);
        const int64_t last = begin_of_part(batch, begin, end, part + 1, parts);
        const rankloss__fp_environment own = rankloss__fp_environment_enter();
        if (first < last)
            body(context, &team, first, last);
        rankloss__fp_environment_leave(own);
    }
    omp_destroy_lock(&team.lock);
}

void rankloss__threads_run(const rankloss__batch *batch, int64_t begin, int64_t end, int32_t num_threads,
                           rankloss__lists_body body, void *context) {
    const int64_t cost = rankloss__cost_before(batch, end, LIST_COST) - rankloss__cost_before(batch, begin, LIST_COST);
    int size = team_size(cost, num_threads);
    size = size < end - begin ? size : (int)(end - begin);
    if (size > 1)
        run_team(batch, begin, end, size, body, context);
    else
        body(context, NULL, begin, end);
}

int rankloss__threads_for(const rankloss__batch *batch, int32_t num_threads) {
    return team_size(rankloss__cost_before(batch, batch->num_lists, LIST_COST), num_threads);
}

void rankloss__threads_share(size_t count, int threads, void (*body)(void *context, size_t begin, size_t end),
                             void *context) {
#pragma omp parallel num_threads(threads)
    {
        const size_t parts = (size_t)omp_get_num_threads(), part = (size_t)omp_get_thread_num();
        const size_t begin = count * part / parts, end = count * (part + 1) / parts;
        const rankloss__fp_environment own = rankloss__fp_environment_enter();
        if (begin < end)
            body(context, begin, end);
        rankloss__fp_environment_leave(own);
    }
}

void rankloss__team_merge(rankloss__team *team, void (*merge)(void *context, void *part), void *context, void *part) {
    if (team != NULL)
        omp_set_lock(&team->lock);
    merge(context, part);
    if (team != NULL)
        omp_unset_lock(&team->lock);
}

#else /* one thread */

void rankloss__threads_run(const rankloss__batch *batch, int64_t begin, int64_t end, int32_t num_threads,
                           rankloss__lists_body body, void *context) {
    (void)batch;
    (void)num_threads;
    body(context, NULL, begin, end);
}

int rankloss__threads_for(const rankloss__batch *batch, int32_t num_threads) {
    (void)batch;
    (void)num_threads;
    return 1;
}

void rankloss__threads_share(size_t count, int threads, void (*body)(void *context, size_t begin, size_t end),
                             void *context) {
    (void)threads;
    body(context, 0, count);
}

void rankloss__team_merge(rankloss__team *team, void (*merge)(void *context, void *part), void *context, void *part) {
    (void)team;
    merge(context, part);
}

#endif

#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif

#include "schedule/threads.h"

#include <stdbool.h>

#include "cpu/fp_environment.h"

#if defined(_OPENMP)
#include <omp.h>
#if !defined(_WIN32)
#include <pthread.h>
#endif
#endif

struct rankloss__team {
#if defined(_OPENMP)
    omp_lock_t lock;
    bool shared;
#else
    char unused;
#endif
};

static void run_range(rankloss__team *team, rankloss__batch_body body, void *context, int64_t begin, int64_t end) {
    const rankloss__fp_environment caller = rankloss__fp_environment_enter();
    body(context, team, begin, end);
    rankloss__fp_environment_leave(caller);
}

#if defined(_OPENMP)

enum {
    /* A list costs about as much as this many items besides its own. */
    LIST_COST = 32,
    /* Work for which one more thread pays: starting a team costs about a microsecond. */
    COST_PER_THREAD = 16384,
};

/* The cost of all lists before a list: never decreasing, so that it can be searched. */
static int64_t cost_before(const rankloss__batch *batch, int64_t list) {
    const bool ragged = batch->ragged;
    const int64_t items = ragged ? rankloss__offset(batch, list) : list * batch->list_size;
    /* Counts near the end of the range, where lists hold nothing, must not wrap. */
    return list < INT64_MAX / (4 * LIST_COST) && items < INT64_MAX / 2 ? items + list * LIST_COST
                                                                       : INT64_MAX / 2 + list / 2;
}

/* The first list from `low` on before which there is this cost; `high` where there is none. */
static int64_t find_list(const rankloss__batch *batch, int64_t low, int64_t high, int64_t wanted) {
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (cost_before(batch, middle) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where one of equal parts of the lists from begin to before end begins. */
static int64_t cut(const rankloss__batch *batch, int64_t begin, int64_t end, int part, int parts) {
    const int64_t before = cost_before(batch, begin), total = cost_before(batch, end) - before;
    return part == parts ? end : find_list(batch, begin, end, before + total / parts * part);
}

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

static void run_team(const rankloss__batch *batch, int64_t begin, int64_t end, int size, rankloss__batch_body body,
                     void *context) {
    rankloss__team team = {.shared = true};
    omp_init_lock(&team.lock);
#pragma omp parallel num_threads(size)
    {
        const int parts = omp_get_num_threads(), part = omp_get_thread_num();
        const int64_t first = cut(batch, begin, end, part, parts), last = cut(batch, begin, end, part + 1, parts);
        if (first < last)
            run_range(&team, body, context, first, last);
    }
    omp_destroy_lock(&team.lock);
}

#endif

void rankloss__batch_run(const rankloss__batch *batch, int64_t begin, int64_t end, int32_t num_threads,
                         rankloss__batch_body body, void *context) {
#if defined(_OPENMP)
    int size = team_size(cost_before(batch, end) - cost_before(batch, begin), num_threads);
    if (size > end - begin)
        size = (int)(end - begin);
    if (size > 1) {
        run_team(batch, begin, end, size, body, context);
        return;
    }
#else
    (void)num_threads;
    (void)batch;
#endif
    rankloss__team alone = {0};
    run_range(&alone, body, context, begin, end);
}

int rankloss__batch_threads(const rankloss__batch *batch, int32_t num_threads) {
#if defined(_OPENMP)
    return team_size(cost_before(batch, batch->num_lists), num_threads);
#else
    (void)batch;
    (void)num_threads;
    return 1;
#endif
}

void rankloss__team_share(size_t count, int threads, void (*body)(void *context, size_t begin, size_t end),
                          void *context) {
#if defined(_OPENMP)
#pragma omp parallel num_threads(threads)
    {
        const size_t parts = (size_t)omp_get_num_threads(), part = (size_t)omp_get_thread_num();
        const size_t begin = count * part / parts, end = count * (part + 1) / parts;
        const rankloss__fp_environment caller = rankloss__fp_environment_enter();
        if (begin < end)
            body(context, begin, end);
        rankloss__fp_environment_leave(caller);
    }
#else
    (void)threads;
    body(context, 0, count);
#endif
}

void rankloss__team_merge(rankloss__team *team, void (*merge)(void *context, void *part), void *context, void *part) {
#if defined(_OPENMP)
    if (team->shared)
        omp_set_lock(&team->lock);
    merge(context, part);
    if (team->shared)
        omp_unset_lock(&team->lock);
#else
    (void)team;
    merge(context, part);
#endif
}

/*
 * Teams of threads by OpenMP, where the build has it; how many threads pay for a call; late teams; and fork().
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
#include "schedule/patience.h"

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

/* --- parts of the work, each on a thread of a team --- */

typedef void part_body(void *context, int part, int parts);

/* What each thread that calls the library has learnt from its teams. */
static _Thread_local rankloss__patience patience;

/*
 * A function of its own, since LLVM's libomp asks for the number of the caller's thread, and takes heap for it, where a
 * function that has a parallel region begins: a call on one thread takes none.
 */
__attribute__((noinline)) static void run_team(int size, part_body *body, void *context) {
    const double begin = omp_get_wtime();
    double own = 0;
#pragma omp parallel num_threads(size)
    {
        const int part = omp_get_thread_num();
        const rankloss__fp_environment environment = rankloss__fp_environment_enter();
        const double begin_of_part = omp_get_wtime();
        body(context, part, omp_get_num_threads());
        if (part == 0)
            own = omp_get_wtime() - begin_of_part;
        rankloss__fp_environment_leave(environment);
    }
    rankloss__patience_learn(&patience, size, own, omp_get_wtime() - begin);
}

static void run_alone(part_body *body, void *context) {
    const double begin = omp_get_wtime();
    body(context, 0, 1);
    const double all = omp_get_wtime() - begin;
    rankloss__patience_learn(&patience, 1, all, all);
}

/* Work that is worth a team of this size, in parts that make up the whole however many they are. */
static void run_parts(int size, part_body *body, void *context) {
    size = rankloss__patience_size(&patience, size);
    if (size > 1)
        run_team(size, body, context);
    else
        run_alone(body, context);
}

/* --- lists --- */

typedef struct shared_lists {
    const rankloss__batch *batch;
    int64_t begin, end;
    rankloss__lists_body body;
    void *context;
    rankloss__team team;
} shared_lists;

/* Where one of equal parts of the lists begins. */
static int64_t begin_of_lists(const shared_lists *lists, int part, int parts) {
    const int64_t before = rankloss__cost_before(lists->batch, lists->begin, LIST_COST);
    const int64_t total = rankloss__cost_before(lists->batch, lists->end, LIST_COST) - before;
    return part == parts ? lists->end
                         : rankloss__find_by_cost(lists->batch, lists->begin, lists->end, LIST_COST,
                                                  before + total / parts * part);
}

static void run_lists(void *context, int part, int parts) {
    shared_lists *lists = context;
    const int64_t first = begin_of_lists(lists, part, parts), last = begin_of_lists(lists, part + 1, parts);
    if (first < last)
        lists->body(lists->context, &lists->team, first, last);
}

void rankloss__threads_run(const rankloss__batch *batch, int64_t begin, int64_t end, int32_t num_threads,
                           rankloss__lists_body body, void *context) {
    const int64_t cost = rankloss__cost_before(batch, end, LIST_COST) - rankloss__cost_before(batch, begin, LIST_COST);
    int size = team_size(cost, num_threads);
    size = size < end - begin ? size : (int)(end - begin);
    if (size <= 1) {
        body(context, NULL, begin, end);
        return;
    }
    shared_lists lists = {.batch = batch, .begin = begin, .end = end, .body = body, .context = context};
    omp_init_lock(&lists.team.lock);
    run_parts(size, run_lists, &lists);
    omp_destroy_lock(&lists.team.lock);
}

int rankloss__threads_for(const rankloss__batch *batch, int32_t num_threads) {
    return team_size(rankloss__cost_before(batch, batch->num_lists, LIST_COST), num_threads);
}

/* --- the parts of one list --- */

typedef struct shared_range {
    size_t count;
    void (*body)(void *context, size_t begin, size_t end);
    void *context;
} shared_range;

static void run_range(void *context, int part, int parts) {
    const shared_range *range = context;
    const size_t begin = range->count * (size_t)part / (size_t)parts;
    const size_t end = range->count * (size_t)(part + 1) / (size_t)parts;
    if (begin < end)
        range->body(range->context, begin, end);
}

void rankloss__threads_share(size_t count, int threads, void (*body)(void *context, size_t begin, size_t end),
                             void *context) {
    shared_range range = {count, body, context};
    run_parts(threads, run_range, &range);
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

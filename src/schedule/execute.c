/*
 * Each list is computed by one thread, except those so long that the others would wait without such a list of their
 * own. Those are split over the threads, one after another, and the lists between them are divided among the threads.
 */
#include "schedule/execute.h"

#include "list/single_list.h"
#include "list/worker.h"
#include "schedule/list_queue.h"
#include "schedule/threads.h"

/* --- a list that is split over threads --- */

typedef struct shared_list {
    const rankloss__list *list;
    rankloss__part_body body;
    void *context;
} shared_list;

/* Not inlined, to keep a second scratch off the stack of the caller's thread. */
__attribute__((noinline)) static void run_parts_elsewhere(const shared_list *shared, size_t begin, size_t end) {
    rankloss__chunk_scratch scratch;
    rankloss__run_parts(shared->list, begin, end, &scratch, shared->body, shared->context);
}

/* No stretch is empty. The first is for the caller's thread, whose scratch is the list's own. */
static void run_stretch(void *context, size_t begin, size_t end) {
    const shared_list *shared = context;
    if (begin == 0)
        rankloss__run_parts(shared->list, begin, end, shared->list->scratch, shared->body, shared->context);
    else
        run_parts_elsewhere(shared, begin, end);
}

static void share_parts(const rankloss__part_runner *runner, const rankloss__list *list, rankloss__part_body body,
                        void *context) {
    shared_list shared = {list, body, context};
    const size_t parts = rankloss__count_parts(list);
    rankloss__threads_share(parts, parts < (size_t)runner->threads ? (int)parts : runner->threads, run_stretch,
                            &shared);
}

/* Not inlined, so that this scratch is not on the stack together with that of the other lists. */
__attribute__((noinline)) static void run_split_list(const rankloss__run *run, int64_t index, int threads) {
    const rankloss__part_runner runner = {share_parts, threads};
    rankloss__worker worker;
    worker.plan = run->plan;
    worker.runner = &runner;
    worker.streams.count = 0;
    if (run->plan->exceeds_own_cache)
        rankloss__streams_make(&worker.streams, run->plan, index, index + 1);
    worker.totals = (rankloss__totals){.loss = {.pending = 0}};
    rankloss__single_list_run(&worker, index, run->wanted);
    rankloss__totals_merge(run->totals, &worker.totals);
}

/*
 * Whether a list is so large a part of the batch that the others of two threads or more would be idle while one computes
 * it. Its bits are the same either way.
 */
static bool is_split(const rankloss__batch *batch, int64_t list, int threads) {
    const int64_t size = rankloss__list_size(batch, list);
    const int64_t items = batch->ragged ? rankloss__offset(batch, batch->num_lists) : batch->num_lists * size;
    return size >= RANKLOSS__SPLIT_SIZE && size > items / (2 * (int64_t)threads);
}

/* --- all lists --- */

void rankloss__execute(const rankloss__plan *plan, unsigned wanted, rankloss__totals *totals) {
    const rankloss__batch *batch = &plan->inputs.batch;
    const int threads = rankloss__threads_for(batch, plan->num_threads);
    rankloss__run run = {plan, wanted, totals};
    int64_t next = 0, split = 0;
    /* Dense lists: those that are left when each thread has as many whole ones as the others. */
    if (!batch->ragged && threads > 1 && is_split(batch, 0, threads))
        split = batch->num_lists % threads;
    for (; next < split; next++)
        run_split_list(&run, next, threads);
    /* A list to split is longer than the distance between two of these places, so each such list contains one. */
    for (int64_t place = 0; batch->ragged && threads > 1 && place <= 2 * (int64_t)threads; place++) {
        const int64_t item = rankloss__offset(batch, batch->num_lists) / (2 * (int64_t)threads) * place;
        const int64_t list = rankloss__find_by_cost(batch, 1, batch->num_lists, 0, item + 1) - 1;
        if (list < next || !is_split(batch, list, threads))
            continue;
        rankloss__threads_run(batch, next, list, plan->num_threads, rankloss__list_queue_run, &run);
        run_split_list(&run, list, threads);
        next = list + 1;
    }
    rankloss__threads_run(batch, next, batch->num_lists, plan->num_threads, rankloss__list_queue_run, &run);
}

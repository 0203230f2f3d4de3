/*
 * Lists are worked on by one thread each, but for those so long that the others would wait: these are split over threads,
 * one after the other, and the lists between them are shared out.
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

/* Not inlined, for the caller's thread not to have a second scratch on its stack. */
__attribute__((noinline)) static void run_parts_elsewhere(const shared_list *shared, size_t begin, size_t end) {
    rankloss__chunk_scratch scratch;
    rankloss__run_parts(shared->list, begin, end, &scratch, shared->body, shared->context);
}

/* None is empty. The first is the caller's thread's, which has a scratch that nobody else uses. */
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

/* Not inlined, for the loops over the other lists not to have this scratch below theirs. */
__attribute__((noinline)) static void run_split_list(const rankloss__run *run, int64_t index, int threads) {
    const rankloss__part_runner runner = {share_parts, threads};
    rankloss__worker worker;
    rankloss__worker_start(&worker, run->plan, &runner);
    rankloss__single_list_run(&worker, index, run->wanted);
    rankloss__totals_merge(run->totals, &worker.totals);
}

/*
 * Whether a list is so long a part of the batch that to give it to one thread would leave the others idle. Whoever
 * computes it, it has the same bits.
 */
static bool is_split(const rankloss__batch *batch, int64_t list, int threads) {
    const int64_t size = rankloss__list_size(batch, list);
    const int64_t items = batch->ragged ? rankloss__offset(batch, batch->num_lists) : batch->num_lists * size;
    return threads > 1 && size >= RANKLOSS__SPLIT_SIZE && size > items / (2 * threads);
}

/* --- all lists --- */

void rankloss__execute(const rankloss__plan *plan, unsigned wanted, rankloss__totals *totals) {
    const rankloss__batch *batch = &plan->inputs.batch;
    const int threads = rankloss__threads_for(batch, plan->num_threads);
    rankloss__run run = {plan, wanted, totals};
    int64_t next = 0;
    if (!batch->ragged)
        for (; next < batch->num_lists && is_split(batch, next, threads); next++)
            run_split_list(&run, next, threads);
    /* Lists to split are longer than the distance of these places, so that each has one. */
    for (int place = 0; batch->ragged && threads > 1 && place <= 2 * threads; place++) {
        const int64_t item = rankloss__offset(batch, batch->num_lists) / (2 * threads) * place;
        const int64_t list = rankloss__find_by_cost(batch, 1, batch->num_lists, 0, item + 1) - 1;
        if (list < next || !is_split(batch, list, threads))
            continue;
        rankloss__threads_run(batch, next, list, plan->num_threads, rankloss__list_queue_run, &run);
        run_split_list(&run, list, threads);
        next = list + 1;
    }
    rankloss__threads_run(batch, next, batch->num_lists, plan->num_threads, rankloss__list_queue_run, &run);
}

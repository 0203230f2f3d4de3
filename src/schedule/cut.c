#include "schedule/cut.h"

#include "list/single_list.h"
#include "schedule/queue.h"
#include "schedule/threads.h"

/* A list that many threads work on, each with a copy of it. */
typedef struct shared_list {
    const rankloss__list *list;
    rankloss__part_body body;
    void *context;
} shared_list;

static void run_parts(const shared_list *shared, size_t begin, size_t end, rankloss__scratch *scratch) {
    rankloss__list own = *shared->list;
    own.scratch = scratch;
    own.spread = NULL;
    own.loaded = SIZE_MAX;
    for (size_t part = begin; part < end; part++)
        rankloss__run_part(&own, part, shared->body, shared->context);
}

/* Not inlined, for the caller's thread not to have a second scratch on its stack. */
__attribute__((noinline)) static void run_parts_elsewhere(const shared_list *shared, size_t begin, size_t end) {
    rankloss__scratch scratch;
    run_parts(shared, begin, end, &scratch);
}

/* None is empty. The first is the caller's thread's, which has a scratch that nobody else uses. */
static void run_stretch(void *context, size_t begin, size_t end) {
    const shared_list *shared = context;
    if (begin == 0)
        run_parts(shared, begin, end, shared->list->scratch);
    else
        run_parts_elsewhere(shared, begin, end);
}

static void spread_parts(const rankloss__part_runner *spread, const rankloss__list *list, rankloss__part_body body,
                         void *context) {
    shared_list shared = {list, body, context};
    const size_t parts = rankloss__count_parts(list);
    const int threads = parts < (size_t)spread->threads ? (int)parts : (int)spread->threads;
    rankloss__team_share(parts, threads, run_stretch, &shared);
}

/* What run_cut() needs besides the number of the list. */
typedef struct cutting {
    rankloss__loop *shared;
    rankloss__part_runner spread;
} cutting;

static void run_cut(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    const cutting *known = context;
    rankloss__loop_thread self;
    (void)team;
    (void)end;
    self.loop = known->shared;
    self.spread = &known->spread;
    self.totals = (rankloss__totals){.loss = {.pending = 0}};
    rankloss__run_alone(&self, begin, known->shared->wanted);
    rankloss__totals_merge(&known->shared->totals, &self.totals);
}

static void run_cut_list(rankloss__loop *shared, int64_t index, int threads) {
    cutting context = {shared, {spread_parts, threads}};
    rankloss__batch_run(&shared->call->inputs.batch, index, index + 1, 1, run_cut, &context);
}

/*
 * Whether a list is so long a part of the batch that to give it to one thread would leave the others idle. Whoever
 * computes it, it has the same bits.
 */
static bool is_cut(const rankloss__batch *batch, int64_t list, int threads) {
    const int64_t size = rankloss__list_size(batch, list);
    const int64_t items = batch->ragged ? rankloss__offset(batch, batch->num_lists) : batch->num_lists * size;
    return threads > 1 && size >= RANKLOSS__SPLIT_SIZE && size > items / (2 * threads);
}

/* The list that has an item. */
static int64_t list_with(const rankloss__batch *batch, int64_t item) {
    int64_t low = 0, high = batch->num_lists - 1;
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (rankloss__offset(batch, middle) <= item)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Lists to cut are longer than the distance of these places, so that each has one. */
static int64_t place_of_cut(const rankloss__batch *batch, int place, int threads) {
    const int64_t items = rankloss__offset(batch, batch->num_lists);
    return list_with(batch, items / (2 * threads) * place);
}

void rankloss__run_all(rankloss__loop *shared) {
    const rankloss__batch *batch = &shared->call->inputs.batch;
    const int32_t num_threads = shared->call->num_threads;
    const int threads = rankloss__batch_threads(batch, num_threads);
    int64_t next = 0;
    if (!batch->ragged)
        for (; next < batch->num_lists && is_cut(batch, next, threads); next++)
            run_cut_list(shared, next, threads);
    for (int place = 0; batch->ragged && threads > 1 && place <= 2 * threads; place++) {
        const int64_t list = place_of_cut(batch, place, threads);
        if (list < next || !is_cut(batch, list, threads))
            continue;
        rankloss__batch_run(batch, next, list, num_threads, rankloss__run_lists, shared);
        run_cut_list(shared, list, threads);
        next = list + 1;
    }
    rankloss__batch_run(batch, next, batch->num_lists, num_threads, rankloss__run_lists, shared);
}

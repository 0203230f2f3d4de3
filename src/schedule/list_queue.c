/*
 * Which lists of a thread are computed together. Of a dense batch those that follow one another. In a ragged one short
 * lists wait for others of their size, or about it, since a lane is idle once its list has ended; longer ones wait for a
 * full group. The choice of neighbours changes no bit.
 */
#include "schedule/list_queue.h"

#include "list/list_group.h"
#include "list/single_list.h"

enum { LANES = RANKLOSS__LANES, BIN_WIDTH = 8, BINS = RANKLOSS__FEW + (RANKLOSS__SHORT - RANKLOSS__FEW) / BIN_WIDTH };

/* Lists that wait. */
typedef struct waiting_lists {
    int count;
    int64_t items; /* of all of them, each rounded up to whole lanes */
    int64_t lists[LANES];
} waiting_lists;

typedef struct list_queue {
    const rankloss__run *run;
    rankloss__worker worker;
    rankloss__list_group group;
    int64_t most_side_by_side;
    /* What is wanted of each list by itself, before the gradient may overwrite its logits: RANKLOSS__WANT_STATE or 0. */
    unsigned state;
    unsigned wanted; /* of a group: all else */
    waiting_lists side_by_side;
    waiting_lists bins[BINS]; /* interleaved, see bin_of() */
} list_queue;

/* A bin for each size up to RANKLOSS__FEW, then one for sizes of 17 to 24, of 25 to 32, ... */
static int64_t bin_of(int64_t size) {
    return size <= RANKLOSS__FEW ? size - 1 : RANKLOSS__FEW + (size - RANKLOSS__FEW - 1) / BIN_WIDTH;
}

static void run_waiting(list_queue *queue, rankloss__layout layout, waiting_lists *waiting) {
    if (waiting->count > 0)
        (void)rankloss__list_group_run(&queue->group, &queue->worker, layout, waiting->lists, waiting->count,
                                       queue->wanted);
    waiting->count = 0;
    waiting->items = 0;
}

/* Whatever still waits; in the bins neighbouring sizes together. */
static void run_all_waiting(list_queue *queue) {
    waiting_lists left = {.count = 0};
    run_waiting(queue, RANKLOSS__SIDE_BY_SIDE, &queue->side_by_side);
    for (int b = 0; b < BINS; b++)
        for (int k = 0; k < queue->bins[b].count; k++) {
            left.lists[left.count++] = queue->bins[b].lists[k];
            if (left.count == LANES)
                run_waiting(queue, RANKLOSS__INTERLEAVED, &left);
        }
    run_waiting(queue, RANKLOSS__INTERLEAVED, &left);
}

/* Lists of one size, which need not wait for one another. */
static void run_dense(list_queue *queue, int64_t begin, int64_t end) {
    const int64_t size = queue->run->plan->inputs.batch.list_size;
    const rankloss__layout layout = rankloss__layout_of(size, queue->most_side_by_side);
    int64_t together = LANES, lists[LANES];
    if (layout == RANKLOSS__ALONE) {
        for (int64_t i = begin; i < end; i++)
            rankloss__single_list_run(&queue->worker, i, queue->run->wanted);
        return;
    }
    const int64_t fit = queue->most_side_by_side / RANKLOSS__WHOLE_LANES(size);
    if (layout == RANKLOSS__SIDE_BY_SIDE && fit < LANES)
        together = fit;
    for (int64_t i = begin; i < end; i += together) {
        const int count = (int)(end - i < together ? end - i : together);
        for (int k = 0; k < count; k++) {
            lists[k] = i + k;
            if (queue->state != 0)
                rankloss__single_list_run(&queue->worker, i + k, queue->state);
        }
        (void)rankloss__list_group_run(&queue->group, &queue->worker, layout, lists, count, queue->wanted);
    }
}

static void run_ragged(list_queue *queue, int64_t begin, int64_t end) {
    const rankloss__batch *batch = &queue->run->plan->inputs.batch;
    for (int64_t i = begin; i < end; i++) {
        const int64_t size = rankloss__list_size(batch, i);
        const rankloss__layout layout = rankloss__layout_of(size, queue->most_side_by_side);
        if (layout == RANKLOSS__ALONE) {
            rankloss__single_list_run(&queue->worker, i, queue->run->wanted);
            continue;
        }
        if (queue->state != 0)
            rankloss__single_list_run(&queue->worker, i, queue->state);
        if (queue->worker.streams.count > 0)
            rankloss__streams_pass(&queue->worker.streams, rankloss__offset(batch, i));
        const int64_t items = RANKLOSS__WHOLE_LANES(size);
        waiting_lists *waiting = layout == RANKLOSS__INTERLEAVED ? &queue->bins[bin_of(size)] : &queue->side_by_side;
        if (layout == RANKLOSS__SIDE_BY_SIDE && waiting->items + items > queue->most_side_by_side)
            run_waiting(queue, layout, waiting);
        waiting->lists[waiting->count++] = i;
        waiting->items += items;
        if (waiting->count == LANES)
            run_waiting(queue, layout, waiting);
    }
    run_all_waiting(queue);
}

static void start(list_queue *queue, const rankloss__run *run, int64_t begin, int64_t end) {
    queue->run = run;
    queue->state = run->wanted & RANKLOSS__WANT_STATE;
    queue->wanted = run->wanted & ~queue->state;
    /* Each is computed alone where lists are stretches of others, and where only the states are wanted. */
    const bool alone = run->plan->inputs.whole != NULL || queue->wanted == 0;
    queue->most_side_by_side = alone ? 0 : rankloss__most_side_by_side(&run->plan->inputs);
    queue->side_by_side = (waiting_lists){.count = 0};
    for (int b = 0; b < BINS; b++)
        queue->bins[b].count = 0, queue->bins[b].items = 0;
    queue->worker.plan = run->plan;
    queue->worker.runner = NULL;
    queue->worker.totals = (rankloss__totals){.loss = {.pending = 0}};
    queue->worker.losses = (rankloss__split_sum){.times = 0};
    queue->worker.streams.count = 0;
    if (run->plan->exceeds_own_cache)
        rankloss__streams_make(&queue->worker.streams, run->plan, begin, end);
    rankloss__list_group_make(&queue->group, &queue->worker);
}

void rankloss__list_queue_run(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    const rankloss__run *run = context;
    const rankloss__plan *plan = run->plan;
    list_queue queue; /* not by an initialiser, which would clear the scratch */
    start(&queue, run, begin, end);
    if (plan->inputs.batch.ragged)
        run_ragged(&queue, begin, end);
    else
        run_dense(&queue, begin, end);
    rankloss__split_sum_end(&queue.worker.losses, &queue.worker.totals.loss);
    if (plan->reduction != RANKLOSS_NONE || plan->adds_losses)
        rankloss__team_merge(team, rankloss__totals_merge, run->totals, &queue.worker.totals);
}

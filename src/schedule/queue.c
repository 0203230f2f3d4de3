#include "schedule/queue.h"

#include "list/short.h"
#include "list/single_list.h"

enum { LANES = RANKLOSS__LANES };

/* --- lists as they lie in memory, in groups --- */

typedef struct group {
    int count;
    int64_t items; /* of the lists, each rounded up to whole lanes */
    int64_t lists[LANES];
} group;

/* A group waits until the next one is full, so that its inputs have the time to arrive from memory. */
typedef struct groups {
    group before, latest;
} groups;

static void run_group(rankloss__loop_thread *self, group *waiting) {
    const rankloss__loop *loop = self->loop;
    rankloss__losses sums;
    const int count = waiting->count;
    waiting->count = 0;
    waiting->items = 0;
    if (count == 0)
        return;
    const unsigned held = rankloss__direct_run(&loop->direct, waiting->lists, count, &self->scratch, &sums);
    if (held == (1u << count) - 1u) {
        if ((loop->wanted & RANKLOSS__WANT_LOSS) != 0)
            rankloss__split_sum_add(&self->losses, sums.loss.at, count, &self->totals.loss);
        return;
    }
    for (int k = 0; k < count; k++)
        if ((held >> k & 1u) == 0)
            rankloss__run_alone(self, waiting->lists[k], loop->wanted);
        else if ((loop->wanted & RANKLOSS__WANT_LOSS) != 0)
            rankloss__exact_sum_add(&self->totals.loss, sums.loss.at[k]);
}

/* A list that is too long for a bundle: it waits for others as long as the scratch has room for all of them. */
static void run_long(rankloss__loop_thread *self, groups *waiting, int64_t index, int64_t size) {
    const rankloss__loop *loop = self->loop;
    const int64_t items = (size + LANES - 1) / LANES * LANES;
    if (size == 0 || items > loop->direct.most) {
        rankloss__run_alone(self, index, loop->wanted);
        return;
    }
    if (loop->large)
        rankloss__prefetch(&loop->call->inputs, loop->outputs, index, 1);
    if (waiting->latest.count == LANES || waiting->latest.items + items > loop->direct.most) {
        run_group(self, &waiting->before);
        waiting->before = waiting->latest;
        waiting->latest = (group){.count = 0};
    }
    waiting->latest.lists[waiting->latest.count++] = index;
    waiting->latest.items += items;
}

static void run_groups(rankloss__loop_thread *self, groups *waiting) {
    run_group(self, &waiting->before);
    run_group(self, &waiting->latest);
}

/* --- the loop --- */

/*
 * Short lists wait for company of about their size, each bin taking eight sizes. The company changes no bit, but lanes
 * that have ended are idle.
 */
enum { BIN_WIDTH = 8, BINS = RANKLOSS__INTERLEAVED_SIZE / BIN_WIDTH };

typedef struct bin {
    int count;
    int64_t lists[LANES];
} bin;

/* Adds a list to its bin, and runs it when it is full. */
static void run_short(rankloss__loop_thread *self, rankloss__bundle *bundle, bin bins[BINS], int64_t index,
                      int64_t size) {
    bin *into = &bins[(size - 1) / BIN_WIDTH];
    if (self->loop->large)
        rankloss__prefetch(bundle->inputs, self->loop->outputs, index, 1);
    into->lists[into->count++] = index;
    if (into->count == LANES) {
        rankloss__run_bundle(self, bundle, into->lists, LANES);
        into->count = 0;
    }
}

/* Runs those that are still waiting, neighbouring sizes together. */
static void run_rest(rankloss__loop_thread *self, rankloss__bundle *bundle, const bin bins[BINS]) {
    int64_t lists[LANES];
    int count = 0;
    for (int b = 0; b < BINS; b++)
        for (int k = 0; k < bins[b].count; k++) {
            lists[count++] = bins[b].lists[k];
            if (count == LANES) {
                rankloss__run_bundle(self, bundle, lists, LANES);
                count = 0;
            }
        }
    if (count > 0)
        rankloss__run_bundle(self, bundle, lists, count);
}

static void run_ragged(rankloss__loop_thread *self, int64_t begin, int64_t end) {
    const rankloss__inputs *inputs = &self->loop->call->inputs;
    rankloss__bundle bundle;
    bin bins[BINS];
    groups waiting = {.before = {.count = 0}};
    rankloss__bundle_make(&bundle, inputs, &self->scratch);
    for (int b = 0; b < BINS; b++)
        bins[b].count = 0;
    for (int64_t i = begin; i < end; i++) {
        const int64_t size = rankloss__list_size(&inputs->batch, i);
        if (rankloss__is_short(size))
            run_short(self, &bundle, bins, i, size);
        else
            run_long(self, &waiting, i, size);
    }
    run_groups(self, &waiting);
    run_rest(self, &bundle, bins);
}

static void run_dense(rankloss__loop_thread *self, int64_t begin, int64_t end) {
    const rankloss__inputs *inputs = &self->loop->call->inputs;
    const int64_t size = inputs->batch.list_size;
    groups waiting = {.before = {.count = 0}};
    for (int64_t i = begin; i < end; i++)
        run_long(self, &waiting, i, size);
    run_groups(self, &waiting);
}

/* A dense batch of short lists, which need not wait for one another. */
static void run_dense_short(rankloss__loop_thread *self, int64_t begin, int64_t end) {
    const rankloss__inputs *inputs = &self->loop->call->inputs;
    rankloss__bundle bundle;
    int64_t lists[LANES];
    rankloss__bundle_make(&bundle, inputs, &self->scratch);
    for (int64_t i = begin; i < end; i += LANES) {
        const int count = end - i < LANES ? (int)(end - i) : LANES;
        for (int k = 0; k < count; k++)
            lists[k] = i + k;
        if (self->loop->large && end - i >= 2 * LANES)
            rankloss__prefetch(inputs, self->loop->outputs, i + LANES, LANES);
        rankloss__run_bundle(self, &bundle, lists, count);
    }
}

void rankloss__run_lists(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    rankloss__loop *shared = context;
    rankloss__loop_thread self;
    self.loop = shared;
    self.spread = NULL;
    self.totals = (rankloss__totals){.loss = {.pending = 0}};
    self.losses = (rankloss__split_sum){.added = 0};
    const rankloss__batch *batch = &shared->call->inputs.batch;
    if (batch->ragged)
        run_ragged(&self, begin, end);
    else if (rankloss__is_short(batch->list_size))
        run_dense_short(&self, begin, end);
    else
        run_dense(&self, begin, end);
    rankloss__split_sum_settle(&self.losses, &self.totals.loss);
    if (shared->call->reduction != RANKLOSS_NONE)
        rankloss__team_merge(team, rankloss__totals_merge, &shared->totals, &self.totals);
}

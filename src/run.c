#include "run.h"

#include "batch.h"
#include "bundle.h"
#include "convert.h"
#include "cpu/cache.h"
#include "direct.h"

enum { LANES = RANKLOSS__LANES };

/* What is computed of a list, a bit each: the derivatives by their number, and these. */
enum {
    LOSS = 1u << RANKLOSS__NUM_DERIVATIVES,
    JVP = LOSS << 1,
    GRAD_LOGITS = 1u << RANKLOSS__GRAD_LOGITS,
    HESS_LOGITS = 1u << RANKLOSS__HESS_LOGITS,
    LOSS_TO_REDUCER = LOSS << 2, /* instead of everything else */
    DERIVATIVES = LOSS - 1
};

/* A call being run, shared by the threads; totals are merged under a lock. */
typedef struct batch_loop {
    rankloss__call *call;
    unsigned wanted;
    bool one_upstream; /* all lists have call->upstream, and these factors */
    bool large;        /* what is read and written does not stay in the cache */
    bool plain;        /* losses are added up, and every list whose sums hold has the derivatives from them */
    rankloss__factors factors;
    rankloss__direct direct;
    const rankloss__view *outputs[2]; /* the derivatives that are written most often, as far as they are wanted */
    rankloss__totals totals;
} batch_loop;

/* One thread's part of it. */
typedef struct loop_thread {
    const batch_loop *loop;
    const rankloss__spread *spread; /* of the lists that are cut over threads; otherwise NULL */
    rankloss__totals totals;
    rankloss__scratch scratch;
} loop_thread;

/* --- what a list yields --- */

static void write_per_list(const rankloss__call *call, const rankloss__view *view, const rankloss__place *place,
                           double value) {
    char *at = rankloss__view_at(view, &call->inputs.batch, place);
    if (at != NULL)
        rankloss__store_one(view->dtype, at, 0, value);
}

static void emit_loss(loop_thread *self, const rankloss__place *place, double loss, bool counted) {
    const rankloss__call *call = self->loop->call;
    if ((self->loop->wanted & LOSS_TO_REDUCER) != 0) {
        call->custom.losses[place->list] = loss;
        call->custom.counted[place->list] = counted;
    } else if (call->reduction == RANKLOSS_NONE) {
        write_per_list(call, &call->loss, place, loss);
    } else if (counted) {
        rankloss__exact_sum_add(&self->totals.loss, loss);
    }
}

static void emit_jvp(loop_thread *self, const rankloss__place *place, double jvp, bool counted) {
    const rankloss__call *call = self->loop->call;
    if (call->reduction == RANKLOSS_NONE)
        write_per_list(call, &call->jvp, place, jvp);
    else if (call->reduction == RANKLOSS_CUSTOM && counted)
        rankloss__exact_sum_add(&self->totals.jvp, call->custom.d_losses[place->list] * jvp);
    else if (counted)
        rankloss__exact_sum_add(&self->totals.jvp, jvp);
}

/* --- a list alone --- */

static void derive_alone(loop_thread *self, rankloss__list *list, const rankloss__forward *forward, unsigned wanted) {
    const rankloss__call *call = self->loop->call;
    rankloss__upstream own;
    rankloss__factors own_factors;
    const bool shared = self->loop->one_upstream;
    if (!shared) {
        own = rankloss__call_upstream(call, &list->place);
        own_factors = rankloss__factors_of(&own);
    }
    rankloss__sink sinks[RANKLOSS__NUM_DERIVATIVES];
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        sinks[which].kind = RANKLOSS__SINK_ABSENT;
        if ((wanted >> which & 1u) != 0)
            sinks[which] = rankloss__sink_make(&call->derivatives[which], &call->inputs.batch, &list->place,
                                               self->scratch.rows.f64);
    }
    rankloss__derivatives(list, forward, shared ? &call->upstream : &own, shared ? &self->loop->factors : &own_factors,
                          sinks);
}

/* A contiguous output of floats other than the logits, in which a long list can keep its exponentials for a while. */
static float *find_store(const rankloss__call *call, const rankloss__list *list, unsigned wanted) {
    if ((int64_t)(list->size * sizeof(float)) > rankloss__cache_size() / 4)
        return NULL; /* to compute them again is cheaper than to write them and read them */
    for (int which = RANKLOSS__HESS_LOGITS; which <= RANKLOSS__GRAD_LOGITS; which++) {
        const rankloss__view *view = &call->derivatives[which];
        if ((wanted >> which & 1u) == 0 || view->dtype != RANKLOSS_F32 || view->item_stride != 1)
            continue;
        char *at = rankloss__view_at(view, &call->inputs.batch, &list->place);
        if (at != list->at.logits)
            return (float *)(void *)at;
    }
    return NULL;
}

/* The jvp comes before the gradient, which may overwrite the logits. */
static void run_alone(loop_thread *self, int64_t index, unsigned wanted) {
    rankloss__list list;
    rankloss__forward forward;
    rankloss__list_open(&list, &self->loop->call->inputs, index, &self->scratch);
    list.spread = self->spread;
    if (list.size > RANKLOSS__KEEP && !self->loop->call->inputs.is_f64)
        list.store = find_store(self->loop->call, &list, wanted);
    rankloss__forward_list(&list, &forward);
    const bool counted = forward.path != RANKLOSS__EMPTY;
    if ((wanted & (LOSS | LOSS_TO_REDUCER)) != 0)
        emit_loss(self, &list.place, forward.loss, counted);
    if ((wanted & JVP) != 0)
        emit_jvp(self, &list.place, rankloss__jvp(&list, &forward), counted);
    if ((wanted & DERIVATIVES) != 0)
        derive_alone(self, &list, &forward, wanted);
}

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

static void run_group(loop_thread *self, group *waiting) {
    const batch_loop *loop = self->loop;
    rankloss__loss sums;
    const int count = waiting->count;
    waiting->count = 0;
    waiting->items = 0;
    if (count == 0)
        return;
    const unsigned held = rankloss__direct_run(&loop->direct, waiting->lists, count, &self->scratch, &sums);
    for (int k = 0; k < count; k++)
        if ((held >> k & 1u) == 0)
            run_alone(self, waiting->lists[k], loop->wanted);
        else if ((loop->wanted & LOSS) != 0)
            rankloss__exact_sum_add(&self->totals.loss, sums.loss.at[k]);
}

/* A list that is too long for a bundle: it waits for others as long as the scratch has room for all of them. */
static void run_long(loop_thread *self, groups *waiting, int64_t index, int64_t size) {
    const batch_loop *loop = self->loop;
    const int64_t items = (size + LANES - 1) / LANES * LANES;
    if (size == 0 || items > loop->direct.most) {
        run_alone(self, index, loop->wanted);
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

static void run_groups(loop_thread *self, groups *waiting) {
    run_group(self, &waiting->before);
    run_group(self, &waiting->latest);
}

/* --- short lists in bundles --- */

static void set_lane(rankloss__factors *factors, int lane, const rankloss__upstream *upstream) {
    factors->first.hi[lane] = upstream->first.hi;
    factors->first.lo[lane] = upstream->first.lo;
    factors->second.hi[lane] = upstream->second.hi;
    factors->second.lo[lane] = upstream->second.lo;
    factors->labels.at[lane] = upstream->labels;
}

/* own: where lists that do not share theirs have it. */
static void find_upstream(const batch_loop *loop, const rankloss__bundle *bundle, rankloss__upstream own[LANES],
                          const rankloss__upstream *upstream[LANES], rankloss__factors *factors) {
    for (int k = 0; k < LANES; k++) {
        upstream[k] = loop->one_upstream ? &loop->call->upstream : &own[k];
        if (loop->one_upstream)
            continue;
        own[k] = rankloss__call_upstream(loop->call, &bundle->places[k]);
        set_lane(factors, k, &own[k]);
    }
}

/* Emits what the bundle has of losses and jvps; missing: for each list, what it has not. */
static void emit_of_bundle(loop_thread *self, const rankloss__bundle *bundle, unsigned missing[LANES]) {
    const unsigned wanted = self->loop->wanted;
    rankloss__lane jvp;
    const unsigned with_jvp = (wanted & JVP) != 0 ? rankloss__bundle_jvp(bundle, &jvp) : 0;
    for (int k = 0; k < bundle->count; k++) {
        const bool held = (bundle->held >> k & 1u) != 0, jvp_fits = (with_jvp >> k & 1u) != 0;
        if (held && (wanted & (LOSS | LOSS_TO_REDUCER)) != 0)
            emit_loss(self, &bundle->places[k], bundle->sums.loss.at[k], true);
        if (jvp_fits)
            emit_jvp(self, &bundle->places[k], jvp.at[k], true);
        missing[k] = (held ? 0 : wanted) | (jvp_fits ? 0 : wanted & JVP);
    }
}

static void write_derivatives(const loop_thread *self, const rankloss__bundle *bundle, const rankloss__factors *factors,
                              const unsigned fits[RANKLOSS__NUM_DERIVATIVES]) {
    const rankloss__call *call = self->loop->call;
    const bool second = fits[RANKLOSS__HESS_LOGITS] != 0 || fits[RANKLOSS__HVP_LOGITS] != 0;
    rankloss__terms terms;
    call->inputs.kernels->terms(&bundle->folded, &bundle->sums, factors, second, &terms);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (fits[which] != 0)
            rankloss__bundle_write(bundle, (rankloss__derivative)which, &call->derivatives[which], &terms, fits[which]);
}

/*
 * What a list cannot have from the bundle it computes alone. That uses the same scratch, and it may overwrite logits, so
 * it comes between what needs only sums and the derivatives, for which the bundle is then read again.
 */
static void finish_bundle(loop_thread *self, rankloss__bundle *bundle, const int64_t *lists) {
    const batch_loop *loop = self->loop;
    rankloss__upstream own[LANES];
    const rankloss__upstream *upstream[LANES];
    rankloss__factors factors;
    unsigned missing[LANES], fits[RANKLOSS__NUM_DERIVATIVES], any_missing = 0;
    emit_of_bundle(self, bundle, missing);
    if ((loop->wanted & DERIVATIVES) != 0)
        find_upstream(loop, bundle, own, upstream, &factors);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++) {
        const bool wanted = (loop->wanted >> which & 1u) != 0;
        fits[which] = wanted ? rankloss__bundle_fits(bundle, (rankloss__derivative)which, upstream) : 0;
        for (int k = 0; k < bundle->count && wanted; k++)
            missing[k] |= (fits[which] >> k & 1u) == 0 ? 1u << which : 0;
    }
    for (int k = 0; k < bundle->count; k++) {
        any_missing |= missing[k];
        if (missing[k] != 0)
            run_alone(self, lists[k], missing[k]);
    }
    if ((loop->wanted & DERIVATIVES) == 0)
        return;
    if (any_missing != 0) {
        const unsigned held = bundle->held;
        rankloss__bundle_read(bundle, lists, bundle->count);
        rankloss__bundle_forward(bundle);
        bundle->held = held;
    }
    write_derivatives(self, bundle, loop->one_upstream ? &loop->factors : &factors, fits);
}

static void run_bundle(loop_thread *self, rankloss__bundle *bundle, const int64_t *lists, int count) {
    const batch_loop *loop = self->loop;
    rankloss__bundle_read(bundle, lists, count);
    rankloss__bundle_forward(bundle);
    if (!loop->plain || bundle->held != (1u << count) - 1u) {
        finish_bundle(self, bundle, lists);
        return;
    }
    /* Nothing can be missing. */
    if ((loop->wanted & LOSS) != 0)
        rankloss__exact_sum_add_all(&self->totals.loss, bundle->sums.loss.at, count);
    if ((loop->wanted & DERIVATIVES) != 0) {
        unsigned fits[RANKLOSS__NUM_DERIVATIVES];
        for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
            fits[which] = (loop->wanted >> which & 1u) != 0 ? bundle->held : 0;
        write_derivatives(self, bundle, &loop->factors, fits);
    }
}

/* --- the loop --- */

/*
 * Short lists wait for company of about their size, each bin taking eight sizes. The company changes no bit, but lanes
 * that have ended are idle.
 */
enum { BIN_WIDTH = 8, BINS = RANKLOSS__SHORT / BIN_WIDTH };

typedef struct bin {
    int count;
    int64_t lists[LANES];
} bin;

/* Adds a list to its bin, and runs it when it is full. */
static void run_short(loop_thread *self, rankloss__bundle *bundle, bin bins[BINS], int64_t index, int64_t size) {
    bin *into = &bins[(size - 1) / BIN_WIDTH];
    if (self->loop->large)
        rankloss__prefetch(bundle->inputs, self->loop->outputs, index, 1);
    into->lists[into->count++] = index;
    if (into->count == LANES) {
        run_bundle(self, bundle, into->lists, LANES);
        into->count = 0;
    }
}

/* Runs those that are still waiting, neighbouring sizes together. */
static void run_rest(loop_thread *self, rankloss__bundle *bundle, const bin bins[BINS]) {
    int64_t lists[LANES];
    int count = 0;
    for (int b = 0; b < BINS; b++)
        for (int k = 0; k < bins[b].count; k++) {
            lists[count++] = bins[b].lists[k];
            if (count == LANES) {
                run_bundle(self, bundle, lists, LANES);
                count = 0;
            }
        }
    if (count > 0)
        run_bundle(self, bundle, lists, count);
}

static void run_ragged(loop_thread *self, int64_t begin, int64_t end) {
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

static void run_dense(loop_thread *self, int64_t begin, int64_t end) {
    const rankloss__inputs *inputs = &self->loop->call->inputs;
    const int64_t size = inputs->batch.list_size;
    groups waiting = {.before = {.count = 0}};
    for (int64_t i = begin; i < end; i++)
        run_long(self, &waiting, i, size);
    run_groups(self, &waiting);
}

/* A dense batch of short lists, which need not wait for one another. */
static void run_dense_short(loop_thread *self, int64_t begin, int64_t end) {
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
        run_bundle(self, &bundle, lists, count);
    }
}

static void run_lists(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    batch_loop *shared = context;
    loop_thread self;
    self.loop = shared;
    self.spread = NULL;
    self.totals = (rankloss__totals){.loss = {.pending = 0}};
    const rankloss__batch *batch = &shared->call->inputs.batch;
    if (batch->ragged)
        run_ragged(&self, begin, end);
    else if (rankloss__is_short(batch->list_size))
        run_dense_short(&self, begin, end);
    else
        run_dense(&self, begin, end);
    if (shared->call->reduction != RANKLOSS_NONE)
        rankloss__team_merge(team, rankloss__totals_merge, &shared->totals, &self.totals);
}

/* --- lists that are cut over threads --- */

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

/* The first stretch is the caller's thread's, which has a scratch that nobody else uses. */
static void run_stretch(void *context, size_t begin, size_t end) {
    const shared_list *shared = context;
    if (begin == 0)
        run_parts(shared, begin, end, shared->list->scratch);
    else
        run_parts_elsewhere(shared, begin, end);
}

static void spread_parts(const rankloss__spread *spread, const rankloss__list *list, rankloss__part_body body,
                         void *context) {
    shared_list shared = {list, body, context};
    rankloss__team_share(rankloss__count_parts(list), (int)spread->threads, run_stretch, &shared);
}

/* What run_cut() needs besides the number of the list. */
typedef struct cutting {
    batch_loop *shared;
    rankloss__spread spread;
} cutting;

static void run_cut(void *context, rankloss__team *team, int64_t begin, int64_t end) {
    const cutting *known = context;
    loop_thread self;
    (void)team;
    (void)end;
    self.loop = known->shared;
    self.spread = &known->spread;
    self.totals = (rankloss__totals){.loss = {.pending = 0}};
    run_alone(&self, begin, known->shared->wanted);
    rankloss__totals_merge(&known->shared->totals, &self.totals);
}

static void run_cut_list(batch_loop *shared, int64_t index, int threads) {
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
    return threads > 1 && size >= RANKLOSS__CUT && size > items / (2 * threads);
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

static void run_all(batch_loop *shared) {
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
        rankloss__batch_run(batch, next, list, num_threads, run_lists, shared);
        run_cut_list(shared, list, threads);
        next = list + 1;
    }
    rankloss__batch_run(batch, next, batch->num_lists, num_threads, run_lists, shared);
}

void rankloss__run_losses(rankloss__call *call) {
    batch_loop shared = {.call = call, .wanted = LOSS_TO_REDUCER};
    run_all(&shared);
}

/* --- everything else --- */

/* Lists without items yield nothing, however many there are, unless something is written for each list. */
static bool nothing_per_list(const rankloss__call *call) {
    const bool dense = !call->inputs.batch.ragged;
    bool per_list = call->reduction == RANKLOSS_NONE;
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        per_list |= call->derivatives[which].present && call->derivatives[which].data != NULL;
    return dense && call->inputs.batch.list_size == 0 && !per_list;
}

/* Bytes of a view that has an element for each item. */
static int64_t bytes_of(const rankloss__view *view, int64_t items) {
    return view->data != NULL && view->item_stride != 0 && items < INT64_MAX / 64 ? items * view->element_size : 0;
}

/* What the call reads and writes of the items. */
static int64_t traffic_of(const rankloss__call *call) {
    const rankloss__inputs *in = &call->inputs;
    const rankloss__batch *batch = &in->batch;
    const bool fits = batch->ragged || batch->list_size == 0 || batch->num_lists < (INT64_MAX / 64) / batch->list_size;
    const int64_t dense = fits ? batch->num_lists * batch->list_size : 0;
    const int64_t items = batch->ragged ? rankloss__offset(batch, batch->num_lists) : dense;
    int64_t bytes = bytes_of(&in->logits, items) + bytes_of(&in->labels, items) + bytes_of(&in->weights, items) +
                    bytes_of(&in->where, items);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        bytes += bytes_of(&call->derivatives[which], items);
    return bytes;
}

static unsigned wanted_of(const rankloss__call *call) {
    unsigned wanted = (call->loss.present ? LOSS : 0) | (call->wants_jvp ? JVP : 0);
    for (int which = 0; which < RANKLOSS__NUM_DERIVATIVES; which++)
        if (call->derivatives[which].data != NULL && !call->across_lists[which])
            wanted |= 1u << which;
    return wanted;
}

void rankloss__run(rankloss__call *call) {
    batch_loop shared = {.call = call, .wanted = wanted_of(call)};
    shared.one_upstream =
        call->reduction != RANKLOSS_CUSTOM && (call->reduction != RANKLOSS_NONE || !call->cotangent.present);
    shared.factors = rankloss__factors_of(&call->upstream);
    shared.plain = shared.one_upstream && call->upstream.ordinary &&
                   (call->reduction == RANKLOSS_SUM || call->reduction == RANKLOSS_MEAN) &&
                   (shared.wanted & ~(unsigned)(LOSS | GRAD_LOGITS | HESS_LOGITS)) == 0;
    int outputs = 0;
    if ((shared.wanted & GRAD_LOGITS) != 0)
        shared.outputs[outputs++] = &call->derivatives[RANKLOSS__GRAD_LOGITS];
    if ((shared.wanted & HESS_LOGITS) != 0)
        shared.outputs[outputs++] = &call->derivatives[RANKLOSS__HESS_LOGITS];
    shared.large = traffic_of(call) > rankloss__cache_size();
    if (shared.plain)
        shared.direct = rankloss__direct_make(&call->inputs, &call->derivatives[RANKLOSS__GRAD_LOGITS],
                                              &call->derivatives[RANKLOSS__HESS_LOGITS], &shared.factors);
    if (!nothing_per_list(call))
        run_all(&shared);
    if (call->reduction == RANKLOSS_NONE)
        return;
    if (call->reduction == RANKLOSS_CUSTOM)
        rankloss__write_number(&call->loss, call->custom.reduced);
    else
        rankloss__write_quotient(&call->loss, &shared.totals.loss, call->counted);
    rankloss__write_quotient(&call->jvp, &shared.totals.jvp, call->counted);
}

/*
 * Measures the calls of a set in turn with the limits of the machine, again where other processes disturbed them.
 */
#include "set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "reference.h"
#include "support.h"

/* So many exponentials that starting the threads is little beside them. */
enum { MAX_LIMITS = 8, NUM_EXPS = 1 << 23, MAX_ATTEMPTS = 3 };

/* Waking the threads costs some of it, too, where they sleep between calls. */
#define MIN_QUIET_SHARE 0.85

/* What the machine does at best with a number of threads. */
typedef struct limit {
    bench_triad triad;
    bench_exps exps;
    bench_timing triad_timing, exps_timing; /* nanoseconds an item */
} limit;

typedef struct machine_limits {
    size_t count;
    limit of[MAX_LIMITS];
} machine_limits;

bench_set *bench_set_begin(const char *group, bench_data *data) {
    bench_set *set = bench_allocate(1, sizeof *set);
    set->group = group;
    set->data = data;
    return set;
}

void bench_set_add(bench_set *set, const bench_inputs *inputs, bench_work work, int threads,
                   const bench_library *library) {
    if (set->num_calls == BENCH_MAX_CALLS)
        bench_fail("more than %d calls in a set", BENCH_MAX_CALLS);
    bench_call *call = &set->calls[set->num_calls++];
    *call = (bench_call){.data = set->data, .inputs = *inputs, .work = work, .threads = threads};
    if (library != NULL)
        call->library = *library;
}

static double most_bytes(const bench_set *set) {
    double most = 0.0;
    for (size_t k = 0; k < set->num_calls; k++)
        most = fmax(most, bench_call_bytes(&set->calls[k]));
    return most;
}

static limit *find_limit(machine_limits *limits, int threads) {
    for (size_t k = 0; k < limits->count; k++)
        if (limits->of[k].exps.threads == threads)
            return &limits->of[k];
    return NULL;
}

static void prepare_limits(const bench_set *set, machine_limits *limits) {
    limits->count = 0;
    for (size_t k = 0; k < set->num_calls; k++) {
        const int threads = set->calls[k].threads;
        if (find_limit(limits, threads) != NULL)
            continue;
        if (limits->count == MAX_LIMITS)
            bench_fail("more than %d numbers of threads in a set", MAX_LIMITS);
        limits->of[limits->count++] = (limit){.triad = bench_triad_make((int64_t)most_bytes(set), threads),
                                              .exps = {.num_items = NUM_EXPS, .threads = threads}};
    }
}

static size_t add_tasks(bench_set *set, machine_limits *limits, bench_task *tasks) {
    size_t count = 0;
    for (size_t k = 0; k < set->num_calls; k++)
        tasks[count++] = (bench_task){bench_call_preparation(&set->calls[k]), bench_call_run, &set->calls[k]};
    for (size_t k = 0; k < limits->count; k++) {
        tasks[count++] = (bench_task){NULL, bench_triad_run, &limits->of[k].triad};
        tasks[count++] = (bench_task){NULL, bench_exps_run, &limits->of[k].exps};
    }
    return count;
}

static bench_timing scaled(bench_timing t, double factor) {
    return (bench_timing){.q1 = t.q1 * factor,
                          .median = t.median * factor,
                          .q3 = t.q3 * factor,
                          .mean = t.mean * factor,
                          .p95 = t.p95 * factor,
                          .cpu = t.cpu * factor};
}

/* timings are those of add_tasks() behind the calls. */
static void set_limits(machine_limits *limits, const bench_timing *timings) {
    for (size_t k = 0; k < limits->count; k++) {
        limit *l = &limits->of[k];
        l->triad_timing = scaled(timings[2 * k], 1e9 / (double)l->triad.num_items);
        l->exps_timing = scaled(timings[2 * k + 1], 1e9 / (double)l->exps.num_items);
    }
}

/* Rows with themselves as their limit. */
static void report_limits(const bench_set *set, const machine_limits *limits, bench_report *report) {
    for (size_t k = 0; k < limits->count; k++) {
        const limit *l = &limits->of[k];
        bench_row row = {.group = set->group,
                         .data = set->data->name,
                         .inputs = "12 bytes",
                         .work = "triad",
                         .who = "limit",
                         .isa = "native",
                         .n = set->data->list_size,
                         .items = set->data->num_items,
                         .threads = l->exps.threads,
                         .timing = l->triad_timing,
                         .limit = l->triad_timing.median,
                         .bound = "memory",
                         .handwritten = (double)NAN};
        bench_report_row(report, &row);
        row.inputs = "f32";
        row.work = "exp";
        row.timing = l->exps_timing;
        row.limit = l->exps_timing.median;
        row.bound = "exp";
        bench_report_row(report, &row);
    }
}

/* Of the handwritten baseline in the same set, with the same work, inputs and threads. */
static double handwritten_ns(const bench_set *set, const bench_call *call, const bench_timing *timings) {
    for (size_t k = 0; k < set->num_calls; k++) {
        const bench_call *other = &set->calls[k];
        if (other->library.softmax == NULL && call->library.softmax != NULL && other->work == call->work &&
            other->threads == call->threads && strcmp(other->inputs.name, call->inputs.name) == 0)
            return 1e9 * timings[k].median / (double)set->data->num_items;
    }
    return (double)NAN;
}

static void report_call(const bench_set *set, size_t index, machine_limits *limits, const bench_timing *timings,
                        bench_report *report) {
    const bench_call *call = &set->calls[index];
    const limit *l = find_limit(limits, call->threads);
    const double items = (double)set->data->num_items;
    const double memory = l->triad_timing.median / 12.0 * bench_call_bytes(call) / items;
    /* A vector has half as many doubles, so that each exp takes at least twice as long. */
    const double exps = l->exps_timing.median * (call->inputs.logits == RANKLOSS_F64 ? 2.0 : 1.0) *
                        (call->inputs.softmax_labels ? 2.0 : 1.0);
    const bench_row row = {
        .group = set->group,
        .data = set->data->name,
        .inputs = call->inputs.name,
        .work = bench_work_name(call->work),
        .who = call->library.softmax != NULL ? call->library.who : "handwritten",
        .isa = call->library.softmax != NULL ? call->library.isa : "native",
        .n = set->data->list_size,
        .items = set->data->num_items,
        .threads = call->threads,
        .timing = scaled(timings[index], 1e9 / items),
        .limit = fmax(memory, exps),
        .bound = memory > exps ? "memory" : "exp",
        .handwritten = handwritten_ns(set, call, timings),
    };
    bench_report_row(report, &row);
}

/* The part of the processor time of its threads that a task got which never waits. 1 on a quiet machine. */
static double quiet_share(const machine_limits *limits) {
    double share = 1.0;
    for (size_t k = 0; k < limits->count; k++) {
        const bench_exps *exps = &limits->of[k].exps;
        share = fmin(share, exps->cpu / (exps->wall * (double)exps->threads));
    }
    return share;
}

/*
 * Where another process keeps a core, a team of threads waits for the scheduler, milliseconds a call: such figures say
 * nothing. They are taken again, a few times, and marked where that did not help.
 */
static double measure_quietly(bench_set *set, machine_limits *limits, bench_effort effort, bench_timing *timings) {
    bench_task tasks[BENCH_MAX_CALLS + 2 * MAX_LIMITS];
    const size_t num_tasks = add_tasks(set, limits, tasks);
    double share = 0.0;
    for (int attempt = 0; attempt < MAX_ATTEMPTS && share < MIN_QUIET_SHARE; attempt++) {
        for (size_t k = 0; k < limits->count; k++)
            limits->of[k].exps.wall = limits->of[k].exps.cpu = 0.0;
        bench_measure(tasks, num_tasks, effort, timings);
        share = set->crowded ? 1.0 : quiet_share(limits);
    }
    return share;
}

/* Without those that an older build refuses. A call is bound where it stays. */
static void bind_calls(bench_set *set) {
    size_t kept = 0;
    for (size_t k = 0; k < set->num_calls; k++) {
        bench_call *call = &set->calls[kept];
        *call = set->calls[k];
        bench_call_bind(call);
        const char *refusal = call->library.may_refuse ? bench_call_refusal(call) : NULL;
        if (refusal == NULL)
            kept++;
        else
            printf("%-10s %s, n = %lld: %s refuses %s, %s: %s\n", set->group, set->data->name,
                   (long long)set->data->list_size, call->library.who, call->inputs.name, bench_work_name(call->work),
                   refusal);
    }
    set->num_calls = kept;
}

void bench_set_finish(bench_set *set, bench_effort effort, bench_report *report) {
    machine_limits limits;
    bench_timing timings[BENCH_MAX_CALLS + 2 * MAX_LIMITS];
    bind_calls(set);
    for (size_t k = 0; k < set->num_calls; k++)
        bench_reference_check(&set->calls[k]);
    prepare_limits(set, &limits);
    const double share = measure_quietly(set, &limits, effort, timings);
    if (share < MIN_QUIET_SHARE)
        printf("%-10s the next rows are disturbed: other processes took %.0f%% of the processors\n", set->group,
               100.0 * (1.0 - share));
    report->disturbed = share < MIN_QUIET_SHARE;
    set_limits(&limits, timings + set->num_calls);
    if (!set->crowded)
        report_limits(set, &limits, report);
    for (size_t k = 0; k < set->num_calls; k++)
        report_call(set, k, &limits, timings, report);
    for (size_t k = 0; k < limits.count; k++)
        bench_triad_free(&limits.of[k].triad);
    bench_data_free(set->data);
    free(set);
}

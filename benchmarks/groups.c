/*
 * The groups of cases, one function each, and the table of their names.
 */
#include "groups.h"

#include <stdio.h>
#include <string.h>

#include "neighbours.h"
#include "set.h"
#include "support.h"

/* Ends the list of sizes of a group. */
enum { END = 0 };

static const bench_inputs plain = {.name = "plain", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32};

/* As clients of boosted trees have them. */
static const bench_inputs integer_labels = {.name = "i32-labels", .logits = RANKLOSS_F32, .labels = RANKLOSS_I32};

/* --- What groups have in common ----------------------------------------------------------------------------------- */

static int64_t at_least(int64_t value, int64_t least) {
    return value > least ? value : least;
}

/* Of batches whose arrays, 16 bytes an item with the Hessian, fill half of the second caches of the threads. */
static int64_t items_in_l2(const bench_run *run) {
    const int64_t l2 = run->machine->l2 > 0 ? run->machine->l2 : (int64_t)1 << 20;
    return l2 * run->options->threads / 2 / 16;
}

static bool wanted_size(const bench_run *run, int64_t list_size) {
    return run->options->list_size == 0 || run->options->list_size == list_size;
}

/* The sizes of a group, or the one that was asked for, whether the group has it or not. */
static const int64_t *sizes_of(const bench_run *run, const int64_t *sizes, int64_t *single) {
    single[0] = run->options->list_size;
    single[1] = END;
    return single[0] != END ? single : sizes;
}

static void add_libraries(const bench_run *run, bench_set *set, const bench_inputs *inputs, bench_work work,
                          int threads) {
    for (size_t k = 0; k < run->num_libraries; k++)
        bench_set_add(set, inputs, work, threads, &run->libraries[k]);
}

/* Every work, by the libraries and by hand. */
static void add_works(const bench_run *run, bench_set *set, const bench_inputs *inputs, int threads) {
    for (int work = 0; work < BENCH_NUM_WORKS; work++) {
        add_libraries(run, set, inputs, (bench_work)work, threads);
        bench_set_add(set, inputs, (bench_work)work, threads, NULL);
    }
}

static void finish(const bench_run *run, bench_set *set) {
    bench_set_finish(set, run->options->effort, run->report);
}

/* --- Groups ------------------------------------------------------------------------------------------------------- */

static void run_sizes(const bench_run *run, const char *name) {
    static const int64_t sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, 300, 1000, 10000, 131072, (int64_t)1 << 22, END};
    int64_t single[2];
    for (const int64_t *n = sizes_of(run, sizes, single); *n != END; n++) {
        bench_set *set = bench_set_begin(name, bench_data_dense(*n, run->options->items));
        add_works(run, set, &plain, run->options->threads);
        finish(run, set);
    }
}

static void run_ragged_batch(const bench_run *run, const char *name, bench_data *data, int threads) {
    static const bench_inputs others[] = {
        {.name = "i32-labels+mask", .logits = RANKLOSS_F32, .labels = RANKLOSS_I32, .where = true},
        {.name = "i32-labels+weights", .logits = RANKLOSS_F32, .labels = RANKLOSS_I32, .weights = true},
        {.name = "i32-labels+none", .logits = RANKLOSS_F32, .labels = RANKLOSS_I32, .none = true},
        {.name = "i32-labels+cotangents",
         .logits = RANKLOSS_F32,
         .labels = RANKLOSS_I32,
         .none = true,
         .cotangents = true},
    };
    bench_set *set = bench_set_begin(name, data);
    add_works(run, set, &integer_labels, threads);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        for (int work = BENCH_GRADIENT; work <= BENCH_HESSIAN; work++)
            add_libraries(run, set, &others[i], (bench_work)work, threads);
    finish(run, set);
}

static void run_ragged(const bench_run *run, const char *name) {
    const int threads = run->options->threads;
    run_ragged_batch(run, name, bench_data_mslr(), threads);
    /* Some ten lists, for which nobody wakes a thread. */
    run_ragged_batch(run, name, bench_data_tiny(100), 1);
    run_ragged_batch(run, name, bench_data_tiny(items_in_l2(run)), threads);
    run_ragged_batch(run, name, bench_data_tiny(run->options->items), threads);
}

static void run_isas(const bench_run *run, const char *name) {
    static const int64_t sizes[] = {8, 32, 128, 1000, 10000, END};
    bench_library libraries[BENCH_MAX_LIBRARIES];
    size_t count = 0;
    for (const char *const *isa = bench_isas; *isa != NULL; isa++) {
        libraries[count] = bench_library_open_isa("rankloss", run->options->library, *isa);
        if (libraries[count].softmax != NULL)
            count++;
        else
            printf("%-10s no %s here\n", name, *isa);
    }
    int64_t single[2];
    for (const int64_t *n = sizes_of(run, sizes, single); *n != END; n++) {
        bench_set *set = bench_set_begin(name, bench_data_dense(*n, run->options->items));
        for (int work = 0; work < BENCH_NUM_WORKS; work++)
            for (size_t k = 0; k < count; k++)
                bench_set_add(set, &plain, (bench_work)work, run->options->threads, &libraries[k]);
        finish(run, set);
    }
}

/* One set of all inputs for each list size and batch, so that their ratios come from the same rounds. */
static void run_inputs_of(const bench_run *run, const char *name, const bench_inputs *inputs, size_t num_inputs,
                          int first_work) {
    static const int64_t sizes[] = {4, 8, 16, 32, 64, 100, 300, 3000, END};
    const int64_t items[] = {items_in_l2(run), run->options->items};
    int64_t single[2];
    for (const int64_t *n = sizes_of(run, sizes, single); *n != END; n++) {
        for (int batch = 0; batch < 2; batch++) {
            if (batch == 1 && items[1] == items[0])
                continue;
            bench_set *set = bench_set_begin(name, bench_data_dense(*n, items[batch]));
            for (size_t k = 0; k < num_inputs; k++)
                for (int work = first_work; work < BENCH_NUM_WORKS; work++)
                    add_libraries(run, set, &inputs[k], (bench_work)work, run->options->threads);
            finish(run, set);
        }
    }
}

static void run_dtypes(const bench_run *run, const char *name) {
    static const bench_inputs inputs[] = {
        {.name = "plain", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32},
        {.name = "f64", .logits = RANKLOSS_F64, .labels = RANKLOSS_F64},
        {.name = "f16", .logits = RANKLOSS_F16, .labels = RANKLOSS_F32},
        {.name = "bf16", .logits = RANKLOSS_BF16, .labels = RANKLOSS_F32},
        {.name = "u8-labels", .logits = RANKLOSS_F32, .labels = RANKLOSS_U8},
        {.name = "i32-labels", .logits = RANKLOSS_F32, .labels = RANKLOSS_I32},
        {.name = "i64-labels", .logits = RANKLOSS_F32, .labels = RANKLOSS_I64},
    };
    run_inputs_of(run, name, inputs, sizeof inputs / sizeof inputs[0], BENCH_LOSS);
}

static void run_inputs(const bench_run *run, const char *name) {
    static const bench_inputs inputs[] = {
        {.name = "plain", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32},
        {.name = "mask", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .where = true},
        {.name = "weights", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .weights = true},
        {.name = "mask+weights", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .where = true, .weights = true},
        {.name = "temperature", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .temperature = .7},
        {.name = "bias", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .bias = true},
        {.name = "bias+temperature", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .bias = true, .temperature = .7},
        {.name = "softmax-labels", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .softmax_labels = true},
        {.name = "none", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .none = true},
        {.name = "none+cotangents", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .none = true, .cotangents = true},
        {.name = "in-place", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .in_place = true},
    };
    /* Most of them matter to derivatives alone. */
    run_inputs_of(run, name, inputs, sizeof inputs / sizeof inputs[0], BENCH_GRADIENT);
}

/* Batches whose arrays fill a part of a cache, or are far larger than the last. */
static void run_memory(const bench_run *run, const char *name) {
    static const bench_inputs fresh = {
        .name = "fresh-outputs", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .fresh_outputs = true};
    static const int64_t sizes[] = {128, 1000, 10000, END};
    const bench_machine *m = run->machine;
    const int64_t l3 = m->l3 > 0 ? m->l3 : (int64_t)1 << 25;
    const int64_t of_memory = at_least(m->memory, (int64_t)1 << 30) / 16;
    const int64_t dram = 8 * l3 < of_memory ? 8 * l3 : of_memory;
    const int64_t items[] = {items_in_l2(run), l3 / 2 / 16, dram / 16};
    int64_t single[2];
    for (const int64_t *n = sizes_of(run, sizes, single); *n != END; n++) {
        for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
            bench_set *set = bench_set_begin(name, bench_data_dense(*n, items[k]));
            add_works(run, set, &plain, run->options->threads);
            add_libraries(run, set, &fresh, BENCH_GRADIENT, run->options->threads);
            finish(run, set);
        }
    }
}

/* One, two, four ... threads, at last all of them. */
static int next_threads(int threads, int most) {
    return threads == most ? most + 1 : 2 * threads < most ? 2 * threads : most;
}

static void run_threads(const bench_run *run, const char *name) {
    static const int64_t items[] = {1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, END};
    static const int64_t sizes[] = {8, 128, 1000, 131072, END};
    int64_t single[2];
    for (const int64_t *n = sizes_of(run, sizes, single); *n != END; n++) {
        for (const int64_t *count = items; *count != END; count++) {
            if (*count < *n)
                continue;
            bench_set *set = bench_set_begin(name, bench_data_dense(*n, *count));
            for (int threads = 1; threads <= run->options->threads;
                 threads = next_threads(threads, run->options->threads))
                add_libraries(run, set, &plain, BENCH_GRADIENT, threads);
            finish(run, set);
        }
    }
}

/* What a team of threads that waits costs: calls back to back, after a pause, and beside a process that is busy. */
static void run_team(const bench_run *run, const char *name) {
    static const bench_inputs paused = {.name = "pause", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32, .pause = .005};
    bench_inputs crowded = plain;
    crowded.name = "busy-neighbour";
    const int threads = run->options->threads;
    if (!wanted_size(run, 128))
        return;
    /* Long enough for the scheduler to have its say in each burst. */
    bench_effort effort = run->options->effort;
    effort.burst = .04;
    bench_set *set = bench_set_begin(name, bench_data_dense(128, (int64_t)1 << 16));
    add_libraries(run, set, &plain, BENCH_GRADIENT, threads);
    add_libraries(run, set, &paused, BENCH_GRADIENT, threads);
    bench_set_finish(set, effort, run->report);

    set = bench_set_begin(name, bench_data_dense(128, (int64_t)1 << 16));
    add_libraries(run, set, &crowded, BENCH_GRADIENT, threads);
    set->crowded = true;
    bench_neighbours neighbours;
    bench_neighbours_start(&neighbours);
    bench_set_finish(set, effort, run->report);
    bench_neighbours_stop(&neighbours);
}

/* One thread and all of them, in turn. */
static bench_set *begin_neighbours(const bench_run *run, const char *name, const bench_inputs *inputs) {
    const int64_t list_size = run->options->list_size > 0 ? run->options->list_size : 128;
    bench_set *set = bench_set_begin(name, bench_data_dense(list_size, run->options->items));
    add_libraries(run, set, inputs, BENCH_GRADIENT, 1);
    if (run->options->threads > 1)
        add_libraries(run, set, inputs, BENCH_GRADIENT, run->options->threads);
    return set;
}

/* What calls take while each core has a process that never rests, and what they take without. */
static void run_neighbours(const bench_run *run, const char *name) {
    bench_inputs crowded = plain;
    crowded.name = "busy-neighbours";
    /* Enough rounds of one call each for a 95th percentile, which is what this group is about. */
    bench_effort effort = run->options->effort;
    effort.rounds *= 8;
    effort.seconds *= 20;
    effort.burst = 0.0;
    bench_set_finish(begin_neighbours(run, name, &plain), effort, run->report);

    bench_set *set = begin_neighbours(run, name, &crowded);
    set->crowded = true;
    bench_neighbours neighbours;
    bench_neighbours_start_on_each_core(&neighbours);
    bench_set_finish(set, effort, run->report);
    bench_neighbours_stop(&neighbours);
}

/* --- The table of groups ------------------------------------------------------------------------------------------ */

typedef struct group {
    const char *name;
    void (*run)(const bench_run *run, const char *name);
    const char *meaning;
} group;

static const group groups[] = {
    {"sizes", run_sizes, "list sizes from 1 to 4194304"},
    {"ragged", run_ragged, "ragged batches: MSLR-like, and lists of 1 to 20 items"},
    {"isas", run_isas, "every instruction set"},
    {"dtypes", run_dtypes, "dtypes of logits and labels"},
    {"inputs", run_inputs, "mask, weights, temperature, bias, softmax of labels, a loss and a cotangent for each list"},
    {"memory", run_memory, "batches in the second and third cache, and beyond"},
    {"threads", run_threads, "numbers of threads, over sizes of the batch"},
    {"team", run_team, "what a waiting team of threads costs"},
    {"neighbours", run_neighbours, "one thread and all, beside a busy process on each core"},
};

enum { NUM_GROUPS = sizeof groups / sizeof groups[0] };

void bench_groups_print(void) {
    printf("groups:\n");
    for (int k = 0; k < NUM_GROUPS; k++)
        printf("  %-10s %s\n", groups[k].name, groups[k].meaning);
}

/* Whether name is one of the names, which have commas between them. */
static bool among(const char *names, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = names; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

bool bench_groups_exist(const char *names) {
    size_t expected = 1, found = 0;
    if (names == NULL)
        return true;
    for (const char *at = names; *at != '\0'; at++)
        expected += *at == ',';
    for (int k = 0; k < NUM_GROUPS; k++)
        found += among(names, groups[k].name);
    return found == expected;
}

void bench_groups_run(const bench_run *run) {
    for (int k = 0; k < NUM_GROUPS; k++)
        if (run->options->groups == NULL || among(run->options->groups, groups[k].name))
            groups[k].run(run, groups[k].name);
}

/*
 * Hashes the bits of many results and compares them with a file that every target must reproduce, whatever its instruction
 * set, compiler, level of optimisation, byte order and size of pointers. Each result is also computed again with other
 * numbers of threads, without the other outputs, at another place of a batch, and list by list with strides.
 * Does without cmocka, which some targets lack.
 *
 *     golden_bits FILE         compares
 *     golden_bits FILE once    compares, and computes nothing a second time: for emulated processors
 *     golden_bits              prints what the file should hold
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "bits_batch.h"
#include "number.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- lines --- */

/* Where the lines of this program go: to the screen, or to a comparison with the file. */
typedef struct lines {
    FILE *expected;
    bool once; /* each result is computed in one way only */
    int count, wrong;
} lines;

static void add_line(lines *to, const char *family, int32_t dtype, const char *what, uint64_t hash) {
    char line[96], expected[256] = "";
    snprintf(line, sizeof line, "%s %s %s %016llx\n", number_name(dtype), family, what, (unsigned long long)hash);
    to->count++;
    if (!to->expected) {
        fputs(line, stdout);
        return;
    }
    do
        if (!fgets(expected, sizeof expected, to->expected))
            expected[0] = '\0';
    while (expected[0] == '#');
    if (strcmp(line, expected) != 0) {
        to->wrong++;
        printf("got      %sexpected %s", line, expected[0] ? expected : "the end of the file\n");
    }
}

/* --- results --- */

typedef struct outcome {
    int32_t dtype;
    int64_t counts[BITS_OUTPUTS]; /* 0: not asked for */
    char *data[BITS_OUTPUTS];
} outcome;

enum { ALL_OUTPUTS = (1 << BITS_OUTPUTS) - 1 };

static _Noreturn void stop(const char *what, const char *why) {
    printf("%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* Outputs that are reduced, or that are summed over a batch, are one number. */
static bool is_one_number(bits_output output, rankloss_reduction reduction) {
    if (reduction == RANKLOSS_NONE)
        return false;
    return bits_is_per_list(output) ||
           (reduction == RANKLOSS_SUM && (output == BITS_GRAD_LABELS || output == BITS_GRAD_WEIGHTS));
}

/* The outputs of which `which` has the bit, of a problem that a batch makes. */
static outcome run_problem(const bits_batch *batch, rankloss_problem problem, rankloss_reduction reduction, int which) {
    rankloss_result result = {.reserved = {0}};
    outcome made = {.dtype = batch->dtypes[BITS_LOGITS]};
    if ((which >> BITS_JVP & 1) == 0 && (which >> BITS_HVP_LOGITS & 1) == 0)
        problem.tangent = (rankloss_array){.data = NULL};
    for (int output = 0; output < BITS_OUTPUTS; output++) {
        if ((which >> output & 1) == 0)
            continue;
        const bool one = is_one_number((bits_output)output, reduction);
        const int64_t items = bits_batch_items(batch);
        made.counts[output] = one ? 1 : bits_is_per_list((bits_output)output) ? batch->lists : items;
        made.data[output] = bits_allocate(made.counts[output] * (int64_t)number_size(made.dtype));
        *bits_output_of(&result, (bits_output)output) =
            rankloss_array_make((rankloss_dtype)made.dtype, made.data[output], one ? 0 : 1, &made.counts[output]);
    }
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        stop("a call", rankloss_last_error());
    return made;
}

static outcome run(const bits_batch *batch, rankloss_reduction reduction, int32_t threads, int which) {
    return run_problem(batch, bits_batch_problem(batch, reduction, threads), reduction, which);
}

static void outcome_free(outcome *made) {
    for (int output = 0; output < BITS_OUTPUTS; output++)
        free(made->data[output]);
}

/* Compares the bits of `count` elements, from place i of one array and j of another, `stride` apart. */
static void demand(const char *what, int32_t dtype, const void *a, int64_t i, const void *b, int64_t j, int64_t stride,
                   int64_t count) {
    const int64_t size = (int64_t)number_size(dtype);
    if (stride == 1 && memcmp((const char *)a + i * size, (const char *)b + j * size, (size_t)(count * size)) == 0)
        return;
    for (int64_t k = 0; k < count; k++) {
        const long long place = i + k;
        const uint64_t expected = bits_of(dtype, a, i + k), got = bits_of(dtype, b, j + k * stride);
        if (got == expected)
            continue;
        printf("%s: element %lld is %016llx, not %016llx\n", what, place, (unsigned long long)got,
               (unsigned long long)expected);
        stop(what, "other bits");
    }
}

static void demand_all(const char *what, const outcome *expected, const outcome *got) {
    for (int output = 0; output < BITS_OUTPUTS; output++)
        if (expected->counts[output] != 0)
            demand(what, expected->dtype, expected->data[output], 0, got->data[output], 0, 1, expected->counts[output]);
}

/* --- the same again --- */

static void try_threads(const bits_batch *batch, const outcome *expected, rankloss_reduction reduction, int which,
                        int32_t most) {
    static const int32_t threads[] = {2, 3, 7, 64};
    for (size_t t = 0; t < LENGTH(threads) && threads[t] <= most; t++) {
        outcome again = run(batch, reduction, threads[t], which);
        demand_all("other threads", expected, &again);
        outcome_free(&again);
    }
}

/* Outputs share what they are made of, and the array of one may hold it for a while. */
static void try_outputs_alone(const bits_batch *batch, const outcome *expected) {
    for (int output = 0; output < BITS_OUTPUTS; output++) {
        outcome again = run(batch, RANKLOSS_NONE, 1, 1 << output);
        demand("an output alone", expected->dtype, expected->data[output], 0, again.data[output], 0, 1,
               expected->counts[output]);
        outcome_free(&again);
    }
}

static void try_elsewhere(const bits_batch *batch, const outcome *expected) {
    bits_batch reversed = bits_batch_reversed(batch, 5);
    outcome again = run(&reversed, RANKLOSS_NONE, 1, ALL_OUTPUTS);
    for (int64_t k = 0; k < batch->lists; k++) {
        const int64_t there = batch->lists - k, begin = batch->offsets[k];
        for (int output = 0; output < BITS_OUTPUTS; output++) {
            const bool per_list = bits_is_per_list((bits_output)output);
            demand("elsewhere in a batch", expected->dtype, expected->data[output], per_list ? k : begin,
                   again.data[output], per_list ? there : reversed.offsets[there], 1,
                   per_list ? 1 : batch->offsets[k + 1] - begin);
        }
    }
    outcome_free(&again);
    bits_batch_free(&reversed);
}

/* A list of a batch as a list without a batch, each input `stride` elements apart and the outputs one more. */
static void try_alone(const bits_batch *batch, const outcome *expected, int64_t list, int64_t stride) {
    const int64_t begin = batch->offsets[list], size[] = {batch->offsets[list + 1] - begin};
    rankloss_problem problem = {
        .temperature = batch->temperature, .label_mode = batch->label_mode, .reduction = RANKLOSS_NONE};
    rankloss_result result = {.reserved = {0}};
    rankloss_array *const inputs[] = {&problem.logits,  &problem.labels, &problem.where,
                                      &problem.weights, &problem.bias,   &problem.tangent};
    char *apart[BITS_INPUTS] = {NULL}, *got[BITS_OUTPUTS] = {NULL};
    problem.num_threads = 1;
    for (int input = 0; input < BITS_INPUTS; input++) {
        const int64_t bytes = (int64_t)number_size(batch->dtypes[input]);
        if (bytes == 0)
            continue;
        apart[input] = bits_allocate(size[0] * stride * bytes);
        for (int64_t i = 0; i < size[0]; i++)
            memcpy(apart[input] + i * stride * bytes, batch->inputs[input] + (begin + i) * bytes, (size_t)bytes);
        *inputs[input] = rankloss_array_make((rankloss_dtype)batch->dtypes[input], apart[input], 1, size);
        inputs[input]->strides[0] = stride;
    }
    for (int output = 0; output < BITS_OUTPUTS; output++) {
        const bool per_list = bits_is_per_list((bits_output)output);
        got[output] = bits_allocate((per_list ? 1 : size[0] * (stride + 1)) * (int64_t)number_size(expected->dtype));
        rankloss_array *view = bits_output_of(&result, (bits_output)output);
        *view = rankloss_array_make((rankloss_dtype)expected->dtype, got[output], per_list ? 0 : 1, size);
        view->strides[0] = per_list ? 0 : stride + 1;
    }
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        stop("a list alone", rankloss_last_error());
    for (int output = 0; output < BITS_OUTPUTS; output++) {
        const bool per_list = bits_is_per_list((bits_output)output);
        demand("a list alone", expected->dtype, expected->data[output], per_list ? list : begin, got[output], 0,
               stride + 1, per_list ? 1 : size[0]);
        free(got[output]);
    }
    for (int input = 0; input < BITS_INPUTS; input++)
        free(apart[input]);
}

static void try_in_place(const bits_batch *batch, const outcome *expected) {
    bits_batch copy = bits_batch_reversed(batch, 0), again = bits_batch_reversed(&copy, 0);
    rankloss_problem problem = bits_batch_problem(&again, RANKLOSS_NONE, 1);
    const rankloss_result result = {.grad_logits = problem.logits};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        stop("in place", rankloss_last_error());
    demand("in place", expected->dtype, expected->data[BITS_GRAD_LOGITS], 0, again.inputs[BITS_LOGITS], 0, 1,
           expected->counts[BITS_GRAD_LOGITS]);
    bits_batch_free(&copy);
    bits_batch_free(&again);
}

/* --- what is hashed --- */

static uint64_t hash_of(const outcome *made) {
    uint64_t hash = BITS_HASH_START;
    for (int output = 0; output < BITS_OUTPUTS; output++)
        hash = bits_hash(hash, made->dtype, made->data[output], made->counts[output]);
    return hash;
}

/* One line for all outputs that a reduction gives. */
static void reduce(lines *to, const bits_batch *batch, const char *name, const char *what, rankloss_reduction reduction,
                   int which, int32_t most_threads) {
    outcome made = run(batch, reduction, 1, which);
    if (!to->once)
        try_threads(batch, &made, reduction, which, most_threads);
    add_line(to, name, made.dtype, what, hash_of(&made));
    outcome_free(&made);
}

/* All lists in two stretches each: their states, and what the merged states give. */
static void cut_in_two(lines *to, const bits_batch *batch, const char *name) {
    const int64_t halves = 2 * batch->lists;
    bits_batch cut = *batch;
    cut.lists = halves;
    cut.offsets = bits_allocate((halves + 1) * (int64_t)sizeof *cut.offsets);
    cut.offsets[halves] = batch->offsets[batch->lists];
    for (int64_t k = 0; k < batch->lists; k++) {
        cut.offsets[2 * k] = batch->offsets[k];
        cut.offsets[2 * k + 1] = batch->offsets[k] + (batch->offsets[k + 1] - batch->offsets[k]) / 2;
    }
    rankloss_problem problem = bits_batch_problem(&cut, RANKLOSS_NONE, 2);
    rankloss_list_state *states = bits_allocate(halves * (int64_t)sizeof *states);
    const rankloss_result result = {.state = states};
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        stop("states", rankloss_last_error());
    uint64_t hash = bits_hash(BITS_HASH_START, RANKLOSS_F64, states, halves * RANKLOSS_LIST_STATE_WORDS);
    for (int64_t k = 0; k < halves; k += 2) {
        if (rankloss_list_state_merge(&states[k], &states[k + 1]) != RANKLOSS_OK)
            stop("merging", rankloss_last_error());
        states[k + 1] = states[k];
    }
    problem.state = states;
    outcome made = run_problem(&cut, problem, RANKLOSS_NONE, ALL_OUTPUTS);
    for (int output = 0; output < BITS_OUTPUTS; output++)
        hash = bits_hash(hash, made.dtype, made.data[output], made.counts[output]);
    add_line(to, name, made.dtype, "stretches", hash);
    outcome_free(&made);
    free(states);
    free(cut.offsets);
}

enum {
    USUAL = 1 << BITS_LOSS | 1 << BITS_GRAD_LOGITS | 1 << BITS_HESS_LOGITS,
    SUMMED = 1 << BITS_LOSS | 1 << BITS_JVP | 1 << BITS_GRAD_LABELS | 1 << BITS_GRAD_WEIGHTS
};

/* Lists of every size up to 130, of sizes around the thresholds of the library, and long ones: work for two threads. */
enum { SMALL = 131 };
static const int64_t large[] = {191, 192,  193,  255,  256,  257,  511,  512,  513, 600,
                                769, 1025, 1535, 1536, 1537, 2047, 2048, 2049, 9001};
/* Where labels are to be a softmax, lists are computed alone from fewer items on, in chunks of 1024, 512 or 256. */
static const int64_t chunked[] = {1023, 1024, 1031, 1279, 1280, 1281, 2303, 2304, 2305, 4097};
enum { LISTS = SMALL + (int)LENGTH(large), MOST_LISTS = LISTS + (int)LENGTH(chunked) };

/* Neighbours differ in size; 37 and 131 have no factor in common. */
static int64_t make_sizes(int64_t sizes[MOST_LISTS], bits_family family) {
    for (int k = 0; k < SMALL; k++)
        sizes[k] = k * 37 % SMALL;
    memcpy(sizes + SMALL, large, sizeof large);
    memcpy(sizes + LISTS, chunked, sizeof chunked);
    if (family == BITS_SOFTMAX)
        return MOST_LISTS;
    /* What float64 cannot carry takes a path that is a hundred times slower. */
    const bool slow = family == BITS_WIDE || family == BITS_HUGE || family == BITS_TINY || family == BITS_INFINITE;
    return slow ? SMALL / 2 : LISTS;
}

static void try_other_ways(const bits_batch *batch, const outcome *each) {
    try_threads(batch, each, RANKLOSS_NONE, ALL_OUTPUTS, 2);
    try_outputs_alone(batch, each);
    try_elsewhere(batch, each);
    try_in_place(batch, each);
    for (int64_t k = 0; k < batch->lists; k++)
        try_alone(batch, each, k, 1 + k % 3);
}

static void try_family(lines *to, bits_family family, int32_t dtype) {
    int64_t sizes[MOST_LISTS];
    const int64_t lists = make_sizes(sizes, family);
    bits_batch batch = bits_batch_new(family, dtype, sizes, lists);
    outcome each = run(&batch, RANKLOSS_NONE, 1, ALL_OUTPUTS);
    const char *name = bits_family_name(family);
    if (!to->once)
        try_other_ways(&batch, &each);
    for (int output = 0; output < BITS_OUTPUTS; output++)
        add_line(to, name, dtype, bits_output_name((bits_output)output),
                 bits_hash(BITS_HASH_START, dtype, each.data[output], each.counts[output]));
    reduce(to, &batch, name, "mean", RANKLOSS_MEAN, USUAL, 2);
    reduce(to, &batch, name, "sum", RANKLOSS_SUM, SUMMED, 2);
    cut_in_two(to, &batch, name);
    outcome_free(&each);
    bits_batch_free(&batch);
}

/* A list that threads share, alone and between others. */
static void try_long_lists(lines *to, int32_t dtype) {
    static const int64_t alone[] = {140001}, between[] = {300, 9, 70001, 5000};
    bits_batch one = bits_batch_new(BITS_ORDINARY, dtype, alone, 1);
    bits_batch four = bits_batch_new(BITS_WIDE, dtype, between, 4);
    bits_batch softmax = bits_batch_new(BITS_SOFTMAX, dtype, between, 4);
    bits_batch together = bits_batch_new(BITS_TOGETHER, dtype, between, 4);
    reduce(to, &one, "long", "everything", RANKLOSS_NONE, ALL_OUTPUTS, 7);
    reduce(to, &four, "between", "everything", RANKLOSS_NONE, ALL_OUTPUTS, 7);
    reduce(to, &softmax, "between-softmax", "everything", RANKLOSS_NONE, ALL_OUTPUTS, 7);
    reduce(to, &together, "between-together", "everything", RANKLOSS_NONE, ALL_OUTPUTS, 7);
    cut_in_two(to, &one, "long");
    bits_batch_free(&one);
    bits_batch_free(&four);
    bits_batch_free(&softmax);
    bits_batch_free(&together);
}

/* So many items that each of 64 threads has its part. */
static void try_many_items(lines *to) {
    enum { MANY = 8600, SIZE = 128 };
    static int64_t sizes[MANY];
    for (int k = 0; k < MANY; k++)
        sizes[k] = SIZE;
    bits_batch batch = bits_batch_new(BITS_ORDINARY, RANKLOSS_F32, sizes, MANY);
    reduce(to, &batch, "many", "mean", RANKLOSS_MEAN, USUAL, 64);
    reduce(to, &batch, "many", "none", RANKLOSS_NONE, USUAL, 64);
    bits_batch_free(&batch);
}

int main(int argc, char **argv) {
    lines to = {.expected = NULL};
    const char *wanted = getenv("RANKLOSS_ISA");
    if (wanted && strcmp(wanted, rankloss_isa()) != 0) {
        printf("SKIPPED: RANKLOSS_ISA=%s, but this build on this machine uses %s\n", wanted, rankloss_isa());
        return strcmp(wanted, "portable") == 0 ? EXIT_FAILURE : 77;
    }
    to.once = argc > 2 && strcmp(argv[2], "once") == 0;
    if (argc > 1) {
        to.expected = fopen(argv[1], "r");
        if (!to.expected)
            stop(argv[1], "cannot be read");
    }
    if (!to.expected)
        puts("# Hashes of bits, by golden_bits; see there. They change with the version alone: CHANGELOG.md says so.");
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_BF16; dtype++)
        for (int family = 0; family < BITS_FAMILIES; family++)
            try_family(&to, (bits_family)family, dtype);
    try_long_lists(&to, RANKLOSS_F32);
    try_long_lists(&to, RANKLOSS_F64);
    try_many_items(&to);
    if (!to.expected)
        return EXIT_SUCCESS;
    if (fgetc(to.expected) != EOF)
        stop(argv[1], "has more lines than there are results");
    fclose(to.expected);
    printf("%s: %d of %d hashes as in the file\n", rankloss_isa(), to.count - to.wrong, to.count);
    return to.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

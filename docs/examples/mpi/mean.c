/*
 * The mean loss of lists that the ranks share, and its gradient: the same bits for every number of ranks. What it takes
 * is the number of all lists, for the divisor, and the ranks' accumulators, merged.
 */
#include <inttypes.h>
#include <mpi.h>
#include <rankloss/rankloss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUM_LISTS = 997, LONGEST = 63, MOST_ITEMS = NUM_LISTS * LONGEST, SEED = 7 };

/* The lists of this rank. */
static int64_t first_item, num_items, num_lists, offsets[NUM_LISTS + 1];
static float scores[MOST_ITEMS], grad[MOST_ITEMS];
static uint8_t labels[MOST_ITEMS];

/* Errors of MPI end all ranks by themselves; those of RankLoss do so here. */
static void check(rankloss_status status) {
    if (status != RANKLOSS_OK) {
        fprintf(stderr, "RankLoss: %s\n", rankloss_last_error());
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
}

/* Scrambles bits (SplitMix64). A random number for each place lets a rank make its own items and no others. */
static uint64_t mix(uint64_t bits) {
    bits = SEED + bits * UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

static int64_t list_size(int64_t list) {
    return 1 + (int64_t)(mix((uint64_t)list) % LONGEST);
}

static void add_list(int64_t begin, int64_t end) {
    first_item = num_lists == 0 ? begin : first_item;
    for (int64_t item = begin; item < end; item++) {
        const uint64_t bits = mix((uint64_t)(NUM_LISTS + item));
        scores[num_items] = (float)(bits >> 40) * 0x1p-21F - 4.0F;
        labels[num_items++] = (uint8_t)(bits % 5);
    }
    offsets[++num_lists] = num_items;
}

/* A run of whole lists, with about as many items as each other rank has: those that begin in its part of all items. */
static void make_lists(int rank, int num_ranks) {
    int64_t all_items = 0;
    for (int64_t list = 0; list < NUM_LISTS; list++) {
        all_items += list_size(list);
    }
    for (int64_t list = 0, begin = 0; list < NUM_LISTS; begin += list_size(list++)) {
        if (begin * num_ranks / all_items == rank) {
            add_list(begin, begin + list_size(list));
        }
    }
}

/* The signature is that of MPI: NOLINTNEXTLINE(readability-non-const-parameter) */
static void merge(void *from, void *into, int *count, MPI_Datatype *type) {
    (void)type;
    for (int i = 0; i < *count; i++) {
        check(rankloss_accumulator_merge((rankloss_accumulator *)into + i, (rankloss_accumulator *)from + i));
    }
}

/* Every list has items, so that the mean counts them all; where that is not known, rankloss_count_lists() tells. */
static double mean_loss(void) {
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(scores, num_items),
                                      .labels = RANKLOSS_ARRAY(labels, num_items),
                                      .offsets = RANKLOSS_ARRAY(offsets, num_lists + 1),
                                      .divisor = NUM_LISTS,
                                      .num_threads = 1};
    rankloss_accumulator sum = {{0}};
    const rankloss_result result = {.grad_logits = RANKLOSS_ARRAY(grad, num_items), .accumulator = &sum};
    check(rankloss_softmax(&problem, &result));

    MPI_Datatype words;
    MPI_Op merging;
    MPI_Type_contiguous(RANKLOSS_ACCUMULATOR_WORDS, MPI_UINT64_T, &words);
    MPI_Type_commit(&words);
    MPI_Op_create(merge, 1, &merging); /* commutes: merging is exact, whatever the order */
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, words, merging, MPI_COMM_WORLD);
    MPI_Op_free(&merging);
    MPI_Type_free(&words);
    double mean = 0.0;
    const rankloss_array out = RANKLOSS_ARRAY(&mean, 1);
    check(rankloss_accumulator_read(&sum, NUM_LISTS, &out));
    return mean;
}

/* Of all ranks' gradients: a sum of integers, one for the place and the bits of each item, which no cut changes. */
static uint64_t hash_of_gradient(void) {
    uint64_t hash = 0;
    for (int64_t i = 0; i < num_items; i++) {
        uint32_t bits = 0;
        memcpy(&bits, &grad[i], sizeof(bits));
        hash += mix((uint64_t)(first_item + i) << 32 | bits);
    }
    MPI_Allreduce(MPI_IN_PLACE, &hash, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
    return hash;
}

int main(int argc, char **argv) {
    int rank = 0, num_ranks = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &num_ranks);
    make_lists(rank, num_ranks);
    const double mean = mean_loss();
    const uint64_t hash = hash_of_gradient();
    if (rank == 0) {
        printf("mean loss of %d lists %.17g, hash of its gradient %016" PRIx64 "\n", NUM_LISTS, mean, hash);
    }
    return MPI_Finalize();
}

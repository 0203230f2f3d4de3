/*
 * One list whose items the ranks share: the loss of the whole list on every rank, and the gradient of each rank's items. What
 * it takes is 192 bytes from each rank, its state of the list, and as many back.
 */
#include <math.h>
#include <mpi.h>
#include <rankloss/rankloss.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalogue.h"

/* The items of this rank, from `first` on. */
struct stretch {
    int64_t first, count;
    float *scores, *labels, *grad;
    uint8_t *where;
    float loss;
};

/* Errors of MPI end all ranks by themselves; others do so here. */
static _Noreturn void stop(const char *what) {
    fprintf(stderr, "%s\n", what);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    abort();
}

static void check(rankloss_status status) {
    if (status != RANKLOSS_OK) {
        stop(rankloss_last_error());
    }
}

static void *allocate(int64_t count, size_t size) {
    void *memory = calloc(count > 0 ? (size_t)count : 1, size);
    if (memory == NULL) {
        stop("no memory for the items");
    }
    return memory;
}

static struct stretch make_stretch(struct catalogue catalogue, int64_t first, int64_t end) {
    const int64_t count = end - first;
    struct stretch stretch = {.first = first,
                              .count = count,
                              .scores = allocate(count, sizeof(float)),
                              .labels = allocate(count, sizeof(float)),
                              .grad = allocate(count, sizeof(float)),
                              .where = allocate(count, 1)};
    for (int64_t i = 0; i < count; i++) {
        const struct item item = catalogue_item(catalogue, first + i);
        stretch.scores[i] = item.score;
        stretch.labels[i] = item.label;
        stretch.where[i] = item.valid;
    }
    return stretch;
}

static void free_stretch(struct stretch *stretch) {
    free(stretch->scores);
    free(stretch->labels);
    free(stretch->grad);
    free(stretch->where);
}

static rankloss_problem problem_of(struct catalogue catalogue, const struct stretch *stretch) {
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(stretch->scores, stretch->count),
                                .labels = RANKLOSS_ARRAY(stretch->labels, stretch->count),
                                .where = RANKLOSS_ARRAY(stretch->where, stretch->count)};
    if (catalogue.kind == CATALOGUE_SOFTMAX) {
        problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
    }
    return problem;
}

/*
 * The state of the whole list: the ranks' states, merged by rank 0 in the order of the ranks. MPI_Reduce with an operation of
 * one's own keeps that order too, but not always the same grouping, and so not always the same bits.
 */
static rankloss_list_state merge(const rankloss_list_state *own, int rank, int num_ranks) {
    rankloss_list_state *states = allocate(num_ranks, sizeof(*states));
    rankloss_list_state whole = {{0}};
    MPI_Gather(own, RANKLOSS_LIST_STATE_WORDS, MPI_DOUBLE, states, RANKLOSS_LIST_STATE_WORDS, MPI_DOUBLE, 0,
               MPI_COMM_WORLD);
    for (int k = 0; rank == 0 && k < num_ranks; k++) {
        check(rankloss_list_state_merge(&whole, &states[k]));
    }
    MPI_Bcast(&whole, RANKLOSS_LIST_STATE_WORDS, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    free(states);
    return whole;
}

static void compute(struct catalogue catalogue, struct stretch *stretch, int rank, int num_ranks) {
    rankloss_problem problem = problem_of(catalogue, stretch);
    rankloss_list_state own;
    check(rankloss_softmax(&problem, &(rankloss_result){.state = &own}));
    const rankloss_list_state whole = merge(&own, rank, num_ranks);
    problem.state = &whole;
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&stretch->loss, 1),
                                    .grad_logits = RANKLOSS_ARRAY(stretch->grad, stretch->count)};
    check(rankloss_softmax(&problem, &result));
}

/* --- how good it is --- */

/* The largest error of a gradient, in units of the last place of its scale. */
static double error_of_gradient(struct catalogue catalogue, const struct exact_list *exact,
                                const struct stretch *stretch) {
    double worst = 0.0;
    for (int64_t i = 0; i < stretch->count; i++) {
        long double scale = 0.0L, gradient = 0.0L;
        if (stretch->where[i] != 0) {
            const struct item item = catalogue_item(catalogue, stretch->first + i);
            gradient = exact_gradient(exact, catalogue, item, &scale);
        }
        worst = fmax(worst, units_between(stretch->grad[i], gradient, scale));
    }
    return worst;
}

/* How far the answers of the ranks are from those of one call on the whole list, by rank 0. */
static void compare_with_one_call(struct catalogue catalogue, const struct exact_list *exact,
                                  const struct stretch *own) {
    struct stretch whole = make_stretch(catalogue, 0, catalogue.items);
    const rankloss_problem problem = problem_of(catalogue, &whole);
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&whole.loss, 1),
                                    .grad_logits = RANKLOSS_ARRAY(whole.grad, whole.count)};
    double apart = 0.0;
    check(rankloss_softmax(&problem, &result));
    for (int64_t i = 0; i < own->count; i++) {
        long double scale = 0.0L;
        if (own->where[i] != 0) {
            (void)exact_gradient(exact, catalogue, catalogue_item(catalogue, i), &scale);
        }
        apart = fmax(apart, units_between(own->grad[i], (long double)whole.grad[i], scale));
    }
    printf("  from one call on the whole: loss %.3f, gradient %.3f\n",
           units_between(own->loss, (long double)whole.loss, exact->loss), apart);
    free_stretch(&whole);
}

static void try_kind(struct catalogue catalogue, int rank, int num_ranks) {
    const int64_t first = catalogue.items * rank / num_ranks, end = catalogue.items * (rank + 1) / num_ranks;
    struct stretch stretch = make_stretch(catalogue, first, end);
    compute(catalogue, &stretch, rank, num_ranks);
    const struct exact_list exact = exact_list(catalogue, first, end);
    double errors[2] = {units_between(stretch.loss, exact.loss, exact.loss),
                        error_of_gradient(catalogue, &exact, &stretch)};
    MPI_Allreduce(MPI_IN_PLACE, errors, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0) {
        printf("%-18s loss %.9g, errors: loss %.3f, gradient %.3f\n", catalogue_kind_name(catalogue.kind),
               (double)stretch.loss, errors[0], errors[1]);
        compare_with_one_call(catalogue, &exact, &stretch);
    }
    free_stretch(&stretch);
    if (!(errors[0] <= 1.0 && errors[1] <= 2.0)) {
        stop("an error is beyond its bound: 1 for the loss, 2 for the gradient");
    }
}

int main(int argc, char **argv) {
    int rank = 0, num_ranks = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &num_ranks);
    const int64_t items = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000000;
    if (items < 1) {
        stop("usage: rankloss_mpi_one_list [ITEMS]");
    }
    if (rank == 0) {
        printf("%lld items in one list, over %d ranks; errors and differences in units of the last place\n",
               (long long)items, num_ranks);
    }
    for (int kind = 0; kind < CATALOGUE_KINDS; kind++) {
        try_kind((struct catalogue){(enum catalogue_kind)kind, items}, rank, num_ranks);
    }
    return MPI_Finalize();
}

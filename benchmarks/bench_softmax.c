/*
 * Time an item takes, over list sizes and dtypes: forward, with the gradient, with the Hessian diagonal too.
 *
 *     cmake -B build/bench -DRANKLOSS_BUILD_BENCHMARKS=ON -DRANKLOSS_BUILD_TESTS=OFF
 *     cmake --build build/bench && build/bench/benchmarks/bench_softmax [items] [threads]
 *
 * Each answer is checked before it is timed. All cases of a row run in turn, round after round, so that a busy moment
 * of the machine falls on all of them; the figure is the median of the rounds, and behind it the spread of the middle
 * half. RANKLOSS_ISA chooses lesser kernels.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rankloss/rankloss.h>

enum { ROUNDS = 31, WARM_UP = 3, NUM_CASES = 6 };

typedef struct data {
    int64_t items;
    float *logits32, *labels32, *grad32, *hess32;
    double *logits64, *labels64, *grad64, *hess64;
} data;

typedef struct bench_case {
    const char *name;
    bool is_f64, grad, hess;
} bench_case;

static const bench_case cases[NUM_CASES] = {
    {"f32 loss", false, false, false}, {"f32 +grad", false, true, false}, {"f32 +hess", false, true, true},
    {"f64 loss", true, false, false},  {"f64 +grad", true, true, false},  {"f64 +hess", true, true, true},
};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *allocate(int64_t count, size_t size) {
    void *memory = calloc((size_t)count, size);
    if (memory == NULL) {
        fprintf(stderr, "no memory for %lld elements\n", (long long)count);
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* Uniform in (0, 1), by a 64-bit linear congruential generator (Knuth's constants). */
static double uniform(void) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(state >> 11) + 0.5) * 0x1p-53;
}

static data make_data(int64_t items) {
    data d = {.items = items};
    d.logits32 = allocate(items, sizeof(float));
    d.labels32 = allocate(items, sizeof(float));
    d.grad32 = allocate(items, sizeof(float));
    d.hess32 = allocate(items, sizeof(float));
    d.logits64 = allocate(items, sizeof(double));
    d.labels64 = allocate(items, sizeof(double));
    d.grad64 = allocate(items, sizeof(double));
    d.hess64 = allocate(items, sizeof(double));
    for (int64_t i = 0; i < items; i++) {
        d.logits32[i] = (float)(2.0 * sqrt(-2.0 * log(uniform())) * cos(6.283185307179586 * uniform()));
        d.labels32[i] = (float)floor(5.0 * uniform());
        d.logits64[i] = (double)d.logits32[i];
        d.labels64[i] = (double)d.labels32[i];
    }
    return d;
}

static void call(const data *d, const bench_case *c, int64_t list_size, int threads, double *loss) {
    const int64_t lists = d->items / list_size;
    rankloss_problem problem = {.reduction = RANKLOSS_SUM, .num_threads = threads};
    rankloss_result result = {.loss = RANKLOSS_ARRAY(loss, 1)};
    if (c->is_f64) {
        problem.logits = RANKLOSS_ARRAY(d->logits64, lists, list_size);
        problem.labels = RANKLOSS_ARRAY(d->labels64, lists, list_size);
    } else {
        problem.logits = RANKLOSS_ARRAY(d->logits32, lists, list_size);
        problem.labels = RANKLOSS_ARRAY(d->labels32, lists, list_size);
    }
    if (c->grad)
        result.grad_logits =
            c->is_f64 ? RANKLOSS_ARRAY(d->grad64, lists, list_size) : RANKLOSS_ARRAY(d->grad32, lists, list_size);
    if (c->hess)
        result.hess_logits =
            c->is_f64 ? RANKLOSS_ARRAY(d->hess64, lists, list_size) : RANKLOSS_ARRAY(d->hess32, lists, list_size);
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        exit(EXIT_FAILURE);
    }
}

/* The loss by the plain formula. */
static double plain_loss(const data *d, int64_t list_size) {
    double loss = 0.0;
    for (int64_t begin = 0; begin + list_size <= d->items; begin += list_size) {
        double top = -(double)INFINITY, sum = 0.0;
        for (int64_t i = begin; i < begin + list_size; i++)
            top = fmax(top, d->logits64[i]);
        for (int64_t i = begin; i < begin + list_size; i++)
            sum += exp(d->logits64[i] - top);
        for (int64_t i = begin; i < begin + list_size; i++)
            loss -= d->labels64[i] * (d->logits64[i] - top - log(sum));
    }
    return loss;
}

static void check(const data *d, int64_t list_size, int threads) {
    const double expected = plain_loss(d, list_size);
    for (int k = 0; k < NUM_CASES; k++) {
        double loss, total = 0.0;
        call(d, &cases[k], list_size, threads, &loss);
        for (int64_t i = 0; i < list_size && cases[k].grad; i++)
            total += cases[k].is_f64 ? d->grad64[i] : (double)d->grad32[i];
        if (!(fabs(loss - expected) <= 1e-7 * expected) || !(fabs(total) <= 1e-4 * (double)list_size)) {
            fprintf(stderr, "%s, n = %lld: loss %.17g, expected %.17g; gradient sums to %g\n", cases[k].name,
                    (long long)list_size, loss, expected, total);
            exit(EXIT_FAILURE);
        }
    }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_size(const data *d, int64_t list_size, int threads) {
    static double times[NUM_CASES][ROUNDS];
    check(d, list_size, threads);
    for (int round = -WARM_UP; round < ROUNDS; round++) {
        for (int k = 0; k < NUM_CASES; k++) {
            double loss;
            const double begin = seconds();
            call(d, &cases[k], list_size, threads, &loss);
            if (round >= 0)
                times[k][round] = seconds() - begin;
        }
    }
    printf("%8lld", (long long)list_size);
    const double to_ns = 1e9 / (double)(d->items / list_size * list_size);
    for (int k = 0; k < NUM_CASES; k++) {
        qsort(times[k], ROUNDS, sizeof(double), ascending);
        const double spread = times[k][3 * ROUNDS / 4] - times[k][ROUNDS / 4];
        printf("  %7.3f +-%5.3f", to_ns * times[k][ROUNDS / 2], to_ns * spread / 2.0);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    static const int64_t sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, 300, 1000, 10000, 131072};
    const int64_t items = argc > 1 ? atoll(argv[1]) : 1 << 18;
    const int threads = argc > 2 ? atoi(argv[2]) : 1;
    if (items < 1 || threads < 0) {
        fprintf(stderr, "usage: bench_softmax [items [threads]]\n");
        return 2;
    }
    const data d = make_data(items);
    printf(
        "RankLoss %s, isa %s, %lld items, at most %d threads; ns/item, median and half the spread of the middle half\n",
        rankloss_version(), rankloss_isa(), (long long)items, threads);
    printf("%8s", "n");
    for (int k = 0; k < NUM_CASES; k++)
        printf("  %15s", cases[k].name);
    printf("\n");
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
        if (sizes[k] <= items)
            bench_size(&d, sizes[k], threads);
    return 0;
}

#include "catalogue.h"

#include <math.h>
#include <mpi.h>

enum { SEED = 11 };

const char *catalogue_kind_name(enum catalogue_kind kind) {
    static const char *const names[CATALOGUE_KINDS] = {"ordinary", "one dominant item", "masked", "softmax of labels"};
    return names[kind];
}

/* Scrambles bits (SplitMix64). */
static uint64_t mix(uint64_t bits) {
    bits = SEED + bits * UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

struct item catalogue_item(struct catalogue catalogue, int64_t number) {
    const uint64_t bits = mix((uint64_t)number);
    struct item item = {
        .score = (float)(bits >> 40) * 0x1p-20F - 8.0F, .label = bits % 1000 == 0 ? 1.0F : 0.0F, .valid = 1};
    if (catalogue.kind == CATALOGUE_DOMINANT) {
        item.label = number == catalogue.items / 3 ? 1.0F : 0.0F;
        item.score += 60.0F * item.label;
    }
    if (catalogue.kind == CATALOGUE_MASKED && bits % 3 == 0) {
        item = (struct item){.score = NAN, .label = NAN, .valid = 0};
    }
    if (catalogue.kind == CATALOGUE_SOFTMAX) {
        item.label = (float)(mix(bits) >> 40) * 0x1p-21F;
    }
    return item;
}

static long double coefficient(const struct exact_list *list, struct catalogue catalogue, struct item item) {
    const long double label = (long double)item.label;
    return catalogue.kind == CATALOGUE_SOFTMAX ? expl(label - list->largest_label) / list->label_exps : label;
}

/* A rank's part becomes that of all. */
static void reduce(long double *number, MPI_Op operation) {
    MPI_Allreduce(MPI_IN_PLACE, number, 1, MPI_LONG_DOUBLE, operation, MPI_COMM_WORLD);
}

struct exact_list exact_list(struct catalogue catalogue, int64_t first, int64_t end) {
    struct exact_list list = {.largest = -HUGE_VALL, .largest_label = -HUGE_VALL};
    for (int64_t i = first; i < end; i++) {
        const struct item item = catalogue_item(catalogue, i);
        if (item.valid) {
            list.largest = fmaxl(list.largest, (long double)item.score);
            list.largest_label = fmaxl(list.largest_label, (long double)item.label);
        }
    }
    reduce(&list.largest, MPI_MAX);
    reduce(&list.largest_label, MPI_MAX);
    long double ties = 0.0L; /* 1 of them is left out: beside it nothing would be left of small exponentials */
    for (int64_t i = first; i < end; i++) {
        const struct item item = catalogue_item(catalogue, i);
        const long double x = (long double)item.score - list.largest;
        if (item.valid) {
            ties += x == 0.0L ? 1.0L : 0.0L;
            list.others += x < 0.0L ? expl(x) : 0.0L;
            list.label_exps += expl((long double)item.label - list.largest_label);
        }
    }
    reduce(&ties, MPI_SUM);
    reduce(&list.others, MPI_SUM);
    reduce(&list.label_exps, MPI_SUM);
    list.others += ties - 1.0L;
    for (int64_t i = first; i < end; i++) {
        const struct item item = catalogue_item(catalogue, i);
        const long double coef = item.valid ? coefficient(&list, catalogue, item) : 0.0L;
        list.coefs += coef;
        list.loss += coef != 0.0L ? coef * (log1pl(list.others) - ((long double)item.score - list.largest)) : 0.0L;
    }
    reduce(&list.coefs, MPI_SUM);
    reduce(&list.loss, MPI_SUM);
    return list;
}

long double exact_gradient(const struct exact_list *list, struct catalogue catalogue, struct item item,
                           long double *scale) {
    const long double coef = coefficient(list, catalogue, item), x = (long double)item.score - list->largest;
    const long double p = expl(x) / (1.0L + list->others);
    const long double rest = x == 0.0L ? list->others / (1.0L + list->others) : 1.0L - p;
    *scale = (list->coefs - coef) * p + coef * rest;
    return (list->coefs - coef) * p - coef * rest;
}

double units_between(float got, long double exact, long double scale) {
    int exponent = 0;
    (void)frexpl(scale, &exponent);
    const int last_place = exponent - 24 > -149 ? exponent - 24 : -149;
    return (double)ldexpl(fabsl((long double)got - exact), -last_place);
}

/*
 * Makes the batches, and each column of numbers when it is first asked for.
 */
#include "data.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "element.h"
#include "random.h"
#include "support.h"

enum { MSLR_LISTS = 31531, MSLR_LONGEST = 1250, TINY_LONGEST = 20 };

static bench_data *make(const char *name, int64_t num_lists) {
    bench_data *data = bench_allocate(1, sizeof *data);
    *data = (bench_data){.name = name, .num_lists = num_lists};
    return data;
}

bench_data *bench_data_dense(int64_t list_size, int64_t num_items) {
    const int64_t num_lists = num_items / list_size;
    bench_data *data = make("dense", num_lists > 0 ? num_lists : 1);
    data->list_size = list_size;
    data->num_items = data->num_lists * list_size;
    return data;
}

static int64_t lognormal_length(bench_random *random) {
    const double length = floor(exp(log(100.0) + 0.6 * bench_normal(random)));
    return (int64_t)fmin(fmax(length, 1.0), (double)MSLR_LONGEST);
}

static int64_t tiny_length(bench_random *random) {
    return 1 + (int64_t)((double)TINY_LONGEST * bench_uniform(random));
}

static bench_data *make_ragged(const char *name, int64_t num_lists, int64_t (*length)(bench_random *)) {
    bench_random random = {.state = 31};
    bench_data *data = make(name, num_lists);
    data->offsets = bench_allocate(num_lists + 1, sizeof(int64_t));
    for (int64_t k = 0; k < num_lists; k++)
        data->offsets[k + 1] = data->offsets[k] + length(&random);
    data->num_items = data->offsets[num_lists];
    return data;
}

bench_data *bench_data_mslr(void) {
    return make_ragged("mslr", MSLR_LISTS, lognormal_length);
}

bench_data *bench_data_tiny(int64_t num_items) {
    const int64_t num_lists = 2 * num_items / (1 + TINY_LONGEST);
    return make_ragged("tiny", num_lists > 0 ? num_lists : 1, tiny_length);
}

void bench_data_free(bench_data *data) {
    for (int field = 0; field < BENCH_NUM_FIELDS; field++)
        for (int dtype = 0; dtype < BENCH_NUM_DTYPES; dtype++)
            free(data->columns[field][dtype]);
    free(data->offsets);
    free(data);
}

static double random_label(bench_random *random) {
    const double u = bench_uniform(random);
    return (u > .52) + (u > .84) + (u > .97) + (u > .99);
}

static double random_value(bench_field field, bench_random *random) {
    switch (field) {
    case BENCH_LOGITS:
        return 2.0 * bench_normal(random);
    case BENCH_LABELS:
        return random_label(random);
    case BENCH_WHERE:
        return bench_uniform(random) < .8;
    case BENCH_WEIGHTS:
    case BENCH_COTANGENTS:
        return 0.5 + bench_uniform(random);
    case BENCH_BIAS:
        return 0.5 * bench_normal(random);
    default:
        return 0.0;
    }
}

static int64_t length_of(const bench_data *data, bench_field field) {
    return field == BENCH_COTANGENTS || field == BENCH_LOSSES ? data->num_lists : data->num_items;
}

/* Every dtype of a field starts from the same seed, and so has the same numbers up to its rounding. */
static void fill(const bench_data *data, bench_field field, rankloss_dtype dtype, void *column) {
    bench_random random = {.state = (uint64_t)field + 1};
    for (int64_t i = 0; i < length_of(data, field); i++)
        bench_element_set(column, dtype, i, random_value(field, &random));
}

void *bench_data_column(bench_data *data, bench_field field, rankloss_dtype dtype) {
    void **column = &data->columns[field][dtype];
    if (*column == NULL) {
        *column = bench_allocate(length_of(data, field), bench_element_size(dtype));
        if (field < BENCH_GRAD)
            fill(data, field, dtype, *column);
    }
    return *column;
}

int64_t bench_data_begin(const bench_data *data, int64_t k) {
    return data->offsets != NULL ? data->offsets[k] : k * data->list_size;
}

int64_t bench_data_end(const bench_data *data, int64_t k) {
    return bench_data_begin(data, k + 1);
}

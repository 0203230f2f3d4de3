/*
 * One batch, by one thread and by as many as a call takes. Its numbers are made by integers, so that the loss is the same
 * to the last digit wherever the library keeps its promise of equal bits.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rankloss/softmax.h>
#include <rankloss/status.h>

#include "info/clock.h"
#include "info/facts.h"
#include "info/report.h"

enum { LISTS = 10000, LIST_SIZE = 100, ITEMS = LISTS * LIST_SIZE };

/* Few calls where they are slow, by a sanitizer or an emulator; many seconds would tell no more. */
enum { LEAST_CALLS = 3, MOST_CALLS = 15 };
static const double enough_seconds = 1;

static float logits[ITEMS], labels[ITEMS], grad[ITEMS], loss;

/* Scores of -4 to 4 and labels of 0 to 4. */
static void make_batch(void) {
    uint32_t random = 1;
    for (int i = 0; i < ITEMS; i++) {
        random = random * 1664525U + 1013904223U; /* the "quick" generator of Numerical Recipes, section 7.1 */
        logits[i] = (float)((int32_t)(random >> 16) - (1 << 15)) * 0x1p-13F;
        labels[i] = (float)((random >> 8) % 5);
    }
}

/* Seconds of a call; negative where it failed. */
static double time_call(int32_t num_threads) {
    const rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, LISTS, LIST_SIZE),
                                      .labels = RANKLOSS_ARRAY(labels, LISTS, LIST_SIZE),
                                      .num_threads = num_threads};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1),
                                    .grad_logits = RANKLOSS_ARRAY(grad, LISTS, LIST_SIZE)};
    const double begin = info_seconds();
    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK)
        return -1;
    return info_seconds() - begin;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool show_time(const char *name, int32_t num_threads) {
    const double ns_per_item = 1e9 / (double)ITEMS, begin = info_seconds();
    double seconds[MOST_CALLS];
    int calls = 0;
    bool done = time_call(num_threads) >= 0; /* which starts threads and touches pages */
    while (done && calls < MOST_CALLS && (calls < LEAST_CALLS || info_seconds() - begin < enough_seconds)) {
        seconds[calls] = time_call(num_threads);
        done = seconds[calls++] >= 0;
    }
    if (!done)
        return false;
    qsort(seconds, (size_t)calls, sizeof *seconds, compare);
    info_fact(name, "%.2f ns an item, the median of %d calls (%.2f to %.2f)", seconds[calls / 2] * ns_per_item, calls,
              seconds[0] * ns_per_item, seconds[calls - 1] * ns_per_item);
    return true;
}

bool info_timing(void) {
    make_batch();
    info_fact("batch", "loss and gradient of %d lists of %d floats", LISTS, LIST_SIZE);
    if (!show_time("1 thread", 1) || !show_time("all threads", 0)) {
        fprintf(stderr, "rankloss-info: %s\n", rankloss_last_error());
        return false;
    }
    info_fact("mean loss", "%.9g", (double)loss);
    return true;
}

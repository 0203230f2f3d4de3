#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <rankloss/rankloss.h>

#include "../common/columns.h"
#include "../letor/memory.h"
#include "platform.h"

enum { MOST_WEIGHTS = 10, LINE_SIZE = 160 };

static void format_ndcg(char text[16], double ndcg) {
    if (isnan(ndcg)) {
        snprintf(text, 16, "none");
    } else {
        snprintf(text, 16, "%.4f", ndcg);
    }
}

static void format_line(char text[LINE_SIZE], const char *head, const struct metrics *metrics) {
    char train[16];
    char held_out[16];
    format_ndcg(train, metrics->ndcg_train);
    format_ndcg(held_out, metrics->ndcg_held_out);
    snprintf(text, LINE_SIZE, "%-16s  mean loss %.6f  NDCG@10 train %s  held-out %s", head, metrics->loss, train,
             held_out);
}

void report_zero(const struct metrics *metrics) {
    char text[LINE_SIZE];
    format_line(text, "all weights zero", metrics);
    puts(text);
}

void report_epoch(int epoch, int epochs, const struct metrics *metrics) {
    char head[32];
    char text[LINE_SIZE];
    snprintf(head, sizeof(head), "epoch %d/%d", epoch, epochs);
    format_line(text, head, metrics);
    if (platform_is_terminal(stdout)) {
        /* One short of the 80 columns of a small terminal: a line that wraps cannot be taken back. */
        printf("\r%-79.79s", text);
    } else {
        puts(text);
    }
    fflush(stdout);
}

static void report_ndcg(const char *which, double before, double after) {
    if (isnan(before)) {
        printf("%s  none: no list has a relevant item\n", which);
    } else {
        printf("%s  %9.4f -> %9.4f\n", which, before, after);
    }
}

void report_metrics(bool converged, const struct metrics *before, const struct metrics *after) {
    if (platform_is_terminal(stdout)) {
        putchar('\n');
    }
    if (converged) {
        printf("converged: no step lowers the loss by more than its rounding\n");
    }
    printf("\nmean loss          %9.6f -> %9.6f\n", before->loss, after->loss);
    report_ndcg("NDCG@10 training ", before->ndcg_train, after->ndcg_train);
    report_ndcg("NDCG@10 held-out ", before->ndcg_held_out, after->ndcg_held_out);
}

struct weight {
    size_t column;
    double value;
};

static int by_falling_size(const void *left, const void *right) {
    const struct weight *const a = left;
    const struct weight *const b = right;
    const double difference = fabs(b->value) - fabs(a->value);
    if (difference != 0.0) {
        return difference > 0.0 ? 1 : -1;
    }
    return (a->column > b->column) - (a->column < b->column);
}

void report_weights(const double *weights, size_t count) {
    struct weight *const sorted = new_array(count, sizeof(*sorted));
    for (size_t j = 0; j < count; j++) {
        sorted[j] = (struct weight){j, weights[j]};
    }
    qsort(sorted, count, sizeof(*sorted), by_falling_size);
    printf("\nlargest weights, for one standard deviation of a feature or for its presence\n");
    for (size_t i = 0; i < count && i < MOST_WEIGHTS && sorted[i].value != 0.0; i++) {
        printf("  %+.4f  feature %zu%s\n", sorted[i].value, feature_of_column(sorted[i].column),
               column_is_presence(sorted[i].column) ? " is present" : "");
    }
    if (count == 0 || sorted[0].value == 0.0) {
        printf("  none: all are zero\n");
    }
    free(sorted);
}

void report_speed(const struct objective *objective) {
    const size_t num_items = objective->train->num_items;
    const char *const plural = objective->num_threads == 1 ? "" : "s";
    printf("\nloss and gradient  %.4g million items/s (%zu items, fastest of %zu calls; isa %s, at most %d thread%s)\n",
           1e-6 * (double)num_items / objective->fastest, num_items, objective->calls, rankloss_isa(),
           (int)objective->num_threads, plural);
}

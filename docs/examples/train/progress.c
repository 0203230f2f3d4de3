#include "progress.h"

#include <math.h>
#include <stdio.h>

#include "platform.h"

enum { LINE_SIZE = 160 };

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

struct progress progress_begin(int epochs, const struct metrics *zero) {
    char text[LINE_SIZE];
    format_line(text, "all weights zero", zero);
    puts(text);
    return (struct progress){.in_place = platform_is_terminal(stdout), .epochs = epochs};
}

void progress_show(const struct progress *progress, int epoch, const struct metrics *metrics) {
    char head[32];
    char text[LINE_SIZE];
    snprintf(head, sizeof(head), "epoch %d/%d", epoch, progress->epochs);
    format_line(text, head, metrics);
    if (progress->in_place) {
        /* One short of the 80 columns of a small terminal: a line that wraps cannot be taken back. */
        printf("\r%-79.79s", text);
    } else {
        puts(text);
    }
    fflush(stdout);
}

void progress_end(const struct progress *progress) {
    if (progress->in_place) {
        putchar('\n');
    }
}

/*
 * The processes that compute together: which of them this is, how they end, and what they agree on before they go on. A
 * rank that gave up alone would leave the others waiting for its messages.
 */
#ifndef EXAMPLES_MPI_RANKS_H
#define EXAMPLES_MPI_RANKS_H

#include <stdbool.h>
#include <stdint.h>

#include "../letor/text.h"

struct ranks {
    int own; /**< from 0 */
    int count;
};

/**
 * Starts MPI. Until ranks_end() every end of this process by exit(), such as that of die(), ends those of all ranks; so
 * does an error of MPI.
 */
struct ranks ranks_start(int *argc, char ***argv);

void ranks_end(void);

/** Whether all ranks have done what each may fail in. Those that fail have said why. */
bool ranks_all(bool done);

/** Whether a number is the same on all ranks. Those that have another than rank 0 say that this is so of what. */
bool ranks_same(struct ranks ranks, uint64_t number, const char *what);

/** Prints a report on stderr: that of rank 0, and those that say something else. */
void ranks_report(struct ranks ranks, const struct report *report);

#endif

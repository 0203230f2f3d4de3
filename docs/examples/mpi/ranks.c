#define _POSIX_C_SOURCE 200809L

#include "ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mpi.h>

#include "../letor/memory.h"

/* --- Start and end --- */

static void abort_unless_ended(void) {
    int ended = 0;
    MPI_Finalized(&ended);
    if (!ended) {
        /* The last words are on their way to mpiexec; where it hears of an abort first it may not read them. */
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
}

struct ranks ranks_start(int *argc, char ***argv) {
    struct ranks ranks = {.own = 0};
    int threads = 0;
    /* The library's threads send no messages. */
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &threads);
    if (atexit(abort_unless_ended) != 0 || threads < MPI_THREAD_FUNNELED) {
        fprintf(stderr, "this MPI cannot be used by a process with threads\n");
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &ranks.own);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks.count);
    return ranks;
}

void ranks_end(void) {
    MPI_Finalize();
}

/* --- Agreement --- */

bool ranks_all(bool done) {
    MPI_Allreduce(MPI_IN_PLACE, &done, 1, MPI_C_BOOL, MPI_LAND, MPI_COMM_WORLD);
    return done;
}

bool ranks_same(struct ranks ranks, uint64_t number, const char *what) {
    uint64_t first = number;
    MPI_Bcast(&first, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    if (number != first) {
        fprintf(stderr, "rank %d has other %s than rank 0\n", ranks.own, what);
    }
    return ranks_all(number == first);
}

void ranks_report(struct ranks ranks, const struct report *report) {
    struct report first = *report;
    MPI_Bcast(&first, sizeof(first), MPI_BYTE, 0, MPI_COMM_WORLD);
    if (ranks.own == 0) {
        fputs(report->text, stderr);
    } else if (report->length > 0 && strcmp(report->text, first.text) != 0) {
        fprintf(stderr, "rank %d:\n%s", ranks.own, report->text);
    }
}

#include "accumulators.h"

#include <mpi.h>

#include "../letor/memory.h"

/* The signature is that of MPI: NOLINTNEXTLINE(readability-non-const-parameter) */
static void merge(void *from, void *into, int *count, MPI_Datatype *type) {
    (void)type;
    for (int i = 0; i < *count; i++) {
        if (rankloss_accumulator_merge((rankloss_accumulator *)into + i, (rankloss_accumulator *)from + i) !=
            RANKLOSS_OK) {
            die("rankloss_accumulator_merge: %s", rankloss_last_error());
        }
    }
}

/* An accumulator is an array of words that nobody need know more of. Merging is exact, so that neither order nor
 * grouping of the ranks changes what is read: the operation may commute, and MPI take whichever way is fastest. */
void accumulators_merge(rankloss_accumulator *accumulator) {
    MPI_Datatype words;
    MPI_Op merging;
    MPI_Type_contiguous(RANKLOSS_ACCUMULATOR_WORDS, MPI_UINT64_T, &words);
    MPI_Type_commit(&words);
    MPI_Op_create(merge, 1, &merging);
    MPI_Allreduce(MPI_IN_PLACE, accumulator, 1, words, merging, MPI_COMM_WORLD);
    MPI_Op_free(&merging);
    MPI_Type_free(&words);
}

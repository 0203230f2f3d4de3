/*
 * The last rank ends by die(), as for want of memory, while the others wait for its message: all have to end.
 */
#include <mpi.h>

#include "../../letor/memory.h"
#include "../ranks.h"

int main(int argc, char **argv) {
    const struct ranks ranks = ranks_start(&argc, &argv);
    if (ranks.own == ranks.count - 1) {
        die("the last rank gives up");
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ranks_end();
    return 0;
}

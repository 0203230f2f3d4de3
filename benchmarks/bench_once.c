/*
 * Calls the library a number of times and does nothing else, for tools that count instructions: instructions.py takes
 * the difference of two runs, so that loading, making the data and the first call cancel.
 *
 *     bench_once LIST_SIZE ITEMS loss|gradient|hessian CALLS
 *
 * One thread. LIST_SIZE 0 is a ragged batch of lists of 1 to 20 items.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/cpu.h>

#include "call.h"
#include "support.h"

static bench_work parse_work(const char *name) {
    for (int work = 0; work < BENCH_NUM_WORKS; work++)
        if (strcmp(name, bench_work_name((bench_work)work)) == 0)
            return (bench_work)work;
    bench_fail("no such work: %s", name);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: bench_once LIST_SIZE ITEMS loss|gradient|hessian CALLS\n");
        return 2;
    }
    const int64_t list_size = strtoll(argv[1], NULL, 10), items = strtoll(argv[2], NULL, 10);
    if (list_size < 0 || items < 1)
        bench_fail("LIST_SIZE and ITEMS are counts");
    bench_call call = {.data = list_size > 0 ? bench_data_dense(list_size, items) : bench_data_tiny(items),
                       .inputs = {.name = "plain", .logits = RANKLOSS_F32, .labels = RANKLOSS_F32},
                       .work = parse_work(argv[3]),
                       .threads = 1,
                       .library = bench_library_open("rankloss", BENCH_LIBRARY)};
    bench_call_bind(&call);
    for (long calls = strtol(argv[4], NULL, 10); calls > 0; calls--)
        bench_call_run(&call);
    printf("%s %lld\n", call.library.isa, (long long)call.data->num_items);
    bench_data_free(call.data);
    return EXIT_SUCCESS;
}

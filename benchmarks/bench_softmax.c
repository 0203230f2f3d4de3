/*
 * Time an item takes: loss, with the gradient, with the Hessian diagonal too; over list sizes, dtypes, inputs, sizes of
 * the batch, threads and instruction sets; beside a handwritten baseline and the limits of the machine.
 *
 *     cmake -B build/benchmarks -DRANKLOSS_BUILD_BENCHMARKS=ON -DRANKLOSS_BUILD_TESTS=OFF
 *     cmake --build build/benchmarks && build/benchmarks/benchmarks/bench_softmax --help
 *
 * Each answer is checked before it is timed; a wrong one ends the program with status 1.
 */
#include <stdlib.h>

#include "groups.h"
#include "library.h"
#include "machine.h"
#include "options.h"
#include "report.h"
#include "support.h"

static bench_library open_library(const bench_options *options) {
    if (options->isa == NULL)
        return bench_library_open("rankloss", options->library);
    const bench_library library = bench_library_open_isa("rankloss", options->library, options->isa);
    if (library.softmax == NULL)
        bench_fail("no instruction set %s here: the library uses %s", options->isa, library.isa);
    return library;
}

int main(int argc, char **argv) {
    bench_options options;
    if (!bench_options_parse(argc, argv, &options) || !bench_groups_exist(options.groups)) {
        bench_options_print_usage();
        bench_groups_print();
        return 2;
    }
    if (options.help) {
        bench_options_print_usage();
        bench_groups_print();
        return EXIT_SUCCESS;
    }

    const bench_machine machine = bench_machine_describe();
    if (options.threads == 0)
        options.threads = machine.cores;
    bench_library libraries[2] = {open_library(&options)};
    if (options.against != NULL) {
        libraries[1] = bench_library_open("against", options.against);
        libraries[1].may_refuse = true;
    }

    bench_report report = bench_report_begin(&options, &machine, &libraries[0]);
    const bench_run run = {.options = &options,
                           .machine = &machine,
                           .report = &report,
                           .libraries = libraries,
                           .num_libraries = options.against != NULL ? 2 : 1};
    bench_groups_run(&run);
    bench_report_end(&report);
    return EXIT_SUCCESS;
}

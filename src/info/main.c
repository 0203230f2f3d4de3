/*
 * rankloss-info: what a report of a bug, or of a time, has to say of the library and the machine.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/version.h>

#include "info/facts.h"

enum { EXIT_WRONG_OPTION = 2 };

static const char usage[] = "usage: rankloss-info [--no-timing | --version | --help]\n";

static const char help[] = "\n"
                           "Prints what a bug report about RankLoss needs: version, build, instruction sets, "
                           "processor, threads, and how long\n"
                           "one batch takes.\n"
                           "\n"
                           "  --no-timing  leave out the batch\n"
                           "  --version    print the version alone\n"
                           "  --help       print this\n"
                           "\n"
                           "Exit status: 0, or 2 for a wrong option, or 1 for any other failure.\n";

typedef struct options {
    bool help, version, timing;
} options;

static bool parse(int argc, char **argv, options *wanted) {
    *wanted = (options){.timing = true};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            wanted->help = true;
        else if (strcmp(argv[i], "--version") == 0)
            wanted->version = true;
        else if (strcmp(argv[i], "--no-timing") == 0)
            wanted->timing = false;
        else {
            fprintf(stderr, "rankloss-info: unknown option '%s'\n%s", argv[i], usage);
            return false;
        }
    }
    return true;
}

static bool report(bool with_timing) {
    info_build();
    info_kernels();
    info_machine();
    info_threads();
    return !with_timing || info_timing();
}

int main(int argc, char **argv) {
    options wanted;
    bool done = true;
    if (!parse(argc, argv, &wanted))
        return EXIT_WRONG_OPTION;
    if (wanted.help)
        printf("%s%s", usage, help);
    else if (wanted.version)
        printf("rankloss-info %s\n", rankloss_version());
    else
        done = report(wanted.timing);
    /* A report that was cut, by a full disk for one, is no success. */
    return fflush(stdout) == 0 && done ? EXIT_SUCCESS : EXIT_FAILURE;
}

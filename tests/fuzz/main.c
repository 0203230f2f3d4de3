/*
 * The fuzzing target without a fuzzer:
 *
 *     fuzz_replay PATH...           the inputs in files and directories; fails where they do not reach everything
 *     ... --random SEED COUNT       then, or alone, so many random inputs
 *     fuzz_replay -                 the input on standard input
 *     fuzz_replay --one FILE        the input in a file
 *     fuzz_replay --complete PATH   adds random inputs to a directory until its files reach everything
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "random.h"
#include "run.h"
#include "tally.h"
#include "target.h"

enum { MOST_BYTES = 1 << 16, RANDOM_BYTES = 512, PATH_BYTES = 4096 };

static bool run_stream(FILE *file) {
    static uint8_t bytes[MOST_BYTES];
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    if (ferror(file) || size > sizeof bytes) {
        return false;
    }
    /* A copy of exactly this size. */
    uint8_t *copy = malloc(size + !size);
    if (!copy) {
        return false;
    }
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return true;
}

static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    const bool done = file && run_stream(file);
    if (!done) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    if (file) {
        fclose(file);
    }
    return done;
}

static bool run_directory(const char *path) {
    DIR *directory = opendir(path);
    bool done = directory != NULL;
    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry; entry = readdir(directory)) {
        char name[PATH_BYTES];
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            done &= run_file(name);
        }
    }
    if (directory) {
        closedir(directory);
    }
    return done;
}

static bool run_path(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    return S_ISDIR(status.st_mode) ? run_directory(path) : run_file(path);
}

static size_t draw_input(uint64_t seed, uint64_t number, uint8_t *bytes) {
    random_state r = random_new(seed, number);
    const size_t size = (size_t)random_below(&r, RANDOM_BYTES);
    for (size_t k = 0; k < size; k++) {
        bytes[k] = (uint8_t)random_bits(&r);
    }
    return size;
}

static void run_random(uint64_t seed, int64_t count) {
    uint8_t bytes[RANDOM_BYTES];
    for (int64_t i = 0; i < count; i++) {
        const size_t size = draw_input(seed, (uint64_t)i, bytes);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    tally_print();
}

static bool keep(const char *directory, uint64_t number, const uint8_t *bytes, size_t size) {
    char name[PATH_BYTES];
    snprintf(name, sizeof name, "%s/drawn-%llu", directory, (unsigned long long)number);
    FILE *file = fopen(name, "wb");
    const bool written = file && fwrite(bytes, 1, size, file) == size;
    if (!file || fclose(file) != 0 || !written) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return false;
    }
    return true;
}

/* Adds random inputs to a corpus until it reaches everything. */
static bool complete(const char *directory) {
    uint8_t bytes[RANDOM_BYTES];
    bool done = run_directory(directory);
    int before = tally_missing(false);
    for (uint64_t i = 0; done && before > 0; i++) {
        const size_t size = draw_input(0, i, bytes);
        LLVMFuzzerTestOneInput(bytes, size);
        if (tally_missing(false) < before) {
            done = keep(directory, i, bytes, size);
            before = tally_missing(false);
        }
    }
    return done;
}

/* Files and directories, which together have to reach everything. */
static bool replay(int count, char **paths) {
    bool done = true;
    for (int i = 0; i < count; i++) {
        done &= run_path(paths[i]);
    }
    tally_print();
    return tally_missing(true) == 0 && done;
}

int main(int argc, char **argv) {
    const int refused = run_refused_reference();
    if (refused) {
        return refused;
    }
    if (argc == 2 && strcmp(argv[1], "-") == 0) {
        return run_stream(stdin) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argc == 3 && strcmp(argv[1], "--one") == 0) {
        return run_file(argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argc == 3 && strcmp(argv[1], "--complete") == 0) {
        return complete(argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    const bool random = argc >= 4 && strcmp(argv[argc - 3], "--random") == 0;
    const int paths = argc - 1 - (random ? 3 : 0);
    if (paths == 0 && !random) {
        fprintf(stderr, "usage: fuzz_replay [PATH...] [--random SEED COUNT] | - | --one FILE | --complete DIRECTORY\n");
        return EXIT_FAILURE;
    }
    if (paths > 0 && !replay(paths, argv + 1)) {
        return EXIT_FAILURE;
    }
    if (random) {
        run_random(strtoull(argv[argc - 2], NULL, 0), strtoll(argv[argc - 1], NULL, 0));
    }
    return EXIT_SUCCESS;
}

/*
 * The fuzzing target of the reader without a fuzzer: fuzz_letor_replay FILE..., the inputs in files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../target.h"

enum { MOST_BYTES = 1 << 16 };

static int run_file(const char *path) {
    static uint8_t bytes[MOST_BYTES];
    FILE *const file = fopen(path, "rb");
    const size_t size = file != NULL ? fread(bytes, 1, sizeof(bytes), file) : 0;
    if (file == NULL || ferror(file) || fclose(file) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    LLVMFuzzerTestOneInput(bytes, size);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    int status = argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
    for (int i = 1; i < argc; i++) {
        status |= run_file(argv[i]);
    }
    printf("%d inputs\n", argc - 1);
    return status;
}

/*
 * Errors that end the program, and memory whose pages are already there.
 */
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

_Noreturn void bench_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void *bench_allocate(int64_t count, size_t size) {
    const size_t bytes = (size_t)count * size;
    const size_t rounded = (bytes / ALIGNMENT + 1) * ALIGNMENT;
    void *memory = aligned_alloc(ALIGNMENT, rounded);
    if (memory == NULL)
        bench_fail("no memory for %zu bytes", rounded);
    memset(memory, 0, rounded);
    return memory;
}

/*
 * What every part of the benchmarks needs: an end in words, and memory.
 */
#ifndef BENCHMARKS_SUPPORT_H
#define BENCHMARKS_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/** Prints the message, as printf would, and ends the program with status 1. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * count elements of size bytes, each page written once, so that no page fault falls into a measured call. Aligned for
 * any vector. free() takes it back. Ends the program where there is no memory.
 */
void *bench_allocate(int64_t count, size_t size);

#endif

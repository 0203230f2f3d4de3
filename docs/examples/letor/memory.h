/*
 * Memory that is there: a program of this size has nothing better to do without it than to say so and end.
 */
#ifndef LETOR_MEMORY_H
#define LETOR_MEMORY_H

#include <stddef.h>
#include <stdio.h> /* says whose printf() a MinGW build has */

#if defined(__MINGW_PRINTF_FORMAT)
#define PRINTF_LIKE(text, first) __attribute__((format(__MINGW_PRINTF_FORMAT, text, first)))
#elif defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/** Prints a reason on stderr and exits with status 1. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

/** count elements of size bytes, all zero; never NULL. Release with free(). */
void *new_array(size_t count, size_t size);

/**
 * Makes room for at least count elements of size bytes in an array that has room for *capacity, at least doubling it so
 * that appending one by one stays cheap. Returns the array, which may have moved.
 */
void *grow_array(void *array, size_t *capacity, size_t count, size_t size);

#endif

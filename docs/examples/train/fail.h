/*
 * How the program ends when it cannot go on: bad input is refused with exit status 2, anything else dies with 1.
 */
#ifndef TRAIN_FAIL_H
#define TRAIN_FAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { EXIT_BAD_INPUT = 2 };

#if defined(__MINGW_PRINTF_FORMAT)
#define PRINTF_LIKE(text, first) __attribute__((format(__MINGW_PRINTF_FORMAT, text, first)))
#elif defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/**
 * Prints "PATH:LINE: reason", or "PATH: reason" where line is 0, on stderr. Returns false, so that a reader can say
 * `return refuse(...)`. What is not printable in the reason becomes '?': it may quote a damaged file.
 */
bool refuse(const char *path, size_t line, const char *format, ...) PRINTF_LIKE(3, 4);

/** Prints a reason on stderr and exits with status 1. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

#endif

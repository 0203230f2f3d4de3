/*
 * Reader of the exact cases in tests/golden (its README describes the format).
 */
#ifndef RANKLOSS_TESTS_CASES_H
#define RANKLOSS_TESTS_CASES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** One line of the file: a case. */
typedef struct golden_case {
    char *line;
    size_t capacity;
} golden_case;

/** Reads the next case into one that was zeroed or read before. False at the end of the file. */
bool case_next(FILE *file, golden_case *c);

void case_free(golden_case *c);

bool case_has(const golden_case *c, const char *key);

/** Copies the text of a key, cut to size - 1 characters; "" where the key is absent. */
void case_text(const golden_case *c, const char *key, char *text, size_t size);

/** The numbers of a key. Returns how many there are and sets *numbers to an array that the caller frees. */
int64_t case_numbers(const golden_case *c, const char *key, double **numbers);

/** The integers of the key `<name>_shape`, at most RANKLOSS_MAX_NDIM. Returns how many there are. */
int32_t case_shape(const golden_case *c, const char *name, int64_t *shape);

#endif

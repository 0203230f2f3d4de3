/*
 * Numbers as text, strictly: the whole text is one number, or it is refused. Bare strtod() and strtoll() would take
 * blanks in front, words such as "nan" and hexadecimal, and stop quietly at what they cannot read.
 */
#ifndef TRAIN_NUMBER_H
#define TRAIN_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/** A decimal number with optional fraction and exponent, finite as a double. */
bool parse_number(const char *text, double *number);

/** Digits alone, from low to high. */
bool parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *count);

#endif

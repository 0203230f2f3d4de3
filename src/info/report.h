/*
 * The report: a fact a line, its name in front.
 */
#ifndef RANKLOSS_SRC_INFO_REPORT_H
#define RANKLOSS_SRC_INFO_REPORT_H

#include <stddef.h>

/* Prints a fact; value is a format of printf(). */
__attribute__((format(printf, 2, 3))) void info_fact(const char *name, const char *value, ...);

/* Puts a word behind those in a text, with a comma between them; leaves it out where it does not fit. */
void info_append(char *text, size_t size, const char *word);

#endif

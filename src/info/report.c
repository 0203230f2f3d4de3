/*
 * Facts in two columns, to be read by people and pasted into a report.
 */
#include "info/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void info_fact(const char *name, const char *value, ...) {
    va_list arguments;
    va_start(arguments, value);
    printf("%-14s ", name);
    vprintf(value, arguments);
    putchar('\n');
    va_end(arguments);
}

void info_append(char *text, size_t size, const char *word) {
    const char *const comma = text[0] == '\0' ? "" : ", ";
    const size_t length = strlen(text);
    if (length + strlen(comma) + strlen(word) < size)
        snprintf(text + length, size - length, "%s%s", comma, word);
}

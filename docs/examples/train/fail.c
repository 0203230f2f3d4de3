#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool refuse(const char *path, size_t line, const char *format, ...) {
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    for (char *c = reason; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    if (line > 0) {
        fprintf(stderr, "%s:%zu: %s\n", path, line, reason);
    } else {
        fprintf(stderr, "%s: %s\n", path, reason);
    }
    return false;
}

_Noreturn void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("rankloss_train: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

#define _POSIX_C_SOURCE 200809L

#include "platform.h"

#if defined(_WIN32)

#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <windows.h>

double platform_seconds(void) {
    LARGE_INTEGER now, per_second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&per_second);
    return (double)now.QuadPart / (double)per_second.QuadPart;
}

bool platform_is_terminal(FILE *stream) {
    return _isatty(_fileno(stream)) != 0;
}

int platform_processors(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors < 1024 ? (int)info.dwNumberOfProcessors : 1;
}

/* Doubles the space of a line. */
static bool grow(char **text, size_t *capacity) {
    const size_t larger = *capacity > 0 ? 2 * *capacity : 256;
    char *const moved = larger > *capacity ? realloc(*text, larger) : NULL;
    if (moved == NULL) {
        errno = ENOMEM;
        return false;
    }
    *text = moved;
    *capacity = larger;
    return true;
}

ptrdiff_t platform_getline(char **text, size_t *capacity, FILE *file) {
    size_t length = 0;
    for (int c = 0; c != '\n'; length++) {
        if (length + 1 >= *capacity && !grow(text, capacity))
            return -1;
        c = getc(file);
        if (c == EOF)
            break;
        (*text)[length] = (char)c;
    }
    if (length == 0 || ferror(file))
        return -1;
    (*text)[length] = '\0';
    return (ptrdiff_t)length;
}

#else

#include <time.h>
#include <unistd.h>

double platform_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool platform_is_terminal(FILE *stream) {
    return isatty(fileno(stream)) != 0;
}

int platform_processors(void) {
#if defined(_SC_NPROCESSORS_ONLN)
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 && count < 1024 ? (int)count : 1;
#else
    return 1;
#endif
}

ptrdiff_t platform_getline(char **text, size_t *capacity, FILE *file) {
    return getline(text, capacity, file);
}

#endif

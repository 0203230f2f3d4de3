#define _POSIX_C_SOURCE 200809L

#include "platform.h"

#if defined(_WIN32)

#include <io.h>
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

#endif

/*
 * The size of the last cache from the operating system, asked once for the process.
 */
#if !defined(_WIN32) && !defined(__APPLE__) /* whose <sys/sysctl.h> needs more than POSIX */
#define _POSIX_C_SOURCE 200809L
#endif

#include "cpu/cache.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

static const int64_t UNKNOWN = INT64_C(8) << 20;

#if defined(__APPLE__)

static int64_t ask(const char *name) {
    int64_t size = 0;
    size_t length = sizeof size;
    return sysctlbyname(name, &size, &length, NULL, 0) == 0 ? size : 0;
}

static int64_t ask_system(void) {
    const int64_t size = ask("hw.l3cachesize");
    return size > 0 ? size : ask("hw.l2cachesize");
}

#elif defined(__linux__)

/*
 * The size that Linux gives for a level, such as "32768K", or 0. sysconf() would be shorter, but the C library may
 * answer with the sum over a processor's parts, of which a core reaches one. Read by system calls, since stdio would
 * use the heap.
 */
static int64_t size_of_level(const char *path) {
    char text[32];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file);
    text[length > 0 ? length : 0] = '\0';
    char *unit;
    const int64_t number = strtol(text, &unit, 10);
    return *unit == 'K' ? number << 10 : *unit == 'M' ? number << 20 : number;
}

static int64_t ask_system(void) {
    const int64_t third = size_of_level("/sys/devices/system/cpu/cpu0/cache/index3/size");
    return third > 0 ? third : size_of_level("/sys/devices/system/cpu/cpu0/cache/index2/size");
}

#else

static int64_t ask_system(void) {
    return 0;
}

#endif

int64_t rankloss__cache_size(void) {
    /* Threads that race here get the same answer. */
    static _Atomic int64_t known;
    int64_t size = atomic_load_explicit(&known, memory_order_relaxed);
    if (size == 0) {
        size = ask_system();
        size = size > 0 ? size : UNKNOWN;
        atomic_store_explicit(&known, size, memory_order_relaxed);
    }
    return size;
}

bool rankloss__exceeds_last_cache(int64_t items) {
    return items > rankloss__cache_size() / 4 / (int64_t)sizeof(float);
}

/*
 * Loads the library, as often as there are instruction sets to time: each copy makes its own choice.
 */
#define _POSIX_C_SOURCE 200809L

#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/instruction_sets.h"
#include "support.h"

#define NAME_OF(name, NAME) #name,
const char *const bench_isas[] = {RANKLOSS__EACH_SET_OF_THE_PROCESSOR(NAME_OF) NULL};

/* POSIX lets a void pointer hold a function; C does not, hence the detour through memory. */
static void find(void *handle, const char *name, void *function) {
    void *address = dlsym(handle, name);
    if (address == NULL)
        bench_fail("%s", dlerror());
    memcpy(function, &address, sizeof address);
}

bench_library bench_library_open(const char *who, const char *path) {
    const char *(*isa)(void);
    const char *(*version)(void);
    bench_library library = {.who = who};
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        bench_fail("%s", dlerror());
    find(handle, "rankloss_softmax", &library.softmax);
    find(handle, "rankloss_last_error", &library.last_error);
    find(handle, "rankloss_isa", &isa);
    find(handle, "rankloss_version", &version);
    library.isa = isa();
    library.version = version();
    return library;
}

static void copy_file(const char *path, int to) {
    char buffer[1 << 14];
    size_t length;
    FILE *from = fopen(path, "rb");
    if (from == NULL)
        bench_fail("cannot read %s", path);
    do {
        length = fread(buffer, 1, sizeof buffer, from);
        if (write(to, buffer, length) != (ssize_t)length)
            bench_fail("cannot copy %s", path);
    } while (length == sizeof buffer);
    if (ferror(from) || fclose(from) != 0)
        bench_fail("cannot read %s", path);
}

/* The loader gives a second file, however equal, variables of its own, and with them a second choice. */
bench_library bench_library_open_isa(const char *who, const char *path, const char *isa) {
    char copy[] = "/tmp/bench_softmax_XXXXXX";
    const int file = mkstemp(copy);
    if (file < 0)
        bench_fail("cannot make %s", copy);
    copy_file(path, file);
    close(file);

    const char *before = getenv("RANKLOSS_ISA");
    char *saved = before != NULL ? strdup(before) : NULL;
    setenv("RANKLOSS_ISA", isa, 1);
    bench_library library = bench_library_open(who, copy);
    if (saved != NULL)
        setenv("RANKLOSS_ISA", saved, 1);
    else
        unsetenv("RANKLOSS_ISA");
    free(saved);
    unlink(copy);

    if (strcmp(library.isa, isa) != 0)
        library.softmax = NULL;
    return library;
}

/*
 * Guard pages by mmap, or by VirtualAlloc on Windows.
 */
#define _DEFAULT_SOURCE

#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

static void end_program(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

/* --- pages --- */

#if defined(_WIN32)

static size_t page_size(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

static unsigned char *map(size_t bytes) {
    unsigned char *mapping = VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    if (mapping == NULL)
        end_program("VirtualAlloc");
    return mapping;
}

static void unmap(unsigned char *mapping, size_t bytes) {
    (void)bytes;
    if (!VirtualFree(mapping, 0, MEM_RELEASE))
        end_program("VirtualFree");
}

static void protect(unsigned char *begin, size_t bytes, guarded_access access) {
    static const DWORD protections[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE};
    DWORD before;
    if (!VirtualProtect(begin, bytes, protections[access], &before))
        end_program("VirtualProtect");
}

#else

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static unsigned char *map(size_t bytes) {
    unsigned char *mapping = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        end_program("mmap");
    return mapping;
}

static void unmap(unsigned char *mapping, size_t bytes) {
    if (munmap(mapping, bytes) != 0)
        end_program("munmap");
}

static void protect(unsigned char *begin, size_t bytes, guarded_access access) {
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    if (mprotect(begin, bytes, protections[access]) != 0)
        end_program("mprotect");
}

#endif

/* --- memory between two of them --- */

guarded guarded_new(size_t bytes) {
    const size_t page = page_size();
    guarded memory = {.size = (bytes + page - 1) / page * page};
    if (memory.size == 0)
        memory.size = page;
    memory.begin = map(memory.size + 2 * page) + page;
    guarded_protect(&memory, GUARDED_WRITE);
    return memory;
}

void guarded_free(guarded *memory) {
    const size_t page = page_size();
    if (memory->begin)
        unmap(memory->begin - page, memory->size + 2 * page);
    *memory = (guarded){NULL, 0};
}

void guarded_protect(const guarded *memory, guarded_access access) {
    protect(memory->begin, memory->size, access);
}

void *guarded_first(const guarded *memory, size_t bytes) {
    if (bytes > memory->size)
        end_program("guarded_first: too many bytes");
    return memory->begin;
}

void *guarded_last(const guarded *memory, size_t bytes) {
    if (bytes > memory->size)
        end_program("guarded_last: too many bytes");
    return memory->begin + (memory->size - bytes);
}

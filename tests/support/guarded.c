/*
 * Guard pages by mmap.
 */
#define _DEFAULT_SOURCE

#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>
#include <unistd.h>

static void end_program(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

guarded guarded_new(size_t bytes) {
    const size_t page = page_size();
    guarded memory = {.size = (bytes + page - 1) / page * page};
    if (memory.size == 0)
        memory.size = page;
    unsigned char *mapping = mmap(NULL, memory.size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        end_program("mmap");
    memory.begin = mapping + page;
    guarded_protect(&memory, GUARDED_WRITE);
    return memory;
}

void guarded_free(guarded *memory) {
    const size_t page = page_size();
    if (memory->begin && munmap(memory->begin - page, memory->size + 2 * page) != 0)
        end_program("munmap");
    *memory = (guarded){NULL, 0};
}

void guarded_protect(const guarded *memory, guarded_access access) {
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    if (mprotect(memory->begin, memory->size, protections[access]) != 0)
        end_program("mprotect");
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

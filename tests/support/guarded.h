/*
 * Memory between two pages that nothing can touch, and whose own protection can be changed: what reads or writes outside
 * it, or against its protection, crashes.
 */
#ifndef RANKLOSS_TESTS_GUARDED_H
#define RANKLOSS_TESTS_GUARDED_H

#include <stddef.h>

typedef enum guarded_access { GUARDED_NONE, GUARDED_READ, GUARDED_WRITE } guarded_access;

/** size bytes from begin, a whole number of pages; the pages before and behind are inaccessible for good. */
typedef struct guarded {
    unsigned char *begin;
    size_t size;
} guarded;

/** Zeroed memory of at least the given number of bytes, readable and writable. Ends the program when there is none. */
guarded guarded_new(size_t bytes);

/** Frees the memory and sets it to no memory, which may be freed again. */
void guarded_free(guarded *memory);

/** What may be done with all of the memory from now on. GUARDED_WRITE allows reading too. */
void guarded_protect(const guarded *memory, guarded_access access);

/** The first and the last place for a number of bytes that fit: flush with the inaccessible page before or behind. */
void *guarded_first(const guarded *memory, size_t bytes);
void *guarded_last(const guarded *memory, size_t bytes);

#endif

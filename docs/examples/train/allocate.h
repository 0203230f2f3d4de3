/*
 * Memory that is there: a program of this size has nothing better to do without it than to say so and end.
 */
#ifndef TRAIN_ALLOCATE_H
#define TRAIN_ALLOCATE_H

#include <stddef.h>

/** count elements of size bytes, all zero; never NULL. Release with free(). */
void *new_array(size_t count, size_t size);

/**
 * Makes room for at least count elements of size bytes in an array that has room for *capacity, at least doubling it so
 * that appending one by one stays cheap. Returns the array, which may have moved.
 */
void *grow_array(void *array, size_t *capacity, size_t count, size_t size);

#endif

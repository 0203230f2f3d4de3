#include "memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void *new_array(size_t count, size_t size) {
    void *const array = calloc(count > 0 ? count : 1, size);
    if (array == NULL) {
        die("out of memory (%zu elements of %zu bytes)", count, size);
    }
    return array;
}

void *grow_array(void *array, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity) {
        return array;
    }
    size_t room = *capacity < 64 ? 64 : *capacity;
    while (room < count && room <= SIZE_MAX / 2) {
        room *= 2;
    }
    void *const grown = room < count || room > SIZE_MAX / size ? NULL : realloc(array, room * size);
    if (grown == NULL) {
        die("out of memory (%zu elements of %zu bytes)", count, size);
    }
    *capacity = room;
    return grown;
}

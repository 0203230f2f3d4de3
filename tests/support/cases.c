/*
 * A line is {"key": "text", "key": "text", ...} without escapes, so that a key is found as "key": " and its text ends
 * at the next quote.
 */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

#include <rankloss/array.h>

bool case_next(FILE *file, golden_case *c) {
    size_t length = 0;
    for (;;) {
        if (c->capacity - length < 2) {
            c->capacity = c->capacity ? 2 * c->capacity : 4096;
            c->line = realloc(c->line, c->capacity);
            if (!c->line) {
                fprintf(stderr, "the reader of cases is out of memory\n");
                exit(EXIT_FAILURE);
            }
        }
        if (!fgets(c->line + length, (int)(c->capacity - length), file)) {
            return length > 0;
        }
        length += strlen(c->line + length);
        if (c->line[length - 1] == '\n') {
            return true;
        }
    }
}

void case_free(golden_case *c) {
    free(c->line);
    *c = (golden_case){NULL, 0};
}

static const char *find(const golden_case *c, const char *key) {
    char pattern[64];
    const int length = snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
    const char *found = strstr(c->line, pattern);
    return found ? found + length : NULL;
}

bool case_has(const golden_case *c, const char *key) {
    return find(c, key) != NULL;
}

void case_text(const golden_case *c, const char *key, char *text, size_t size) {
    const char *found = find(c, key);
    snprintf(text, size, "%.*s", found ? (int)strcspn(found, "\"") : 0, found ? found : "");
}

int64_t case_numbers(const golden_case *c, const char *key, double **numbers) {
    const char *at = find(c, key);
    const size_t length = at ? strcspn(at, "\"") : 0;
    const char *const end = at ? at + length : NULL;
    int64_t count = 0;
    *numbers = malloc((length / 2 + 1) * sizeof **numbers);
    if (!*numbers) {
        fprintf(stderr, "the reader of cases is out of memory\n");
        exit(EXIT_FAILURE);
    }
    while (at && at < end) {
        char *rest;
        (*numbers)[count++] = strtod(at, &rest);
        at = rest + (*rest == ' ');
    }
    return count;
}

int32_t case_shape(const golden_case *c, const char *name, int64_t *shape) {
    char key[64];
    double *extents;
    snprintf(key, sizeof key, "%s_shape", name);
    const int64_t count = case_numbers(c, key, &extents);
    for (int64_t axis = 0; axis < count && axis < RANKLOSS_MAX_NDIM; axis++) {
        shape[axis] = (int64_t)extents[axis];
    }
    free(extents);
    return (int32_t)count;
}

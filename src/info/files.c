/*
 * First lines of files.
 */
#include "info/files.h"

#include <stdio.h>
#include <string.h>

bool info_first_line(const char *folder, const char *name, char *line, size_t size) {
    char path[4096];
    line[0] = '\0';
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
    if (file == NULL)
        return false;
    const bool read = fgets(line, (int)size, file) != NULL;
    line[read ? strcspn(line, "\n") : 0] = '\0';
    fclose(file);
    return read;
}

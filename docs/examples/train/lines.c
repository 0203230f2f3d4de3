#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "platform.h"

bool lines_open(struct lines *lines, const char *path) {
    *lines = (struct lines){.path = path, .file = fopen(path, "rb")};
    return lines->file != NULL;
}

void lines_close(struct lines *lines) {
    fclose(lines->file);
    free(lines->text);
}

/* getline says alike that the file has ended, that it cannot be read and that the line does not fit into memory. */
static enum lines_status no_line(const struct lines *lines) {
    if (errno == ENOMEM) {
        die("out of memory (%s, line %zu)", lines->path, lines->number + 1);
    }
    if (feof(lines->file)) {
        return LINES_END;
    }
    refuse(lines->path, 0, "cannot be read: %s", strerror(errno));
    return LINES_REFUSED;
}

enum lines_status lines_next(struct lines *lines) {
    errno = 0;
    ptrdiff_t length = platform_getline(&lines->text, &lines->capacity, lines->file);
    if (length < 0) {
        return no_line(lines);
    }
    lines->number++;
    if (memchr(lines->text, '\0', (size_t)length) != NULL) {
        refuse(lines->path, lines->number, "the line holds a NUL byte: this is not a text file");
        return LINES_REFUSED;
    }
    lines->complete = lines->text[length - 1] == '\n';
    length -= lines->complete;
    length -= length > 0 && lines->text[length - 1] == '\r';
    lines->text[length] = '\0';
    lines->text[strcspn(lines->text, "#")] = '\0';
    return LINES_READ;
}

char *next_word(char **text) {
    char *const word = *text + strspn(*text, " \t");
    char *const end = word + strcspn(word, " \t");
    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word == end ? NULL : word;
}

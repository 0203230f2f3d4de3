/*
 * A text file, line by line, with what every format wants checked: that the file opens and reads to its end, and that
 * it is text. Knows nothing of what the lines say.
 */
#ifndef TRAIN_LINES_H
#define TRAIN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct lines {
    const char *path;
    FILE *file;
    size_t number; /**< of the current line, from 1 */
    char *text;    /**< the current line, without its comment (from '#') and its end; may be cut up */
    bool complete; /**< the current line ended in a newline: not so the last of a file that was cut short */
    size_t capacity;
};

/** False if the file cannot be opened; errno then says why. */
bool lines_open(struct lines *lines, const char *path);

void lines_close(struct lines *lines);

enum lines_status { LINES_READ, LINES_END, LINES_REFUSED };

/** Reads the next line. Anything wrong is printed, and is LINES_REFUSED. */
enum lines_status lines_next(struct lines *lines);

/** Takes the next word off the front of *text, or returns NULL where none is left. Blanks and tabs part the words. */
char *next_word(char **text);

#endif

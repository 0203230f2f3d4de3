/*
 * A text file, line by line, with what every format wants checked; its words and numbers, strictly; and where and why it
 * is refused. Knows nothing of what the lines say.
 */
#ifndef LETOR_TEXT_H
#define LETOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memory.h"

/**
 * What a reader has to say, in lines for stderr: warnings, and the reason where it refuses a file. Zero-initialised it
 * is empty. Has room for every name of a file that systems open, and for the reasons, of two files.
 */
struct report {
    char text[16384];
    size_t length;
};

/** Adds the line "NAME:LINE: reason", or "NAME: reason" where line is 0. What is not printable in the reason becomes
 * '?': it may quote a damaged file. Returns false, so that a reader can say `return refuse(...)`. */
bool refuse(struct report *report, const char *name, size_t line, const char *format, ...) PRINTF_LIKE(4, 5);

/** As refuse(), with "warning: " before the reason. */
void warn(struct report *report, const char *name, size_t line, const char *format, ...) PRINTF_LIKE(4, 5);

struct text {
    const char *name;
    struct report *report;
    size_t number; /**< of the current line, from 1 */
    char *line;    /**< the current line, without its comment (from '#') and its end; may be cut up */
    bool complete; /**< the current line ended in a newline: not so the last of a file that was cut short */
    FILE *file;    /**< NULL: all there is is in bytes */
    char *bytes;   /**< those from begin to before end are still to be read */
    size_t begin, end, capacity;
};

/** Opens a file, or standard input where path is "-". False if there is none; errno then says why. */
bool text_open(struct text *text, const char *path, struct report *report);

/** A copy of bytes in memory in the place of a file. */
void text_of_bytes(struct text *text, const char *name, const void *bytes, size_t size, struct report *report);

void text_close(struct text *text);

enum text_status { TEXT_LINE, TEXT_END, TEXT_REFUSED };

/** Reads the next line. A byte order mark before the first is passed over. */
enum text_status text_next(struct text *text);

/** Takes the next word off the front of *line, or returns NULL where none is left. Blanks and tabs part the words. */
char *next_word(char **line);

/**
 * The whole of a word as a decimal number, infinite where it is beyond what a double holds. Bare strtod() would take
 * blanks in front, words such as "nan" and hexadecimal, and stop quietly at what it cannot read.
 */
bool parse_number(const char *word, double *number);

/** Digits alone, from low to high. */
bool parse_count(const char *word, uint64_t low, uint64_t high, uint64_t *count);

#endif

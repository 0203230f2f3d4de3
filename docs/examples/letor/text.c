#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 16 };

/* --- Reports --- */

static void append(struct report *report, const char *format, va_list arguments) {
    const size_t room = sizeof(report->text) - report->length;
    const int length = vsnprintf(report->text + report->length, room, format, arguments);
    report->length += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static void append_words(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

static void append_words(struct report *report, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append(report, format, arguments);
    va_end(arguments);
}

static void append_line(struct report *report, const char *name, size_t line, const char *kind, const char *format,
                        va_list arguments) {
    append_words(report, "%.4096s:", name);
    if (line > 0) {
        append_words(report, "%zu:", line);
    }
    append_words(report, "%s", kind);
    const size_t begin = report->length;
    append(report, format, arguments);
    for (char *c = report->text + begin; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    append_words(report, "\n");
}

bool refuse(struct report *report, const char *name, size_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append_line(report, name, line, " ", format, arguments);
    va_end(arguments);
    return false;
}

void warn(struct report *report, const char *name, size_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append_line(report, name, line, " warning: ", format, arguments);
    va_end(arguments);
}

/* --- Lines --- */

bool text_open(struct text *text, const char *path, struct report *report) {
    const bool standard = strcmp(path, "-") == 0;
    *text = (struct text){
        .name = standard ? "standard input" : path, .report = report, .file = standard ? stdin : fopen(path, "rb")};
    return text->file != NULL;
}

void text_of_bytes(struct text *text, const char *name, const void *bytes, size_t size, struct report *report) {
    /* One more, for the end of a last line without a newline. */
    *text = (struct text){.name = name, .report = report, .bytes = new_array(size + 1, 1), .end = size};
    if (size > 0) {
        memcpy(text->bytes, bytes, size);
    }
}

void text_close(struct text *text) {
    if (text->file != NULL && text->file != stdin) {
        fclose(text->file);
    }
    free(text->bytes);
}

/* Gets more of the file, behind what of it is still to be read. False where there is no more. */
static bool fill(struct text *text) {
    if (text->file == NULL) {
        return false;
    }
    const size_t left = text->end - text->begin;
    if (left > 0) {
        memmove(text->bytes, text->bytes + text->begin, left);
    }
    text->bytes = grow_array(text->bytes, &text->capacity, left + CHUNK + 1, 1);
    text->begin = 0;
    text->end = left + fread(text->bytes + left, 1, CHUNK, text->file);
    return text->end > left;
}

/* The length of the line at begin, without its newline. */
static size_t line_length(struct text *text) {
    for (size_t seen = 0;;) {
        const size_t there = text->end - text->begin;
        const char *const newline = seen < there ? memchr(text->bytes + text->begin + seen, '\n', there - seen) : NULL;
        if (newline != NULL) {
            return (size_t)(newline - (text->bytes + text->begin));
        }
        seen = there;
        if (!fill(text)) {
            return seen;
        }
    }
}

static void skip_byte_order_mark(struct text *text) {
    static const char mark[] = {'\xEF', '\xBB', '\xBF'};
    while (text->end - text->begin < sizeof(mark) && fill(text)) {
    }
    if (text->end - text->begin >= sizeof(mark) && memcmp(text->bytes + text->begin, mark, sizeof(mark)) == 0) {
        text->begin += sizeof(mark);
    }
}

static enum text_status no_line(const struct text *text) {
    if (text->file == NULL || !ferror(text->file)) {
        return TEXT_END;
    }
    refuse(text->report, text->name, 0, "cannot be read: %s", strerror(errno));
    return TEXT_REFUSED;
}

enum text_status text_next(struct text *text) {
    errno = 0;
    if (text->number == 0) {
        skip_byte_order_mark(text);
    }
    size_t length = line_length(text);
    text->complete = text->begin + length < text->end;
    if ((length == 0 && !text->complete) || (text->file != NULL && ferror(text->file))) {
        return no_line(text);
    }
    text->number++;
    text->line = text->bytes + text->begin;
    text->begin += length + text->complete;
    if (memchr(text->line, '\0', length) != NULL) {
        refuse(text->report, text->name, text->number,
               "the line holds a NUL byte: this is not a text file, or one in UTF-16; save it as UTF-8");
        return TEXT_REFUSED;
    }
    length -= length > 0 && text->line[length - 1] == '\r';
    text->line[length] = '\0';
    text->line[strcspn(text->line, "#")] = '\0';
    return TEXT_LINE;
}

/* --- Words and numbers --- */

char *next_word(char **line) {
    char *const word = *line + strspn(*line, " \t");
    char *const end = word + strcspn(word, " \t");
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word == end ? NULL : word;
}

bool parse_number(const char *word, double *number) {
    if (word[0] == '\0' || word[strspn(word, "0123456789+-.eE")] != '\0') {
        return false;
    }
    char *end = NULL;
    *number = strtod(word, &end);
    return *end == '\0';
}

bool parse_count(const char *word, uint64_t low, uint64_t high, uint64_t *count) {
    uint64_t number = 0;
    if (word[0] == '\0') {
        return false;
    }
    for (const char *c = word; *c != '\0'; c++) {
        const uint64_t digit = (uint64_t)(*c - '0');
        if (*c < '0' || *c > '9' || number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *count = number;
    return low <= number && number <= high;
}

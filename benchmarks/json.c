/*
 * JSON with a row on each line, so that baselines have readable diffs.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>

/* Objects of this depth or deeper stand on one line each, so that a change of one row is a change of one line. */
enum { INLINE_DEPTH = 3 };

static void quoted(const bench_json *json, const char *text) {
    fputc('"', json->file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', json->file);
        if ((unsigned char)*text >= ' ')
            fputc(*text, json->file);
    }
    fputc('"', json->file);
}

static void line_break(const bench_json *json) {
    if (json->depth < INLINE_DEPTH)
        fprintf(json->file, "\n%*s", 2 * json->depth, "");
}

static void begin_value(bench_json *json, const char *key) {
    if (json->has_members)
        fputs(json->depth < INLINE_DEPTH ? "," : ", ", json->file);
    if (json->depth > 0)
        line_break(json);
    json->has_members = true;
    if (key != NULL) {
        quoted(json, key);
        fputs(": ", json->file);
    }
}

void bench_json_open(bench_json *json, const char *key, char kind) {
    begin_value(json, key);
    fputc(kind, json->file);
    json->depth++;
    json->has_members = false;
}

void bench_json_close(bench_json *json, char kind) {
    json->depth--;
    if (json->has_members && json->depth + 1 < INLINE_DEPTH)
        line_break(json);
    fputc(kind == '{' ? '}' : ']', json->file);
    json->has_members = true;
    if (json->depth == 0)
        fputc('\n', json->file);
}

void bench_json_string(bench_json *json, const char *key, const char *value) {
    begin_value(json, key);
    quoted(json, value);
}

void bench_json_integer(bench_json *json, const char *key, int64_t value) {
    begin_value(json, key);
    fprintf(json->file, "%" PRId64, value);
}

void bench_json_number(bench_json *json, const char *key, double value) {
    begin_value(json, key);
    if (isfinite(value))
        fprintf(json->file, "%.5g", value);
    else
        fputs("null", json->file);
}

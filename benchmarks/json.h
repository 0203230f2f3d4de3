/*
 * Writes JSON, a value at a time. Commas and line breaks look after themselves.
 */
#ifndef BENCHMARKS_JSON_H
#define BENCHMARKS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct bench_json {
    FILE *file;
    int depth;
    bool has_members; /**< of the object or array that is open */
} bench_json;

/** key is NULL for the outermost value and for elements of an array. kind is '{' or '['. */
void bench_json_open(bench_json *json, const char *key, char kind);
void bench_json_close(bench_json *json, char kind);

void bench_json_string(bench_json *json, const char *key, const char *value);
void bench_json_integer(bench_json *json, const char *key, int64_t value);

/** What is not finite becomes null. */
void bench_json_number(bench_json *json, const char *key, double value);

#endif

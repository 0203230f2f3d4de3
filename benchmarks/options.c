/*
 * Reads the command line of bench_softmax by a table of its options.
 */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { TEXT, INT64, INT, DOUBLE } kind;

typedef struct option {
    const char *name;
    kind kind;
    size_t offset; /**< of the member it sets */
    const char *meaning;
} option;

static const option known[] = {
    {"--group", TEXT, offsetof(bench_options, groups), "LIST   only these groups, with commas between"},
    {"--items", INT64, offsetof(bench_options, items), "COUNT  items of a dense batch (1048576)"},
    {"--n", INT64, offsetof(bench_options, list_size), "COUNT  only this list size"},
    {"--threads", INT, offsetof(bench_options, threads), "COUNT  the most threads (one a core)"},
    {"--isa", TEXT, offsetof(bench_options, isa), "NAME   portable, avx2, avx512 or neon (the best there is)"},
    {"--rounds", INT, offsetof(bench_options, effort.rounds), "COUNT  rounds of each set of cases (25)"},
    {"--seconds", DOUBLE, offsetof(bench_options, effort.seconds), "NUMBER fewer rounds where a set takes longer (1)"},
    {"--library", TEXT, offsetof(bench_options, library), "FILE   the shared library to time (the one built here)"},
    {"--against", TEXT, offsetof(bench_options, against), "FILE   a second build, timed in turn with it"},
    {"--json", TEXT, offsetof(bench_options, json), "FILE   write the rows there too"},
};

enum { NUM_KNOWN = sizeof known / sizeof known[0] };

void bench_options_print_usage(void) {
    printf("usage: bench_softmax [option value]...\n");
    for (int k = 0; k < NUM_KNOWN; k++)
        printf("  %-10s %s\n", known[k].name, known[k].meaning);
}

/* Whole numbers from 1, or a positive number; whatever follows it is an error. */
static bool set_number(bench_options *options, const option *o, const char *text) {
    char *end = NULL, *member = (char *)options + o->offset;
    errno = 0;
    const double number = o->kind == DOUBLE ? strtod(text, &end) : (double)strtoll(text, &end, 10);
    const double most = o->kind == INT ? 1e6 : 1e12;
    if (errno != 0 || end == text || *end != '\0' || !(number > 0.0 && number <= most))
        return false;
    if (o->kind == DOUBLE)
        memcpy(member, &number, sizeof number);
    else if (o->kind == INT)
        memcpy(member, &(int){(int)number}, sizeof(int));
    else
        memcpy(member, &(int64_t){(int64_t)number}, sizeof(int64_t));
    return true;
}

static bool set_option(bench_options *options, const char *name, const char *value) {
    for (int k = 0; k < NUM_KNOWN; k++) {
        if (strcmp(known[k].name, name) != 0)
            continue;
        if (value == NULL) {
            fprintf(stderr, "%s needs a value\n", name);
            return false;
        }
        if (known[k].kind == TEXT) {
            memcpy((char *)options + known[k].offset, &value, sizeof value);
            return true;
        }
        if (set_number(options, &known[k], value))
            return true;
        fprintf(stderr, "%s: not a number that can be used: %s\n", name, value);
        return false;
    }
    fprintf(stderr, "no such option: %s\n", name);
    return false;
}

bool bench_options_parse(int argc, char **argv, bench_options *options) {
    *options = (bench_options){
        .library = BENCH_LIBRARY, .items = (int64_t)1 << 20, .effort = {.rounds = 25, .seconds = 1.0, .burst = 1e-4}};
    for (int k = 1; k < argc; k += 2) {
        if (strcmp(argv[k], "--help") == 0) {
            options->help = true;
            return true;
        }
        if (!set_option(options, argv[k], k + 1 < argc ? argv[k + 1] : NULL))
            return false;
    }
    return true;
}

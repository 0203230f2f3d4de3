/*
 * The library under test, loaded at run time: so that one process can time every instruction set, or two builds, in
 * turn. The choice of instruction set is made once for each loaded copy.
 */
#ifndef BENCHMARKS_LIBRARY_H
#define BENCHMARKS_LIBRARY_H

#include <stdbool.h>

#include <rankloss/softmax.h>

typedef struct bench_library {
    const char *who;     /**< "rankloss", or another name in the rows for a second build */
    const char *isa;     /**< what rankloss_isa() of this copy says */
    const char *version; /**< what rankloss_version() says */
    rankloss_status (*softmax)(const rankloss_problem *, const rankloss_result *);
    const char *(*last_error)(void);
    bool may_refuse; /**< it may be older: calls that it refuses are left out */
} bench_library;

/** Ends the program where path is not a RankLoss library. */
bench_library bench_library_open(const char *who, const char *path);

/**
 * A copy of the library that uses the instruction set isa, beside those that are open already; softmax is NULL where
 * the build or the processor does not have it.
 */
bench_library bench_library_open_isa(const char *who, const char *path, const char *isa);

/** The names of all instruction sets there are; NULL ends the list. */
extern const char *const bench_isas[];

#endif

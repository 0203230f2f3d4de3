/*
 * Calls whose answers are known, for tests that make them from unusual places: small problems of several kinds, and three
 * that are worth a team of threads.
 */
#ifndef RANKLOSS_TESTS_KNOWN_CALLS_H
#define RANKLOSS_TESTS_KNOWN_CALLS_H

#include <stdint.h>

#include <rankloss/softmax.h>

#include "views.h"

typedef struct known_call {
    const char *name;
    rankloss_problem problem;
    rankloss_result expected; /**< every output, row-major in the compute dtype */
} known_call;

enum { KNOWN_CALLS = 9 };

/** The last three, whose lists, or whose one list, a team shares. */
enum { KNOWN_CALL_OF_A_TEAM = 6, KNOWN_CALL_CUT = 7, KNOWN_CALL_CUT_SOFTMAX = 8 };

extern known_call known_calls[KNOWN_CALLS];

/** Draws the inputs and makes room for the answers. Calls no function of the library. */
void known_calls_draw(void);

/** Computes the answers. Returns 0, or the number of the first call that fails, counted from 1. */
int known_calls_answer(void);

/** Frees everything. */
void known_calls_free(void);

/** The outputs of all calls as one number, computed anew, by at most that many threads; 0 where a call fails. */
uint64_t known_calls_hash(int32_t num_threads);

/**
 * 0, or the number of the first call that fails or gives other bits than its answer, counted from 1. Uses no cmocka, so
 * that it can run in any thread and any process.
 */
int known_calls_wrong(int32_t num_threads);

/** known_calls_wrong() for no limit of the threads, then for 1, 2 and 3 of them. */
int known_calls_wrong_in_any_team(void);

/** Fails the cmocka test that runs unless `wrong` is 0, and says which call it was and where. */
void known_calls_expect(int wrong, const char *where);

#endif

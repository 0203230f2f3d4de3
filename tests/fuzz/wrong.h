/*
 * The end of a run that has met a wrong answer.
 */
#ifndef RANKLOSS_TESTS_FUZZ_WRONG_H
#define RANKLOSS_TESTS_FUZZ_WRONG_H

#include "mutations.h"
#include "sample.h"

/** Prints what is wrong and the whole call, and ends the program by abort(). */
_Noreturn void wrong(const sample *s, const verdict *v, const char *format, ...);

#endif

/*
 * The parts of the report. Each prints its facts; what a system does not tell is said to be unknown.
 */
#ifndef RANKLOSS_SRC_INFO_FACTS_H
#define RANKLOSS_SRC_INFO_FACTS_H

#include <stdbool.h>

/* The version, and how the library was built. */
void info_build(void);

/* The instruction sets: built, of this processor, in use. */
void info_kernels(void);

/* The processor and its caches. */
void info_machine(void);

/* How many threads a call has, and what limits them. */
void info_threads(void);

/* How long a batch takes; false, with the reason on stderr, where the library refuses it. */
bool info_timing(void);

#endif

/*
 * The instruction set in use.
 */
#ifndef RANKLOSS_CPU_H
#define RANKLOSS_CPU_H

#include <rankloss/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The kernels in use: "portable", or the name of an instruction set that this build has and that the processor and
 * the operating system support. Every set gives the same bits, so this matters for speed alone.
 *
 * The choice is made once, at the first call of any function that needs it. The environment variable RANKLOSS_ISA, read
 * at that moment, can lower it to a set by name and never raise it; a text that names no set is ignored.
 *
 * Static storage, never NULL. Thread-safe.
 */
RANKLOSS_API const char *rankloss_isa(void);

#ifdef __cplusplus
}
#endif

#endif

/*
 * The floating-point environment of a thread: settings that a caller may have made, and whether they are still the same.
 */
#ifndef RANKLOSS_TESTS_FLOAT_ENVIRONMENT_H
#define RANKLOSS_TESTS_FLOAT_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

/** Bits of the control register that fenv.h does not reach: MXCSR, or FPCR of AArch64. */
typedef struct float_mode {
    const char *name;
    uint32_t set, cleared;
    bool traps; /* a flag that is raised under this mode may trap */
} float_mode;

/** Flush to zero, traps and the like, as far as this processor has them; the first changes nothing. */
extern const float_mode float_modes[];
extern const int num_float_modes;

/** Sets the control bits of a mode in this thread, over what fesetround() and feraiseexcept() have set. */
void float_mode_enter(const float_mode *mode);

typedef struct float_environment {
    int rounding, flags;
    uint64_t control; /* the whole register, flags included where it holds them */
} float_environment;

float_environment float_environment_now(void);

bool float_environment_same(float_environment a, float_environment b);

#endif

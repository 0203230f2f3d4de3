/*
 * What C11 does not tell of the machine.
 */
#ifndef TRAIN_PLATFORM_H
#define TRAIN_PLATFORM_H

#include <stdbool.h>
#include <stdio.h>

/** A clock that never goes backwards. */
double platform_seconds(void);

bool platform_is_terminal(FILE *stream);

/** Processors that are switched on; 1 where the system does not say. */
int platform_processors(void);

#endif

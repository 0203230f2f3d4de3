/*
 * All lists of a call: those that are so long that threads share them, and between them the others.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_CUT_H
#define RANKLOSS_SRC_SCHEDULE_CUT_H

#include "list/loop.h"

void rankloss__run_all(rankloss__loop *shared);

#endif

/*
 * Short lists: up to eight in a bundle, and alone what they cannot have from it.
 */
#ifndef RANKLOSS_SRC_LIST_SHORT_H
#define RANKLOSS_SRC_LIST_SHORT_H

#include "list/bundle.h"
#include "list/loop.h"

void rankloss__run_bundle(rankloss__loop_thread *self, rankloss__bundle *bundle, const int64_t *lists, int count);

#endif

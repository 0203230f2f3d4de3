/*
 * A list on its own, whatever the call wants of it; and what any list yields besides its derivatives.
 */
#ifndef RANKLOSS_SRC_LIST_SINGLE_LIST_H
#define RANKLOSS_SRC_LIST_SINGLE_LIST_H

#include "list/loop.h"

/* Computes what is wanted of a list, of that which the call wants. */
void rankloss__run_alone(rankloss__loop_thread *self, int64_t index, unsigned wanted);

/* Writes a list's loss or jvp, or adds it to the thread's totals. counted: whether the list counts in a reduction. */
void rankloss__emit_loss(rankloss__loop_thread *self, const rankloss__position *place, double loss, bool counted);
void rankloss__emit_jvp(rankloss__loop_thread *self, const rankloss__position *place, double jvp, bool counted);

#endif

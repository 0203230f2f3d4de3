/*
 * A list by itself, of any size and with any numbers: longer than what is computed together, or with rules of its own.
 */
#ifndef RANKLOSS_SRC_LIST_SINGLE_LIST_H
#define RANKLOSS_SRC_LIST_SINGLE_LIST_H

#include "list/worker.h"

/* Computes the wanted results of list number `index`. */
void rankloss__single_list_run(rankloss__worker *worker, int64_t index, unsigned wanted);

#endif

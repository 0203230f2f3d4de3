/*
 * Lists of which the items at hand are a stretch: what is to be known of them, and the forward pass from what is known of the
 * whole list.
 */
#ifndef RANKLOSS_SRC_LIST_WHOLE_LIST_H
#define RANKLOSS_SRC_LIST_WHOLE_LIST_H

#include "list/forward.h"
#include "reduction/stretch.h"

/* The list at hand as a stretch, from its own forward pass. */
rankloss__stretch rankloss__stretch_of(rankloss__list *list, const rankloss__forward *forward);

/*
 * The forward pass by list->inputs->whole: the loss is that of the whole list, and from its sums come the derivatives of the
 * items at hand.
 */
void rankloss__forward_whole(rankloss__list *list, rankloss__forward *forward);

#endif

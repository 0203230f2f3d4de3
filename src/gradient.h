/*
 * One list's derivatives: gradients, Hessian diagonal, JVP and HVP. The upstream cotangent enters here. Knows no
 * other list.
 */
#ifndef RANKLOSS_SRC_GRADIENT_H
#define RANKLOSS_SRC_GRADIENT_H

#include "forward.h"
#include "list.h"
#include "sink.h"
#include "upstream.h"

typedef enum rankloss__derivative {
    RANKLOSS__GRAD_LABELS,
    RANKLOSS__GRAD_WEIGHTS,
    RANKLOSS__HESS_LOGITS,
    RANKLOSS__HVP_LOGITS,
    RANKLOSS__GRAD_LOGITS, /* last, as it may overwrite the logits */
    RANKLOSS__NUM_DERIVATIVES
} rankloss__derivative;

/* Writes the list's part of every output that has a sink. The sinks share one block: the list's scratch->out. */
void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           rankloss__sink sinks[RANKLOSS__NUM_DERIVATIVES]);

/* The jvp of the list, which the cotangent does not enter. */
double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward);

#endif

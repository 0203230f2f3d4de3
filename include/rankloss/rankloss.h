/*
 * RankLoss: the ranking softmax loss, its gradients and its second derivatives. This header includes the whole public
 * interface; softmax.h is where to begin reading.
 */
#ifndef RANKLOSS_RANKLOSS_H
#define RANKLOSS_RANKLOSS_H

#include <rankloss/accumulator.h>
#include <rankloss/array.h>
#include <rankloss/cpu.h>
#include <rankloss/list_state.h>
#include <rankloss/lists.h>
#include <rankloss/reduction.h>
#include <rankloss/softmax.h>
#include <rankloss/status.h>
#include <rankloss/version.h>

#endif

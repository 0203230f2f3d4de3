/*
 * Which kernels compute: the best set that the build has, the processor supports and RANKLOSS_ISA allows. Chosen
 * once.
 */
#ifndef RANKLOSS_SRC_CPU_DISPATCH_H
#define RANKLOSS_SRC_CPU_DISPATCH_H

#include <stdbool.h>

#include "kernels/kernels.h"

const rankloss__kernels *rankloss__kernels_for(bool is_f64);

#endif

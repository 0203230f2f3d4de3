/*
 * The kernel tables of this build, one per instruction set and compute dtype.
 */
#ifndef RANKLOSS_SRC_KERNELS_TABLES_H
#define RANKLOSS_SRC_KERNELS_TABLES_H

#include "kernels/instruction_sets.h"
#include "kernels/kernels.h"

#define RANKLOSS__DECLARE_TABLES(name, NAME) \
    extern const rankloss__kernels rankloss__##name##_f32, rankloss__##name##_f64;
RANKLOSS__EACH_INSTRUCTION_SET(RANKLOSS__DECLARE_TABLES)
#undef RANKLOSS__DECLARE_TABLES

#endif

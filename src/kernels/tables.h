/*
 * The kernel tables that a build may hold, one per instruction set and compute dtype. RANKLOSS_HAVE_<ISA> says which
 * it does.
 */
#ifndef RANKLOSS_SRC_KERNELS_TABLES_H
#define RANKLOSS_SRC_KERNELS_TABLES_H

#include "kernels/kernels.h"

extern const rankloss__kernels rankloss__portable_f32, rankloss__portable_f64;
extern const rankloss__kernels rankloss__avx2_f32, rankloss__avx2_f64;
extern const rankloss__kernels rankloss__avx512_f32, rankloss__avx512_f64;
extern const rankloss__kernels rankloss__neon_f32, rankloss__neon_f64;

#endif

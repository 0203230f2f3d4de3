/* The double kernels in NEON. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_neon.h"

#include "kernels/steps/dtype_f64.inc"

#define TABLE rankloss__neon_f64

#include "kernels/softmax.inc"

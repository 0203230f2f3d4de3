/* The float kernels in NEON. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_neon.h"

#include "kernels/steps/dtype_f32.inc"

#define TABLE rankloss__neon_f32

#include "kernels/softmax.inc"

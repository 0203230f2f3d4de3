/* The float kernels in plain C. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_portable.h"

#include "kernels/steps/dtype_f32.inc"

#define TABLE rankloss__portable_f32

#include "kernels/softmax.inc"

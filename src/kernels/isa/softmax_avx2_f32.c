/* The float kernels in AVX2. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_avx2.h"

#include "kernels/steps/dtype_f32.inc"

#define TABLE rankloss__avx2_f32

#include "kernels/softmax.inc"

/* The float kernels in AVX-512. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_avx512.h"

#include "kernels/steps/dtype_f32.inc"

#define TABLE rankloss__avx512_f32

#include "kernels/softmax.inc"

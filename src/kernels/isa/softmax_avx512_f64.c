/* The double kernels in AVX-512. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_avx512.h"

#include "kernels/steps/dtype_f64.inc"

#define TABLE rankloss__avx512_f64

#include "kernels/softmax.inc"

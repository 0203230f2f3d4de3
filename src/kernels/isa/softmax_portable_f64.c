/* The double kernels in plain C. */
#include "kernels/kernels.h"
#include "kernels/simd/vec_portable.h"

#include "kernels/steps/dtype_f64.inc"

#define TABLE rankloss__portable_f64

#include "kernels/softmax.inc"

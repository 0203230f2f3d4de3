/* The float kernels in AVX-512. */
#include "kernels/kernels.h"
#include "kernels/tables.h"
#include "kernels/vec_avx512.h"

#include "kernels/exp_f32.inc"

#define REAL float
#define LOAD vec_load_f32
#define LOAD_FIRST vec_load_first_f32
#define STORE vec_store_f32
#define STORE_FIRST vec_store_first_f32
#define COMPENSATED 0
#define TABLE rankloss__avx512_f32

#include "kernels/softmax.inc"

/* The double kernels in AVX-512. */
#include "kernels/kernels.h"
#include "kernels/tables.h"
#include "kernels/vec_avx512.h"

#include "kernels/exp_f64.inc"

#define REAL double
#define LOAD vec_load_f64
#define LOAD_FIRST vec_load_first_f64
#define STORE vec_store_f64
#define STORE_FIRST vec_store_first_f64
#define COMPENSATED 1
#define TABLE rankloss__avx512_f64

#include "kernels/softmax.inc"

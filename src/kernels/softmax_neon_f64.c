/* The double kernels in NEON. */
#include "kernels/kernels.h"
#include "kernels/tables.h"
#include "kernels/vec_neon.h"

#include "kernels/exp_f64.inc"

#define REAL double
#define LOAD vec_load_f64
#define LOAD_FIRST vec_load_first_f64
#define STORE vec_store_f64
#define STORE_FIRST vec_store_first_f64
#define COMPENSATED 1
#define TABLE rankloss__neon_f64

#include "kernels/softmax.inc"

/* The float kernels in NEON. */
#include "kernels/kernels.h"
#include "kernels/tables.h"
#include "kernels/vec_neon.h"

#include "kernels/exp_f32.inc"

#define REAL float
#define LOAD vec_load_f32
#define LOAD_FIRST vec_load_first_f32
#define STORE vec_store_f32
#define STORE_FIRST vec_store_first_f32
#define COMPENSATED 0
#define TABLE rankloss__neon_f32

#include "kernels/softmax.inc"

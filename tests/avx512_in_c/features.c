#include "cpu/features.h"

/* In place of src/cpu/features.c: what the compiler makes of immintrin.h beside this file runs wherever AVX2 does. */
unsigned rankloss__cpu_features(void) {
    const int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has_avx2 ? RANKLOSS__CPU_AVX2 | RANKLOSS__CPU_AVX512 : 0;
}

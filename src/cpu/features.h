/*
 * The instruction sets that the processor has and the operating system supports. Knows no kernel.
 */
#ifndef RANKLOSS_SRC_CPU_FEATURES_H
#define RANKLOSS_SRC_CPU_FEATURES_H

/* A bit for each instruction set of src/CMakeLists.txt. */
enum {
    RANKLOSS__CPU_PORTABLE = 0,
    RANKLOSS__CPU_AVX2 = 1u << 0,   /* AVX2, FMA and F16C */
    RANKLOSS__CPU_AVX512 = 1u << 1, /* AVX-512 F, VL, DQ and BW, and these */
    RANKLOSS__CPU_NEON = 1u << 2,   /* Advanced SIMD of AArch64 */
};

unsigned rankloss__cpu_features(void);

#endif

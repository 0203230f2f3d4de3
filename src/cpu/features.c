/*
 * CPUID for what the processor has, and XGETBV for the registers that the operating system saves: both are needed.
 */
#include "cpu/features.h"

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)

#include <cpuid.h>
#include <stdint.h>

/* Register state that the operating system saves, as the bits of XCR0 (Intel SDM, volume 1, chapter 13). */
enum { STATE_AVX = 0x06, STATE_AVX512 = 0xE6 };

unsigned rankloss__cpu_features(void) {
    const uint32_t wanted_1c = bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C;
    const uint32_t wanted_7b = bit_AVX512F | bit_AVX512VL | bit_AVX512DQ | bit_AVX512BW;
    uint32_t a, b, c, d, state, state_above, features = 0;
    __cpuid(0, a, b, c, d);
    if (a < 7) /* the highest leaf */
        return 0;
    __cpuid(1, a, b, c, d);
    if ((c & wanted_1c) != wanted_1c)
        return 0;
    __cpuid_count(7, 0, a, b, c, d);
    if ((b & bit_AVX2) == 0)
        return 0;
    __asm__ volatile("xgetbv" : "=a"(state), "=d"(state_above) : "c"(0));
    if ((state & STATE_AVX) == STATE_AVX)
        features |= RANKLOSS__CPU_AVX2;
    if ((state & STATE_AVX512) == STATE_AVX512 && (b & wanted_7b) == wanted_7b)
        features |= RANKLOSS__CPU_AVX512;
    return features;
}

#elif defined(__aarch64__)

unsigned rankloss__cpu_features(void) {
    return RANKLOSS__CPU_NEON; /* part of the base architecture */
}

#else

unsigned rankloss__cpu_features(void) {
    return 0;
}

#endif

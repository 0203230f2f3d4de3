/*
 * a * b + c rounded once, by the processor where it has an instruction for that and else by the C library, which may be
 * wrong: MinGW-w64's is.
 */
#ifndef RANKLOSS_TESTS_FUSED_H
#define RANKLOSS_TESTS_FUSED_H

#include <math.h>
#include <stdbool.h>

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)

__attribute__((target("fma"))) static inline double fused_by_instruction(double a, double b, double c) {
    return __builtin_fma(a, b, c);
}

static inline bool fused_is_instruction(void) {
    return __builtin_cpu_supports("fma") != 0;
}

#else

static inline double fused_by_instruction(double a, double b, double c) {
    return fma(a, b, c);
}

static inline bool fused_is_instruction(void) {
#if defined(__aarch64__) || defined(__s390x__) || defined(__powerpc64__) || defined(__FP_FAST_FMA)
    return true;
#else
    return false;
#endif
}

#endif

static inline double fused(double a, double b, double c) {
    return fused_is_instruction() ? fused_by_instruction(a, b, c) : fma(a, b, c);
}

/** Whether fused() is known to be right. */
static inline bool fused_is_exact(void) {
#if defined(__GLIBC__)
    return true;
#else
    return fused_is_instruction();
#endif
}

#endif

/*
 * The default floating-point environment for a stretch of work, and the caller's own afterwards: rounding to nearest,
 * subnormals kept, traps masked. The caller's flags come back as they were. Control registers belong to a thread, so
 * each thread does it for itself.
 */
#ifndef RANKLOSS_SRC_CPU_FP_ENVIRONMENT_H
#define RANKLOSS_SRC_CPU_FP_ENVIRONMENT_H

#include <float.h>
#include <stdint.h>

/*
 * Doubles must not be computed with more bits, as x87 registers do: the results would differ. 1 concerns only floats,
 * which are only converted and compared.
 */
_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1,
               "RankLoss needs arithmetic in double: on 32-bit x86 compile with -msse2 -mfpmath=sse");

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

/* These registers serve arithmetic in SSE; nothing in the library computes on the x87 stack. */
typedef unsigned rankloss__fp_environment;

static inline rankloss__fp_environment rankloss__fp_environment_enter(void) {
    const unsigned caller = _mm_getcsr();
    _mm_setcsr(0x1F80);
    return caller;
}

static inline void rankloss__fp_environment_leave(rankloss__fp_environment caller) {
    _mm_setcsr(caller);
}

#elif defined(__aarch64__) && defined(__GNUC__)

typedef struct rankloss__fp_environment {
    uint64_t control, status;
} rankloss__fp_environment;

static inline rankloss__fp_environment rankloss__fp_environment_enter(void) {
    rankloss__fp_environment caller;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(caller.control), "=r"(caller.status));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0) : "memory");
    return caller;
}

static inline void rankloss__fp_environment_leave(rankloss__fp_environment caller) {
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(caller.control), "r"(caller.status) : "memory");
}

#else

#include <fenv.h>

typedef fenv_t rankloss__fp_environment;

static inline rankloss__fp_environment rankloss__fp_environment_enter(void) {
    fenv_t caller;
    fegetenv(&caller);
    fesetenv(FE_DFL_ENV);
    return caller;
}

static inline void rankloss__fp_environment_leave(rankloss__fp_environment caller) {
    fesetenv(&caller);
}

#endif

#endif
